"""Lowers a program to steps that every column engine does alike: on whole numbers, booleans and text, with nulls as unknown.

Dates become whole numbers in one of two forms, days since 1970 or the number yyyymmdd, whichever a step needs; the engines'
own date arithmetic differs and is never used. What is emitted, and for which engine, is `columns.py`'s business.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from huzhu.bulk import calendar_steps as calendar
from huzhu.rules.kinds import Kind
from huzhu.rules.live import FALSE, Formula, Live, Verdict, verdict
from huzhu.rules.parameters import Parameter, Value
from huzhu.rules.program import NOTHING_TO_PAY, Op, Program

Type = Literal["bool", "int", "text"]
Form = Literal["plain", "days", "ymd"]
EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One column step. `if` takes its otherwise branch on null, as the engines do; `maybe` tells whether it can be null."""

    op: str
    type: Type
    args: tuple[Step, ...] = ()
    value: object = None
    maybe: bool = False


@dataclass(slots=True)
class Steps:
    """Makes steps, each different one once."""

    made: dict[tuple[object, ...], Step] = field(default_factory=dict)

    def make(self, op: str, type_: Type, *args: Step, value: object = None, maybe: bool | None = None) -> Step:
        maybe = any(arg.maybe for arg in args) if maybe is None else maybe
        key = (op, type_, value, type(value), maybe, *map(id, args))
        if key not in self.made:
            self.made[key] = Step(op, type_, args, value, maybe)
        return self.made[key]

    def column(self, name: str, type_: Type, *, maybe: bool) -> Step:
        return self.make("column", type_, value=name, maybe=maybe)

    def number(self, value: int) -> Step:
        return self.make("lit", "int", value=value)

    def truth(self, *, holds: bool) -> Step:
        return self.make("lit", "bool", value=holds)

    def null(self, type_: Type) -> Step:
        return self.make("null", type_, maybe=True)

    def arith(self, op: str, a: Step, b: Step | int) -> Step:
        """add, sub, mul, floordiv or mod; the divisor of the last two is a positive constant."""
        return self.make(op, "int", a, self.number(b) if isinstance(b, int) else b)

    def compare(self, op: str, a: Step, b: Step | int | str) -> Step:
        other = self.make("lit", "text", value=b) if isinstance(b, str) else self.number(b) if isinstance(b, int) else b
        return self.make(op, "bool", a, other)

    def invert(self, a: Step) -> Step:
        return self.make("not", "bool", a)

    def both(self, *parts: Step) -> Step:
        return self._join("and", parts)

    def either(self, *parts: Step) -> Step:
        return self._join("or", parts)

    def _join(self, op: str, parts: tuple[Step, ...]) -> Step:
        result = parts[0]
        for part in parts[1:]:
            result = self.make(op, "bool", result, part)
        return result

    def choose(self, condition: Step, then: Step, otherwise: Step) -> Step:
        """A plain CASE: `otherwise` also where the condition is null."""
        if condition.op == "lit":
            return then if condition.value else otherwise
        return self.make("if", then.type, condition, then, otherwise, maybe=then.maybe or otherwise.maybe)

    def is_null(self, a: Step) -> Step:
        return self.make("is_null", "bool", a, maybe=False) if a.maybe else self.truth(holds=False)

    def surely(self, a: Step) -> Step:
        """True where the condition is true, false where it is false or null."""
        return self.choose(a, self.truth(holds=True), self.truth(holds=False)) if a.maybe else a

    def when(self, condition: Step, then: Step, otherwise: Step) -> Step:
        """As the rules mean it: null where the condition is null."""
        if not condition.maybe:
            return self.choose(condition, then, otherwise)
        rest = self.choose(self.invert(condition), otherwise, self.null(then.type))
        return self.choose(condition, then, rest)


