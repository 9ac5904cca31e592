"""What the registers say about a person, and how the registers stand."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Count, Q, QuerySet

from huzhu.apps.jobs.models import Job
from huzhu.apps.registers.models import Register, RegisterLoad, RegisterRow
from huzhu.ui.refusals import NotFound

LOAD, SYNC = "registers.load", "registers.sync"  # kinds of work
How = Literal["identity", "phone"]


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom to look for: keyed hashes (indexes.py) of the numbers, and the name's key. `id` is the caller's."""

    id: object
    name_key: str
    identity_index: bytes | None = None
    identity_hash_index: bytes | None = None
    phone_index: bytes | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a register says about whoever was sought. It holds until `expires_on`, exclusive."""

    register: str
    how: How
    row: RegisterRow
    expires_on: dt.date


def find(
    *, name_key: str, on: dt.date, identity_index: bytes | None = None, identity_hash_index: bytes | None = None,
    phone_index: bytes | None = None,
) -> list[Found]:  # fmt: skip
    """The rows that are exactly this person, one a register and platform, those by identity number first; still valid on `on`.

    A number that fits with another name does not count: it is for a person to look at (`at_odds`).
    """
    sought = Sought(None, name_key, identity_index, identity_hash_index, phone_index)
    return find_many(sought=[sought], on=on).get(None, [])


def find_many(*, sought: Sequence[Sought], on: dt.date) -> dict[object, list[Found]]:
    """As `find`, for many at once, by their `id`; whoever is not found is not in it."""
    by_identity, by_hash, by_phone = _candidates(sought, on)
    found: dict[object, list[Found]] = {}
    for one in sought:
        hits: dict[tuple[object, str], Found] = {}
        rows = [*by_identity.get(one.identity_index, ()), *by_hash.get(one.identity_hash_index, ())]
        ranked: list[tuple[How, RegisterRow]] = [("identity", row) for row in rows]
        ranked += [("phone", row) for row in by_phone.get(one.phone_index, ()) if not _is_another(one, row)]
        for how, row in ranked:
            # A register without names says nothing against a number that fits.
            if row.name_key == one.name_key or (how == "identity" and not row.name_key):
                hits.setdefault((row.register_id, row.platform), _found(how, row))
        if hits:
            found[one.id] = list(hits.values())
    return found


def at_odds(*, sought: Sought, on: dt.date) -> list[RegisterRow]:
    """Rows with this identity number and another name."""
    by_identity, by_hash, _ = _candidates([sought], on)
    rows = [*by_identity.get(sought.identity_index, ()), *by_hash.get(sought.identity_hash_index, ())]
    return [row for row in rows if row.name_key and row.name_key != sought.name_key]


Rows = dict[bytes | None, list[RegisterRow]]


def _candidates(sought: Sequence[Sought], on: dt.date) -> tuple[Rows, Rows, Rows]:
    names = ("identity_index", "identity_hash_index", "phone_index")
    wanted = [{value for one in sought if (value := getattr(one, name)) is not None} for name in names]
    either = Q()
    for name, values in zip(names, wanted, strict=True):
        if values:
            either |= Q(**{f"{name}__in": values})
    grouped: tuple[Rows, Rows, Rows] = (defaultdict(list), defaultdict(list), defaultdict(list))
    if not either:
        return grouped
    rows = RegisterRow.objects.filter(either, gone_at=None, register__is_active=True, as_of__lte=on)
    for row in rows.select_related("register").order_by("-as_of", "pk"):
        if _expires_on(row) <= on:
            continue
        for name, values, group in zip(names, wanted, grouped, strict=True):
            value = getattr(row, name)
            if value in values:
                group[value].append(row)
    return grouped


def _is_another(one: Sought, row: RegisterRow) -> bool:
    """The same phone and name, and another identity number: a number that was given to somebody else since."""
    pairs = ((one.identity_index, row.identity_index), (one.identity_hash_index, row.identity_hash_index))
    return any(mine is not None and theirs is not None and mine != theirs for mine, theirs in pairs)


def _found(how: How, row: RegisterRow) -> Found:
    return Found(row.register.code, how, row, _expires_on(row))


def _expires_on(row: RegisterRow) -> dt.date:
    return row.as_of + dt.timedelta(days=row.register.valid_days)


def listed_rows(*, on: dt.date, after: object = None, at_most: int = 1000) -> list[RegisterRow]:
    """Rows that still hold, in the order of their keys, for looking through all of them piece by piece."""
    rows = RegisterRow.objects.filter(gone_at=None, register__is_active=True, as_of__lte=on).select_related("register")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return [row for row in rows.order_by("pk")[:at_most] if _expires_on(row) > on]


def rows_by_id(*, ids: Iterable[object]) -> dict[object, RegisterRow]:
    return {row.pk: row for row in RegisterRow.objects.filter(pk__in=list(ids)).select_related("register")}


def registers() -> QuerySet[Any]:
    """All of them, each with how many people it lists now."""
    listed = Count("rows", filter=Q(rows__gone_at=None))
    return Register.objects.annotate(people=listed).order_by("code")


def access_register(*, code: str) -> Register:
    """Registers belong to the whole union: whoever may see one may see all. Raises NotFound."""
    found: Register | None = registers().filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def loads(*, register: Register) -> QuerySet[RegisterLoad]:
    return RegisterLoad.objects.filter(register=register).select_related("asked_by").order_by("-asked_at")


def job_of(*, register: Register) -> Job | None:
    """The work of the latest load."""
    load = loads(register=register).first()
    return None if load is None else Job.objects.filter(key__in=[f"{kind}:{load.pk}" for kind in (LOAD, SYNC)]).first()
