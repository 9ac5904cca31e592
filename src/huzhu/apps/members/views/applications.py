"""Applications: the queue, deciding one or many with a preview, who is who, corrections, resolutions, the next meeting."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.apps.members import queries, services
from huzhu.apps.members.filtering import Filter
from huzhu.apps.members.forms import ReasonForm, ResolutionForm
from huzhu.apps.members.identity import masked_identity, masked_phone
from huzhu.apps.members.models import Member
from huzhu.apps.members.refusals import AlreadyDecided
from huzhu.apps.members.shown import member_row
from huzhu.apps.members.views import person
from huzhu.apps.members.views.desk import ACTS, COLUMNS, ROWS
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import access_organisation
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Change, Confirm, Empty
from huzhu.ui.formats import masked
from huzhu.ui.refusals import NotFound, Refusal
from huzhu.ui.tables import Pager, Table, address
from huzhu.ui.widgets import DayInput
from huzhu.ui.words import say, t

AT_ONCE, SHOWN = 500, 20


@needs("members.approve")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Who waits, longest first; keys choose, open and decide. Pages go on from the last row seen."""
    after = request.GET.get("after", "")
    waiting = queries.applications()
    total = waiting.count()
    if after:
        try:
            waiting = waiting.filter(pk__gt=Member._meta.pk.to_python(after))
        except Exception:
            raise NotFound from None
    rows = list(waiting[: ROWS + 1])
    table = Table(
        key="applications",
        caption=str(t("待批准的申请", "Applications waiting")),
        hides_caption=True,
        columns=COLUMNS[:1] + COLUMNS[2:6],
        rows=[_short(member) for member in rows[:ROWS]],
        acts=ACTS,
        action=f"{reverse('members:decide')}?status=applied",
        total=total,
        empty=Empty(
            title=str(t("没有待批准的申请", "Nobody waits")),
            hint=str(t("工人扫码后会出现在这里。", "Whoever scans a poster appears here.")),
        ),
    )
    more = address({}, after=rows[ROWS - 1].pk) if len(rows) > ROWS else ""
    pager = Pager(
        first=1 if rows else 0, last=min(len(rows), ROWS), total=None, next_url=more, previous_url="?" if after else ""
    )
    context = {"table": table, "pager": pager, "seconds": list(queries.second_applications()[:ROWS])}
    context["corrections"] = queries.corrections().count()
    return render(request, "members/applications.html", context)


def _short(member: Member) -> Any:
    row = member_row(member)
    cells = list(row.cells)
    return type(row)(id=row.id, url=row.url, label=row.label, cells=[cells[0], *cells[2:6]])