@dataclass(frozen=True, slots=True)
class Capped:
    """The columns the caps need of one cap."""

    applies: Step
    limit: Step
    counts: Step | None
    each: Step | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed for each row. Masks hold a bit for each code of the list beside them."""

    outcome: Step
    failed: Step
    failed_codes: tuple[str, ...]
    missing: Step
    missing_codes: tuple[str, ...]
    skipped: Step
    skipped_codes: tuple[str, ...]
    results: dict[str, tuple[Kind, Step, tuple[str, ...]]]
    illustrative: Step | None
    illustrative_caps: Step | None
    assessed: Step | None
    settled: Step | None
    caps: tuple[Capped, ...]
    broken: Step | None  # true where a row breaks one of the checks on valid input
    checks: tuple[Step, ...]  # per check, true where it is broken
    forms: frozenset[tuple[str, Form]]  # the facts that are read, and how


class Lowering:
    """Lowers one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
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
        type_: Type = "bool" if kind is Kind.BOOL else "text" if kind is Kind.TEXT else "int"
        return self.steps.make("lit", type_, value=value)

    def fact(self, name: str, form: Form) -> Step:
        fact = self.program.fact(name)
        self.forms.add((name, form))
        type_: Type = "bool" if fact.kind is Kind.BOOL else "text" if fact.kind is Kind.TEXT else "int"
        return self.steps.column(fact_column(name, form), type_, maybe=not fact.required)

    def _extreme(self, op: Op, form: Form) -> Step:
        sign, opposite = ("le", "gt") if op.op == "least" else ("ge", "lt")
        result, *rest = (self.node(arg, form) for arg in op.args)
        for other in rest:
            first = self.steps.compare(sign, result, other)
            if first.maybe:
                second = self.steps.choose(self.steps.compare(opposite, result, other), other, self.steps.null("int"))
                result = self.steps.choose(first, result, second)
            else:
                result = self.steps.choose(first, result, other)
        return result

    def _computed(self, op: Op) -> Step:
        steps = self.steps
        match op.op:
            case "and" | "or":
                return steps.make(op.op, "bool", self.node(op.args[0]), self.node(op.args[1]))
            case "not":
                return steps.invert(self.node(op.args[0]))
            case "lt" | "le" | "gt" | "ge" | "eq" | "ne":
                return self._comparison(op)
            case "in":
                return steps.make("in", "bool", self.node(op.args[0]), value=op.value)
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
                return self._rounded(product, 1000, str(op.value))
            case "divide":
                by = self.program.nodes[op.args[1]].value
                assert isinstance(by, int)
                return self._rounded(self.node(op.args[0]), by, str(op.value))
            case _:
                return self._dates(op)

    def _comparison(self, op: Op) -> Step:
        if self.program.nodes[op.args[0]].kind is Kind.DATE:
            shared = self.natural[op.args[0]] & self.natural[op.args[1]]
            form: Form = "ymd" if shared == {"ymd"} else "days"
            return self.steps.compare(op.op, self.node(op.args[0], form), self.node(op.args[1], form))
        return self.steps.compare(op.op, self.node(op.args[0]), self.node(op.args[1]))

    def _rounded(self, number: Step, by: int, rounding: str) -> Step:
        steps = self.steps
        match rounding:
            case "down":
                return steps.arith("floordiv", number, by)
            case "up":
                return steps.arith("floordiv", steps.arith("add", number, by - 1), by)
        doubled = steps.arith("add", steps.arith("mul", number, 2), by)
        return steps.arith("floordiv", doubled, 2 * by)

    def _dates(self, op: Op) -> Step:
        steps = self.steps
        first = self.node(op.args[0], "ymd")
        match op.op:
            case "years":
                return steps.arith("floordiv", steps.arith("sub", self.node(op.args[1], "ymd"), first), 10_000)
            case "months":
                return calendar.months(steps, first, self.node(op.args[1], "ymd"))
            case "month_of":
                return steps.arith("mod", steps.arith("floordiv", first, 100), 100)
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

    def _over(self, number: int, give: object, date_unknown: Step, not_modelled: Step) -> Step:
        """`give(entry or None)` by the date, and for a table by the key, that the operator reads on."""
        op, parameter, steps = self.program.nodes[number], self._parameter_of(number), self.steps
        assert callable(give)
        form: Form = "days" if "days" in self.natural[op.args[0]] else "ymd"
        on = self.node(op.args[0], form)
        if parameter.by is None:
            return self._chain(
                on, form, parameter.history(), give, date_unknown, never_before=self.live.never_before(number)
            )
        key = self.node(op.args[1])
        result = steps.choose(steps.is_null(key), date_unknown, not_modelled) if key.maybe else not_modelled
        for one in reversed(parameter.keys()):
            chain = self._chain(on, form, parameter.history(one), give, date_unknown, never_before=False)
            result = steps.choose(steps.compare("eq", key, one), chain, result)
        return result

    def _chain(
        self, on: Step, form: Form, values: tuple[Value, ...], give: object, date_unknown: Step, *, never_before: bool
    ) -> Step:
        assert callable(give)
        changes: list[tuple[dt.date, Value | None]] = []
        for value in values:
            changes.append((value.since, value))
            if value.until is not None:
                changes.append((value.until, None))
        # An end that is another's beginning is no gap.
        begins = {value.since for value in values}
        changes = [change for change in changes if change[1] is not None or change[0] not in begins]
        changes.sort(key=lambda change: change[0])
        before = give(changes[0][1]) if never_before else give(None)
        result = self.steps.choose(self.steps.is_null(on), date_unknown, before) if on.maybe else before
        for position, (day, value) in enumerate(changes):
            if never_before and position == 0 and not on.maybe:
                continue
            result = self.steps.choose(
                self.steps.compare("ge", on, self.constant(Kind.DATE, day, form)), give(value), result
            )
        return result

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


