"""Which unknown leaves an unknown answer hangs on, and which values a definite one rests on.

Both are formulas over the operators' values, worked out once per program: "this fact is missing" is true exactly where the
fact is unknown and nothing else decides without it. Every compiler evaluates the same formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from huzhu.rules.program import Op, Program
from huzhu.rules.ranges import check_ranges

Shape = Literal[
    "true", "false", "is_null", "is_true", "is_false", "unpublished", "no_rule", "illustrative", "and", "or", "not"
]


@dataclass(frozen=True, slots=True)
class Formula:
    """A two-valued condition; `node` is the operator it looks at, `parts` what it joins."""

    shape: Shape
    node: int = -1
    parts: tuple[Formula, ...] = ()


TRUE, FALSE = Formula("true"), Formula("false")


def all_of(parts: Iterable[Formula]) -> Formula:
    flat = (inner for part in parts for inner in (part.parts if part.shape == "and" else (part,)))
    kept = tuple(dict.fromkeys(part for part in flat if part != TRUE))
    if FALSE in kept or any(negation(part) in kept for part in kept):
        return FALSE
    return TRUE if not kept else kept[0] if len(kept) == 1 else Formula("and", parts=kept)


def any_of(parts: Iterable[Formula]) -> Formula:
    flat = (inner for part in parts for inner in (part.parts if part.shape == "or" else (part,)))
    kept = tuple(dict.fromkeys(part for part in flat if part != FALSE))
    if TRUE in kept:
        return TRUE
    return FALSE if not kept else kept[0] if len(kept) == 1 else Formula("or", parts=kept)


def negation(part: Formula) -> Formula:
    if part.shape == "not":
        return part.parts[0]
    return {TRUE: FALSE, FALSE: TRUE}.get(part, Formula("not", parts=(part,)))


Leaf = Callable[[int, Op], Formula]


class Live:
    """The formulas of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.ranges = check_ranges(program)
        self.may_be_unknown: list[bool] = []
        self._nulls: dict[int, Formula] = {}
        for number, op in enumerate(program.nodes):
            self.may_be_unknown.append(self._may_be_unknown(number, op))

    def _may_be_unknown(self, number: int, op: Op) -> bool:
        if op.op in ("const", "known"):
            return False
        if op.op == "fact":
            return not self.program.fact(str(op.value)).required
        if op.op == "fact_or":
            return self.may_be_unknown[op.args[1]]
        if op.op == "param":
            return any(self.may_be_unknown[arg] for arg in op.args) or not self.always_known(number)
        return any(self.may_be_unknown[arg] for arg in op.args)

    def null(self, number: int) -> Formula:
        """Where an operator's value is unknown, by its leaves as far as one unknown operand is enough for that."""
        if not self.may_be_unknown[number]:
            return FALSE
        if number not in self._nulls:
            self._nulls[number] = self._null(number, self.program.nodes[number])
        return self._nulls[number]

    def _null(self, number: int, op: Op) -> Formula:
        match op.op:
            case "fact" | "and" | "or" | "when":
                return Formula("is_null", number)
            case "fact_or":
                return all_of((self.null(op.args[0]), self.null(op.args[1])))
            case "param" if not self.always_known(number):
                return Formula("is_null", number)
        return any_of(self.null(arg) for arg in op.args)

    def false(self, number: int) -> Formula:
        return Formula("is_false", number)

    # Parameters, as read by one operator.

    def never_before(self, number: int) -> bool:
        """The date it is read on can never lie before its first value."""
        op = self.program.nodes[number]
        parameter = self.program.parameters[str(op.value)]
        return len(op.args) == 1 and self.ranges[op.args[0]][0] >= parameter.values[0].since.toordinal()

    def has_gap(self, number: int) -> bool:
        """Some date it may be read on has no value."""
        values = self.program.parameters[str(self.program.nodes[number].value)].values
        if len(self.program.nodes[number].args) == 2:
            return True
        joined = all(a.until == b.since for a, b in pairwise(values)) and values[-1].until is None
        return not (joined and self.never_before(number))

    def always_known(self, number: int) -> bool:
        parameter = self.program.parameters[str(self.program.nodes[number].value)]
        return not self.has_gap(number) and all(value.is_published for value in parameter.values)

    def never_published(self, number: int) -> bool:
        """Unpublished on every date, so that even an unknown date reads as unpublished."""
        return not any(v.is_published for v in self.program.parameters[str(self.program.nodes[number].value)].values)

    def unpublished(self, number: int) -> Formula:
        op = self.program.nodes[number]
        values = self.program.parameters[str(op.value)].values
        if self.never_published(number) and not self.has_gap(number):
            return TRUE
        if len(op.args) == 1 and all(value.is_published for value in values):
            return FALSE
        return Formula("unpublished", number)

    def no_rule(self, number: int) -> Formula:
        return Formula("no_rule", number) if self.has_gap(number) else FALSE

    def illustrative(self, number: int) -> Formula:
        values = self.program.parameters[str(self.program.nodes[number].value)].values
        if not any(value.illustrative for value in values):
            return FALSE
        return Formula("illustrative", number)

    # Reaching leaves.

    def why_unknown(self, root: int, leaf: Leaf) -> Formula:
        """True where operator `root` is unknown and hangs on a leaf for which `leaf` gives a condition."""

        @cache
        def why(number: int) -> Formula:
            op = self.program.nodes[number]
            if not self.may_be_unknown[number]:
                return FALSE
            match op.op:
                case "fact":
                    return leaf(number, op)
                case "param":
                    # What is unpublished whatever the date and the key asks for neither.
                    asked = all_of((negation(self.unpublished(number)), any_of(why(arg) for arg in op.args)))
                    return any_of((asked, leaf(number, op)))
                case "fact_or":
                    return all_of((self.null(op.args[0]), why(op.args[1])))
                case "and" | "or":
                    return all_of((self.null(number), any_of(why(arg) for arg in op.args)))
                case "when":
                    condition, then, otherwise = op.args
                    return any_of((
                        why(condition),
                        all_of((Formula("is_true", condition), why(then))),
                        all_of((self.false(condition), why(otherwise))),
                    ))  # fmt: skip
                case _:
                    return any_of(why(arg) for arg in op.args)

        return why(root)

    def fact_missing(self, root: int, name: str) -> Formula:
        return self.why_unknown(root, lambda n, op: self.null(n) if op.op == "fact" and op.value == name else FALSE)

    def parameter_missing(self, root: int, key: str) -> Formula:
        return self.why_unknown(
            root, lambda n, op: self.unpublished(n) if op.op == "param" and op.value == key else FALSE
        )

    def any_unpublished(self, root: int) -> Formula:
        return self.why_unknown(root, lambda n, op: self.unpublished(n) if op.op == "param" else FALSE)

    def any_no_rule(self, root: int) -> Formula:
        return self.why_unknown(root, lambda n, op: self.no_rule(n) if op.op == "param" else FALSE)

    def rests_on_illustrative(self, root: int) -> Formula:
        """True where an illustrative value was read to reach this operator's value: of an `and` that fails only the parts
        that fail count, of a `when` only the branch that was taken."""

        @cache
        def rests(number: int) -> Formula:
            op = self.program.nodes[number]
            below = [rests(arg) for arg in op.args]
            if op.op == "param":
                return any_of((*below, self.illustrative(number)))
            if all(part == FALSE for part in below):
                return FALSE
            match op.op:
                case "when":
                    condition = op.args[0]
                    return any_of((
                        below[0],
                        all_of((Formula("is_true", condition), below[1])),
                        all_of((self.false(condition), below[2])),
                    ))  # fmt: skip
                case "and" | "or":
                    decisive: Shape = "is_false" if op.op == "and" else "is_true"
                    alone = any_of(
                        all_of((Formula(decisive, arg), part)) for arg, part in zip(op.args, below, strict=True)
                    )
                    decided = Formula(decisive, number)
                    return any_of((all_of((decided, alone)), all_of((negation(decided), any_of(below)))))
                case _:
                    return any_of(below)

        return rests(root)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A program's outcome as formulas, the same for every compiler."""

    fails: tuple[Formula, ...]  # per test
    skipped: tuple[Formula, ...]  # per test
    unknown: Formula  # some test or needed value is unknown, restrictions that are skipped aside
    no_rule: Formula
    missing: tuple[tuple[str, Formula], ...]  # name, condition; meaningful where undetermined
    illustrative_refusal: Formula
    illustrative_otherwise: Formula  # tests and needed values
    illustrative_caps: Formula  # besides, where the caps are reached


