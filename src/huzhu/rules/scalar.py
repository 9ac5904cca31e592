"""The compiler for one record: a program becomes one plain Python function, an operator a line.

This is the reference that every other compiler is held against. Facts come in as a dict of plain values that
`records.py` has checked; unknown is None throughout.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from huzhu.rules.dates import add_months, add_years
from huzhu.rules.kinds import Kind
from huzhu.rules.live import FALSE, TRUE, Formula, Live, Verdict, verdict
from huzhu.rules.parameters import Parameter
from huzhu.rules.program import NOTHING_TO_PAY, Op, Program

NOT_IN_FORCE, NOT_MODELLED = -1, -2
Facts = Mapping[str, Any]


def finder(parameter: Parameter) -> Callable[..., int | None]:
    """Which of a parameter's values is in force on a date: its place in `values`, or a code below zero. In a table an unknown
    date gives None, unless the key is not there on any date."""
    if parameter.by is None:
        starts = [value.since for value in parameter.values]
        ends = [value.until for value in parameter.values]

        def find(on: dt.date) -> int:
            place = bisect_right(starts, on) - 1
            if place < 0:
                return NOT_IN_FORCE
            end = ends[place]
            return NOT_IN_FORCE if end is not None and on >= end else place

        return find
    tables = {
        key: [(place, value) for place, value in enumerate(parameter.values) if value.key == key]
        for key in parameter.table_keys()
    }

    def find_by(on: dt.date | None, key: str | int) -> int | None:
        rows = tables.get(key)
        if rows is None:
            return NOT_MODELLED
        if on is None:
            return None
        return next((place for place, value in rows if value.covers(on)), NOT_IN_FORCE)

    return find_by


class Source:
    """Writes the Python of one program; kept apart from running it so that tests and people can read what was written."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.live = Live(program)
        self.verdict: Verdict = verdict(self.live)
        self.names: dict[str, Any] = {"_add_years": add_years, "_add_months": add_months, "_days": dt.timedelta}
        self.lines: list[str] = []

    def values(self) -> list[str]:
        """A line for each operator, in order."""
        for number, op in enumerate(self.program.nodes):
            self._operator(number, op)
        return self.lines

    def constant(self, number: int, value: object) -> str:
        if isinstance(value, bool | int | str) or value is None:
            return repr(value)
        name = f"k{number}"
        self.names[name] = value
        return name

    def _operator(self, number: int, op: Op) -> None:
        if op.op == "param":
            self._parameter(number, op)
            return
        if op.op == "const" and isinstance(op.value, dt.date):
            self.names[f"v{number}"] = op.value
            return
        self.lines.append(f"v{number} = {self._value(number, op)}")

    def _value(self, number: int, op: Op) -> str:
        args = [f"v{arg}" for arg in op.args]
        unknown = [f"v{arg}" for arg in op.args if self.live.may_be_unknown[arg]]
        match op.op:
            case "const":
                return repr(op.value)
            case "fact":
                return f"F[{op.value!r}]"
            case "known":
                return f"{args[0]} is not None"
            case "fact_or":
                return f"{args[1]} if {args[0]} is None else {args[0]}"
            case "and" | "or":
                return self._logic(op.op, args, unknown)
            case "when":
                chosen = f"({args[1]} if {args[0]} else {args[2]})"
                return f"None if {args[0]} is None else {chosen}" if args[0] in unknown else chosen
            case _:
                computed = self._computed(number, op, args)
                return (
                    f"None if {' or '.join(f'{name} is None' for name in unknown)} else {computed}"
                    if unknown
                    else computed
                )

    @staticmethod
    def _logic(op: str, args: list[str], unknown: list[str]) -> str:
        if not unknown:
            return f"{args[0]} {op} {args[1]}"
        decisive = "False" if op == "and" else "True"
        either = " or ".join(f"{name} is {decisive}" for name in args)
        return f"{decisive} if {either} else (None if {' or '.join(f'{n} is None' for n in unknown)} else {not_(decisive)})"

    def _computed(self, number: int, op: Op, a: list[str]) -> str:
        signs = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "mul": "*"}
        if op.op in signs:
            return f"{a[0]} {signs[op.op]} {a[1]}"
        match op.op:
            case "add" | "sub":
                sign = "+" if op.op == "add" else "-"
                kinds = [self.program.nodes[arg].kind for arg in op.args]
                if kinds == [Kind.DATE, Kind.DATE]:
                    return f"({a[0]} - {a[1]}).days"
                return f"{a[0]} {sign} _days({a[1]})" if kinds[0] is Kind.DATE else f"{a[0]} {sign} {a[1]}"
            case "not":
                return f"not {a[0]}"
            case "in":
                assert isinstance(op.value, tuple)
                return f"{a[0]} in {self.constant(number, frozenset(op.value))}"
            case "least" | "greatest":
                return f"{'min' if op.op == 'least' else 'max'}({', '.join(a)})"
            case "share":
                return rounded(f"{a[0]} * {a[1]}", 1000, str(op.value))
            case "divide":
                by = self.program.nodes[op.args[1]].value
                assert isinstance(by, int)
                return rounded(a[0], by, str(op.value))
            case "years":
                return f"{a[1]}.year - {a[0]}.year - (({a[1]}.month, {a[1]}.day) < ({a[0]}.month, {a[0]}.day))"
            case "months":
                apart = f"({a[1]}.year - {a[0]}.year) * 12 + {a[1]}.month - {a[0]}.month"
                return f"{apart} - ({a[1]}.day < {a[0]}.day)"
            case "add_years" | "add_months":
                return f"_{op.op}({a[0]}, {a[1]}, {op.value!r})"
            case "month_of":
                return f"{a[0]}.month"
            case "prefix":
                return f"{a[0]}[:{op.value}]"
        raise AssertionError(f"operator {op.op!r} has no Python")

    def _parameter(self, number: int, op: Op) -> None:
        parameter = self.program.parameters[str(op.value)]
        values = tuple(value.value if value.is_published else None for value in parameter.values)
        if self.live.always_known(number) and len(values) == 1 and not self.live.may_be_unknown[number]:
            self.names[f"v{number}"] = values[0]
            self.lines.append(f"e{number} = 0")
            return
        asked = op.args[-1:]  # of a table the key: its finder knows what to make of an unknown date
        unknown = [f"v{arg}" for arg in asked if self.live.may_be_unknown[arg]]
        may_lack = any(self.live.may_be_unknown[arg] for arg in op.args)
        if parameter.by is None and len(values) == 1 and parameter.values[0].until is None:
            self.names[f"d{number}"] = parameter.values[0].since
            found = f"0 if v{op.args[0]} >= d{number} else {NOT_IN_FORCE}"
        else:
            self.names[f"find{number}"] = finder(parameter)
            found = f"find{number}({', '.join(f'v{arg}' for arg in op.args)})"
        absent = f"None if {' or '.join(f'{name} is None' for name in unknown)} else " if unknown else ""
        self.lines.append(f"e{number} = {absent}({found})")
        # Codes below zero count from the end of the tuple, where two Nones stand for them.
        self.names[f"t{number}"] = (*values, None, None)
        self.lines.append(f"v{number} = t{number}[e{number}]" if not may_lack else self._maybe(number))

    @staticmethod
    def _maybe(number: int) -> str:
        return f"v{number} = None if e{number} is None else t{number}[e{number}]"

    def formula(self, formula: Formula) -> str:
        """A condition of `live.py` as Python."""
        match formula.shape:
            case "true" | "false":
                return formula.shape.capitalize()
            case "is_null" | "is_true" | "is_false":
                return (
                    f"v{formula.node} is {({'is_null': 'None', 'is_true': 'True', 'is_false': 'False'})[formula.shape]}"
                )
            case "unpublished" | "no_rule" | "illustrative":
                return self._leaf(formula)
            case "not":
                return f"not ({self.formula(formula.parts[0])})"
            case "and" | "or":
                return "(" + f" {formula.shape} ".join(self.formula(part) for part in formula.parts) + ")"
        raise AssertionError(formula.shape)

    def _leaf(self, formula: Formula) -> str:
        number = formula.node
        values = self.program.parameters[str(self.program.nodes[number].value)].values
        if formula.shape == "no_rule":
            return f"e{number} == {NOT_IN_FORCE}"
        places = {
            place
            for place, value in enumerate(values)
            if (value.illustrative if formula.shape == "illustrative" else not value.is_published)
        }
        if formula.shape == "unpublished":
            places.add(NOT_MODELLED)
            if self.live.never_published(number):
                return f"e{number} != {NOT_IN_FORCE}"
        if len(places) == 1:
            return f"e{number} == {places.pop()}"
        return f"e{number} in {self.constant_set(number, formula.shape, frozenset(places))}"

    def constant_set(self, number: int, shape: str, places: frozenset[int]) -> str:
        name = f"s{number}_{shape}"
        self.names[name] = places
        return name


