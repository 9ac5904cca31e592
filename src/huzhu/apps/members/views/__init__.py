"""Pages: joining, a worker's own, and the officers'."""

from __future__ import annotations

from django.http import HttpRequest

from huzhu.apps.unions.models import User


def person(request: HttpRequest) -> User:
    """Whoever is signed in; pages for everybody do not ask."""
    assert isinstance(request.user, User)
    return request.user
