"""Proof, when a policy is loaded, that no whole number in it can leave 64 bits or a date the calendar.

Some column engines wrap an overflow in silence and others stop; with the bounds declared on facts and known of
parameters, neither can happen.
"""

from __future__ import annotations

import datetime as dt

from huzhu.rules.dates import add_months, add_years
from huzhu.rules.errors import RuleError
from huzhu.rules.kinds import INT64, LIMITS, Kind, Scalar
from huzhu.rules.parameters import Unpublished
from huzhu.rules.program import Op, Program, holder

Range = tuple[int, int]
CALENDAR = (1, 3_652_059)  # 0001-01-01 to 9999-12-31 as proleptic ordinals


def check_ranges(program: Program) -> dict[int, Range]:
    """The bounds of every whole-number and date operator; RuleError where they cannot be held."""
    found: dict[int, Range] = {}
    for number, op in enumerate(program.nodes):
        if op.kind in LIMITS:
            try:
                bounds = _range(program, op, found)
            except RuleError as error:
                raise RuleError(f"{program.id}, {holder(program, number)} ({op.op}): {error}") from None
            allowed = CALENDAR if op.kind is Kind.DATE else (-INT64, INT64)
            if bounds[0] < allowed[0] or bounds[1] > allowed[1]:
                raise RuleError(
                    f"{program.id}, {holder(program, number)} ({op.op}): could reach {bounds}, beyond what {op.kind.value} can hold; "
                    "declare narrower bounds on its facts"
                )
            found[number] = bounds
    return found


def _ordinal(value: Scalar) -> int:
    return value.toordinal() if not isinstance(value, int | str) else int(value)


def _range(program: Program, op: Op, found: dict[int, Range]) -> Range:
    if op.op == "const":
        assert op.value is not None
        assert not isinstance(op.value, tuple)
        return (_ordinal(op.value), _ordinal(op.value))
    if op.op == "fact":
        fact = program.fact(str(op.value))
        assert fact.low is not None
        assert fact.high is not None
        return (fact.low, fact.high)
    if op.op == "param":
        nothing = LIMITS[Kind.DATE] if op.kind is Kind.DATE else (0, 0)
        values = [v.value for v in program.parameters[str(op.value)].values if not isinstance(v.value, Unpublished)]
        return (min(map(_ordinal, values)), max(map(_ordinal, values))) if values else nothing
    return _of_operator(op, [found.get(arg, (0, 0)) for arg in op.args])


def _of_operator(op: Op, args: list[Range]) -> Range:
    match op.op:
        case "add":
            return (args[0][0] + args[1][0], args[0][1] + args[1][1])
        case "sub":
            return (args[0][0] - args[1][1], args[0][1] - args[1][0])
        case "mul":
            return _product(args[0], args[1])
        case "share":
            if args[0][0] < 0:
                raise RuleError("share of an amount that could be negative: declare low=0 on its facts")
            # What the product is before it is divided must fit, too, twice over where it is rounded half up.
            _fit_64(2 * args[0][1] * args[1][1] + 2000)
            return (args[0][0] * args[1][0] // 1000, args[0][1] * args[1][1] // 1000 + 1)
        case "divide":
            by = args[1][1]
            _fit_64(2 * (max(abs(args[0][0]), abs(args[0][1])) + by))
            return (args[0][0] // by, args[0][1] // by + 1)
        case "when":
            return (min(args[1][0], args[2][0]), max(args[1][1], args[2][1]))
        case "least" | "greatest":
            choose = min if op.op == "least" else max
            return (choose(low for low, _ in args), choose(high for _, high in args))
        case "fact_or":
            return (min(low for low, _ in args), max(high for _, high in args))
        case "years" | "months":
            span = 12 * (abs(args[1][1] - args[0][0]) + abs(args[0][1] - args[1][0])) // 365 + 12
            return (-span, span)
        case "add_years" | "add_months":
            return (_moved(op.op, args[0][0], args[1][0], up=False), _moved(op.op, args[0][1], args[1][1], up=True))
        case "month_of":
            return (1, 12)
    raise RuleError(f"operator {op.op!r} is not known")


def _moved(op: str, ordinal: int, count: int, *, up: bool) -> int:
    """Both arithmetics rise with the date and with the count, so the ends of a range are moved ends, each by the choice for
    an ambiguous day that goes further."""
    try:
        date = dt.date.fromordinal(ordinal)
        if op == "add_years":
            return add_years(date, count, "mar1" if up else "feb28").toordinal()
        return add_months(date, count, "up" if up else "down").toordinal()
    except (ValueError, OverflowError):
        raise RuleError(f"{op} could leave the calendar: declare narrower bounds on its facts") from None


def _fit_64(number: int) -> None:
    if number > INT64:
        raise RuleError(f"a step could reach {number}, beyond 64 bits: declare narrower bounds on its facts")


def _product(a: Range, b: Range) -> Range:
    corners = [x * y for x in a for y in b]
    return (min(corners), max(corners))
