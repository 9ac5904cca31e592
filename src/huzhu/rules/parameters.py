"""Dated, cited parameters: what a text says a value is, from which day, and how far that is confirmed.

A value that was never published is present as `UNPUBLISHED`. Overlays give new, immutable parameter sets; the one they
were laid over is untouched, so a what-if can never leak into another evaluation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, Literal

from huzhu.rules.errors import RuleError
from huzhu.rules.kinds import LIMITS, Kind, Scalar, kind_of
from huzhu.rules.texts import Text

Confidence = Literal["confirmed", "secondary", "seed", "recalled", "unconfirmed"]
CONFIDENCES: Final = ("confirmed", "secondary", "seed", "recalled", "unconfirmed")


class Unpublished:
    """The value of a parameter that no text we know has ever stated."""

    def __repr__(self) -> str:
        return "unpublished"


UNPUBLISHED: Final = Unpublished()


@dataclass(frozen=True, slots=True)
class Source:
    """A text that is cited: its title, where to find it and, where it helps, what to mind about it."""

    id: str
    title: Text
    reference: str = ""
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One value for one period [since, until), for one key where the parameter is a table."""

    since: dt.date
    value: Scalar | Unpublished
    source: str
    confidence: Confidence
    until: dt.date | None = None
    key: str | int | None = None
    checked_on: dt.date | None = None
    note: Text | None = None
    overlay: str | None = None
    illustrative: bool = False

    @property
    def is_published(self) -> bool:
        return not isinstance(self.value, Unpublished)

    def covers(self, on: dt.date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named value over time; with `by`, a table of such values keyed by text or whole number."""

    key: str
    kind: Kind
    label: Text
    values: tuple[Value, ...]
    unit: str = ""
    by: Kind | None = None

    def at(self, on: dt.date, key: str | int | None = None) -> Value | None:
        """The value in force on a date, or None where none is: before the first, after an end, or for an unknown key."""
        return next((value for value in self.values if value.key == key and value.covers(on)), None)

    def table_keys(self) -> list[str | int]:
        return sorted({value.key for value in self.values if value.key is not None}, key=str)

    def history(self, key: str | int | None = None) -> tuple[Value, ...]:
        return tuple(value for value in self.values if value.key == key)


def checked(parameter: Parameter) -> Parameter:
    """The same parameter with its values in order; RuleError where they overlap, are of the wrong kind, or are keyed amiss."""
    where = f"parameter {parameter.key}"
    if parameter.by not in (None, Kind.TEXT, Kind.INT) or parameter.kind is Kind.CODES:
        raise RuleError(f"{where}: a table is keyed by text or int, and a value is no list of codes")
    if not parameter.values:
        raise RuleError(f'{where}: has no values; a value that was never published is written value = "unpublished"')
    ordered = sorted(parameter.values, key=lambda value: (str(value.key), value.since))
    for value in ordered:
        _check_value(parameter, value, where)
    for before, after in pairwise(ordered):
        if before.key == after.key and (before.until is None or before.until > after.since):
            raise RuleError(_overlap(where, before, after))
    return replace(parameter, values=tuple(ordered))


def _overlap(where: str, before: Value, after: Value) -> str:
    keyed = "" if before.key is None else f" for key {before.key!r}"
    until = before.until.isoformat() if before.until else "no end"
    return (
        f"{where}{keyed}: values overlap: {before.value!r} from {before.since} until {until}, "
        f"and {after.value!r} from {after.since}; a date must have one value, so give the first an `until`"
    )


def _check_value(parameter: Parameter, value: Value, where: str) -> None:
    if (value.key is None) != (parameter.by is None) or (
        value.key is not None and kind_of(value.key) is not parameter.by
    ):
        raise RuleError(
            f"{where}: the value from {value.since} needs {'a' if parameter.by else 'no'} key, not {value.key!r}"
        )
    if value.until is not None and value.until <= value.since:
        raise RuleError(
            f"{where}: the value from {value.since} ends on {value.until}; `until` is the first day without it"
        )
    if isinstance(value.value, Unpublished):
        return
    if value.confidence in ("recalled", "unconfirmed"):
        raise RuleError(
            f'{where}: a {value.confidence} value decides nothing: write "unpublished" and keep it in a note'
        )
    if isinstance(value.value, float):
        raise RuleError(f"{where}: {value.value!r} is a float; write whole fen or per mille")
    check_constant(parameter.kind, value.value, where)


def check_constant(kind: Kind, value: object, where: str) -> None:
    """RuleError unless `value` may stand for the kind, bounds included."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = whole if kind in LIMITS and kind is not Kind.DATE else _is_plain(kind, value)
    if not fits:
        raise RuleError(f"{where}: {value!r} is not a {kind.value}")
    if kind in LIMITS:
        low, high = LIMITS[kind]
        number = value.toordinal() if isinstance(value, dt.date) else value
        if not low <= number <= high:  # type: ignore[operator]  # whole by the check above
            raise RuleError(f"{where}: {value!r} is outside what a {kind.value} may be")


def _is_plain(kind: Kind, value: object) -> bool:
    try:
        return kind_of(value) is kind
    except TypeError:
        return False


@dataclass(frozen=True, slots=True)
class Overlay:
    """Other values laid over a parameter set: a labelled demonstration (`illustrative`) or a what-if."""

    name: str
    values: Mapping[str, tuple[Value, ...]]
    illustrative: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))