def verdict(live: Live) -> Verdict:
    """Put the tests, the needed results and, for events, the amount and its caps together."""
    program = live.program
    tests = [test.passes for test in program.tests]
    skipped = tuple(
        all_of((live.null(test.passes), live.any_unpublished(test.passes))) if test.restriction else FALSE
        for test in program.tests
    )
    # (root, condition under which it is looked at)
    roots = [(root, negation(skip)) for root, skip in zip(tests, skipped, strict=True)]
    limits: list[tuple[int, Formula]] = []
    parts: list[int] = []
    keys: list[str] = []
    if program.events:
        assessed = program.events.assessed
        roots.append((assessed, TRUE))
        reached = negation(live.null(assessed))
        parts = [part for cap in program.events.caps for part in (cap.limit, cap.counts, cap.each) if part is not None]
        limits = [(part, reached) for part in parts]
        keys = list(dict.fromkeys(name for cap in program.events.caps for name in cap.per))
        keys += [name for name in program.events.order if name not in keys]
    roots += [(r.node, TRUE) for r in program.results if r.node is not None and r.needed]
    roots += [(node, TRUE) for r in program.results if r.needed for _, node in r.codes]
    looked_at = roots + limits
    key_facts = {name: _fact_number(program, name) for name in keys}

    def over(found: Callable[[int], Formula]) -> Formula:
        return any_of(all_of((condition, found(root))) for root, condition in looked_at)

    missing = []
    for fact in program.facts:
        own = live.null(key_facts[fact.name]) if key_facts.get(fact.name) is not None else FALSE
        condition = any_of((own, over(lambda root, name=fact.name: live.fact_missing(root, name))))  # type: ignore[misc]
        missing.append((fact.name, condition))
    missing += [
        (f"parameter:{key}", over(lambda root, key=key: live.parameter_missing(root, key)))  # type: ignore[misc]
        for key in sorted(program.parameters)
    ]
    keys_unknown = any_of(live.null(number) for number in key_facts.values())
    return Verdict(
        fails=tuple(live.false(root) for root in tests),
        skipped=skipped,
        unknown=any_of((over(live.null), keys_unknown)),
        no_rule=over(live.any_no_rule),
        missing=tuple((name, condition) for name, condition in missing if condition != FALSE),
        illustrative_refusal=any_of(all_of((live.false(root), live.rests_on_illustrative(root))) for root in tests),
        illustrative_otherwise=any_of(live.rests_on_illustrative(root) for root, _ in roots),
        illustrative_caps=any_of(live.rests_on_illustrative(part) for part in parts),
    )


def _fact_number(program: Program, name: str) -> int:
    return next(n for n, op in enumerate(program.nodes) if op.op == "fact" and op.value == name)
