"""Pages where a person decides: the queue of doubtful rows, the confirmation, and likenesses between members and registers."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huzhu.apps.registers.models import RegisterRow
from huzhu.apps.registers.queries import rows_by_id
from huzhu.apps.rosters import queries, services, shown, verifying
from huzhu.apps.rosters.models import Likeness, Roster, Row
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import may
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Change, Confirm, Empty
from huzhu.ui.words import language, t

KEY = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@needs("rosters.decide")
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, id: Any) -> HttpResponse:  # noqa: A002 - the address names it
    """What merging will do, and the officer's yes: the approval of all in one act."""
    by: Any = request.user
    roster = queries.access_roster(id=id)
    if request.method == "POST":
        services.confirm(by=by, at=now(), roster=roster)
        return redirect("rosters:roster", id=roster.pk)
    if roster.state != Roster.State.READY:
        raise services.NotReady
    plans = queries.plans(roster=roster)
    labels = dict(Row.Result.choices)
    changes = [
        Change(what=capfirst(labels[plan]), after=t("{n} 人", "{n} people", n=many))
        for plan, many in sorted(plans.items())
    ]
    to = roster.organisation.shown_name
    left_out = t(
        "还有 {n} 行存疑，不在其中；处理后可再确认一次。",
        "Doubtful rows left out: {n}. Decide them and confirm again.",
        n=roster.doubtful,
    )
    confirm_ = Confirm(
        title=t("批准入会并更新？", "Approve and merge?"), act=t("确认批准", "Approve"),
        back_url=reverse("rosters:roster", args=[roster.pk]),
        intro=t("名册“{name}”，加入{organisation}。", "Roster “{name}”, to {organisation}.", name=roster.file_name, organisation=to),
        warning=left_out if roster.doubtful else "",
        changes=changes,
    )  # fmt: skip
    return render(request, "ui/confirm.html", {"confirm": confirm_})


@needs("rosters.decide")
@require_GET
def queue(request: HttpRequest, id: Any) -> HttpResponse:  # noqa: A002
    """On to the next doubtful row, or back to the roster when there is none."""
    roster = queries.access_roster(id=id)
    after = request.GET.get("after", "0")
    row = queries.next_doubtful(
        roster=roster, after=int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    )
    if row is None:
        return redirect("rosters:roster", id=roster.pk)
    return redirect("rosters:doubtful", id=roster.pk, number=row.number)


@needs("rosters.decide")
@require_http_methods(["GET", "POST"])
def doubtful(request: HttpRequest, id: Any, number: int) -> HttpResponse:  # noqa: A002
    """One row and whom it may be, side by side."""
    by: Any = request.user
    roster = queries.access_roster(id=id)
    row = queries.access_row(roster=roster, number=number)
    if request.method == "POST":
        services.decide(
            by=by, at=now(), row=row, act=request.POST.get("act", ""), member_id=request.POST.get("member") or None
        )
        return redirect(f"{reverse('rosters:queue', args=[roster.pk])}?after={number}")
    if row.state != Row.State.DOUBTFUL or row.result:
        raise services.AlreadyDecided
    lang = language()
    beside = [
        {
            "id": one.member.pk, "score": one.match.score_per_mille,
            "facts": shown.facts_of_member(one.member, organisation=str(one.organisation.shown_name), is_in_reach=one.is_in_reach),
            "reasons": [pair[lang == "en"] for pair in one.match.reasons],
        }
        for one in queries.candidates(row=row, by=by, on=today())
    ]  # fmt: skip
    context = {
        "roster": roster, "row": row, "facts": shown.facts_of_row(row, services.said_by(row=row)), "problems": shown.problem_words(row),
        "candidates": beside, "left": roster.doubtful, "skip_url": f"{reverse('rosters:queue', args=[roster.pk])}?after={number}",
    }  # fmt: skip
    return render(request, "rosters/doubtful.html", context)


@needs("rosters.decide")
@require_GET
def likeness(request: HttpRequest) -> HttpResponse:
    """The likeliest open one, or that there is none."""
    waiting = queries.open_likenesses()
    skipped = [word for word in request.GET.getlist("skip")[-200:] if KEY.fullmatch(word)]
    one = waiting.exclude(pk__in=skipped).first()
    if one is None:
        empty = Empty(
            title=t("没有待核对的", "Nothing to compare"),
            hint=t("会员与登记册之间没有存疑的。", "No member and register row are in doubt."),
            url=reverse("rosters:list"), act=t("回到名册", "Back to the rosters"),
        )  # fmt: skip
        return render(request, "rosters/likeness.html", {"empty": empty})
    member = queries.member_of(likeness=one)
    row = rows_by_id(ids=[one.register_row_id])[one.register_row_id]
    is_in_reach = may(request.user, "members.view", member.organisation, on=today())
    skip = "&".join(f"skip={word}" for word in [*skipped, str(one.pk)])
    context = {
        "likeness": one, "facts": shown.facts_of_member(member, organisation=str(member.organisation.shown_name), is_in_reach=is_in_reach),
        "said": _said(row), "reasons": [pair[language() == "en"] for pair in one.reasons], "left": waiting.count(),
        "skip_url": f"{reverse('rosters:likenesses')}?{skip}",
    }  # fmt: skip
    return render(request, "rosters/likeness.html", context)


def _said(row: RegisterRow) -> list[tuple[str, Any]]:
    return [
        (t("姓名", "Name"), row.name or "–"),
        (t("登记册", "Register"), row.register.shown_name),
        (t("平台", "Platform"), row.platform),
        (t("骑手编号", "Rider number"), row.rider_no or "–"),
        (t("工作区域", "Region of work"), row.work_region or "–"),
        (t("近 30 日单量", "Orders of the last 30 days"), "–" if row.orders_30d is None else row.orders_30d),
        (t("数据日期", "As of"), row.as_of.isoformat()),
    ]


@needs("rosters.decide")
@require_POST
def decide_likeness(request: HttpRequest, id: Any) -> HttpResponse:  # noqa: A002
    by: Any = request.user
    one: Likeness = queries.access_likeness(id=id)
    act = request.POST.get("act", "")
    if act not in ("accept", "refuse"):
        raise services.NoSuchChoice
    verifying.decide_likeness(by=by, at=now(), likeness=one, is_same=act == "accept")
    return redirect("rosters:likenesses")
