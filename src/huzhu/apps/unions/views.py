"""Pages about accounts: an administrator's, and everybody's own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.apps.unions import accounts, queries, services
from huzhu.apps.unions.access import needs, signed_in
from huzhu.apps.unions.forms import NewUserForm, ReasonForm, RoleForm, SearchForm, TokenForm
from huzhu.apps.unions.models import ApiToken, User
from huzhu.apps.unions.rights import ROLES
from huzhu.rules.texts import Text
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Confirm, Empty
from huzhu.ui.refusals import NotFound, Refusal
from huzhu.ui.tables import Column, Filters, Row, Table, pager_of
from huzhu.ui.words import say, t

A_PAGE = 50
FORMS = require_http_methods(["GET", "HEAD", "POST"])
# Grave acts on an account: words, and what does them. Those that give a password show it once.
ACTS: dict[str, tuple[Text, Callable[..., Any]]] = {
    "password": (Text("重置密码", "Reset the password"), accounts.reset_password),
    "second-factor": (Text("重置第二因素", "Reset the second factor"), accounts.reset_second_factor),
    "close": (Text("停用账号", "Close the account"), accounts.close),
    "reopen": (Text("重新启用", "Open the account again"), accounts.reopen),
}


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


def _refused(form: Any, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, say(refusal.said))


@needs("users.manage")
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    found = queries.users_in(paths=queries.reach_of(_me(request), "users.manage", on=today()), words=words)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = [
        Row(
            id=str(user.pk),
            url=reverse("unions:user", args=[user.pk]),
            cells=[
                user.shown_name,
                user.username or "",
                "、".join(sorted(str(say(ROLES[role])) for role in queries.roles_of(user, on=today()))),
                t("启用", "open") if user.is_active else t("已停用", "closed"),
            ],
        )
        for user in page
    ]
    columns = [
        Column(label=t("姓名", "Name")), Column(label=t("用户名", "User name")),
        Column(label=t("角色", "Roles")), Column(label=t("状态", "State")),
    ]  # fmt: skip
    table = Table(
        key="users", caption=t("账号", "Accounts"), columns=columns, rows=rows, query=request.GET, total=page.paginator.count,
        empty=Empty(title=t("没有账号", "No accounts"), url=reverse("unions:new_user"), act=t("新建账号", "New account")),
    )  # fmt: skip
    shown = {
        "table": table,
        "pager": pager_of(page=page, query=request.GET),
        "filters": Filters(form=SearchForm(request.GET), query=request.GET),
    }
    return render(request, "unions/users.html", shown)


@needs("users.manage")
@never_cache
@FORMS
def new_user(request: HttpRequest) -> HttpResponse:
    form = NewUserForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = accounts.create_officer(by=_me(request), at=now(), **form.cleaned_data)
        except Refusal as refusal:
            _refused(form, refusal)
        else:
            return render(request, "unions/password_once.html", {"person": user, "password": password})
    return render(
        request,
        "unions/form.html",
        {"form": form, "title": t("新建账号", "New account"), "back": reverse("unions:users")},
    )


@needs("users.manage")
@require_safe
def user(request: HttpRequest, id: uuid.UUID) -> HttpResponse:  # noqa: A002  the address's own name for it
    person = queries.access_user(by=_me(request), id=id, on=today())
    grants = person.grants.filter(Q(until=None) | Q(until__gt=today())).select_related("organisation").order_by("since")
    reach = queries.reach_of(_me(request), "users.manage", on=today())
    is_enabled = is_mfa_enabled(person)
    names = ["password", *(["second-factor"] if is_enabled else []), "close" if person.is_active else "reopen"]
    shown = {
        "person": person,
        "grants": [(grant, say(ROLES[grant.role]), grant.organisation.path.startswith(reach)) for grant in grants],
        "has_second_factor": is_enabled,
        "acts": [] if person.pk == _me(request).pk else [(name, say(ACTS[name][0])) for name in names],
        "is_self": person.pk == _me(request).pk,
    }
    return render(request, "unions/user.html", shown)


@needs("users.manage")
@FORMS
def grant(request: HttpRequest, id: uuid.UUID) -> HttpResponse:  # noqa: A002  the address's own name for it
    person = queries.access_user(by=_me(request), id=id, on=today())
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.grant(by=_me(request), at=now(), user=person, **form.cleaned_data)
        except Refusal as refusal:
            _refused(form, refusal)
        else:
            messages.success(request, t("已授予角色。", "The role is given."))
            return redirect("unions:user", id=person.pk)
    title = t("授予“{name}”角色", "A role for “{name}”", name=person.shown_name)
    return render(
        request, "unions/form.html", {"form": form, "title": title, "back": reverse("unions:user", args=[person.pk])}
    )


@needs("users.manage")
@FORMS
def revoke(request: HttpRequest, id: uuid.UUID) -> HttpResponse:  # noqa: A002  the address's own name for it
    held = queries.access_grant(by=_me(request), id=id, on=today())
    back = reverse("unions:user", args=[held.user_id])
    if request.method == "POST":
        services.revoke(by=_me(request), at=now(), grant=held)
        messages.success(request, t("角色已撤销。", "The role has ended."))
        return redirect(back)
    confirm = Confirm(
        title=t(
            "撤销“{name}”在{place}的{role}角色？", "End the role {role} of “{name}” at {place}?",
            name=held.user.shown_name, place=held.organisation.shown_name, role=say(ROLES[held.role]),
        ),
        act=t("撤销", "End the role"), back_url=back, is_grave=True,
    )  # fmt: skip
    return render(request, "ui/confirm.html", {"confirm": confirm})


@needs("users.manage")
@never_cache
@FORMS
def act(request: HttpRequest, id: uuid.UUID, act: str) -> HttpResponse:  # noqa: A002  the address's own name for it
    """One of the grave acts, after a reason."""
    person = queries.access_user(by=_me(request), id=id, on=today())
    if act not in ACTS:
        raise Http404
    words, do = ACTS[act]
    back = reverse("unions:user", args=[person.pk])
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = do(by=_me(request), at=now(), user=person, reason=form.cleaned_data["reason"])
        if given:
            return render(request, "unions/password_once.html", {"person": person, "password": given})
        messages.success(request, t("已办好，并已记录。", "Done, and recorded."))
        return redirect(back)
    title = t("{act}：{name}", "{act}: {name}", act=say(words), name=person.shown_name)
    confirm = Confirm(title=title, act=say(words), back_url=back, is_grave=True, form=form)
    return render(request, "ui/confirm.html", {"confirm": confirm})


@signed_in
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in, and what she can change of it."""
    shown = {
        "has_password": _me(request).has_usable_password(),
        "has_second_factor": is_mfa_enabled(_me(request)),
        "roles": sorted(str(say(ROLES[role])) for role in queries.roles_of(_me(request), on=today())),
        "may_have_tokens": bool(queries.permissions_of(_me(request), on=today())),
    }
    return render(request, "unions/me.html", shown)


@signed_in
@never_cache
@FORMS
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens of whoever is signed in; a new one's secret is in the answer to its making and nowhere else."""
    scopes = queries.permissions_of(_me(request), on=today())
    if not scopes:
        raise NotFound
    form = TokenForm(request.POST or None, scopes=scopes)
    secret = ""
    if request.method == "POST" and form.is_valid():
        _, secret = services.create_token(by=_me(request), at=now(), **form.cleaned_data)
        form = TokenForm(scopes=scopes)
    held = ApiToken.objects.filter(user=_me(request), revoked_at=None).order_by("-created_at")
    return render(request, "unions/tokens.html", {"form": form, "secret": secret, "tokens": held})


@signed_in
@require_POST
def revoke_token(request: HttpRequest, id: uuid.UUID) -> HttpResponse:  # noqa: A002  the address's own name for it
    token = ApiToken.objects.filter(user=_me(request), pk=id).first()
    if token is None:
        raise NotFound
    services.revoke_token(by=_me(request), at=now(), token=token)
    messages.success(request, t("令牌已撤销。", "The token is revoked."))
    return redirect("unions:tokens")
