"""Lowers rules to column steps.

Dates become whole numbers in one of two forms, days since 1970 or the number yyyymmdd, whichever a step needs; the engines'
own date arithmetic differs and is never used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from huzhu.bulk import calendar_steps as calendar
from huzhu.bulk.steps import Step, Steps, Type, decided
from huzhu.rules.kinds import Kind
from huzhu.rules.live import Formula, Live
from huzhu.rules.parameters import Parameter, Value
from huzhu.rules.program import Op, Program

Form = Literal["plain", "days", "ymd"]
Give = Callable[[Value | None], Step]
EPOCH = dt.date(1970, 1, 1).toordinal()
FEW = 16  # so many constants are compared one by one, and what others compare too is shared


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a fact's values in all rows: whether any is missing, and between which numbers they lie (dates as
    days since 1970)."""

    maybe: bool
    low: int | None = None
    high: int | None = None


def fact_column(name: str, form: Form) -> str:
    """The name a fact's column has once it is read and typed; no user's column is called so."""
    return f"__f_{name}" if form == "plain" else f"__f_{name}__{form}"


class Lowering:
    """Lowers one program. With `native_dates` a few date steps stay whole, for an engine whose own are exact and faster.
    With what is `known` of facts, by name, the plan leaves out what no row needs."""

    def __init__(
        self, program: Program, *, native_dates: bool = False, known: Mapping[str, Known] | None = None
    ) -> None:
        self.program = program
        self.native_dates = native_dates
        self.known = known or {}
        self.live = Live(program)
        self.steps = Steps()
        self.done: dict[tuple[int, Form], Step] = {}
        self.forms: set[tuple[str, Form]] = set()
        self.natural: list[set[Form]] = []
        for op in program.nodes:
            self.natural.append(self._natural(op))

    def _natural(self, op: Op) -> set[Form]:
        """The forms a value has without converting it."""
        if op.kind is not Kind.DATE:
            return {"plain"}
        dates = [self.natural[arg] for arg in op.args if self.program.nodes[arg].kind is Kind.DATE]
        match op.op:
            case "add" | "sub":
                return {"days"}
            case "add_years" if self.native_dates:
                return {"days"}
            case "add_years" | "add_months":
                return {"ymd"}
            case "when" | "least" | "greatest" | "fact_or":
                return set.intersection(*dates) or {"days"}
        return {"days", "ymd"}

    def node(self, number: int, form: Form | None = None) -> Step:
        op = self.program.nodes[number]
        if form is None:
            form = "plain" if op.kind is not Kind.DATE else "days" if "days" in self.natural[number] else "ymd"
        if (number, form) not in self.done:
            self.done[number, form] = self._lower(number, op, form)
        return self.done[number, form]

    def _lower(self, number: int, op: Op, form: Form) -> Step:
        if form not in self.natural[number]:
            other = self.node(number, "days" if form == "ymd" else "ymd")
            if self.native_dates:
                return self.steps.make("to_ymd" if form == "ymd" else "to_days", "int", other)
            return calendar.to_ymd(self.steps, other) if form == "ymd" else calendar.to_days(self.steps, other)
        steps = self.steps
        match op.op:
            case "const":
                return self.constant(op.kind, op.value, form)
            case "fact":
                return self.fact(str(op.value), form)
            case "known":
                fact = self.program.nodes[op.args[0]]
                inner: Form = "days" if fact.kind is Kind.DATE else "plain"
                return steps.invert(steps.is_null(self.fact(str(fact.value), inner)))
            case "fact_or":
                fact_column, default = (self.node(arg, form) for arg in op.args)
                return steps.choose(steps.is_null(fact_column), default, fact_column)
            case "param":
                return self.parameter(number, form)
            case "when":
                return steps.when(self.node(op.args[0]), self.node(op.args[1], form), self.node(op.args[2], form))
            case "least" | "greatest":
                return self._extreme(op, form)
            case _:
                return self._computed(op)

    def constant(self, kind: Kind, value: object, form: Form) -> Step:
        if isinstance(value, dt.date):
            return self.steps.number(
                value.toordinal() - EPOCH if form == "days" else value.year * 10_000 + value.month * 100 + value.day
            )
        if kind is Kind.BOOL or kind is Kind.TEXT:
            return self.steps.make("lit", "bool" if kind is Kind.BOOL else "text", value=value)
        assert isinstance(value, int)
        return self.steps.number(value)

    def fact(self, name: str, form: Form) -> Step:
        fact = self.program.fact(name)
        self.forms.add((name, form))
        type_: Type = "bool" if fact.kind is Kind.BOOL else "text" if fact.kind is Kind.TEXT else "int"
        known = self.known.get(name, Known(maybe=True))
        low, high = (None, None) if form == "ymd" else (known.low, known.high)
        maybe = known.maybe and not fact.required
        return self.steps.column(fact_column(name, form), type_, maybe=maybe, low=low, high=high)

    def _extreme(self, op: Op, form: Form) -> Step:
        sign, opposite = ("le", "gt") if op.op == "least" else ("ge", "lt")
        result, *rest = (self.node(arg, form) for arg in op.args)
        for other in rest:
            first = self.steps.compare(sign, result, other)
            if not (result.maybe and other.maybe):
                # Where the one that may be unknown stands last, an unknown comparison takes it, which is unknown.
                sure, unsure = (other, result) if result.maybe else (result, other)
                result = self.steps.choose(self.steps.compare(sign, sure, unsure), sure, unsure)
            elif first.maybe:
                second = self.steps.choose(self.steps.compare(opposite, result, other), other, self.steps.null("int"))
                result = self.steps.choose(first, result, second)
            else:
                result = self.steps.choose(first, result, other)
        return result

    def _computed(self, op: Op) -> Step:
        steps = self.steps
        match op.op:
            case "and":
                return steps.both(self.node(op.args[0]), self.node(op.args[1]))
            case "or":
                return steps.either(self.node(op.args[0]), self.node(op.args[1]))
            case "not":
                return steps.invert(self.node(op.args[0]))
            case "lt" | "le" | "gt" | "ge" | "eq" | "ne":
                return self._comparison(op)
            case "in":
                assert isinstance(op.value, tuple)
                if len(op.value) > FEW:
                    return steps.make("in", "bool", self.node(op.args[0]), value=op.value)
                one, kind = self.node(op.args[0]), self.program.nodes[op.args[0]].kind
                return steps.either(
                    *(steps.compare("eq", one, self.constant(kind, value, "plain")) for value in op.value)
                )
            case "prefix":
                return steps.make("prefix", "text", self.node(op.args[0]), value=op.value)
            case "add" | "sub":
                date = op.kind is Kind.DATE or self.program.nodes[op.args[1]].kind is Kind.DATE
                a = self.node(op.args[0], "days" if date else None)
                b = self.node(op.args[1], "days" if self.program.nodes[op.args[1]].kind is Kind.DATE else None)
                return steps.arith(op.op, a, b)
            case "mul":
                return steps.arith("mul", self.node(op.args[0]), self.node(op.args[1]))
            case "share":
                product = steps.arith("mul", self.node(op.args[0]), self.node(op.args[1]))
                return self._rounded(product, 1000, str(op.value), "quotient")
            case "divide":
                by = self.program.nodes[op.args[1]].value
                assert isinstance(by, int)
                division = "quotient" if self.live.ranges[op.args[0]][0] >= 0 else "floordiv"
                return self._rounded(self.node(op.args[0]), by, str(op.value), division)
            case _:
                return self._dates(op)

    def _comparison(self, op: Op) -> Step:
        first = self.program.nodes[op.args[0]]
        if first.kind is Kind.DATE:
            shared = self.natural[op.args[0]] & self.natural[op.args[1]]
            form: Form = "ymd" if shared == {"ymd"} else "days"
            return self.steps.compare(op.op, self.node(op.args[0], form), self.node(op.args[1], form))
        if first.op == "years":
            return self._age(op.op, first, self.node(op.args[1]))
        return self.steps.compare(op.op, self.node(op.args[0]), self.node(op.args[1]))

    def _age(self, sign: str, age: Op, limit: Step) -> Step:
        """Completed years against a number, without the division: both sides times ten thousand."""
        steps = self.steps
        apart = steps.arith("sub", self.node(age.args[1], "ymd"), self.node(age.args[0], "ymd"))
        low = self._times(limit, 10_000)
        high = steps.arith("add", low, 10_000)
        match sign:
            case "lt" | "ge":
                return steps.compare(sign, apart, low)
            case "le":
                return steps.compare("lt", apart, high)
            case "gt":
                return steps.compare("ge", apart, high)
        within = steps.both(steps.compare("ge", apart, low), steps.compare("lt", apart, high))
        return within if sign == "eq" else steps.invert(within)

    def _times(self, number: Step, factor: int) -> Step:
        """A number times a constant, worked out here where the number is one of a few constants."""
        steps = self.steps
        if number.op == "lit":
            assert isinstance(number.value, int)
            return steps.number(number.value * factor)
        if number.op == "null":
            return number
        if number.op == "if":
            condition, then, otherwise = number.args
            return steps.choose(condition, self._times(then, factor), self._times(otherwise, factor))
        return steps.arith("mul", number, factor)

    def _rounded(self, number: Step, by: int, rounding: str, division: str) -> Step:
        steps = self.steps
        match rounding:
            case "down":
                return steps.arith(division, number, by)
            case "up":
                return steps.arith(division, steps.arith("add", number, by - 1), by)
        doubled = steps.arith("add", steps.arith("mul", number, 2), by)
        return steps.arith(division, doubled, 2 * by)

    def _dates(self, op: Op) -> Step:
        steps = self.steps
        if op.op == "add_years" and self.native_dates:
            return steps.make("add_years", "int", self.node(op.args[0], "days"), self.node(op.args[1]), value=op.value)
        first = self.node(op.args[0], "ymd")
        match op.op:
            case "years":
                return steps.arith("floordiv", steps.arith("sub", self.node(op.args[1], "ymd"), first), 10_000)
            case "months":
                return calendar.months(steps, first, self.node(op.args[1], "ymd"))
            case "month_of":
                return steps.arith("mod", steps.arith("quotient", first, 100), 100)
            case "add_years":
                return calendar.add_years(steps, first, self.node(op.args[1]), leap=str(op.value))
            case "add_months":
                return calendar.add_months(steps, first, self.node(op.args[1]), month_end=str(op.value))
        raise AssertionError(f"operator {op.op!r} has no columns")

    # Parameters: a chain over the days on which a value begins or ends.

    def parameter(self, number: int, form: Form) -> Step:
        parameter = self._parameter_of(number)
        null = self.steps.null(
            "bool" if parameter.kind is Kind.BOOL else "text" if parameter.kind is Kind.TEXT else "int"
        )

        def value(entry: Value | None) -> Step:
            return (
                self.constant(parameter.kind, entry.value, form) if entry is not None and entry.is_published else null
            )

        return self._over(number, value, null, null)

    def _parameter_of(self, number: int) -> Parameter:
        return self.program.parameters[str(self.program.nodes[number].value)]

    def _over(self, number: int, give: Give, date_unknown: Step, not_modelled: Step) -> Step:
        """`give(entry or None)` by the date, and for a table by the key, that the operator reads on."""
        op, parameter, steps = self.program.nodes[number], self._parameter_of(number), self.steps
        form: Form = "days" if "days" in self.natural[op.args[0]] else "ymd"
        on = self.node(op.args[0], form)
        if parameter.by is None:
            return self._chain(
                on, form, parameter.history(), give, date_unknown, never_before=self.live.never_before(number)
            )
        key = self.node(op.args[1])
        result = steps.choose(steps.is_null(key), date_unknown, not_modelled) if key.maybe else not_modelled
        for one in reversed(parameter.table_keys()):
            chain = self._chain(on, form, parameter.history(one), give, date_unknown, never_before=False)
            result = steps.choose(steps.compare("eq", key, one), chain, result)
        return result

    def _chain(
        self, on: Step, form: Form, values: tuple[Value, ...], give: Give, date_unknown: Step, *, never_before: bool
    ) -> Step:
        changes: list[tuple[dt.date, Value | None]] = []
        for value in values:
            changes.append((value.since, value))
            if value.until is not None:
                changes.append((value.until, None))
        # An end that is another's beginning is no gap.
        begins = {value.since for value in values}
        changes = [change for change in changes if change[1] is not None or change[0] not in begins]
        changes.sort(key=lambda change: change[0])
        result = give(changes[0][1]) if never_before else give(None)
        for day, entry in changes[1:] if never_before else changes:
            begins_at = self.constant(Kind.DATE, day, form)
            match decided("ge", on, begins_at):
                case True:
                    result = give(entry)
                case None:
                    result = self.steps.choose(self.steps.compare("ge", on, begins_at), give(entry), result)
        return self.steps.choose(self.steps.is_null(on), date_unknown, result)

    # Formulas.

    def formula(self, formula: Formula) -> Step:
        steps = self.steps
        match formula.shape:
            case "true" | "false":
                return steps.truth(holds=formula.shape == "true")
            case "is_null":
                return steps.is_null(self.node(formula.node))
            case "is_true":
                return steps.surely(self.node(formula.node))
            case "is_false":
                return steps.surely(steps.invert(self.node(formula.node)))
            case "not":
                return steps.invert(self.formula(formula.parts[0]))
            case "and":
                return steps.both(*(self.formula(part) for part in formula.parts))
            case "or":
                return steps.either(*(self.formula(part) for part in formula.parts))
        return self._leaf(formula)

    def _leaf(self, formula: Formula) -> Step:
        truth = {holds: self.steps.truth(holds=holds) for holds in (True, False)}
        unpublished = formula.shape == "unpublished"
        never = unpublished and self.live.never_published(formula.node)

        def holds(entry: Value | None) -> Step:
            if formula.shape == "no_rule":
                return truth[entry is None]
            if entry is None:
                return truth[False]
            return truth[not entry.is_published if unpublished else entry.illustrative]

        return self._over(formula.node, holds, truth[never], truth[unpublished])
