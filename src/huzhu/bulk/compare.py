"""Who gains and who loses when a value changes: one file decided twice, side by side, in total and by a column."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from huzhu.bulk import on_duckdb
from huzhu.bulk.one_file import parquet
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.run import Opened, Tell, opened, whole_numbers
from huzhu.bulk.typed import quoted
from huzhu.rules.program import Program
from huzhu.rules.texts import Text

# What a person would rather have more of; a premium is not among them.
BENEFITS = ("payable_fen", "amount_fen", "days")


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the rows: who gains and loses, how many rows and by how much of what is measured."""

    label: str
    rows: int
    gainers: int
    losers: int
    gained: int
    lost: int  # at least 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`measure` is the result that is compared, or None where only the outcome is: then a gain is a row newly granted."""

    measure: str | None
    total: Group
    groups: tuple[Group, ...]
    moved: tuple[tuple[str, str, int], ...]  # outcome before, after, rows
    sums: tuple[tuple[str, int, int], ...]  # result, sum before, after
    unclear: int  # rows whose gain cannot be told, because one side is undetermined


def compare_file(
    before: Program,
    after: Program,
    source: Path,
    *,
    by: str | None = None,
    on: str | None = None,
    tell: Tell | None = None,
) -> Comparison:
    """Raises BadInput where the file cannot be used or has no such column."""
    with opened(before, source, on=on, tell=tell) as one:
        columns = one.table.kept(set())
        if by is not None and by not in columns:
            there = ", ".join(columns)
            said = Text(f"文件没有这一列；有：{there}", f"the file has no such column; it has: {there}")
            raise BadInput(file=str(source), problems=[Problem(said, column=by)])
        sides = [_decided(one, before, "before"), _decided(one, after, "after")]
        group = f"CAST(i.{quoted(by, 'duckdb')} AS VARCHAR)" if by else "NULL"
        measure = next((name for name in whole_numbers(before) if name in BENEFITS), None)
        numbers = whole_numbers(before)
        one.con.execute(
            f"CREATE TEMP TABLE pairs AS SELECT {group} AS label, b.outcome AS ob, a.outcome AS oa, "
            + ", ".join(f"b.{name} AS b_{name}, a.{name} AS a_{name}" for name in numbers)
            + (", " if numbers else "")
            + f"{_change(measure)} AS change FROM {one.table.source()} i POSITIONAL JOIN {sides[0]} b POSITIONAL JOIN {sides[1]} a"
        )
        return _comparison(one.con, measure, numbers, by=by)


def _decided(one: Opened, program: Program, name: str) -> str:
    work = one.work / name
    work.mkdir()
    run = on_duckdb.Run.of(one.con, program, one.table, one.run.readings)
    path = work / "decided.parquet"
    try:
        on_duckdb.write_parquet(one.con, run.select(work=work), path, metadata={})
    except duckdb.Error as error:
        raise run.guard(error) from None
    return parquet(path)


def _change(measure: str | None) -> str:
    """What a row gains: of what is measured, where a refusal counts as nothing; else 1 for newly granted, -1 for no more."""
    if measure is None:
        return "(a.outcome = 'granted')::BIGINT - (b.outcome = 'granted')::BIGINT"
    value = "CASE WHEN {0}.outcome = 'refused' THEN 0 ELSE {0}." + measure + " END"
    return f"({value.format('a')}) - ({value.format('b')})"


def _comparison(
    con: duckdb.DuckDBPyConnection, measure: str | None, numbers: list[str], *, by: str | None
) -> Comparison:
    figures = (
        "count(*), count(*) FILTER (change > 0), count(*) FILTER (change < 0), "
        "COALESCE(sum(change) FILTER (change > 0), 0)::BIGINT, COALESCE(-sum(change) FILTER (change < 0), 0)::BIGINT"
    )
    total = Group("", *con.execute(f"SELECT {figures} FROM pairs").fetchall()[0])
    groups: tuple[Group, ...] = ()
    if by is not None:
        rows = con.execute(f"SELECT COALESCE(label, ''), {figures} FROM pairs GROUP BY 1 ORDER BY 1").fetchall()
        groups = tuple(Group(*row) for row in rows)
    moved = con.execute(
        "SELECT ob, oa, count(*) FROM pairs WHERE ob <> oa GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    ).fetchall()
    sums = []
    for name in numbers:
        pair = con.execute(
            f"SELECT COALESCE(sum(b_{name}), 0)::HUGEINT, COALESCE(sum(a_{name}), 0)::HUGEINT FROM pairs"
        ).fetchall()
        sums.append((name, int(pair[0][0]), int(pair[0][1])))
    unclear = con.execute("SELECT count(*) FROM pairs WHERE change IS NULL AND ob <> oa").fetchall()[0][0]
    return Comparison(measure, total, groups, tuple(moved), tuple(sums), unclear)
