"""Emits a plan as DuckDB SQL: the steps of `columns.py`, written natively, where every conversion and cast is in plain sight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from huzhu.bulk.sharing import levels_of, shared_steps
from huzhu.bulk.steps import Step
from huzhu.bulk.typed import literal

_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "quotient": "//", "mod": "%", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=", "ne": "<>",
    "and": "AND", "or": "OR",
}  # fmt: skip
_TYPES = {"int": "BIGINT", "bool": "BOOLEAN", "text": "VARCHAR"}


def select_steps(source: str, wanted: Mapping[str, Step], *, keep: Iterable[str], seldom: Iterable[str] = ()) -> str:
    """A query of the columns `keep` (SQL names) of a subquery and a column for each wanted step. What only the `seldom`
    ones need is written out inside them, so that their CASE decides for which rows it is worked out at all."""
    shared = shared_steps(step for name, step in wanted.items() if name not in set(seldom))
    levels = levels_of(shared)
    names = {id(step): f"__s{number}" for number, step in enumerate(shared)}
    for level in range(max(levels.values(), default=-1) + 1):
        here = [step for step in shared if levels[id(step)] == level]
        made = ", ".join(f"{_write(step, names)} AS {names[id(step)]}" for step in here)
        source = f"SELECT *, {made} FROM ({source})"
    made = ", ".join([*keep, *(f"{_named(step, names)} AS {name}" for name, step in wanted.items())])
    return f"SELECT {made} FROM ({source})"


def _named(step: Step, names: Mapping[int, str]) -> str:
    return names.get(id(step)) or _write(step, names)


def _write(step: Step, names: Mapping[int, str]) -> str:
    match step.op:
        case "column":
            return f'"{step.value}"'
        case "lit":
            return literal(step.value) if isinstance(step.value, str) else _constant(step)
        case "null":
            return f"CAST(NULL AS {_TYPES[step.type]})"
    args = [_named(arg, names) for arg in step.args]
    if step.op in _SIGNS:
        return f"({args[0]} {_SIGNS[step.op]} {args[1]})"
    match step.op:
        case "floordiv":
            return _floordiv(args)
        case "not":
            return f"(NOT {args[0]})"
        case "is_null":
            return f"({args[0]} IS NULL)"
        case "if":
            return f"(CASE WHEN {args[0]} THEN {args[1]} ELSE {args[2]} END)"
        case "in":
            assert isinstance(step.value, tuple)
            return f"({args[0]} IN ({', '.join(literal(v) if isinstance(v, str) else str(v) for v in step.value)}))"
        case "prefix":
            return f"left({args[0]}, {step.value})"
        case "to_ymd":
            return _ymd(_date(args[0]))
        case "to_days":
            parts = f"{args[0]} // 10000, ({args[0]} // 100) % 100, {args[0]} % 100"
            return f"CAST(make_date({parts}) - {EPOCH} AS BIGINT)"
        case "add_years":
            return _add_years(step, args)
    raise AssertionError(f"step {step.op!r} has no SQL")


EPOCH = "DATE '1970-01-01'"


def _date(days: str) -> str:
    return f"({EPOCH} + CAST({days} AS INTEGER))"


def _ymd(date: str) -> str:
    return f"(CAST(year({date}) AS BIGINT) * 10000 + month({date}) * 100 + day({date}))"


def _add_years(step: Step, args: list[str]) -> str:
    """DuckDB makes 29 February the 28th where there is none; the rule may want 1 March, a day later."""
    date, count = _date(args[0]), step.args[1]
    interval = f"INTERVAL ({count.value}) YEAR" if count.op == "lit" else f"to_years(CAST({args[1]} AS INTEGER))"
    moved = f"CAST({date} + {interval} AS DATE)"
    later = f" + CASE WHEN month({date}) = 2 AND day({date}) = 29 AND day({moved}) = 28 THEN 1 ELSE 0 END"
    return f"(CAST({moved} - {EPOCH} AS BIGINT){later if step.value == 'mar1' else ''})"


def _constant(step: Step) -> str:
    return str(step.value).upper() if step.type == "bool" else f"{step.value}::BIGINT"


def _floordiv(args: list[str]) -> str:
    """DuckDB's // cuts towards zero; the rules mean the floor. The divisor is a positive constant."""
    return f"(({args[0]} // {args[1]}) - CASE WHEN {args[0]} % {args[1]} < 0 THEN 1 ELSE 0 END)"
