"""Bringing every sealed column to the current key, a piece at a time and resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction

from huzhu.apps.vault.fields import SealedField, ring
from huzhu.apps.vault.models import Rotation

ROWS = 500


def sealed_columns() -> Iterator[tuple[type[models.Model], SealedField]]:
    """Every sealed field of the site."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedField):
                yield model, field


def rotate(*, tell: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Seal everything with the current key that another one sealed; rows changed by column.

    Killed, it goes on where it was. What is written meanwhile has the current key already; a row that somebody else changes
    between reading and writing is left to them.
    """
    changed = {}
    for model, field in sealed_columns():
        name = f"{model._meta.label}.{field.name}"
        state, _ = Rotation.objects.get_or_create(column=name, to_key=ring().current)
        if state.is_done:  # keys may have been used again since, by an older process
            state.after, state.changed, state.is_done = "", 0, False
        while not state.is_done:
            _piece(model, field, state)
            if tell is not None:
                tell(name, state.changed)
        changed[name] = state.changed
    return changed


@transaction.atomic
def _piece(model: type[models.Model], field: SealedField, state: Rotation) -> None:
    rows: models.QuerySet[Any, Any] = model._base_manager.order_by("pk").values_list("pk", field.attname)
    if state.after:
        rows = rows.filter(pk__gt=state.after)
    piece = list(rows[:ROWS])
    for pk, stored in piece:
        if stored is None or stored[0] == ring().current:
            continue
        place = field.place(pk)
        sealed = ring().seal(ring().open(stored, place=place), place=place)
        state.changed += model._base_manager.filter(pk=pk, **{field.attname: stored}).update(**{field.attname: sealed})
    if piece:
        state.after = str(piece[-1][0])
    state.is_done = len(piece) < ROWS
    state.save()


def keys_in_use() -> dict[int, int]:
    """How many sealed values each key has: a key may leave the settings when it has none."""
    found: dict[int, int] = {}
    for model, field in sealed_columns():
        for stored in (
            model._base_manager.exclude(**{field.attname: None}).values_list(field.attname, flat=True).iterator()
        ):
            found[stored[0]] = found.get(stored[0], 0) + 1
    return found