def not_(word: str) -> str:
    return "True" if word == "False" else "False"


def rounded(numerator: str, by: int, rounding: str) -> str:
    """Whole-number division as floor division alone, the one form on which Python and every column engine agree."""
    match rounding:
        case "down":
            return f"({numerator}) // {by}"
        case "up":
            return f"({numerator} + {by - 1}) // {by}"
        case "half_up":
            return f"(2 * ({numerator}) + {by}) // {2 * by}"
    raise AssertionError(rounding)


def compile_decide(program: Program) -> Callable[[Facts], dict[str, Any]]:
    """One record's decision, without its explanation. For events: the assessment before caps, `settled` rows included."""
    source = Source(program)
    body = [*source.values(), *_outcome(source)]
    return build("decide", body, source.names)


def build(name: str, body: list[str], names: dict[str, Any]) -> Callable[[Facts], dict[str, Any]]:
    text = f"def {name}(F):\n" + "\n".join(f"    {line}" for line in body)
    scope = dict(names)
    exec(compile(text, f"<rule {name}>", "exec"), scope)  # our own text, built from a checked program
    function: Callable[[Facts], dict[str, Any]] = scope[name]
    return function


def _outcome(source: Source) -> list[str]:
    program, found = source.program, source.verdict
    lines = ["skipped = []"]
    for test, skip in zip(program.tests, found.skipped, strict=True):
        if skip == TRUE:
            lines.append(f"skipped.append({test.code!r})")
        elif skip != FALSE:
            lines.append(f"if {source.formula(skip)}: skipped.append({test.code!r})")
    lines += ["reasons = []", "missing = []"]
    fails = " or ".join(source.formula(fail) for fail in found.fails) or "False"
    lines.append(f"if {fails}:")
    lines.append("    outcome = 'refused'")
    lines += [
        f"    if {source.formula(fail)}: reasons.append({test.code!r})"
        for test, fail in zip(program.tests, found.fails, strict=True)
    ]
    if program.events:
        lines += [
            f"elif v{program.events.assessed} == 0:",
            "    outcome = 'refused'",
            f"    reasons.append({NOTHING_TO_PAY!r})",
        ]
    if found.no_rule != FALSE:
        lines += [f"elif {source.formula(found.no_rule)}:", "    outcome = 'no_rule'"]
    if found.unknown != FALSE:
        lines += [f"elif {source.formula(found.unknown)}:", "    outcome = 'undetermined'"]
        lines += [f"    if {source.formula(condition)}: missing.append({name!r})" for name, condition in found.missing]
    lines += ["else:", "    outcome = 'granted'"]
    return [*lines, *_answer(source)]


