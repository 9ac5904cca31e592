"""What every request passes: undeclared pages stay closed, refusals become pages, officers' sessions end."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from huzhu.apps.unions.passwords import must_change
from huzhu.apps.unions.queries import is_officer
from huzhu.ui.clock import now, today
from huzhu.ui.refusals import Refusal, Unreadable
from huzhu.ui.words import say, t

Respond = Callable[[HttpRequest], HttpResponse]
# Views of libraries that see to their own access: sign-in, the API (its root asks for a token), static files, language.
OTHERS = (
    "allauth.",
    "ninja.",
    "django.views.i18n",
    "django.views.static",
    "django.contrib.staticfiles.",
    "whitenoise.",
)
# No text of ours holds these; PostgreSQL takes no NUL, and a lone surrogate cannot be written as UTF-8.
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
LAST_SEEN, NOTED_EVERY_S = "last_seen", 30
# What can be reached without a second factor: how one comes by it.
FREE = ("/account/", "/static/", "/language/", "/health")


class AccessMiddleware:
    """Refuses a view that does not say whom it is for, and shows refusals in words."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return _unreadable(request) if UNREADABLE.search(request.path) else self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:  # noqa: ARG002  Django's signature
        module = getattr(getattr(view, "func", view), "__module__", "")  # the API's own views are partial functions
        if not hasattr(view, "access") and not module.startswith(OTHERS):
            raise AssertionError(
                f"{module}.{getattr(view, '__name__', view)} does not say who may open it (unions/access.py)"
            )
        # The API reads its own bodies, by their types. All other text comes in here, whether a form reads it or not.
        posted = [] if module.startswith("ninja.") else request.POST.lists()
        said = (word for name, values in (*request.GET.lists(), *posted) for word in (name, *values))
        return _unreadable(request) if any(map(UNREADABLE.search, said)) else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal):
            return None
        return _refused(request, error)


class SessionLimitsMiddleware:
    """Officers are signed out after a while without a request, and need a second factor before they see anything; whoever
    has a password that somebody else made, or that is too old, first chooses another.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_signed_in(request):
            return self.get_response(request)
        response = self._answer(request)
        # What she saw is not to be found in this browser by whoever sits down at it next.
        response.headers.setdefault("Cache-Control", "no-store, private")
        if not _is_signed_in(request):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if is_officer(request.user, on=today()):
            if self._was_away(request):
                return self._sign_out(request)
            # A page that asks by itself how far something is does not keep an empty desk signed in.
            if LAST_SEEN not in request.session or not _is_polling(request):
                self._note(request)
        wanted = self._wanted_first(request)
        return _sent_to(request, wanted) if wanted else self.get_response(request)

    def _note(self, request: HttpRequest) -> None:
        """Twice a minute at most, so that looking at pages writes nothing and waits for nobody who writes."""
        at = int(now().timestamp())
        if abs(at - request.session.get(LAST_SEEN, 0)) >= NOTED_EVERY_S:
            request.session[LAST_SEEN] = at

    def _was_away(self, request: HttpRequest) -> bool:
        seen = request.session.get(LAST_SEEN)
        # Where the clock was set back she counts as away too: otherwise an idle session would outlast the limit by as much.
        return seen is not None and abs(now().timestamp() - seen) > settings.HUZHU_IDLE.total_seconds()

    def _sign_out(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        messages.warning(
            request, t("您离开了一段时间，请重新登录。", "You were away for a while. Please sign in again.")
        )
        back = "/" if request.headers.get("HX-Request") else request.get_full_path()
        return _sent_to(request, f"{reverse('account_login')}?{urlencode({'next': back})}")

    def _wanted_first(self, request: HttpRequest) -> str:
        """The demonstration shows desks without a phone at hand; everywhere else officers have a second factor."""
        from allauth.mfa.utils import is_mfa_enabled

        if request.path.startswith(FREE):
            return ""
        if must_change(request.user, at=now()):
            return reverse("account_change_password")
        is_bare = not settings.HUZHU_DEMO and is_officer(request.user, on=today())
        if is_bare and not is_mfa_enabled(request.user):
            return reverse("mfa_activate_totp")
        return ""


def _is_signed_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


def _unreadable(request: HttpRequest) -> HttpResponse:
    refusal = Unreadable()
    if request.path.startswith("/api/"):
        told = {"code": refusal.code, "zh": refusal.said.zh, "en": refusal.said.en}
        return JsonResponse(told, status=refusal.status, json_dumps_params={"ensure_ascii": False})
    return _refused(request, refusal)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    context = {"said": say(refusal.said), "code": refusal.code}
    return render(request, "ui/refused.html", context, status=refusal.status)


def _is_polling(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and request.method == "GET" and not request.headers.get("HX-Boosted")


def _sent_to(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect; for htmx one of the whole page, so that no sign-in form lands inside a table."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
