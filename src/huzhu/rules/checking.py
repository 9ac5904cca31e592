"""Checks a program before it is compiled, wherever it comes from: a policy as written or a stored document.

Compilers paste names and numbers into code they generate; what passes here is safe to paste.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from huzhu.rules import expressions as e
from huzhu.rules.errors import RuleError
from huzhu.rules.kinds import LIMITS, WHOLE, Kind
from huzhu.rules.parameters import check_constant
from huzhu.rules.program import CAP_EXHAUSTED, NOTHING_TO_PAY, Fact, Op, Program, holder
from huzhu.rules.ranges import Range, check_ranges

NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
# What an answer or a decided file already calls something else.
TAKEN = frozenset({
    "outcome", "reasons", "missing", "not_tested", "illustrative", "assessed_fen", "payable_fen", "limited_by", "explanation",
    "policy_version", "caps", "cap_steps", "illustrative_caps", "row",
})  # fmt: skip
RECORD = frozenset({"value"})  # `r.value(...)` reads a parameter

_AGAIN: dict[str, Callable[..., e.Node]] = {
    "lt": lambda _, a, b: a < b,
    "le": lambda _, a, b: a <= b,
    "gt": lambda _, a, b: a > b,
    "ge": lambda _, a, b: a >= b,
    "eq": lambda _, a, b: a == b,
    "ne": lambda _, a, b: a != b,
    "and": lambda _, a, b: a & b,
    "or": lambda _, a, b: a | b,
    "not": lambda _, a: ~a,
    "add": lambda _, a, b: a + b,
    "sub": lambda _, a, b: a - b,
    "mul": lambda _, a, b: a * b,
    "in": lambda v, a: a.is_in(v),
    "when": lambda _, a, b, c: e.when(a, b, c),
    "least": lambda _, *args: e.least(*args),
    "greatest": lambda _, *args: e.greatest(*args),
    "share": lambda v, a, b: e.share(a, b, rounding=v),
    "divide": lambda v, a, b: e.divide(a, b.value, rounding=v),
    "years": lambda _, a, b: e.years(a, b),
    "months": lambda _, a, b: e.months(a, b),
    "add_years": lambda v, a, b: e.add_years(a, b, leap=v),
    "add_months": lambda v, a, b: e.add_months(a, b, month_end=v),
    "month_of": lambda _, a: e.month_of(a),
    "prefix": lambda v, a: e.prefix(a, v),
    "known": lambda _, a: e.known(a),
    "fact_or": lambda _, a, b: e.fact_or(a, b),
}


def check_fact(fact: Fact) -> None:
    """RuleError where a fact is declared amiss."""
    where = f"fact {fact.name}"
    if not NAME.fullmatch(fact.name) or fact.name in RECORD:
        raise RuleError(f"{where}: a name is small letters, digits and _, and not {', '.join(RECORD)}")
    if fact.kind is Kind.CODES:
        raise RuleError(f"{where}: a fact is no list of codes")
    if fact.kind in LIMITS:
        low, high = fact.low, fact.high
        widest = LIMITS[fact.kind] if fact.kind in (Kind.DATE, Kind.PER_MILLE) else (-(2**62), 2**62)
        if not (_is_whole(low) and _is_whole(high) and widest[0] <= low <= high <= widest[1]):  # type: ignore[operator]
            raise RuleError(
                f"{where}: bounds must be whole numbers, low to high, within {widest}; not {low!r} to {high!r}"
            )
    elif fact.low is not None or fact.high is not None:
        raise RuleError(f"{where}: a {fact.kind.value} has no bounds")
    if not all(isinstance(choice, str) for choice in fact.choices) or not _is_whole(fact.digits) or fact.digits < 0:
        raise RuleError(f"{where}: choices are texts, and digits a number of them")
    if {type(fact.optional), type(fact.required)} != {bool}:
        raise RuleError(f"{where}: optional and required are true or false")
    if (fact.choices or fact.digits) and fact.kind is not Kind.TEXT:
        raise RuleError(f"{where}: only a text has choices or digits")
    if fact.optional and fact.required:
        raise RuleError(f"{where}: cannot be optional and required")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def check_program(program: Program) -> dict[int, Range]:
    """RuleError where anything in a program is not what the compilers take for granted; else the bounds of its numbers."""
    try:
        _check_names(program)
        for fact in program.facts:
            check_fact(fact)
        _check_nodes(program)
        _check_roots(program)
    except _InPart as error:
        raise RuleError(f"{program.id}, {error}") from None
    except RuleError as error:
        raise RuleError(f"{program.id}: {error}") from None
    ranges = check_ranges(program)
    _check_amounts(program, ranges)
    return ranges


def _check_names(program: Program) -> None:
    caps = [cap.name for cap in program.events.caps] if program.events else []
    for what, names in {
        "policy": [program.policy.replace("-", "_")],
        "decision": [program.name.replace("-", "_")],
        "fact": [fact.name for fact in program.facts],
        "step": list(program.steps),
        "test": [test.code for test in program.tests],
        "result": [result.name for result in program.results],
        "cap": caps,
        "parameter": list(program.parameters),
    }.items():
        for name, times in Counter(names).items():
            if times > 1:
                raise RuleError(f"{what} declared twice: {name}")
            if not NAME.fullmatch(str(name)):
                raise RuleError(f"{what} {name!r}: a name is small letters, digits and _")
    taken = sorted({result.name for result in program.results} & TAKEN)
    if taken:
        raise RuleError(f"result {', '.join(taken)}: every decision already gives one of that name")
    taken = sorted({test.code for test in program.tests} & {NOTHING_TO_PAY, CAP_EXHAUSTED})
    taken += sorted(set(program.steps) & {fact.name for fact in program.facts})
    if taken:
        raise RuleError(f"declared twice: {', '.join(taken)}")
    _check_mentions(program)


def _check_mentions(program: Program) -> None:
    facts = {fact.name for fact in program.facts}
    mentioned = {name for names in program.unique for name in names} | {check.fact for check in program.checks}
    mentioned |= {program.date_fact} if program.date_fact else set()
    if program.events:
        events = program.events
        if not events.caps:
            raise RuleError("a decision on events needs a cap")
        mentioned |= {events.settled_order, events.settled_amount, *events.order}
        kinds = {fact.name: fact.kind for fact in program.facts}
        if kinds.get(events.settled_order) is not Kind.INT or kinds.get(events.settled_amount) is not Kind.MONEY:
            raise RuleError("events are settled in the order of an int and by an amount of money")
        order = [kinds.get(name) for name in events.order]
        if Kind.BOOL in order or Kind.TEXT in order[:-1]:
            raise RuleError("events are put in order by dates and whole numbers, and at most one text, the last")
        mentioned |= {name for cap in events.caps for name in cap.per}
    if mentioned - facts:
        raise RuleError(f"no such fact: {', '.join(sorted(map(str, mentioned - facts)))}")
    cited = {test.source for test in program.tests} | {result.source for result in program.results if result.source}
    cited |= {value.source for parameter in program.parameters.values() for value in parameter.values}
    if cited - set(program.sources):
        raise RuleError(f"sources cited but not listed: {', '.join(sorted(cited - set(program.sources)))}")


class _InPart(RuleError):
    """An error that names the part of the program it stands in."""


def _holder(program: Program, number: int) -> str:
    try:
        return holder(program, number)
    except (IndexError, TypeError):  # the parts themselves are not checked yet
        return f"operator {number}"


def _check_nodes(program: Program) -> None:
    """Build every operator again by the constructors that authors use: what they refuse is refused here."""
    nodes: list[e.Node] = []
    for number, op in enumerate(program.nodes):
        if any(not _is_whole(arg) or not 0 <= arg < number for arg in op.args):
            raise RuleError(f"operator {number} ({op.op}) is cyclic or needs what is not there: {list(op.args)}")
        try:
            node = _again(program, op, [nodes[arg] for arg in op.args])
        except RuleError as error:
            raise _InPart(f"{_holder(program, number)}: {error}") from None
        except (TypeError, ValueError, AttributeError, KeyError, StopIteration) as error:
            raise RuleError(f"operator {number} ({op.op!r}) cannot be read: {error}") from None
        if node.kind is not op.kind or len(node.args) != len(op.args):
            raise RuleError(f"operator {number} ({op.op}) gives {node.kind.value}, it says {op.kind.value}")
        nodes.append(node)


def _again(program: Program, op: Op, args: list[e.Node]) -> e.Node:
    value: Any = op.value
    match op.op:
        case "fact":
            return e.Node("fact", program.fact(value).kind, tuple(args), value)
        case "const":
            check_constant(op.kind, value, "a constant")
            return e.Node("const", op.kind, tuple(args), value)
        case "param":
            parameter = program.parameters[value]
            kinds = [arg.kind for arg in args]
            if kinds != [Kind.DATE] + ([parameter.by] if parameter.by else []):
                raise RuleError(f"parameter {value} is read on a date{' by a key' if parameter.by else ''}")
            return e.Node("param", parameter.kind, tuple(args), value)
        case "fact_or":
            if args[0].op != "fact" or not program.fact(str(args[0].value)).optional:
                raise RuleError("fact_or: a missing fact must stay unknown; only an optional one has a default")
    if op.op not in _AGAIN:
        raise RuleError(f"there is no operator {op.op!r}")
    return _AGAIN[op.op](value, *args)


def _check_roots(program: Program) -> None:
    """Whatever points at an operator points at one that is there and of the kind it needs."""

    def need(what: str, numbers: Iterable[object], kinds: frozenset[Kind] | None = None) -> None:
        for number in numbers:
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(program.nodes):
                raise RuleError(f"{what}: there is no operator {number!r}")
            if kinds is not None and program.nodes[number].kind not in kinds:
                raise RuleError(f"{what}: operator {number} is {program.nodes[number].kind.value}")

    truth, money = frozenset({Kind.BOOL}), frozenset({Kind.MONEY})
    need("test", [test.passes for test in program.tests], truth)
    need("figure", [node for test in program.tests for node in test.figures.values()])
    need("check", [check.holds for check in program.checks], truth)
    need("step", [node for node, _ in program.steps.values()])
    need("code", [node for result in program.results for _, node in result.codes], truth)
    for result in program.results:
        if result.kind is not Kind.CODES:
            need(f"result {result.name}", [result.node], frozenset({result.kind}))
        elif result.node is not None:
            raise RuleError(f"result {result.name}: a list of codes has no operator of its own")
    if program.events:
        need("assessed amount", [program.events.assessed], money)
        for cap in program.events.caps:
            need(f"cap {cap.name}", [cap.applies], truth)
            need(f"cap {cap.name}", [part for part in (cap.limit, cap.counts) if part is not None], WHOLE)
            need(f"cap {cap.name}", [part for part in (cap.each,) if part is not None], money)
            if (cap.counts is None) != (cap.each is None):
                raise RuleError(f"cap {cap.name}: what it counts and what each is worth go together")


def _check_amounts(program: Program, ranges: dict[int, Range]) -> None:
    """Caps count upwards only: nothing that is drawn may be below zero."""
    events = program.events
    if events is None:
        return
    parts = {"the assessed amount": events.assessed}
    for cap in events.caps:
        parts[f"the limit {cap.name}"] = cap.limit
        if cap.counts is not None and cap.each is not None:
            parts |= {f"what {cap.name} counts": cap.counts, f"what each of {cap.name} is worth": cap.each}
    below = [what for what, number in parts.items() if ranges[number][0] < 0]
    settled = program.fact(events.settled_amount)
    if settled.low is None or settled.low < 0:
        below.append(f"the fact {settled.name}")
    if below:
        raise RuleError(
            f"{program.id}: could be negative: {', '.join(below)}; declare low=0 on the facts they come from"
        )
