"""What keeps the vault in order: everything sealed is brought to the current key, and files that nothing names are removed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from django.apps import apps
from django.db import models, transaction

from huzhu.apps.vault import files, sessions
from huzhu.apps.vault.fields import SealedField, SealedFileField, ring
from huzhu.apps.vault.models import Rotation

F = TypeVar("F", bound="models.Field[Any, Any]")
ROWS = 500
ORPHAN_AFTER = dt.timedelta(days=1)  # longer than any upload takes from its file to its row


class Elsewhere(Protocol):
    """Sealed texts in the table of a library, which has no sealed fields: a module with these three names."""

    NAME: str

    def sealed(self) -> Iterable[bytes]: ...

    def reseal(self) -> int:
        """Bring each to the current key; how many were not."""


ELSEWHERE: list[Any] = [sessions]  # of `Elsewhere`; an app above adds its own when it is ready


def sealed_columns() -> Iterator[tuple[type[models.Model], SealedField]]:
    """Every sealed field of the site."""
    yield from _columns(SealedField)


def rotate(*, tell: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Seal everything with the current key that another one sealed: rows, files, and what libraries keep. How many, by place.

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
    for file_model, file_field in _columns(SealedFileField):
        changed[f"{file_model._meta.label}.{file_field.name}"] = _reseal_files(file_model, file_field)
    for kept in ELSEWHERE:
        changed[kept.NAME] = kept.reseal()
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


def _reseal_files(model: type[models.Model], field: SealedFileField) -> int:
    """Those that have the current key already are passed over, so this goes on where it stopped by itself."""
    changed = 0
    for row in list(model._base_manager.exclude(**{field.attname: ""})):
        name = getattr(row, field.attname)
        try:
            changed += files.reseal(name, field.place_of(row))
        except FileNotFoundError:
            continue  # it was not needed any more
        if not model._base_manager.filter(pk=row.pk, **{field.attname: name}).exists():
            files.delete(name)  # it was let go while it was written anew
    return changed


def keys_in_use() -> dict[int, int]:
    """How many sealed values and files each key has: a key may leave the settings when it has none."""
    found: Counter[int] = Counter(files.keys())
    for model, field in sealed_columns():
        rows = model._base_manager.exclude(**{field.attname: None}).values_list(field.attname, flat=True)
        found.update(stored[0] for stored in rows.iterator())
    for kept in ELSEWHERE:
        found.update(sealed[0] for sealed in kept.sealed())
    return dict(found)


def sweep(*, at: dt.datetime) -> int:
    """Remove what killed processes left: what was in clear, what was half written, and files whose row was never committed."""
    before = (at - ORPHAN_AFTER).timestamp()
    named: set[str] = set()  # what is stored while this is read is too young to go
    for model, field in _columns(SealedFileField):
        named.update(model._base_manager.exclude(**{field.attname: ""}).values_list(field.attname, flat=True))
    return files.sweep() + files.remove_orphans(named=named, before=before)


def _columns(kind: type[F]) -> Iterator[tuple[type[models.Model], F]]:
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, kind):
                yield model, field
