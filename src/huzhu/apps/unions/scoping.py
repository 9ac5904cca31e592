"""Queries see only the part of the union tree that was opened for them; outside any such part they fail (django-scopes)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import models
from django_scopes import get_scope, scope
from django_scopes.manager import DisabledQuerySet

WHOLE_UNION = ("",)


def within(field: str, paths: Sequence[str]) -> models.Q:
    """Rows whose path lies in one of the subtrees; the empty path is the whole union."""
    if "" in paths:
        return models.Q()
    reach = models.Q(pk__in=[])
    for path in paths:
        reach |= models.Q(**{f"{field}__startswith": path})
    return reach


@contextmanager
def whole_union(why: str) -> Iterator[None]:
    """For acts that serve everybody, such as joining: every row is seen. `why` is for whoever reads the code."""
    assert why
    with scope(reach=WHOLE_UNION):
        yield


class ScopedManager(models.Manager[Any]):
    """A manager whose queries are cut to the open subtrees. Subclasses name the way to the path."""

    path = "organisation__path"

    def get_queryset(self) -> models.QuerySet[Any]:
        found = get_scope()
        if not found.get("_enabled", True):
            return super().get_queryset()
        if "reach" not in found:
            closed: models.QuerySet[Any] = DisabledQuerySet(self.model, using=self._db, missing_scopes=("reach",))
            return closed
        rows: models.QuerySet[Any] = super().get_queryset()
        return rows.filter(within(self.path, found["reach"]))
