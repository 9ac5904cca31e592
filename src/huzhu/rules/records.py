"""Turns one record's facts, as JSON or Python gives them, into what a compiled rule takes; refuses what cannot be meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from huzhu.rules.errors import FactError
from huzhu.rules.kinds import LIMITS, NAMES, Kind
from huzhu.rules.program import Fact, Program
from huzhu.rules.scalar import Source, build
from huzhu.rules.texts import Text

Problem = tuple[int, str, object, Text]


class Wrong(Exception):
    """One value that cannot be meant."""

    def __init__(self, expected: Text) -> None:
        super().__init__(expected.en)
        self.expected = expected


def expected(fact: Fact) -> Text:
    """What a fact takes, in words, for messages."""
    if fact.choices:
        return Text(f"应为 {' | '.join(fact.choices)}", f"expected one of {' | '.join(fact.choices)}")
    if fact.digits:
        return Text(f"应为 {fact.digits} 位数字", f"expected {fact.digits} digits")
    name = NAMES[fact.kind]
    if fact.kind in LIMITS and fact.low is not None and fact.high is not None:
        low, high = (
            dt.date.fromordinal(n).isoformat() if fact.kind is Kind.DATE else str(n) for n in (fact.low, fact.high)
        )
        return Text(f"应为{name.zh}，{low} 至 {high}", f"expected {name.en}, from {low} to {high}")
    return Text(f"应为{name.zh}", f"expected {name.en}")


def read(fact: Fact, value: object) -> Any:
    """The value as a rule takes it; `Wrong` with what is expected."""
    if value is None:
        if fact.required:
            raise Wrong(Text("不能为空", "must not be empty"))
        return None
    if fact.kind is Kind.DATE:
        value = _date(fact, value)
    elif fact.kind is Kind.BOOL:
        if not isinstance(value, bool):
            raise Wrong(expected(fact))
    elif fact.kind is Kind.TEXT:
        if not isinstance(value, str) or value == "":
            raise Wrong(expected(fact))
    elif isinstance(value, bool) or not isinstance(value, int):
        raise Wrong(expected(fact))
    _check_bounds(fact, value)
    return value


def _date(fact: Fact, value: object) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    # fromisoformat also takes 20240101 and week dates; a person's file says 2024-01-01.
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise Wrong(expected(fact))
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise Wrong(expected(fact)) from None


def _check_bounds(fact: Fact, value: Any) -> None:
    if fact.choices and value not in fact.choices:
        raise Wrong(expected(fact))
    if fact.digits and not (len(value) == fact.digits and value.isascii() and value.isdigit()):
        raise Wrong(expected(fact))
    if fact.kind in LIMITS and fact.low is not None and fact.high is not None:
        number = value.toordinal() if isinstance(value, dt.date) else value
        if not fact.low <= number <= fact.high:
            raise Wrong(expected(fact))


class Reader:
    """Reads records for one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._broken = _compile_checks(program)

    def one(self, facts: Mapping[str, object], index: int = 0) -> tuple[dict[str, Any], list[Problem]]:
        """All facts of the program, None where not known, and the problems found."""
        found: dict[str, Any] = {}
        problems: list[Problem] = []
        for fact in self.program.facts:
            try:
                found[fact.name] = read(fact, facts.get(fact.name))
            except Wrong as wrong:
                found[fact.name] = None
                problems.append((index, fact.name, facts.get(fact.name), wrong.expected))
        if not problems:
            for number in self._broken(found)["broken"]:
                check = self.program.checks[number]
                problems.append(
                    (index, check.fact, found[check.fact], Text(f"应为：{check.says.zh}", f"expected {check.says.en}"))
                )
        return found, problems

    def many(self, records: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
        """All records read; FactError with every problem, values that must be unique among them included."""
        read_ones = [self.one(facts, index) for index, facts in enumerate(records)]
        problems = [problem for _, found in read_ones for problem in found]
        rows = [row for row, _ in read_ones]
        for names in self.program.unique:
            problems += _repeated(rows, names)
        if problems:
            raise FactError(problems)
        return rows


def _repeated(rows: list[dict[str, Any]], names: tuple[str, ...]) -> list[Problem]:
    seen: dict[tuple[Any, ...], int] = {}
    problems: list[Problem] = []
    for index, row in enumerate(rows):
        key = tuple(row[name] for name in names)
        if None in key:
            continue
        if key in seen:
            first = seen[key] + 1
            problems.append((
                index, names[-1], row[names[-1]],
                Text(f"与第 {first} 条重复（{'、'.join(names)}）", f"repeats record {first} ({', '.join(names)})"),
            ))  # fmt: skip
        seen.setdefault(key, index)
    return problems


def _compile_checks(program: Program) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    source = Source(program)
    body = source.values() if program.checks else []
    numbers = ", ".join(f"({number}, v{check.holds})" for number, check in enumerate(program.checks))
    body = [
        *body,
        f"return {{'broken': [number for number, holds in ({numbers}{',' if numbers else ''}) if holds is False]}}",
    ]
    return build("broken", body, source.names)
