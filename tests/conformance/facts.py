"""Random valid facts for any program, crowded around what it compares with: the days its values change, the constants and
choices it names, the ends of its facts' bounds, leap days, and dates a whole number of years or months apart.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from huzhu.rules.kinds import LIMITS, Kind
from huzhu.rules.program import Fact, Program
from huzhu.rules.records import Reader

Row = dict[str, Any]
LEAP_DAYS = [dt.date(year, month, day) for year in (1964, 2020, 2024) for month, day in ((2, 28), (2, 29), (3, 1))]
TEXTS = ["x", "外卖", "\U00020000", "é", "e\u0301", "a'b", 'a"b', "a;b", "X"]
YEARS_APART = (0, 1, 2, 3, 6, 7, 16, 18, 59, 60, 61)


class Facts:
    """Draws rows for one program."""

    def __init__(self, program: Program, rng: Random) -> None:
        self.program, self.rng = program, rng
        self.reader = Reader(program)
        self.named: dict[Kind, list[Any]] = {kind: [] for kind in Kind}
        for op in program.nodes:
            if op.op == "const":
                self.named[op.kind].append(op.value)
            elif op.op == "in":
                self.named[program.nodes[op.args[0]].kind] += op.value  # type: ignore[arg-type]
        for parameter in program.parameters.values():
            for value in parameter.values:
                self.named[Kind.DATE] += [value.since, *([value.until] if value.until else [])]
                self.named[parameter.by or Kind.BOOL] += [value.key] if value.key is not None else []
                self.named[parameter.kind] += [value.value] if value.is_published else []
        self.keys = {name for names in program.unique for name in names[:1] if len(names) == 1}
        self.keys |= {program.events.settled_order} if program.events else set()
        self.groups = {name for cap in program.events.caps for name in cap.per} if program.events else set()
        self.count = 0

    def rows(self, count: int) -> list[Row]:
        """So many rows, each valid by itself and together."""
        found: list[Row] = []
        while len(found) < count:
            row = self._row(len(found))
            _, problems = self.reader.one(row)
            if not problems:
                found.append(row)
        return found

    def _row(self, number: int) -> Row:
        self.count += 1
        row: Row = {}
        null_rate = self.rng.choice((0, 0, 0.05, 0.3))
        for fact in self.program.facts:
            unknown = not fact.required and self.rng.random() < null_rate
            row[fact.name] = None if unknown else self._value(fact, row, number)
        return row

    def _value(self, fact: Fact, row: Row, number: int) -> Any:
        if self.program.events and fact.name == self.program.events.settled_order:
            return self.count if self.rng.random() < 0.2 else None
        if fact.name in self.keys:
            return f"{self.rng.choice(TEXTS)}{self.count}"
        if fact.name in self.groups:
            # A handful of events each; a new group every so often.
            return f"G{number // 8 - self.rng.choice((0, 0, 0, 1))}"
        match fact.kind:
            case Kind.BOOL:
                return self.rng.random() < 0.7
            case Kind.TEXT:
                return self._text(fact)
            case Kind.DATE:
                return self._date(fact, row)
        return self._whole(fact)

    def _text(self, fact: Fact) -> str:
        if fact.choices:
            return self.rng.choice(fact.choices)
        named = [text for text in self.named[Kind.TEXT] if isinstance(text, str)]
        if not fact.digits:
            return self.rng.choice(named + TEXTS if self.rng.random() < 0.2 or not named else named)
        start = self.rng.choice([text for text in named if text.isdigit() and len(text) <= fact.digits] or ["31"])
        start = start if self.rng.random() < 0.9 else str(self.rng.randrange(10))
        return (start + f"{self.rng.randrange(10**fact.digits):0{fact.digits}d}")[: fact.digits]

    def _date(self, fact: Fact, row: Row) -> dt.date:
        near = [value for value in row.values() if isinstance(value, dt.date)]
        draw = self.rng.random()
        if near and draw < 0.5:
            day = shifted(self.rng.choice(near), years=self.rng.choice(YEARS_APART) * self.rng.choice((1, 1, -1)))
            day += dt.timedelta(self.rng.choice((0, 0, -1, 1, 30, 31, self.rng.randint(-400, 400))))
        elif draw < 0.9 and self.named[Kind.DATE]:
            day = self.rng.choice(self.named[Kind.DATE] + LEAP_DAYS[3:]) + dt.timedelta(self.rng.choice((-1, 0, 0, 1)))
        elif draw < 0.95:
            day = self.rng.choice(LEAP_DAYS)
        else:
            day = dt.date(1900, 1, 1) + dt.timedelta(self.rng.randrange(100_000))
        low, high = bounds(fact)
        return dt.date.fromordinal(min(max(day.toordinal(), low), high))

    def _whole(self, fact: Fact) -> int:
        low, high = bounds(fact)
        draw = self.rng.random()
        named = [value for value in self.named[fact.kind] + self.named[Kind.INT] if isinstance(value, int)]
        if draw < 0.1:
            number = self.rng.choice((low, high))
        elif draw < 0.6 and named:
            number = self.rng.choice(named) + self.rng.choice((-1, 0, 0, 1))
        elif draw < 0.8:
            number = self.rng.randint(0, 20)
        else:
            number = self.rng.randint(low, min(high, low + 20_000_000))
        return min(max(number, low), high)


def bounds(fact: Fact) -> tuple[int, int]:
    low, high = LIMITS[fact.kind]
    return (low if fact.low is None else fact.low, high if fact.high is None else fact.high)


def shifted(day: dt.date, *, years: int) -> dt.date:
    year = min(max(day.year + years, 1900), 2200)
    leap = day.month == 2 and day.day == 29
    return dt.date(year, 3, 1) if leap else day.replace(year=year)
