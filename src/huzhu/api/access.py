"""Who a program acts for, and what it may do there: the one place where an operation says it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest
from django_scopes import scope
from ninja import Schema
from ninja.security import HttpBearer

from huzhu.apps.unions.models import ApiToken
from huzhu.apps.unions.queries import reach_of, token_of
from huzhu.ui.clock import now, today
from huzhu.ui.refusals import NotAllowed

Operation = TypeVar("Operation", bound=Callable[..., Any])


class Bearer(HttpBearer):
    """`Authorization: Bearer huzhu_...`, a token made on the account's page."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = token_of(secret=token, at=now())
        if found is not None:
            request.user = found.user
        return found


def token_in(request: HttpRequest) -> ApiToken:
    """What `Bearer` found; Ninja keeps it on the request, of which Django's types know nothing."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token


class Problem(Schema):
    """Why something was not done, in both languages; `code` is stable."""

    code: str
    zh: str
    en: str


def needs(permission: str) -> Callable[[Operation], Operation]:
    """For tokens with this scope, whose user has this permission; queries are cut to where she has it."""

    def declared(operation: Operation) -> Operation:
        @wraps(operation)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            token = token_in(request)
            reach = reach_of(token.user, permission, on=today())
            if permission not in token.scopes or not reach:
                raise NotAllowed
            with scope(reach=reach):
                return operation(request, *args, **kwargs)

        # Ninja reads parameters' types in the module of the function it is given, which is this one: they are read here already.
        guarded.__signature__ = inspect.signature(operation, eval_str=True)  # type: ignore[attr-defined]
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return declared
