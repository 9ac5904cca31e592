"""Writing the record and proving that it is whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db import transaction

from huzhu.apps.audit.chain import START, hash_of
from huzhu.apps.audit.models import Entry, Head
from huzhu.rules.texts import Text
from huzhu.ui.numbers import without_numbers

SYSTEM = Text("系统", "the system")


class Actor(Protocol):
    """Whoever did it; a user, in practice."""

    pk: Any

    @property
    def shown_name(self) -> str: ...


class About(Protocol):
    """What it was done to: any row."""

    pk: Any
    _meta: ClassVar[Any]


@transaction.atomic
def record(
    *,
    by: Actor | None,
    at: dt.datetime,
    act: str,
    words: Text,
    about: About | None = None,
    path: str = "",
    details: dict[str, Any] | None = None,
) -> Entry:
    """Add one entry, in the caller's transaction: it is there exactly when what it tells of is.

    `act` is a stable name such as `member.approved`; `words` say it with names and figures, and numbers of people that
    somebody typed into a reason are left out of them. Call it last: from here to the end of the transaction other writers wait.
    """
    head = Head.objects.select_for_update().get_or_create(pk=1)[0]
    entry = Entry(
        sequence=head.sequence + 1,
        at=at,
        actor="" if by is None else str(by.pk),
        actor_name=SYSTEM.zh if by is None else by.shown_name,
        act=act,
        about="" if about is None else f"{about._meta.label}:{about.pk}",
        path=path,
        zh=without_numbers(words.zh),
        en=without_numbers(words.en),
        details=details or {},
        previous=head.hash,
    )
    entry.hash = hash_of(entry)
    entry.save(force_insert=True)
    head.sequence, head.hash = entry.sequence, entry.hash
    head.save()
    return entry


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole chain found. `fault` names the first entry that is wrong, and how."""

    entries: int
    head: str
    fault: Text | None


def verify(*, expected: str = "") -> Verified:
    """Replay the chain from its start. `expected` is a head noted elsewhere, as `sequence:hash`: it must lie on the chain."""
    wanted, _, wanted_hash = expected.partition(":")
    previous, count, met = START, 0, not expected
    for entry in Entry.objects.order_by("sequence").iterator(chunk_size=2000):
        fault = _fault(entry, count + 1, previous)
        if fault is not None:
            return Verified(count, f"{count}:{previous}", fault)
        count, previous = entry.sequence, entry.hash
        met = met or (wanted == str(count) and wanted_hash == entry.hash)
    head = Head.objects.filter(pk=1).first() or Head()
    if (head.sequence, head.hash) != (count, previous):
        fault = Text(
            f"链尾应为第 {head.sequence} 条，实有 {count} 条",
            f"the chain should end with entry {head.sequence}, it ends with {count}",
        )
        return Verified(count, f"{count}:{previous}", fault)
    fault = (
        None
        if met
        else Text(f"另存的链尾 {expected} 不在链上", f"the head noted elsewhere, {expected}, is not on the chain")
    )
    return Verified(count, f"{count}:{previous}", fault)


def _fault(entry: Entry, sequence: int, previous: str) -> Text | None:
    n = entry.sequence
    if n != sequence:
        return Text(f"第 {sequence} 条不见了，其后是第 {n} 条", f"entry {sequence} is gone; entry {n} comes next")
    if entry.previous != previous:
        return Text(f"第 {n} 条与前一条接不上", f"entry {n} does not follow from the one before")
    if entry.hash != hash_of(entry):
        return Text(f"第 {n} 条被改动过", f"entry {n} has been changed")
    return None
