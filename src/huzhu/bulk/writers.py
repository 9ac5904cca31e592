"""Writes tables as XLSX and CSV that are safe to open: what came in as text never goes out as a formula, and a file is
either whole or not there."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.compute
import pyarrow.csv

from huzhu.bulk.csvfiles import FORMULA, GUARDED
from huzhu.bulk.problems import BadInput, Problem
from huzhu.rules.texts import Text

ROWS_AT_MOST = 1_048_575  # and the header
COLUMNS_AT_MOST = 16_384
TEXT_AT_MOST = 32_767
EXACT_BELOW = 10**15  # a spreadsheet keeps 15 digits of a number
FIRST_SAFE_DATE = date(1900, 3, 1)  # before it, spreadsheets count a 29 February 1900 that never was
WIDTH_FROM_ROWS = 200
ROWS_A_BATCH = 1_000
FIXED_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook says when it was made, and equal tables give equal files


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a temporary name beside `path` to write to. When the block ends well, what was written is on the disk under
    the name `path`; when it does not, `path` is as it was."""
    target = path.resolve()  # a link goes on pointing where it does
    draft = target.with_name(f".huzhu-{secrets.token_hex(8)}{target.suffix}")
    try:
        yield draft
        _sync(draft)
        draft.replace(target)
        _sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_csv(*, batches: Iterable[pyarrow.RecordBatch], schema: pyarrow.Schema, path: Path) -> None:
    """UTF-8 without a byte order mark; ISO dates, `true` and `false`, lists joined by `;`. Null is an empty field and
    an empty text is `""`. A text that a spreadsheet would run as a formula gets an apostrophe in front; reading with
    `CsvShape.select` takes it away again."""
    names = [_guarded(name) for name in schema.names]
    out = pyarrow.schema([(name, _csv_type(field.type)) for name, field in zip(names, schema, strict=True)])
    with whole_file(path) as draft, pyarrow.csv.CSVWriter(str(draft), out) as writer:
        for batch in batches:
            columns = [_csv_column(column, type_) for column, type_ in zip(batch.columns, out.types, strict=True)]
            writer.write_batch(pyarrow.record_batch(columns, schema=out))


def batches_of(*, rows: Iterable[Sequence[object]], schema: pyarrow.Schema) -> Iterator[pyarrow.RecordBatch]:
    """Rows, each with a value a column of `schema`, by the thousand."""
    rows = iter(rows)
    while some := list(islice(rows, ROWS_A_BATCH)):
        columns = zip(*some, strict=True)
        yield pyarrow.record_batch(
            [pyarrow.array(c, kind) for c, kind in zip(columns, schema.types, strict=True)], schema=schema
        )


def _guarded(text: str) -> str:
    return "'" + text if GUARDED.match("'" + text) else text


def _csv_type(type_: pyarrow.DataType) -> pyarrow.DataType:
    return type_ if _is_bare(type_) else pyarrow.string()


def _is_bare(type_: pyarrow.DataType) -> bool:
    """Written as it is: no text of a person can be in it."""
    types = pyarrow.types
    return bool(types.is_boolean(type_) or types.is_integer(type_) or types.is_date32(type_))


def _csv_column(column: pyarrow.Array, out: pyarrow.DataType) -> pyarrow.Array:
    if _is_bare(out):
        return column
    return pyarrow.compute.replace_substring_regex(_texts(column), rf"\A({FORMULA})", r"'\1")


