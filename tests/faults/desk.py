"""What a person at a desk does: writes a table as Parquet, CSV or XLSX, changes a cell, and calls the command."""

from __future__ import annotations

import csv
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from typer.testing import CliRunner

from huzhu.cli.main import app

Row = dict[str, Any]
ENROL, CLAIMS = "shanghai-gig-mutual-aid/enrol", "shanghai-gig-mutual-aid/claims"
SUFFIXES = (".parquet", ".csv", ".xlsx")
FIRST_ROW = {".parquet": 1, ".csv": 2, ".xlsx": 2}


def application(**changes: Any) -> Row:
    """A courier in Pudong who may join: born in 1990, applying on the day of the newspaper page."""
    row: Row = {
        "name": "李 雷",
        "birth_date": dt.date(1990, 5, 1),
        "work_region": "310115",
        "platform_registered": True,
        "in_platform_name": True,
        "uses_vehicle": True,
        "work_category": "express",
        "paid": True,
        "union_member": True,
        "applied_on": dt.date(2022, 8, 14),
        "covered_until": None,
    }
    return row | changes


def claim(claim_id: str = "C1", **changes: Any) -> Row:
    """An accident without a disability grade, in the middle of a year's cover, filed a week later."""
    row: Row = {
        "claim_id": claim_id,
        "member_id": "M1",
        "cover_id": "K1",
        "cover_since": dt.date(2022, 8, 1),
        "cover_until": dt.date(2023, 8, 1),
        "continuous_since": dt.date(2022, 8, 1),
        "benefit": "injury_consolation",
        "cause": "accident",
        "event_date": dt.date(2022, 12, 1),
        "filed_on": dt.date(2022, 12, 8),
        "hospital_days": None,
        "disability_grade": 0,
        "expense_fen": None,
        "settled_seq": None,
        "settled_fen": None,
    }
    return row | changes


def claims(number: int, *, a_cover: int = 1) -> list[Row]:
    """Good claims C00000, C00001, ..., so many to a cover."""
    return [claim(f"C{n:05d}", cover_id=f"K{n // a_cover:05d}") for n in range(number)]


def write(path: Path, rows: Sequence[Mapping[str, Any]], **csv_options: Any) -> Path:
    """The rows as `path`'s suffix says; a column that is empty in all rows is text."""
    names = list(rows[0])
    if path.suffix == ".parquet":
        pq.write_table(pa.table({name: _column([row.get(name) for row in rows]) for name in names}), path)
    elif path.suffix == ".csv":
        write_csv(path, names, rows, **csv_options)
    else:
        _write_sheet(path, names, rows)
    return path


def _column(values: list[Any]) -> pa.Array:
    """Mixed values become a column of text, as most tools would save it."""
    if len({type(value) for value in values if value is not None}) > 1:
        values = [None if value is None else said(value) for value in values]
    return pa.array(values, pa.string() if all(value is None for value in values) else None)


def write_csv(
    path: Path,
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(names)
        writer.writerows([said(row.get(name)) for name in names] for row in rows)


def said(value: object) -> str:
    """A value as a CSV file has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _write_sheet(path: Path, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Dates as real dates, numbers as numbers, as a person's spreadsheet has them."""
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, names)
        for number, row in enumerate(rows, 1):
            for column, name in enumerate(names):
                if isinstance(row.get(name), str):
                    sheet.write_string(number, column, row[name])
                elif row.get(name) is not None:
                    sheet.write(number, column, row[name])


@dataclass(frozen=True, slots=True)
class Said:
    """What a call of the command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def huzhu(*words: str | Path, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None) -> Said:
    """One call of the command, in this process. What it did not foresee is raised here."""
    result = CliRunner().invoke(
        app, [str(word) for word in words], input=stdin, env={"HUZHU_LANG": "en", "COLUMNS": None, **(env or {})}
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def child(*words: str | Path, **options: Any) -> subprocess.Popen[str]:
    """The same in a process of its own, for what needs one: signals, limits, memory."""
    command = [sys.executable, "-m", "huzhu", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def read_decided(path: Path) -> list[Row]:
    """A Parquet file of decisions as rows."""
    found: list[Row] = pq.read_table(path).to_pylist()
    return found
