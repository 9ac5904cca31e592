"""The one place where a page says who may open it. A view without such a word is never shown (middleware.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django_scopes import scope

from huzhu.apps.unions.queries import reach_of
from huzhu.ui.clock import today
from huzhu.ui.refusals import NotFound

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Access:
    """Who may open a page: anybody, whoever is signed in, or whoever has a permission somewhere."""

    kind: Literal["open", "signed_in", "needs"]
    permission: str = ""


def open_to_all(view: View) -> View:
    """For everybody. What it shows must be nobody's secret, or proved by something in the request."""
    view.access = Access("open")  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """For whoever has signed in: a person's own things. The rest of the union stays closed to its queries."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    guarded.access = Access("signed_in")  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def needs(permission: str) -> Callable[[View], View]:
    """For whoever has the permission, with queries cut to where she has it. To others the page does not exist."""

    def declared(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            reach = reach_of(request.user, permission, on=today())
            if not reach:
                raise NotFound
            with scope(reach=reach):
                return view(request, *args, **kwargs)

        guarded.access = Access("needs", permission)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return declared


def with_password(view: View) -> View:
    """For whoever has a password: an account that is opened by a code has none to change, and no page to make one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise NotFound
        return view(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]
