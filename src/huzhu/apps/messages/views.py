"""The inbox, and the page where the demonstration shows its console SMS."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from huzhu.apps.messages import queries, services
from huzhu.apps.unions.access import open_to_all, signed_in
from huzhu.apps.unions.models import User
from huzhu.ui.clock import now
from huzhu.ui.flow import Empty
from huzhu.ui.tables import pager_of
from huzhu.ui.words import t

A_PAGE = 20


@signed_in
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    page = Paginator(queries.inbox(of=user), A_PAGE).get_page(request.GET.get("page"))
    shown: dict[str, Any] = {
        "page": page,
        "pager": pager_of(page=page, query=request.GET),
        "unread": queries.unread_count(of=user),
        "empty": Empty(
            title=t("还没有消息", "No messages yet"),
            hint=t("工会办了什么，会在这里告诉您。", "What the union does for you is told here."),
        ),
    }
    return render(request, "messages/inbox.html", shown)


@signed_in
@require_POST
def open_one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:  # noqa: A002  the address's own name for it
    """Marks a message as read and goes where it leads."""
    message = queries.access_message(by=cast(User, request.user), id=id)
    services.mark_read(by=cast(User, request.user), at=now(), id=message.pk)
    is_ours = bool(message.url) and url_has_allowed_host_and_scheme(message.url, allowed_hosts=None)
    return redirect(message.url if is_ours else "messages:inbox")


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    services.mark_read(by=cast(User, request.user), at=now())
    return redirect("messages:inbox")


@open_to_all
@never_cache
@require_safe
def console(request: HttpRequest) -> HttpResponse:
    """Only in the demonstration, where all people are made up: elsewhere the page does not exist."""
    return render(request, "messages/console.html", {"deliveries": queries.console()})
