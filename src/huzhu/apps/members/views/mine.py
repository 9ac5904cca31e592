"""A worker's own pages: the card, what is kept about her, and leaving."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.apps.members import queries, services
from huzhu.apps.members.consents import CURRENT, text_of
from huzhu.apps.members.forms import ConsentForm, CorrectionForm
from huzhu.apps.members.identity import masked_identity, masked_phone
from huzhu.apps.members.models import CATEGORIES, Member
from huzhu.apps.members.posters import card_token, matrix_of
from huzhu.apps.members.queries import Own
from huzhu.apps.members.services.leaving import export_waiting
from huzhu.apps.members.views import person
from huzhu.apps.unions.access import open_to_all, signed_in
from huzhu.ui.charts import Card, qr
from huzhu.ui.clock import now
from huzhu.ui.flow import Change, Confirm
from huzhu.ui.formats import day_in_words, masked
from huzhu.ui.refusals import NotFound, Refusal
from huzhu.ui.words import language, say, t


def _own(request: HttpRequest) -> Own:
    found = queries.own(by=person(request))
    if found is None:
        raise NotFound
    return found


@signed_in
@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """The card of a member; for an applicant, how the application stands."""
    mine = _own(request)
    if not mine.is_member or mine.member is None or mine.joined_on is None:
        return render(request, "members/standing.html", {"mine": mine})
    url = request.build_absolute_uri(reverse("members:check", args=[card_token(number=mine.number)]))
    shown = Card(
        name=mine.name,
        number=mine.number,
        organisation=str(mine.organisation.shown_name),
        status=str(t("会员", "Member")),
        facts=[(t("入会日期", "Member since"), day_in_words(mine.joined_on, lang=language()))],
        qr=qr(matrix=matrix_of(text=url)),
        qr_label=str(t("扫码核对会员卡", "Scan to check this card")),
    )
    return render(request, "members/card.html", {"card": shown, "mine": mine})


@never_cache
@require_safe
@open_to_all
def check(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever is shown a card: whether it holds, of whom (masked), and where."""
    member = queries.card_of(token=token)
    context: dict[str, Any] = {"member": None}
    if member is not None:
        context = {
            "member": member,
            "name": masked(member.name),
            "holds": member.status == Member.Status.MEMBER,
        }
    return render(request, "members/check.html", context, status=200 if member is not None else 404)


