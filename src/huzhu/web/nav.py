"""The ways on from every page, for whoever is looking."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from huzhu.apps.unions.queries import is_officer, reach_of
from huzhu.ui.clock import today
from huzhu.ui.words import t

# Address, words, and the permission that opens it.
DESK = (
    ("desk", t("工作台", "Desk"), "desk.view"),
    ("members:list", t("会员", "Members"), "members.view"),
    ("members:applications", t("入会申请", "Applications"), "members.approve"),
    ("rosters:list", t("名册", "Rosters"), "rosters.view"),
    ("rosters:likenesses", t("登记比对", "Comparisons"), "rosters.decide"),
    ("members:targets", t("目标", "Targets"), "targets.view"),
    ("registers:list", t("平台登记", "Registers"), "registers.view"),
    ("members:posters", t("海报", "Posters"), "posters.print"),
    ("unions:tree", t("组织", "Organisations"), "unions.view"),
    ("unions:users", t("账号", "Accounts"), "users.manage"),
    ("audit", t("审计记录", "Record"), "audit.view"),
)
WORKER = (
    ("front", t("首页", "Home")),
    ("members:card", t("会员卡", "My card")),
    ("members:mine", t("我的资料", "My data")),
    ("messages:inbox", t("消息", "Messages")),
)


class NavMiddleware:
    """Puts `request.nav` where the layouts look for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.nav = Lazy(request)  # type: ignore[attr-defined]  # only a page that is drawn asks the database
        return self.get_response(request)


class Lazy:
    """The list of (address, words, whether it is this page), worked out when it is walked."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __iter__(self):  # type: ignore[no-untyped-def]
        user, on = self.request.user, today()
        if not user.is_authenticated:
            return iter(())
        if is_officer(user, on=on):
            ways = [(name, label) for name, label, permission in DESK if reach_of(user, permission, on=on)]
            ways += [("messages:inbox", t("消息", "Messages")), ("unions:me", t("我的账号", "My account"))]
        else:
            ways = list(WORKER)
        found = [(reverse(name), label) for name, label in ways]
        here = max((url for url, _ in found if self.request.path.startswith(url)), key=len, default="")
        return iter([(url, label, url == here) for url, label in found])
