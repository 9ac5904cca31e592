"""Decides a file of decisions again, by the document kept with it and not by today's rules, and reports every difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from huzhu.bulk import on_duckdb, stored
from huzhu.bulk.one_file import parquet
from huzhu.bulk.problems import SHOWN_AT_MOST
from huzhu.bulk.results import result_kinds
from huzhu.bulk.run import opened
from huzhu.bulk.typed import quoted
from huzhu.rules.kinds import Kind


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
        on_duckdb.write_parquet(one.con, one.run.select(work=one.work), again, metadata={})
        differences: list[Difference] = []
        total = 0
        as_text = one.table.parquet != path
        for name, kind in result_kinds(program).items():
            column = quoted(name, "duckdb")
            if name not in one.table.columns:
                total += one.table.rows
                differences.append(Difference(one.table.first_row, name, None, "(column)"))
                continue
            old, new = f"o.{column}", f"n.{column}"
            shown = (_text(old, kind) if not as_text else old, _text(new, kind))
            left, right = (f"COALESCE({old}, '')", f"COALESCE({shown[1]}, '')") if as_text else (old, new)
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
