"""Steps that every column engine does alike: on whole numbers, booleans and text, with nulls as unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Type = Literal["bool", "int", "text"]


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
        """add, sub, mul, floordiv, quotient or mod. The divisor of the last three is a positive constant; `quotient` and `mod`
        are for numbers that are never negative, where every engine agrees and no floor has to be made."""
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
        condition = self._loose(condition)
        return self.make("if", then.type, condition, then, otherwise, maybe=then.maybe or otherwise.maybe)

    def is_null(self, a: Step) -> Step:
        return self.make("is_null", "bool", a, maybe=False) if a.maybe else self.truth(holds=False)

    def _loose(self, condition: Step) -> Step:
        """A condition of a CASE, in which null is as good as false: then nothing below and or or has to make it so."""
        if condition.op == "if" and [arg.value for arg in condition.args[1:]] == [True, False]:
            return self._loose(condition.args[0])
        if condition.op in ("and", "or"):
            return self.make(condition.op, "bool", *(self._loose(arg) for arg in condition.args))
        return condition

    def surely(self, a: Step) -> Step:
        """True where the condition is true, false where it is false or null."""
        return self.choose(a, self.truth(holds=True), self.truth(holds=False)) if a.maybe else a

    def when(self, condition: Step, then: Step, otherwise: Step) -> Step:
        """As the rules mean it: null where the condition is null."""
        if not condition.maybe:
            return self.choose(condition, then, otherwise)
        rest = self.choose(self.invert(condition), otherwise, self.null(then.type))
        return self.choose(condition, then, rest)


def mask(steps: Steps, conditions: list[Step]) -> Step:
    """A whole number with bit i set where condition i holds."""
    total: Step | None = None
    for bit, condition in enumerate(conditions):
        if condition.op == "lit" and not condition.value:
            continue
        part = steps.choose(condition, steps.number(1 << bit), steps.number(0))
        total = part if total is None else steps.arith("add", total, part)
    return total or steps.number(0)