@needs("members.approve")
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Approve or refuse the chosen ones, or all that match the filter, after a preview. Each is decided by itself: who was decided
    meanwhile is told, and the others go through."""
    act = request.POST.get("act", "")
    if act not in ("approve", "refuse"):
        raise NotFound
    members = _chosen(request)
    back = reverse("members:applications")
    form = ReasonForm(request.POST if request.POST.get("confirmed") else None) if act == "refuse" else None
    if not members:
        notices.warning(request, t("没有选中待批准的申请。", "No application that waits was chosen."))
        return redirect(back)
    if request.POST.get("confirmed") and (form is None or form.is_valid()):
        reason = "" if form is None else form.cleaned_data["reason"]
        _decide_each(request, members, act, reason)
        return redirect(back)
    is_refusal = act == "refuse"
    confirm = Confirm(
        title=str(t("不批准入会", "Refuse applications") if is_refusal else t("批准入会", "Approve applications")),
        act=str(
            t("不批准 {n} 人", "Refuse {n}", n=len(members))
            if is_refusal
            else t("批准 {n} 人", "Approve {n}", n=len(members))
        ),
        back_url=back,
        changes=[
            Change(
                what=f"{member.name} · {member.organisation.shown_name}",
                before=str(Member.Status.APPLIED.label),
                after=str((Member.Status.REFUSED if is_refusal else Member.Status.MEMBER).label),
            )
            for member in members[:SHOWN]
        ],
        total=len(members),
        # The rows are named: who applies between the preview and the click has not been looked at.
        hidden={"act": act, "chosen": [str(member.pk) for member in members]},
        is_grave=is_refusal,
        form=form,
        action=reverse("members:decide"),
    )
    return render(request, "ui/confirm.html", {"confirm": confirm})


def _chosen(request: HttpRequest) -> list[Member]:
    if request.POST.get("chosen_all") and not request.POST.get("confirmed"):
        found = Filter(request.GET, on=today()).found().filter(status=Member.Status.APPLIED)
    else:
        ids = []
        for text in request.POST.getlist("chosen")[:AT_ONCE]:
            try:
                ids.append(Member._meta.pk.to_python(text))
            except Exception:
                raise NotFound from None
        found = Member.objects.filter(pk__in=ids)
        if not request.POST.get("confirmed"):
            found = found.filter(status=Member.Status.APPLIED)
    return list(found.select_related("organisation").order_by("id")[:AT_ONCE])


def _decide_each(request: HttpRequest, members: list[Member], act: str, reason: str) -> None:
    done, at = 0, now()
    for member in members:
        try:
            if act == "approve":
                services.approve(by=person(request), at=at, member=member)
            else:
                services.refuse(by=person(request), at=at, member=member, reason=reason)
            done += 1
        except AlreadyDecided as refusal:
            notices.warning(request, f"{member.name}: {say(refusal.said)}")
    if done:
        notices.success(
            request,
            t("已批准 {n} 人。", "{n} approved.", n=done)
            if act == "approve"
            else t("未批准 {n} 人。", "{n} refused.", n=done),
        )


@needs("members.approve")
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest, second: Any) -> HttpResponse:
    """Two people with one number, side by side."""
    row = queries.access_second(by=person(request), id=second, on=today())
    member = row.member
    if request.method == "POST" and request.POST.get("act") in ("accept", "dismiss"):
        is_accepted = request.POST["act"] == "accept"
        services.decide_second(
            by=person(request), at=now(), second=row, accept=is_accepted, reason=request.POST.get("reason", "")
        )
        notices.success(request, t("已处理。", "Done."))
        return redirect("members:applications")
    pairs = [
        (t("姓名", "Name"), member.name, row.name),
        (t("身份证号", "Identity number"), _identity(member.identity_number), _identity(row.identity_number)),
        (t("手机号", "Phone"), _phone(member.phone), _phone(row.phone)),
        (t("组织", "Organisation"), row.organisation.shown_name, row.scanned_at.shown_name),
        (t("申请时间", "Applied"), member.applied_at.date(), row.asked_at.date()),
    ]
    is_same = member.identity_index == row.identity_index
    return render(
        request, "members/second.html", {"row": row, "pairs": pairs, "is_same": is_same, "form": ReasonForm()}
    )


def _identity(held: Any) -> str:
    return "–" if held is None else masked_identity(number=held.reveal())


def _phone(held: Any) -> str:
    return "–" if held is None else masked_phone(phone=held.reveal())


@needs("members.edit")
@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    return render(request, "members/corrections.html", {"rows": list(queries.corrections()[:200])})


@needs("members.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: HttpRequest, correction: Any) -> HttpResponse:
    """What is kept and what she says it should be, masked alike."""
    row = queries.access_correction(by=person(request), id=correction, on=today())
    if request.method == "POST" and request.POST.get("act") in ("accept", "refuse"):
        is_accepted = request.POST["act"] == "accept"
        services.decide_correction(
            by=person(request), at=now(), correction=row, accept=is_accepted, reason=request.POST.get("reason", "")
        )
        notices.success(request, t("已处理。", "Done."))
        return redirect("members:corrections")
    mask = {"identity_number": _identity, "phone": _phone}.get(row.field)
    before = row.member.name if mask is None else mask(getattr(row.member, row.field))
    after = "–" if row.value is None else row.value.reveal() if mask is None else mask(row.value)
    return render(
        request, "members/correction.html", {"row": row, "before": before, "after": after, "form": ReasonForm()}
    )


@needs("members.approve")
@require_safe
def meeting(request: HttpRequest) -> HttpResponse:
    """Who became a member under the standing resolution, for the committee to take note of."""
    try:
        since = dt.date.fromisoformat(request.GET.get("since", ""))
    except ValueError:
        since = today() - dt.timedelta(days=30)
    rows = list(queries.for_meeting(since=since)[:1000])
    control = DayInput(attrs={"id": "since"}).render("since", since)
    people = [(member, masked(member.name)) for member in rows]
    return render(request, "members/meeting.html", {"rows": people, "since": since, "control": control})


@needs("members.approve")
@require_http_methods(["GET", "HEAD", "POST"])
def resolutions(request: HttpRequest) -> HttpResponse:
    """The committees' standing resolutions, and a form for a new one."""
    form = ResolutionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            organisation = access_organisation(
                by=person(request), permission="members.approve", code=said.pop("organisation").strip(), on=today()
            )
            services.record_resolution(by=person(request), at=now(), organisation=organisation, **said)
        except Refusal as refusal:
            form.add_error("organisation", say(refusal.said))
        else:
            notices.success(request, t("已登记。", "Recorded."))
            return redirect("members:resolutions")
    return render(request, "members/resolutions.html", {"form": form, "rows": list(queries.resolutions()[:100])})
