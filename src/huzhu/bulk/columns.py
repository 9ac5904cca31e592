"""Emits a plan as Narwhals expressions, the same for Polars, DuckDB and Spark.

Steps that several others need become columns of their own, level by level, so that no expression is written out twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw

from huzhu.bulk.sharing import levels_of, shared_steps
from huzhu.bulk.steps import Step

_SIGNS: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "quotient": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
}
_DTYPES = {"int": nw.Int64(), "bool": nw.Boolean(), "text": nw.String()}


def with_steps(frame: nw.LazyFrame[Any], wanted: Mapping[str, Step], *, keep: Iterable[str]) -> nw.LazyFrame[Any]:
    """The frame's columns `keep` and a column for each wanted step."""
    shared = shared_steps(wanted.values())
    levels = levels_of(shared)
    names = {id(step): f"__s{number}" for number, step in enumerate(shared)}
    for level in range(max(levels.values(), default=-1) + 1):
        here = [step for step in shared if levels[id(step)] == level]
        frame = frame.with_columns(*(_Emitter(names, step).top().alias(names[id(step)]) for step in here))
    results = (_Emitter(names, None).expression(step).alias(name) for name, step in wanted.items())
    return frame.select(*(nw.col(name) for name in keep), *results)


class _Emitter:
    """Writes steps as expressions, taking shared ones from their columns; `top` is the one being made into a column."""

    def __init__(self, names: Mapping[int, str], top: Step | None) -> None:
        self.names, self._top = names, top

    def top(self) -> nw.Expr:
        assert self._top is not None
        return self._write(self._top)

    def expression(self, step: Step) -> nw.Expr:
        if id(step) in self.names:
            return nw.col(self.names[id(step)])
        return self._write(step)

    def _write(self, step: Step) -> nw.Expr:
        match step.op:
            case "column":
                return nw.col(str(step.value))
            case "lit":
                value: Any = step.value
                return nw.lit(value, _DTYPES[step.type])
            case "null":
                return nw.lit(None, _DTYPES[step.type])
        args = [self.expression(arg) for arg in step.args]
        if step.op in _SIGNS:
            written: nw.Expr = _SIGNS[step.op](*args)
            return written
        match step.op:
            case "not":
                return ~args[0]
            case "is_null":
                return args[0].is_null()
            case "if":
                return nw.when(args[0]).then(args[1]).otherwise(args[2])
            case "in":
                assert isinstance(step.value, tuple)
                return args[0].is_in(list(step.value))
            case "prefix":
                assert isinstance(step.value, int)
                return args[0].str.slice(0, step.value)
        raise AssertionError(f"step {step.op!r} has no column expression")
