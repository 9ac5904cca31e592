"""Steps that every column engine does alike: on whole numbers, booleans and text, with nulls as unknown.

What is known beforehand is worked out here and never reaches an engine. Each rule holds with nulls too: `a or (a and b)` is a,
but `a or not a` is true only where a cannot be null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

Type = Literal["bool", "int", "text"]
NUMBERS: dict[str, Callable[[int, int], int]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "floordiv": operator.floordiv,
    "quotient": operator.floordiv, "mod": operator.mod,
}  # fmt: skip
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
# Null exactly where an argument is.
STRICT = {*NUMBERS, *COMPARISONS, "not", "in", "prefix", "to_ymd", "to_days", "add_years"}


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One column step. `if` takes its otherwise branch on null, as the engines do; `maybe` tells whether it can be null, and
    `low` and `high`, where they are known, between which numbers it lies."""

    op: str
    type: Type
    args: tuple[Step, ...] = ()
    value: object = None
    maybe: bool = False
    low: int | None = None
    high: int | None = None


@dataclass(slots=True)
class Steps:
    """Makes steps, each different one once."""

    made: dict[tuple[object, ...], Step] = field(default_factory=dict)

    def make(
        self, op: str, type_: Type, *args: Step, value: object = None, maybe: bool | None = None, low: int | None = None,
        high: int | None = None,
    ) -> Step:  # fmt: skip
        maybe = any(arg.maybe for arg in args) if maybe is None else maybe
        key = (op, type_, value, type(value), maybe, low, high, *map(id, args))
        if key not in self.made:
            self.made[key] = Step(op, type_, args, value, maybe, low, high)
        return self.made[key]

    def column(self, name: str, type_: Type, *, maybe: bool, low: int | None = None, high: int | None = None) -> Step:
        return self.make("column", type_, value=name, maybe=maybe, low=low, high=high)

    def number(self, value: int) -> Step:
        return self.make("lit", "int", value=value, low=value, high=value)

    def truth(self, *, holds: bool) -> Step:
        return self.make("lit", "bool", value=holds)

    def null(self, type_: Type) -> Step:
        return self.make("null", type_, maybe=True)

    def arith(self, op: str, a: Step, b: Step | int) -> Step:
        """add, sub, mul, floordiv, quotient or mod. The divisor of the last three is a positive constant; `quotient` and `mod`
        are for numbers that are never negative, where every engine agrees and no floor has to be made."""
        other = self.number(b) if isinstance(b, int) else b
        if isinstance(a.value, int) and isinstance(other.value, int) and a.op == other.op == "lit":
            return self.number(NUMBERS[op](a.value, other.value))
        return self.null("int") if "null" in (a.op, other.op) else self.make(op, "int", a, other)

    def compare(self, op: str, a: Step, b: Step | int | str) -> Step:
        other = self.make("lit", "text", value=b) if isinstance(b, str) else self.number(b) if isinstance(b, int) else b
        if "null" in (a.op, other.op):
            return self.null("bool")
        found = None if a.maybe or other.maybe else decided(op, a, other)
        return self.make(op, "bool", a, other) if found is None else self.truth(holds=found)

    def invert(self, a: Step) -> Step:
        match a.op:
            case "lit":
                return self.truth(holds=not a.value)
            case "null":
                return a
            case "not":
                return a.args[0]
        return self.make("not", "bool", a)

    def both(self, *parts: Step) -> Step:
        return self._join("and", parts)

    def either(self, *parts: Step) -> Step:
        return self._join("or", parts)

    def _join(self, op: str, parts: Iterable[Step]) -> Step:
        """Joined without the constants that change nothing, without repeats, and without a part that another one decides."""
        ends = op == "or"  # the constant that settles it
        found = {id(one): one for part in parts for one in _flat(op, part)}
        kept = [one for one in found.values() if one.op != "lit"]
        if any(one.op == "lit" and one.value is ends for one in found.values()):
            return self.truth(holds=ends)
        if any(one.op == "not" and not one.maybe and id(one.args[0]) in found for one in kept):
            return self.truth(holds=ends)
        inner = {id(one): {id(part) for part in _flat("and" if ends else "or", one)} for one in kept}
        kept = [one for one in kept if not any(inner[id(other)] < inner[id(one)] for other in kept)]
        if not kept:
            return self.truth(holds=not ends)
        result = kept[0]
        for part in kept[1:]:
            result = self.make(op, "bool", result, part)
        return result

    def choose(self, condition: Step, then: Step, otherwise: Step) -> Step:
        """A plain CASE: `otherwise` also where the condition is null."""
        condition = self._loose(condition)
        if condition.op in ("lit", "null"):
            return then if condition.value else otherwise
        if condition.op == "not" and not condition.maybe:
            condition, then, otherwise = condition.args[0], otherwise, then
        if then.op == "if" and then.args[0] is condition:
            then = then.args[1]
        if otherwise.op == "if" and otherwise.args[0] is condition:
            otherwise = otherwise.args[2]
        if then is otherwise:
            return then
        if then.type == "bool" and not condition.maybe and "lit" in (then.op, otherwise.op):
            return self._without_case(condition, then, otherwise)
        return self.make("if", then.type, condition, then, otherwise, maybe=then.maybe or otherwise.maybe)

    def _without_case(self, condition: Step, then: Step, otherwise: Step) -> Step:
        """The same as a CASE on a condition that is never null, where a branch is a constant."""
        if then.op == "lit":
            return self.either(condition, otherwise) if then.value else self.both(self.invert(condition), otherwise)
        return self.either(self.invert(condition), then) if otherwise.value else self.both(condition, then)

    def is_null(self, a: Step) -> Step:
        if not a.maybe:
            return self.truth(holds=False)
        if a.op == "null":
            return self.truth(holds=True)
        if a.op in STRICT:
            return self.either(*(self.is_null(arg) for arg in a.args))
        if a.op == "if" and not all(arg.maybe and arg.op != "null" for arg in a.args[1:]):
            return self.choose(a.args[0], self.is_null(a.args[1]), self.is_null(a.args[2]))
        return self.make("is_null", "bool", a, maybe=False)

    def _loose(self, condition: Step) -> Step:
        """A condition of a CASE, in which null is as good as false: then nothing below and or or has to make it so."""
        if condition.op == "if" and [arg.value for arg in condition.args[1:]] == [True, False]:
            return self._loose(condition.args[0])
        if condition.op in ("and", "or"):
            return self._join(condition.op, (self._loose(arg) for arg in condition.args))
        return condition

    def given(self, condition: Step, a: Step) -> Step:
        """The same as `a` wherever the condition holds, and never read elsewhere."""
        condition = self._loose(condition)
        while a.op == "if" and a.args[0] is condition:
            a = a.args[1]
        return a

    def surely(self, a: Step) -> Step:
        """True where the condition is true, false where it is false or null."""
        return self.choose(a, self.truth(holds=True), self.truth(holds=False)) if a.maybe else a

    def when(self, condition: Step, then: Step, otherwise: Step) -> Step:
        """As the rules mean it: null where the condition is null."""
        if not condition.maybe:
            return self.choose(condition, then, otherwise)
        rest = self.choose(self.invert(condition), otherwise, self.null(then.type))
        return self.choose(condition, then, rest)


def decided(op: str, a: Step, b: Step) -> bool | None:
    """What a comparison of two numbers always gives, by the bounds of its sides, where neither is null; None: either."""
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return None
    match op:
        case "lt" | "ge":
            is_less = True if a.high < b.low else False if a.low >= b.high else None
            return is_less if is_less is None or op == "lt" else not is_less
        case "gt" | "le":
            return decided("lt" if op == "gt" else "ge", b, a)
    is_equal = True if a.low == a.high == b.low == b.high else False if a.high < b.low or b.high < a.low else None
    return is_equal if is_equal is None or op == "eq" else not is_equal


def _flat(op: str, step: Step) -> list[Step]:
    """The parts that a chain of the operator joins."""
    return [part for arg in step.args for part in _flat(op, arg)] if step.op == op else [step]


def mask(steps: Steps, conditions: list[Step]) -> Step:
    """A whole number with bit i set where condition i holds."""
    total: Step | None = None
    for bit, condition in enumerate(conditions):
        if condition.op == "lit" and not condition.value:
            continue
        part = steps.choose(condition, steps.number(1 << bit), steps.number(0))
        total = part if total is None else steps.arith("add", total, part)
    return total or steps.number(0)
