"""Joining by scan, three steps on a phone. Each step is its own address part (`?step=`), so that going back is the browser's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from huzhu.apps.members import queries, services
from huzhu.apps.members.drafts import Draft
from huzhu.apps.members.forms import CodeForm, ConsentForm, HowForm, WhoForm
from huzhu.apps.members.identity import Fault, masked_identity, masked_phone, read_identity
from huzhu.apps.members.models import CATEGORIES, Member
from huzhu.apps.members.names import Name, read_name
from huzhu.apps.messages import codes
from huzhu.apps.unions.access import open_to_all
from huzhu.apps.unions.limits import client_address
from huzhu.apps.unions.models import Employer, Organisation, User
from huzhu.apps.unions.queries import is_officer
from huzhu.ui import flow
from huzhu.ui.clock import day_of, now
from huzhu.ui.formats import masked
from huzhu.ui.refusals import Refusal
from huzhu.ui.words import say, t

LABELS = [t("我是谁", "Who I am"), t("做什么", "My work"), t("同意并确认", "Confirm")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The step that the draft has come to, or an earlier one that she went back to."""
    station = queries.station_of(token=token)
    if station is None:
        return render(request, "members/join_void.html", status=404)
    mine = queries.own(by=request.user)
    if mine is not None and mine.status in (Member.Status.MEMBER, Member.Status.APPLIED):
        return redirect("members:card")
    draft = Draft(request.session, token=token)
    reached = 3 if draft.has_how else 2 if draft.has_who else 1
    asked = request.GET.get("step", "")
    step = min(int(asked), reached) if asked in ("1", "2", "3") else reached
    return {1: _who, 2: _how, 3: _confirm}[step](request, station, draft)


def _page(request: HttpRequest, station: Organisation, step: int, **context: Any) -> HttpResponse:
    urls = {n: f"?step={n}" for n in range(1, step)}
    context |= {"station": station, "steps": flow.steps(labels=LABELS, now=step, urls=urls), "step": step}
    return render(request, f"members/join_{step}.html", context)


def _who(request: HttpRequest, station: Organisation, draft: Draft) -> HttpResponse:
    """Name, numbers and the code. Asking for a code and giving it are two posts of one page, so it needs no script."""
    at = now()
    posted = request.POST if request.method == "POST" else None
    form = WhoForm(posted, held=draft.said, on=day_of(at))
    code = CodeForm(posted if posted is not None and posted.get("act") == "next" else None)
    context = {"form": form, "code": code, "draft": draft.said, "is_sent": bool(draft.said.get("is_sent"))}
    if posted is None or not form.is_valid():
        return _page(request, station, 1, **_shown(context, draft))
    said = form.cleaned_data
    changed = said["phone"] != draft.said.get("phone")
    draft.keep(name=said["name"].text, identity=said["identity"].number, phone=said["phone"])
    if changed:
        draft.keep(is_proved=False, is_sent=False)
    if draft.said.get("is_proved") and posted.get("act") != "send":
        return redirect(f"{request.path}?step=2")
    if posted.get("act") == "next" and draft.said.get("is_sent") and code.is_valid():
        if codes.check(phone=said["phone"], purpose="join", code=code.cleaned_data["code"], at=at):
            draft.keep(is_proved=True)
            return redirect(f"{request.path}?step=2")
        code.add_error(
            "code",
            t(
                "验证码不对，或已失效。请核对，或重新获取。",
                "The code is wrong or no longer holds. Look again, or ask for a new one.",
            ),
        )
    elif posted.get("act") == "send" or not draft.said.get("is_sent"):
        code = CodeForm()
        try:
            codes.issue(
                phone=said["phone"],
                purpose="join",
                at=at,
                address=client_address(request),
                language=request.LANGUAGE_CODE,
            )
            draft.keep(is_sent=True)
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, say(refusal.said))
    # The form is drawn anew from the draft: nothing that was typed comes back in the page.
    fresh = form if form.errors else WhoForm(held=draft.said, on=day_of(at))
    return _page(
        request,
        station,
        1,
        **_shown(context | {"form": fresh, "code": code, "is_sent": bool(draft.said.get("is_sent"))}, draft),
    )


def _shown(context: dict[str, Any], draft: Draft) -> dict[str, Any]:
    said = draft.said
    identity, phone = said.get("identity", ""), said.get("phone", "")
    context["facts"] = [
        (label, value)
        for label, value in (
            (t("身份证号", "Identity number"), masked_identity(number=identity) if identity else ""),
            (t("手机号", "Phone"), masked_phone(phone=phone) if phone else ""),
        )
        if value
    ]
    context["is_proved"] = bool(said.get("is_proved"))  # who went back is not asked for the code again
    context.pop("draft", None)
    return context


def _how(request: HttpRequest, station: Organisation, draft: Draft) -> HttpResponse:
    initial = {name: draft.said.get(name) for name in ("platform", "category", "rider_no")}
    form = HowForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        said = form.cleaned_data
        draft.keep(platform=said["platform"].platform, category=said["category"], rider_no=said["rider_no"])
        return redirect(f"{request.path}?step=3")
    return _page(request, station, 2, form=form)


def _confirm(request: HttpRequest, station: Organisation, draft: Draft) -> HttpResponse:
    form = ConsentForm(request.POST if request.method == "POST" else None)
    said = draft.said
    employer = Employer.objects.filter(platform=said["platform"]).first()
    at = now()
    who = _read(said, day_of(at))
    if employer is None or who is None:
        draft.drop()
        return redirect(f"{request.path}?step=1")
    if form.is_valid():
        name, identity = who
        joined = services.apply(
            at=at,
            application=services.Application(
                organisation=station, identity=identity, name=name, phone=said["phone"], employer=employer,
                work_category=said["category"], rider_no=said["rider_no"], consents=form.given,
            ),
        )  # fmt: skip
        draft.drop()
        return _welcome(request, joined.user, at)
    facts = [
        (t("姓名", "Name"), masked(said["name"])),
        (t("身份证号", "Identity number"), masked_identity(number=said["identity"])),
        (t("手机号", "Phone"), masked_phone(phone=said["phone"])),
        (t("平台", "Platform"), employer.name),
        (t("工种", "Kind of work"), capfirst(t(*CATEGORIES[said["category"]]))),
        (t("加入", "Joining"), station.shown_name),
    ]
    return _page(request, station, 3, form=form, facts=facts)


def _read(said: dict[str, Any], on: dt.date) -> tuple[Name, Any] | None:
    from django.conf import settings

    name = read_name(text=said["name"])
    identity = read_identity(text=said["identity"], on=on, made_up=settings.HUZHU_MADE_UP_PEOPLE)
    return None if isinstance(name, Fault) or isinstance(identity, Fault) else (name, identity)


def _welcome(request: HttpRequest, user: User | None, at: dt.datetime) -> HttpResponse:
    """Sign her in and show how she stands. An officer's account takes more than a code to open."""
    if user is None or not user.is_active or is_officer(user, on=day_of(at)):
        return redirect("members:received")
    with transaction.atomic():  # one commit for all that signing in writes: a disk takes its time for each
        login(request, user, backend=BACKEND)
    return redirect("members:card")


@require_safe
@open_to_all
def received(request: HttpRequest) -> HttpResponse:
    """For whoever applied and is not signed in: what every applicant is told."""
    return render(request, "members/received.html")