def fact_column(name: str, form: Form) -> str:
    """The name a fact's column has once it is read and typed; no user's column is called so."""
    return f"__{name}" if form == "plain" else f"__{name}__{form}"


def mask(steps: Steps, conditions: list[Step]) -> Step:
    """A whole number with bit i set where condition i holds."""
    total: Step | None = None
    for bit, condition in enumerate(conditions):
        if condition.op == "lit" and not condition.value:
            continue
        part = steps.choose(condition, steps.number(1 << bit), steps.number(0))
        total = part if total is None else steps.arith("add", total, part)
    return total or steps.number(0)


def lower(program: Program) -> Plan:
    """The plan of a program, caps aside: for events, the assessment of each row before the caps."""
    low = Lowering(program)
    found, steps = verdict(low.live), low.steps
    fails = _possible([(test.code, fail) for test, fail in zip(program.tests, found.fails, strict=True)])
    skips = _possible([(test.code, skip) for test, skip in zip(program.tests, found.skipped, strict=True)])
    settled = _settled(low)
    unsettled = steps.invert(settled) if settled is not None else steps.truth(holds=True)

    failing = [low.formula(fail) for _, fail in fails]
    refused = steps.either(*failing) if failing else steps.truth(holds=False)
    no_rule, unknown = low.formula(found.no_rule), low.formula(found.unknown)
    codes = [code for code, _ in fails]
    nothing = _nothing_to_pay(low, refused)
    if nothing is not None:
        codes.append(NOTHING_TO_PAY)
    missing = list(found.missing) if len(found.missing) < 63 else _too_many(program)
    lacking = mask(steps, [low.formula(condition) for _, condition in missing])
    word = {
        name: steps.make("lit", "text", value=name)
        for name in ("granted", "refused", "undetermined", "no_rule", "settled")
    }
    outcome = steps.choose(unknown, word["undetermined"], word["granted"])
    if nothing is not None:
        outcome = steps.choose(
            steps.either(refused, nothing), word["refused"], steps.choose(no_rule, word["no_rule"], outcome)
        )
    else:
        outcome = steps.choose(refused, word["refused"], steps.choose(no_rule, word["no_rule"], outcome))
    if settled is not None:
        outcome = steps.choose(settled, word["settled"], outcome)
    granted = steps.compare("eq", outcome, "granted")
    failed_mask = mask(steps, [*failing, *([nothing] if nothing is not None else [])])
    zero = steps.number(0)
    checks = tuple(steps.surely(steps.invert(low.node(check.holds))) for check in program.checks)
    illustrative = _illustrative(low, found, refused) if _has_illustrative(program) or program.events else None
    return Plan(
        outcome=outcome,
        failed=steps.choose(unsettled, failed_mask, zero),
        failed_codes=tuple(codes),
        missing=steps.choose(steps.compare("eq", outcome, "undetermined"), lacking, zero),
        missing_codes=tuple(name for name, _ in missing),
        skipped=steps.choose(unsettled, mask(steps, [low.formula(skip) for _, skip in skips]), zero),
        skipped_codes=tuple(code for code, _ in skips),
        results=_results(low, granted),
        illustrative=steps.both(unsettled, illustrative)
        if illustrative is not None and settled is not None
        else illustrative,
        illustrative_caps=low.formula(found.illustrative_caps) if program.events else None,
        assessed=low.node(program.events.assessed) if program.events else None,
        settled=settled,
        caps=_caps(low),
        broken=steps.either(*checks) if checks else None,
        checks=checks,
        forms=frozenset(low.forms),
    )