@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What is kept about her, and what she can do about it."""
    own = _own(request)
    context = {"mine": own, "facts": _facts(own), "consents": _consents(own), "corrections": []}
    if own.member is not None:
        context["corrections"] = _corrections(own.member)
    return render(request, "members/mine.html", context)


def _facts(own: Own) -> list[tuple[Any, Any]]:
    held: Any = own.member or own.second
    identity, phone = held.identity_number, held.phone
    works = (
        [(work.employer.name, work.work_category) for work in own.member.works.select_related("employer")]
        if own.member
        else []
    )
    if own.second is not None:
        works = [(own.second.employer.name, own.second.work_category)]
    said = [
        f"{employer} · {capfirst(t(*CATEGORIES[category]))}" if category in CATEGORIES else employer
        for employer, category in works
    ]
    lines = [
        (t("姓名", "Name"), own.name),
        (t("身份证号", "Identity number"), "" if identity is None else masked_identity(number=identity.reveal())),
        (t("手机号", "Phone"), "" if phone is None else masked_phone(phone=phone.reveal())),
        (t("会员号", "Member number"), own.number),
        (t("所属工会", "Organisation"), own.organisation.shown_name),
        (t("工作", "Work"), t("、", ", ").join(said)),
        (t("状态", "Status"), capfirst(Member.Status(own.status).label)),
    ]
    return [(label, value) for label, value in lines if value]


def _consents(own: Own) -> list[dict[str, Any]]:
    """The consents that were given. Those of an application that waits for an officer are noted with it."""
    rows: list[tuple[str, str, Any, Any]] = []
    if own.member is not None:
        found = own.member.consents.order_by("given_at")
        rows = list(found.values_list("purpose", "version", "given_at", "withdrawn_at"))
    elif own.second is not None:
        rows = [(purpose, version, own.applied_at, None) for purpose, version in own.second.consents.items()]
    given = [
        (text, at, ended) for purpose, version, at, ended in rows if (text := text_of(purpose=purpose, version=version))
    ]
    return [
        {
            "purpose": text.purpose,
            "label": say(text.label),
            "words": say(text.words),
            "version": text.version,
            "at": at,
            "withdrawn_at": ended,
        }
        for text, at, ended in given
    ]


def _corrections(member: Member) -> list[Any]:
    from huzhu.apps.unions.scoping import whole_union

    with whole_union("a person's own row"):
        return list(member.corrections.order_by("-asked_at")[:10])


@signed_in
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Everything kept about her, to take away."""
    own, at = _own(request), now()
    said = export_waiting(second=own.second, at=at) if own.second is not None else None
    if said is None and own.member is not None:
        said = services.export_own(by=person(request), at=at, member=own.member)
    response = JsonResponse(said, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = 'attachment; filename="huzhu-my-data.json"'
    response["Cache-Control"] = "no-store"
    return response


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest) -> HttpResponse:
    """Say what is wrong."""
    own = _own(request)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            if own.member is None or own.status != Member.Status.MEMBER:
                raise NotFound  # an application is corrected by the officer who looks at it
            services.correct(by=person(request), at=now(), member=own.member, **form.cleaned_data)
        except NotFound:
            raise
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, say(refusal.said))
        else:
            notices.success(
                request, t("已提交，工会干部核对后会告诉您。", "Sent. An officer will look at it and tell you.")
            )
            return redirect("members:mine")
    return render(request, "members/correct.html", {"form": form})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, purpose: str) -> HttpResponse:
    """Withdraw one consent, after what follows from it was shown."""
    own, text = _own(request), CURRENT.get(purpose)
    if text is None or own.member is None:
        raise NotFound
    if request.method == "POST" and request.POST.get("confirmed"):
        services.withdraw_consent(by=person(request), at=now(), member=own.member, purpose=purpose)
        notices.success(request, t("已撤回同意。", "The consent has been withdrawn."))
        return redirect("members:mine")
    follows = (
        t("撤回后您即退会。", "You leave the union with it.")
        if text.is_required
        else t("以后不再与平台登记核对。", "Nothing is compared from then on.")
    )
    confirm = Confirm(
        title=str(t("撤回同意", "Withdraw consent")),
        act=str(t("撤回", "Withdraw")),
        back_url=reverse("members:mine"),
        intro=str(say(text.label)),
        warning=str(follows),
        is_grave=True,
    )
    return _ask(request, confirm)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Leave, or take an application back."""
    own = _own(request)
    if request.method == "POST" and request.POST.get("confirmed"):
        if own.second is not None:
            services.withdraw_application(by=person(request), at=now(), second=own.second)
            notices.success(request, t("已撤回申请。", "The application has been withdrawn."))
            return redirect("/")
        if own.member is not None:
            services.leave(by=person(request), at=now(), member=own.member)
        notices.success(request, t("已办理。", "Done."))
        return redirect("members:mine")
    after = t("已退会", "left") if own.is_member else t("已撤回", "withdrawn")
    confirm = Confirm(
        title=str(t("退会", "Leave the union") if own.is_member else t("撤回申请", "Withdraw the application")),
        act=str(t("确认", "Confirm")),
        back_url=reverse("members:mine"),
        changes=[
            Change(what=str(t("会籍", "Membership")), before=str(Member.Status(own.status).label), after=str(after))
        ],
        warning=str(
            t(
                "退会后，会员的互助保障和服务随之停止。您随时可以再次入会。",
                "Mutual aid and services for members end with it. You can join again at any time.",
            )
        ),
        is_grave=True,
    )
    return _ask(request, confirm)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def rejoin(request: HttpRequest) -> HttpResponse:
    """Apply again after leaving."""
    own = _own(request)
    if own.member is None or own.status != Member.Status.LEFT:
        raise NotFound
    form = ConsentForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.rejoin(by=person(request), at=now(), member=own.member, consents=form.given)
        return redirect("members:card")
    return render(request, "members/rejoin.html", {"form": form, "mine": own})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Have everything removed that tells who she is."""
    own = _own(request)
    if own.member is None:
        raise NotFound
    if request.method == "POST" and request.POST.get("confirmed"):
        services.erase(by=person(request), at=now(), member=own.member)
        logout(request)
        return render(request, "members/erased.html")
    gone = str(t("删除", "removed"))
    whats = (
        t("姓名", "Name"),
        t("身份证号", "Identity number"),
        t("手机号", "Phone"),
        t("工作和核对结果", "Work and verifications"),
        t("登录账号", "Account"),
    )
    stays = t(
        "会员号、所属工会和日期保留，操作记录只以会员号称呼您（法律要求至少三年）。",
        "Number, organisation and dates stay; the record that the law requires for three years calls you by number.",
    )
    warning = (
        str(stays)
        if own.status not in (Member.Status.MEMBER, Member.Status.APPLIED)
        else str(t("请先退会，再注销。", "Leave first, then ask to be erased."))
    )
    confirm = Confirm(
        title=str(t("注销", "Be erased")),
        act=str(t("注销，不能恢复", "Erase for good")),
        back_url=reverse("members:mine"),
        changes=[Change(what=str(what), before=str(t("保存", "kept")), after=gone) for what in whats],
        warning=warning,
        is_grave=True,
    )
    return _ask(request, confirm)


def _ask(request: HttpRequest, confirm: Confirm) -> HttpResponse:
    return render(request, "ui/confirm.html", {"confirm": confirm, "layout": "ui/phone.html"})
