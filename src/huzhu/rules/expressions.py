"""Typed expressions: a rule is a small graph over facts and dated parameters, checked when it is written down.

Operators build nodes and never compute; a wrong combination of kinds is refused here, in words that say what to write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from huzhu.rules.errors import RuleError
from huzhu.rules.kinds import ORDERED, WHOLE, Kind, Scalar, kind_of

Rounding = Literal["down", "up", "half_up"]
Leap = Literal["feb28", "mar1"]
MonthEnd = Literal["down", "up"]

_ADD = {
    (Kind.DATE, Kind.DAYS): Kind.DATE,
    (Kind.MONEY, Kind.MONEY): Kind.MONEY,
    (Kind.INT, Kind.INT): Kind.INT,
    (Kind.DAYS, Kind.DAYS): Kind.DAYS,
}
_SUB = {**_ADD, (Kind.DATE, Kind.DATE): Kind.DAYS}
_MUL = {
    (Kind.MONEY, Kind.INT): Kind.MONEY,
    (Kind.INT, Kind.MONEY): Kind.MONEY,
    (Kind.MONEY, Kind.DAYS): Kind.MONEY,
    (Kind.DAYS, Kind.MONEY): Kind.MONEY,
    (Kind.INT, Kind.INT): Kind.INT,
    (Kind.DAYS, Kind.INT): Kind.DAYS,
    (Kind.INT, Kind.DAYS): Kind.DAYS,
}
_SIGNS = {"add": "+", "sub": "-", "mul": "x", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operator with its operands. `value` is what the operator needs besides them: a constant, a name, a rounding."""

    op: str
    kind: Kind
    args: tuple[Node, ...] = ()
    value: Scalar | tuple[Scalar, ...] | None = None

    def __bool__(self) -> NoReturn:
        raise RuleError(
            "a rule has no truth value while it is being written: write & for and, | for or, ~ for not, "
            "when(condition, this, that) for if, and split a < b < c into (a < b) & (b < c)"
        )

    def __and__(self, other: Node | bool) -> Node:
        return _logic("and", self, other)

    def __or__(self, other: Node | bool) -> Node:
        return _logic("or", self, other)

    def __invert__(self) -> Node:
        if self.kind is not Kind.BOOL:
            raise RuleError(f"~ needs a bool, not {_said(self)}")
        return Node("not", Kind.BOOL, (self,))

    def __add__(self, other: Node | Scalar) -> Node:
        return _arithmetic("add", _ADD, self, other)

    def __sub__(self, other: Node | Scalar) -> Node:
        return _arithmetic("sub", _SUB, self, other)

    def __mul__(self, other: Node | Scalar) -> Node:
        return _arithmetic("mul", _MUL, self, other)

    def __truediv__(self, other: object) -> NoReturn:
        raise RuleError("division must state its rounding: write share(amount, per_mille, rounding=...) or divide(...)")

    __floordiv__ = __mod__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __truediv__

    def __radd__(self, other: Node | Scalar) -> Node:
        return as_node(other) + self

    def __rsub__(self, other: Node | Scalar) -> Node:
        return as_node(other) - self

    def __rmul__(self, other: Node | Scalar) -> Node:
        return as_node(other) * self

    def __rand__(self, other: bool) -> Node:
        return as_node(other) & self

    def __ror__(self, other: bool) -> Node:
        return as_node(other) | self

    def _no_such(self, *_: object) -> NoReturn:
        raise RuleError(
            "rules have no powers, signs, lengths, slices or loops: write out the sum or product, prefix(text, n) for the "
            "first characters, and a - b for a difference"
        )

    __neg__ = __pos__ = __abs__ = __pow__ = __rpow__ = __int__ = __index__ = __len__ = __iter__ = __getitem__ = _no_such
    __contains__ = __round__ = _no_such

    def __lt__(self, other: Node | Scalar) -> Node:
        return _compare("lt", self, other)

    def __le__(self, other: Node | Scalar) -> Node:
        return _compare("le", self, other)

    def __gt__(self, other: Node | Scalar) -> Node:
        return _compare("gt", self, other)

    def __ge__(self, other: Node | Scalar) -> Node:
        return _compare("ge", self, other)

    def __eq__(self, other: object) -> Node:  # type: ignore[override]  # builds a node, as every operator here does
        return _compare("eq", self, other)

    def __ne__(self, other: object) -> Node:  # type: ignore[override]  # as above
        return _compare("ne", self, other)

    __hash__ = object.__hash__

    def is_in(self, choices: Sequence[str] | Sequence[int]) -> Node:
        """True when the value is one of `choices`, unknown when it is unknown."""
        if not isinstance(choices, list | tuple):
            raise RuleError(
                f"is_in needs a list or a tuple of constants, not {choices!r}: the order is part of the rule"
            )
        nodes = [as_node(choice) for choice in choices]
        if (
            not nodes
            or any(node.op != "const" for node in nodes)
            or any(node.kind is not self.kind for node in nodes)
            or self.kind not in (Kind.TEXT, Kind.INT)
        ):
            raise RuleError(f"is_in needs a list of {self.kind.value} constants for {_said(self)}")
        return Node("in", Kind.BOOL, (self,), tuple(choices))