@dataclass(frozen=True, slots=True)
class Parameters(Mapping[str, Parameter]):
    """An immutable set of parameters and the names of the overlays laid over it, in order."""

    by_key: Mapping[str, Parameter]
    overlays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", MappingProxyType(dict(self.by_key)))

    def __getitem__(self, key: str) -> Parameter:
        try:
            return self.by_key[key]
        except KeyError:
            raise RuleError(f"no parameter {key!r}; there are: {', '.join(sorted(self.by_key))}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_key)

    def __len__(self) -> int:
        return len(self.by_key)

    @classmethod
    def of(cls, parameters: Iterable[Parameter]) -> Parameters:
        return cls({parameter.key: checked(parameter) for parameter in parameters})

    def with_overlay(self, overlay: Overlay) -> Parameters:
        """A new set in which the overlay's values hold from their first day on; earlier days keep what they had."""
        laid = dict(self.by_key)
        for key, values in overlay.values.items():
            laid[key] = _laid_over(self[key], values, overlay)
        return Parameters(laid, (*self.overlays, overlay.name))


def _laid_over(parameter: Parameter, values: tuple[Value, ...], overlay: Overlay) -> Parameter:
    first = {key: min(value.since for value in values if value.key == key) for key in {value.key for value in values}}
    kept: list[Value] = []
    for value in parameter.values:
        start = first.get(value.key)
        if start is None or (value.until is not None and value.until <= start):
            kept.append(value)
        elif value.since < start:
            kept.append(replace(value, until=start))
    marked = (replace(value, overlay=overlay.name, illustrative=overlay.illustrative) for value in values)
    return checked(replace(parameter, values=(*kept, *marked)))


def parse_constant(kind: Kind, written: str, where: str) -> Scalar | Unpublished:
    """A value as typed on a command line (`--set KEY=VALUE`), by the parameter's kind."""
    if written == "unpublished":
        return UNPUBLISHED
    value: Any = written
    try:
        if kind is Kind.DATE:
            value = dt.date.fromisoformat(written)
        elif kind is Kind.BOOL:
            value = {"true": True, "false": False}[written.lower()]
        elif kind is not Kind.TEXT:
            value = int(written)
    except (ValueError, KeyError):
        raise RuleError(f"{where}: {written!r} is not a {kind.value}") from None
    check_constant(kind, value, where)
    return value  # type: ignore[no-any-return]  # checked to be of the kind