def _answer(source: Source) -> list[str]:
    program, found = source.program, source.verdict
    shown = ["'outcome': outcome", "'reasons': reasons", "'missing': missing", "'not_tested': skipped"]
    if program.events:
        return [*_settled(source), *_event_answer(source, shown)]
    lines = [
        f"r_{result.name} = ({_result(result.node, result.codes)}) if outcome == 'granted' "
        f"else {'[]' if result.kind is Kind.CODES else 'None'}"
        for result in program.results
    ]
    shown += [f"{result.name!r}: r_{result.name}" for result in program.results]
    if any(value.illustrative for parameter in program.parameters.values() for value in parameter.values):
        shown.append(f"'illustrative': {_illustrative(source, found)}")
    return [*lines, f"return {{{', '.join(shown)}}}"]


def _result(node: int | None, codes: tuple[tuple[str, int], ...]) -> str:
    if node is not None:
        return f"v{node}"
    return "[code for code, given in (" + "".join(f"({code!r}, v{number}), " for code, number in codes) + ") if given]"


def _illustrative(source: Source, found: Verdict) -> str:
    refused, otherwise = source.formula(found.illustrative_refusal), source.formula(found.illustrative_otherwise)
    return f"({refused}) if outcome == 'refused' and reasons != [{NOTHING_TO_PAY!r}] else ({otherwise})"


def _settled(source: Source) -> list[str]:
    assert source.program.events is not None
    return [
        f"settled = F[{source.program.events.settled_order!r}] is not None",
        "if settled: outcome, reasons, missing, skipped = 'settled', [], [], []",
    ]


def _event_answer(source: Source, shown: list[str]) -> list[str]:
    events, found = source.program.events, source.verdict
    assert events is not None
    caps = ", ".join(
        f"(v{cap.applies}, v{cap.limit}, {f'v{cap.counts}' if cap.counts is not None else None}, "
        f"{f'v{cap.each}' if cap.each is not None else None})"
        for cap in events.caps
    )
    shown += [
        f"'assessed_fen': None if settled else v{events.assessed}",
        f"'illustrative': not settled and ({_illustrative(source, found)})",
        f"'illustrative_caps': {source.formula(found.illustrative_caps)}",
        f"'caps': ({caps}{',' if caps else ''})",
    ]
    return [f"return {{{', '.join(shown)}}}"]