def _texts(column: pyarrow.Array) -> pyarrow.Array:
    """Any column as text; lists joined by `;`."""
    types = pyarrow.types
    if types.is_string(column.type):
        return column
    if types.is_timestamp(column.type) and column.type.unit == "ns":  # Python's own times end at microseconds
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    if types.is_large_string(column.type) or types.is_dictionary(column.type):
        return column.cast(pyarrow.string())
    is_list = types.is_list(column.type) or types.is_large_list(column.type)
    if is_list and types.is_string(column.type.value_type) and column.flatten().null_count == 0:
        return pyarrow.compute.binary_join(column, ";").cast(pyarrow.string())
    return pyarrow.array([_text(value) for value in column.to_pylist()], pyarrow.string())


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return ";".join(_text(item) or "" for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def write_xlsx(*, batches: Iterable[pyarrow.RecordBatch], schema: pyarrow.Schema, path: Path, title: str) -> None:
    """One sheet called `title`, with a bold header that stays in view. Texts are texts whatever they begin with, dates
    are dates, whole numbers of more than 15 digits are texts, lists are joined by `;`, null is an empty cell. Raises
    BadInput for what a sheet cannot hold: too many rows or columns, or a text that is too long."""
    import xlsxwriter  # takes a moment to load, and most runs write no workbook

    if len(schema.names) > COLUMNS_AT_MOST:
        raise _does_not_fit(path, Text(f"多于 {COLUMNS_AT_MOST} 列", f"more than {COLUMNS_AT_MOST} columns"))
    with (
        whole_file(path) as draft,
        tempfile.TemporaryDirectory(dir=draft.parent, prefix=".huzhu-") as work,
        xlsxwriter.Workbook(str(draft), {"constant_memory": True, "tmpdir": work}) as workbook,
    ):
        workbook.set_properties({"title": title, "created": FIXED_MOMENT})
        sheet = _Sheet(workbook, title, path)
        sheet.header(schema.names)
        for batch in batches:
            sheet.add(batch)


class _Sheet:
    def __init__(self, workbook: Any, title: str, path: Path) -> None:
        self.path = path
        self.sheet = workbook.add_worksheet(_sheet_name(title))
        self.bold = workbook.add_format({"bold": True})
        self.iso_date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self.rows = 0
        self.names: list[str] = []

    def header(self, names: list[str]) -> None:
        self.names = names
        self.sheet.freeze_panes(1, 0)
        for column, name in enumerate(names):
            self.sheet.write_string(0, column, name, self.bold)
            self.sheet.set_column(column, column, _width([name]))

    def add(self, batch: pyarrow.RecordBatch) -> None:
        columns = [_cells(column) for column in batch.columns]
        if self.rows == 0:
            for index, (name, values) in enumerate(zip(self.names, columns, strict=True)):
                self.sheet.set_column(index, index, _width([name, *map(_shown, values[:WIDTH_FROM_ROWS])]))
        if self.rows + batch.num_rows > ROWS_AT_MOST:
            raise _does_not_fit(self.path, Text(f"多于 {ROWS_AT_MOST} 行", f"more than {ROWS_AT_MOST} rows"))
        for row in zip(*columns, strict=True):
            self.rows += 1
            for index, value in enumerate(row):
                if value is not None and value != "":
                    self.write(index, value)

    def write(self, column: int, value: object) -> None:
        sheet, row = self.sheet, self.rows
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, int):
            sheet.write_number(row, column, value)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, self.iso_date)
        elif sheet.write_string(row, column, value) != 0:
            said = Text(f"文字多于 {TEXT_AT_MOST} 个字符", f"a text of more than {TEXT_AT_MOST} characters")
            raise _does_not_fit(self.path, said, row=row + 1, column=self.names[column])


def _cells(column: pyarrow.Array) -> list[Any]:
    """The values as a sheet takes them: truth values, whole numbers and dates it can hold exactly, and else texts."""
    types = pyarrow.types
    if types.is_boolean(column.type):
        return list(column.to_pylist())
    if types.is_integer(column.type):
        return [
            value if value is None or -EXACT_BELOW < value < EXACT_BELOW else str(value) for value in column.to_pylist()
        ]
    if types.is_date32(column.type):
        return [
            value if value is None or value >= FIRST_SAFE_DATE else value.isoformat() for value in column.to_pylist()
        ]
    return list(_texts(column).to_pylist())


def _shown(value: object) -> str:
    return _text(value) or ""


def _width(texts: list[str]) -> int:
    """In characters of the usual font; a Chinese character takes two."""
    widest = max(sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text) for text in texts)
    return min(max(widest + 2, 8), 40)


def _sheet_name(title: str) -> str:
    """Spreadsheets forbid some characters, more than 31 of them, and the name History."""
    name = re.sub(r"[\[\]:*?/\\]", " ", title)[:31].strip("' ")
    return name if name and name.lower() != "history" else "Sheet1"


def _does_not_fit(path: Path, said: Text, *, row: int | None = None, column: str | None = None) -> BadInput:
    advice = Text("工作表放不下，请写成 CSV 或 Parquet", "which a sheet cannot hold: write CSV or Parquet instead")
    return BadInput(
        file=str(path),
        problems=[Problem(Text(f"{said.zh}：{advice.zh}", f"{said.en}, {advice.en}"), row=row, column=column)],
    )