def _possible(named: list[tuple[str, Formula]]) -> list[tuple[str, Formula]]:
    return [(code, formula) for code, formula in named if formula != FALSE]


def _too_many(program: Program) -> list[tuple[str, Formula]]:
    raise AssertionError(f"{program.id}: more facts and parameters can be missing than a whole number has bits")


def _has_illustrative(program: Program) -> bool:
    return any(value.illustrative for parameter in program.parameters.values() for value in parameter.values)


def _settled(low: Lowering) -> Step | None:
    events = low.program.events
    return low.steps.invert(low.steps.is_null(low.fact(events.settled_order, "plain"))) if events else None


def _nothing_to_pay(low: Lowering, refused: Step) -> Step | None:
    """An amount of 0 is a definite no, whatever else is unknown; the tests' own reasons come first."""
    if low.program.events is None:
        return None
    steps = low.steps
    zero = steps.surely(steps.compare("eq", low.node(low.program.events.assessed), 0))
    return steps.both(steps.invert(refused), zero)


def _illustrative(low: Lowering, found: Verdict, refused: Step) -> Step:
    return low.steps.choose(refused, low.formula(found.illustrative_refusal), low.formula(found.illustrative_otherwise))


def _results(low: Lowering, granted: Step) -> dict[str, tuple[Kind, Step, tuple[str, ...]]]:
    steps = low.steps
    found: dict[str, tuple[Kind, Step, tuple[str, ...]]] = {}
    for result in low.program.results:
        if result.kind is Kind.CODES:
            held = mask(steps, [steps.surely(low.node(node)) for _, node in result.codes])
            names = tuple(code for code, _ in result.codes)
            found[result.name] = (result.kind, steps.choose(granted, held, steps.number(0)), names)
            continue
        assert result.node is not None
        value = low.node(result.node, "days" if result.kind is Kind.DATE else None)
        found[result.name] = (result.kind, steps.choose(granted, value, steps.null(value.type)), ())
    return found


def _caps(low: Lowering) -> tuple[Capped, ...]:
    if low.program.events is None:
        return ()
    return tuple(
        Capped(
            low.steps.surely(low.node(cap.applies)),
            low.node(cap.limit),
            low.node(cap.counts) if cap.counts is not None else None,
            low.node(cap.each) if cap.each is not None else None,
        )  # fmt: skip
        for cap in low.program.events.caps
    )