def _said(node: Node) -> str:
    name = f" {node.value!r}" if node.op in ("fact", "param", "const") else ""
    return f"{node.kind.value}{name}"


def as_node(value: object) -> Node:
    """A node as it is, a plain constant as a node; a float is refused."""
    if isinstance(value, Node):
        return value
    if isinstance(value, float):
        raise RuleError(f"no floats in a rule: write {value!r} as whole fen, fen(...), or as per mille, per_mille(...)")
    try:
        return Node("const", kind_of(value), (), value)  # type: ignore[arg-type]  # kind_of refuses what is no Scalar
    except TypeError as error:
        raise RuleError(str(error)) from None


def fen(amount: int) -> Node:
    """An amount of money, in whole fen."""
    return _whole(amount, Kind.MONEY)


def days(count: int) -> Node:
    return _whole(count, Kind.DAYS)


def per_mille(rate: int) -> Node:
    return _whole(rate, Kind.PER_MILLE)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(value: int, kind: Kind) -> Node:
    if not _is_whole(value):
        raise RuleError(f"{kind.value} needs a whole number, not {value!r}")
    return Node("const", kind, (), value)


def _hint(left: Node, right: Node) -> str:
    kinds = {left.kind, right.kind}
    if Kind.MONEY in kinds and Kind.INT in kinds:
        return "; write fen(...) for an amount of money"
    if Kind.DATE in kinds and Kind.INT in kinds:
        return "; write days(...) for a number of days, or add_years(...) for years"
    if Kind.PER_MILLE in kinds:
        return "; write share(amount, per_mille, rounding=...)"
    if kinds == {Kind.MONEY}:
        return "; money times money has no meaning, one of them must be an int"
    return ""


def _arithmetic(op: str, table: dict[tuple[Kind, Kind], Kind], left: Node, right: object) -> Node:
    right = as_node(right)
    kind = table.get((left.kind, right.kind))
    if kind is None:
        raise RuleError(f"cannot compute {_said(left)} {_SIGNS[op]} {_said(right)}{_hint(left, right)}")
    return Node(op, kind, (left, right))


def _compare(op: str, left: Node, right: object) -> Node:
    right = as_node(right)
    comparable = left.kind is right.kind and (op in ("eq", "ne") or left.kind in ORDERED)
    if not comparable or left.kind is Kind.BOOL:
        hint = "; use the bool itself, or ~ for not" if left.kind is Kind.BOOL else _hint(left, right)
        raise RuleError(f"cannot compare {_said(left)} {_SIGNS[op]} {_said(right)}{hint}")
    return Node(op, Kind.BOOL, (left, right))


def _logic(op: str, left: Node, right: object) -> Node:
    right = as_node(right)
    if left.kind is not Kind.BOOL or right.kind is not Kind.BOOL:
        raise RuleError(f"{op} needs two bools, not {_said(left)} and {_said(right)}; put comparisons in brackets")
    return Node(op, Kind.BOOL, (left, right))


def _need(kind: Kind, value: object, where: str) -> Node:
    node = as_node(value)
    if node.kind is not kind:
        raise RuleError(f"{where} needs {kind.value}, not {_said(node)}")
    return node


def when(condition: Node, then: object, otherwise: object) -> Node:
    """`then` where the condition holds, `otherwise` where it does not, unknown where the condition is unknown."""
    condition = _need(Kind.BOOL, condition, "when")
    first, second = as_node(then), as_node(otherwise)
    if first.kind is not second.kind:
        raise RuleError(f"when: both branches need one kind, not {_said(first)} and {_said(second)}")
    return Node("when", first.kind, (condition, first, second))


def switch(subject: Node, cases: dict[str, Node], otherwise: object) -> Node:
    """The case of the subject's value; a chain of `when`, so unknown where the subject is unknown."""
    result = as_node(otherwise)
    for value, node in reversed(cases.items()):
        result = when(subject == value, node, result)
    return result


