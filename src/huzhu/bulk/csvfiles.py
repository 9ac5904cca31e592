"""Looks at a CSV file before anything reads it: what it really is, its encoding, delimiter and header, and, when a
reader stumbles, which rows are at fault. A file of any size is read in pieces."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from huzhu.bulk.problems import SHOWN_AT_MOST, BadInput, Problem
from huzhu.rules.texts import Text

HEAD_BYTES = 1 << 20
LINE_BYTES_AT_MOST = 1 << 20
RECORD_CHARS_AT_MOST = 2_000_000  # what DuckDB reads, too
COLUMNS_AT_MOST = 2_000
ROW = "__row"
SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())  # what str.strip takes away

# Fewer bytes than this beyond the first of each character may look like UTF-8 by chance in a GB18030 file.
CHANCE_BYTES = 16

KINDS = (
    (b"PK\x03\x04", "xlsx", Text("Excel 工作簿（或其他 zip 压缩包）", "an Excel workbook (or another zip archive)")),
    (b"PK\x05\x06", "zip", Text("空的 zip 压缩包", "an empty zip archive")),
    (b"PAR1", "parquet", Text("Parquet 文件", "a Parquet file")),
    (b"\xd0\xcf\x11\xe0", "xls", Text("旧的 .xls 工作簿或加密的工作簿", "an old .xls workbook or one with a password")),
    (b"%PDF", "pdf", Text("PDF 文件", "a PDF file")),
    (b"\x1f\x8b", "gzip", Text("gzip 压缩文件", "a gzip archive")),
    (b"\xff\xfe", "utf-16", Text("UTF-16（Unicode 文本）", "UTF-16 (Unicode text)")),
    (b"\xfe\xff", "utf-16", Text("UTF-16（Unicode 文本）", "UTF-16 (Unicode text)")),
)
WANTED = {
    "xlsx": Text("应为 .xlsx 工作簿", "an .xlsx workbook is expected"),
    "csv": Text("应为 CSV 文件（UTF-8 或 GBK 文本）", "a CSV file is expected (text in UTF-8 or GBK)"),
}


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How to read a CSV file. `needs_copy`: `to_utf8` must make a plain copy of it first, because of its encoding, its
    line ends or blank lines that would shift the row numbers."""

    columns: tuple[str, ...]
    delimiter: str
    encoding: Literal["utf-8", "gb18030"]
    needs_copy: bool

    def reader(self, path: Path) -> str:
        """The DuckDB table function that reads `path`, a plain file, all columns as text. It fails on the first row
        that does not fit; storing rejects instead took 17 GB and two minutes for 12 MB of short rows."""
        columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({_literal(str(path))}, columns = {{{columns}}}, header = true, delim = {_literal(self.delimiter)}, "
            "quote = '\"', escape = '\"', auto_detect = false, strict_mode = true, null_padding = false)"
        )

    def select(self, path: Path) -> str:
        """A query for `path`, a plain file, that gives what `read_workbook` gives for a sheet: trimmed text or null,
        no wholly empty rows, and `__row`, the row's number with the header as row 1."""
        names = [_name(name) for name in self.columns]
        trimmed = ", ".join(f"NULLIF(trim({name}, {_literal(SPACES)}), '') AS {name}" for name in names)
        return (
            f"SELECT * FROM (SELECT {trimmed}, row_number() OVER () + 1 AS {_name(ROW)} FROM {self.reader(path)}) "
            f"WHERE COALESCE({', '.join(names)}) IS NOT NULL"
        )

    def refusal(self, path: Path, error: Exception) -> BadInput:
        """Why reading `path`, the file as it came, ended with `error`: the rows that do not fit, or what was said."""
        problems: list[Problem] = []
        total = 0
        for row, fields in _records(path, self):
            found = _row_problem(row, fields, self)
            if found is None:
                continue
            total += 1
            if len(problems) < SHOWN_AT_MOST:
                problems.append(found)
            if fields is None:  # after a quote that goes wrong, where the rows begin is a guess
                break
        if not problems:
            said = str(error).strip().partition("\n")[0]
            problems, total = [Problem(Text(f"无法按 CSV 读取：{said}", f"cannot be read as CSV: {said}"))], 1
        return BadInput(file=str(path), problems=problems, total=total)


def check_csv(*, path: Path) -> CsvShape:
    """Reads the whole file once, in pieces. Raises BadInput for what is no CSV, an encoding other than UTF-8 and
    GB18030, and a header that is missing or ambiguous."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    problem = kind_problem(head, wanted="csv")
    if problem is not None:
        raise BadInput(file=str(path), problems=[problem])
    plain = _is_plain(path)
    encoding = _encoding(path)
    text = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)().decode(head)
    delimiter, columns, rest = _header(path, text.removeprefix("\ufeff"))
    if not rest.strip() and not _has_more(path):
        raise _bad(path, Text("只有表头，没有数据行", "there is a header but no rows below it"))
    return CsvShape(columns, delimiter, encoding, needs_copy=not plain or encoding != "utf-8")


def to_utf8(*, path: Path, into: Path, shape: CsvShape) -> None:
    """Writes a plain copy: UTF-8 without a byte order mark, lines ending in a line feed, and each blank line as a row
    of empty values, so that record n is row n of the file. `shape` reads the copy as well."""
    blank = [""] * len(shape.columns)
    with into.open("w", encoding="utf-8", newline="") as copy:
        writer = csv.writer(copy, delimiter=shape.delimiter, lineterminator="\n")
        for _, fields in _records(path, shape):
            if fields is None:
                raise shape.refusal(path, ValueError("quote"))
            writer.writerow(blank if _is_blank(fields) else fields)


def kind_problem(head: bytes, *, wanted: Literal["xlsx", "csv"]) -> Problem | None:
    """What is wrong with a file whose first bytes are `head`, when it is something else than its name says."""
    if not head:
        return Problem(Text("文件是空的", "the file is empty"))
    kind, found = next(((kind, found) for magic, kind, found in KINDS if head.startswith(magic)), ("", None))
    if kind == wanted:
        return None
    if found is None and wanted == "csv":
        return None
    if found is None:
        is_text = b"\0" not in head
        found = Text("文本（可能是 CSV）", "text, perhaps CSV") if is_text else Text("别的内容", "something else")
    advice = Text("", "")
    if kind in ("xlsx", "parquet", "") and "CSV" in found.zh + kind.upper() or kind in ("xlsx", "parquet"):
        suffix = {"xlsx": ".xlsx", "parquet": ".parquet"}.get(kind, ".csv")
        advice = Text(f"：请把后缀改为 {suffix}", f": change the suffix to {suffix}")
    elif kind == "utf-16":
        advice = Text("：请另存为“CSV UTF-8”", ": save it as “CSV UTF-8”")
    said = WANTED[wanted]
    return Problem(Text(f"{said.zh}，实际内容是{found.zh}{advice.zh}", f"{said.en}, but by its content it is {found.en}{advice.en}"))
