"""Finds what is wrong with an input, row by row, once it is known that something is: at most a screenful and the total."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np

from huzhu.bulk.csvfiles import ROW
from huzhu.bulk.inputs import Table
from huzhu.bulk.plan import Plan
from huzhu.bulk.problems import SHOWN_AT_MOST, BadInput, Problem
from huzhu.bulk.sql_steps import select_steps
from huzhu.bulk.streams import streamed
from huzhu.bulk.typed import Reading, quoted, select_facts
from huzhu.rules.program import Program
from huzhu.rules.records import expected
from huzhu.rules.texts import Text

HASHES_AT_ONCE = 16_000_000


def refusal(
    con: duckdb.DuckDBPyConnection, program: Program, plan: Plan, table: Table, readings: Mapping[str, Reading]
) -> BadInput | None:
    """What is wrong with the values, or None where nothing is."""
    problems: list[Problem] = []
    total = 0
    for one in readings.values():
        if one.fact.name in table.columns and one.raw_invalid():
            found, count = _values(con, table, one)
            problems, total = problems + found, total + count
    found, count = _checks(con, program, plan, table, readings)
    problems, total = problems + found, total + count
    for names in program.unique:
        if all(name in readings for name in names):
            found, count = _repeats(con, table, readings, names)
            problems, total = problems + found, total + count
    if not total:
        return None
    problems.sort(key=lambda problem: (problem.row or 0, problem.column or ""))
    return BadInput(file=table.file, problems=problems, total=total)


def _values(con: duckdb.DuckDBPyConnection, table: Table, one: Reading) -> tuple[list[Problem], int]:
    column = quoted(one.fact.name, "duckdb")
    where = f"FROM {table.numbered()} WHERE COALESCE({one.invalid}, FALSE)"
    count = con.execute(f"SELECT count(*) {where}").fetchall()[0][0]
    if not count:
        return [], 0
    rows = con.execute(
        f"SELECT {ROW}, CAST({column} AS VARCHAR) {where} ORDER BY {ROW} LIMIT {SHOWN_AT_MOST}"
    ).fetchall()
    empty = Text("不能为空", "must not be empty")
    said = expected(one.fact)
    return [
        Problem(empty if value is None else said, row=row, column=one.fact.name, value=value) for row, value in rows
    ], count


def _checks(
    con: duckdb.DuckDBPyConnection, program: Program, plan: Plan, table: Table, readings: Mapping[str, Reading]
) -> tuple[list[Problem], int]:
    if not plan.checks:
        return [], 0
    facts = select_facts(
        program, readings, plan.forms, source=table.numbered(), dialect="duckdb",
        keep=[ROW, *(f"{one.value} AS {quoted('__said_' + name, 'duckdb')}" for name, one in readings.items())],
    )  # fmt: skip
    said = [f"__said_{name}" for name in readings]
    wanted = {f"__check{number}": step for number, step in enumerate(plan.checks)}
    decided = select_steps(facts, wanted, keep=[ROW, *(quoted(name, "duckdb") for name in said)])
    problems, total = [], 0
    for number, check in enumerate(program.checks):
        broken = f"FROM ({decided}) WHERE __check{number}"
        count = con.execute(f"SELECT count(*) {broken}").fetchall()[0][0]
        if not count:
            continue
        total += count
        shown = f'CAST("__said_{check.fact}" AS VARCHAR)' if check.fact in readings else "NULL"
        rows = con.execute(f"SELECT {ROW}, {shown} {broken} ORDER BY {ROW} LIMIT {SHOWN_AT_MOST}").fetchall()
        words = Text(f"应为：{check.says.zh}", f"expected {check.says.en}")
        problems += [Problem(words, row=row, column=check.fact, value=value) for row, value in rows]
    return problems, total


def _repeats(
    con: duckdb.DuckDBPyConnection, table: Table, readings: Mapping[str, Reading], names: tuple[str, ...]
) -> tuple[list[Problem], int]:
    keys = [f"{readings[name].value} AS k{number}" for number, name in enumerate(names)]
    ks = ", ".join(f"k{number}" for number in range(len(names)))
    known = " AND ".join(f"k{number} IS NOT NULL" for number in range(len(names)))
    repeated = (
        f"(SELECT {ROW}, {ks}, min({ROW}) OVER (PARTITION BY {ks}) AS first "
        f"FROM (SELECT {ROW}, {', '.join(keys)} FROM {table.numbered()}) WHERE {known})"
    )
    last = f"k{len(names) - 1}"
    count = con.execute(f"SELECT count(*) FROM {repeated} WHERE first < {ROW}").fetchall()[0][0]
    if not count:
        return [], 0
    rows = con.execute(
        f"SELECT {ROW}, CAST({last} AS VARCHAR), first FROM {repeated} WHERE first < {ROW} ORDER BY {ROW} LIMIT {SHOWN_AT_MOST}"
    ).fetchall()
    together = ", ".join(names)
    return [
        Problem(
            Text(f"与第 {first} 行重复（{together}）", f"repeats row {first} ({together})"),
            row=row,
            column=names[-1],
            value=value,
        )
        for row, value, first in rows
    ], count


def has_repeats(
    con: duckdb.DuckDBPyConnection, table: Table, readings: Mapping[str, Reading], names: tuple[str, ...]
) -> bool:
    """Whether values that must be unique together are not, by their 64-bit hashes: numbers side by side are sorted in no time,
    and take no strings along."""
    if not all(name in readings for name in names):
        return False
    values = [readings[name].value for name in names]
    known = " AND ".join(f"({value}) IS NOT NULL" for value in values)
    hashes = f"SELECT hash({', '.join(values)}) AS h FROM {table.source()} WHERE {known}"
    parts = -(-table.rows // HASHES_AT_ONCE)
    for part in range(parts):
        with streamed(con, f"SELECT h FROM ({hashes}) WHERE h % {parts} = {part}") as reader:
            found = np.concatenate([np.zeros(0, np.uint64), *(batch["h"].to_numpy() for batch in reader)])
        found.sort()
        if (found[1:] == found[:-1]).any():
            return True
    return False
