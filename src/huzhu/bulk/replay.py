"""Decides a file of decisions again, by the document kept with it and not by today's rules, and reports every difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from huzhu.bulk import on_duckdb, stored
from huzhu.bulk.one_file import parquet
from huzhu.bulk.problems import SHOWN_AT_MOST
from huzhu.bulk.results import result_kinds
from huzhu.bulk.run import opened
from huzhu.bulk.typed import quoted
from huzhu.rules.kinds import Kind

# The types that can be compared as they are; any other, and all of CSV and XLSX, is compared as text.
_TYPES = {Kind.CODES: {"VARCHAR[]"}, Kind.DATE: {"DATE"}, Kind.BOOL: {"BOOLEAN"}}
_NUMBERS = {"BIGINT", "INTEGER", "DOUBLE"}
NO_COLUMN = "没有这一列 no such column"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that came out differently: where, what the file says, and what its own document gives."""

    row: int
    column: str
    written: str | None
    decided: str | None


@dataclass(frozen=True, slots=True)
class Replay:
    decision: str
    version: str
    rows: int
    total: int  # values that differ
    differences: tuple[Difference, ...]  # at most a screenful


def replay_file(path: Path) -> Replay:
    """Raises BadInput where the file or its document cannot be used."""
    kept = stored.read(path)
    program = kept.program
    with opened(program, path, on=kept.on) as one:
        again = one.work / "again.parquet"
        try:
            on_duckdb.write_parquet(one.con, one.run.select(work=one.work), again, metadata={})
        except duckdb.Error as error:
            raise one.run.guard(error) from None
        differences: list[Difference] = []
        total = 0
        for name, kind in result_kinds(program).items():
            column = quoted(name, "duckdb")
            if name not in one.table.columns:
                total += one.table.rows
                differences.append(Difference(one.table.first_row, name, NO_COLUMN, None))
                continue
            old, new = f"o.{column}", f"n.{column}"
            is_text = one.table.columns[name] not in _TYPES.get(kind, _NUMBERS)
            shown = (f"CAST({old} AS VARCHAR)" if is_text else _text(old, kind), _text(new, kind))
            left, right = (f"COALESCE({text}, '')" for text in shown) if is_text else (old, new)
            pair = f"{one.table.numbered()} o POSITIONAL JOIN {parquet(again)} n"
            where = f"FROM {pair} WHERE {left} IS DISTINCT FROM {right}"
            count = one.con.execute(f"SELECT count(*) {where}").fetchall()[0][0]
            if count:
                total += count
                query = f"SELECT o.__row, {shown[0]}, {shown[1]} {where} ORDER BY 1 LIMIT {SHOWN_AT_MOST}"
                differences += [Difference(row, name, a, b) for row, a, b in one.con.execute(query).fetchall()]
        differences.sort(key=lambda one: one.row)
        return Replay(program.id, kept.version, one.table.rows, total, tuple(differences[:SHOWN_AT_MOST]))


def _text(column: str, kind: Kind) -> str:
    """A value as a CSV or XLSX file of decisions holds it."""
    return f"array_to_string({column}, ';')" if kind is Kind.CODES else f"CAST({column} AS VARCHAR)"