def least(*values: object) -> Node:
    """The smallest; unknown as soon as one is unknown."""
    return _extreme("least", values)


def greatest(*values: object) -> Node:
    """The largest; unknown as soon as one is unknown."""
    return _extreme("greatest", values)


def _extreme(op: str, values: tuple[object, ...]) -> Node:
    nodes = tuple(as_node(value) for value in values)
    if len(nodes) < 2 or any(node.kind is not nodes[0].kind for node in nodes) or nodes[0].kind not in ORDERED:
        raise RuleError(f"{op} needs two or more values of one ordered kind, not {', '.join(map(_said, nodes))}")
    return Node(op, nodes[0].kind, nodes)


def _one_of(value: object, choices: tuple[str, ...], where: str) -> None:
    if value not in choices:
        raise RuleError(f"{where} must be {' or '.join(map(repr, choices))}, not {value!r}")


ROUNDINGS = ("down", "up", "half_up")


def share(amount: Node, rate: object, *, rounding: Rounding) -> Node:
    """So many per mille of an amount that is not negative, in whole fen, rounded as stated."""
    _one_of(rounding, ROUNDINGS, "share: rounding")
    return Node(
        "share", Kind.MONEY, (_need(Kind.MONEY, amount, "share"), _need(Kind.PER_MILLE, rate, "share")), rounding
    )


def divide(amount: Node, by: int, *, rounding: Rounding) -> Node:
    """A whole number divided by a positive constant, rounded as stated."""
    _one_of(rounding, ROUNDINGS, "divide: rounding")
    amount = as_node(amount)
    if amount.kind not in WHOLE or not _is_whole(by) or by < 1:
        raise RuleError(f"divide needs a whole number and a positive constant, not {_said(amount)} and {by!r}")
    return Node("divide", amount.kind, (amount, as_node(by)), rounding)


def years(since: Node, until: Node) -> Node:
    """Completed years between two dates by (month, day): someone born on 29 February has a birthday on 1 March."""
    return Node("years", Kind.INT, (_need(Kind.DATE, since, "years"), _need(Kind.DATE, until, "years")))


def months(since: Node, until: Node) -> Node:
    """Completed months between two dates by day of the month."""
    return Node("months", Kind.INT, (_need(Kind.DATE, since, "months"), _need(Kind.DATE, until, "months")))


def add_years(date: object, count: object, *, leap: Leap) -> Node:
    """The same day so many years on; `leap` says what 29 February becomes in a year that has none."""
    _one_of(leap, ("feb28", "mar1"), "add_years: leap")
    return Node(
        "add_years", Kind.DATE, (_need(Kind.DATE, date, "add_years"), _need(Kind.INT, count, "add_years")), leap
    )


def add_months(date: object, count: object, *, month_end: MonthEnd) -> Node:
    """The same day so many months on; where that month is too short its last day (`down`) or the next 1st (`up`)."""
    _one_of(month_end, ("down", "up"), "add_months: month_end")
    args = (_need(Kind.DATE, date, "add_months"), _need(Kind.INT, count, "add_months"))
    return Node("add_months", Kind.DATE, args, month_end)


def month_of(date: Node) -> Node:
    return Node("month_of", Kind.INT, (_need(Kind.DATE, date, "month_of"),))


def prefix(text: Node, length: int) -> Node:
    """The first characters of a text: a region code's province is `prefix(region, 2)`."""
    if not _is_whole(length) or length < 1:
        raise RuleError(f"prefix needs a positive length, not {length!r}")
    return Node("prefix", Kind.TEXT, (_need(Kind.TEXT, text, "prefix"),), length)


def known(fact: Node) -> Node:
    """Whether a fact is known at all; itself always known."""
    fact = as_node(fact)
    if fact.op != "fact":
        raise RuleError(f"known needs a fact, not {_said(fact)}")
    return Node("known", Kind.BOOL, (fact,))


def fact_or(fact: Node, otherwise: object) -> Node:
    """The fact, or `otherwise` where it is not given. Only for facts declared `optional`, whose absence is an answer."""
    fact, default = as_node(fact), as_node(otherwise)
    if fact.op != "fact" or fact.kind is not default.kind:
        raise RuleError(f"fact_or needs a fact and a value of its kind, not {_said(fact)} and {_said(default)}")
    return Node("fact_or", fact.kind, (fact, default))


def const(value: dt.date | bool | str | int) -> Node:
    return as_node(value)
