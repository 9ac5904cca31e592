"""Reads an uploaded roster, XLSX or CSV, row by row in constant memory: what makes the whole file useless is refused,
and what is wrong with one row stays with that row."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO

from huzhu.apps.rosters.headings import Headings, read_headings
from huzhu.apps.rosters.sheet_child import MARKS
from huzhu.bulk import csvfiles, workbooks
from huzhu.bulk.csvfiles import NO_ROWS, ROW, header_problems, kind_problem, unguarded
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.workbooks import Limits
from huzhu.rules.texts import Text

CHILD = Path(__file__).with_name("sheet_child.py")
CHUNK_ROWS = 1_000
FILE_BYTES_AT_MOST = workbooks.FILE_BYTES_AT_MOST
LINE_CHARS_AT_MOST = 1 << 20
LINES_A_RECORD = 20  # a quoted value that goes on for more lines is a quote that was never closed
CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
CONTROLS_PER_MILLE_AT_MOST = 20  # in a text that has stray ones; more of them, and it is no text
NEEDED = ("name", "identity_number")
TEXT_FORMULA = re.compile(r'="([^"=]*)"')  # how exporters keep a spreadsheet from turning a number into a figure
Shape = Literal["whole", "short", "long", "open_quote", "broken_bytes"]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row under our names. `number` is the row that a spreadsheet shows, with the headings in row 1. `marks` says
    what the spreadsheet itself has wrong with a cell: error, formula, merged."""

    number: int
    cells: Mapping[str, str] = field(repr=False)
    shape: Shape = "whole"
    marks: Mapping[str, str] = field(default_factory=dict)
    found: int = 0  # how many values there were, where the shape is short or long


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster that can be read, again and again. `columns` are ours that it has, `ignored` its headings that mean none
    of them."""

    headings: Headings
    source: Callable[[], Iterator[SheetRow]] = field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.headings.places)

    @property
    def ignored(self) -> tuple[str, ...]:
        return self.headings.ignored

    def count(self) -> int:
        return sum(1 for _ in self.source())

    def chunks(self, *, after: int = 0, size: int = CHUNK_ROWS) -> Iterator[list[SheetRow]]:
        """Lists of at most `size` rows, those with numbers up to `after` left out: an import that was stopped goes on
        behind the last row it has."""
        chunk: list[SheetRow] = []
        for row in self.source():
            if row.number <= after:
                continue
            chunk.append(row)
            if len(chunk) == size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk


def open_roster(
    *,
    path: Path,
    work: Path,
    needed: Sequence[str] = NEEDED,
    progress: Callable[[int], None] | None = None,
    limits: Limits | None = None,
) -> Roster:
    """`path` is XLSX or CSV by its content, whatever it is called; `work` is a folder for what is made on the way and
    must last as long as the roster is read. Raises BadInput where the file as a whole cannot be used."""
    size_bytes = path.stat().st_size
    if size_bytes > FILE_BYTES_AT_MOST:
        most = FILE_BYTES_AT_MOST >> 20
        raise _bad(path, Text(f"文件超过 {most} MiB：请拆分", f"the file has more than {most} MiB: split it"))
    with path.open("rb") as file:
        head = file.read(csvfiles.HEAD_BYTES)
    if head.startswith((csvfiles.ZIP, workbooks.OLE)):
        seconds = 30 + (size_bytes >> 20)
        return _open_workbook(path, work, needed, progress, limits or Limits(seconds=seconds))
    return _open_csv(path, head, needed)


def _open_workbook(
    path: Path, work: Path, needed: Sequence[str], progress: Callable[[int], None] | None, limits: Limits
) -> Roster:
    into = work / "roster.parquet"
    names = workbooks.read_workbook(path=path, into=into, progress=progress, limits=limits, child=CHILD)
    headings = _headings(path, names, needed)
    return Roster(headings, lambda: _workbook_rows(into, headings))


def _workbook_rows(parquet: Path, headings: Headings) -> Iterator[SheetRow]:
    from pyarrow.parquet import ParquetFile

    names = {place: column for column, place in headings.places.items()}
    with ParquetFile(parquet) as file:
        for batch in file.iter_batches(batch_size=CHUNK_ROWS):
            columns = {column: batch.column(place).to_pylist() for column, place in headings.places.items()}
            rows = batch.column(ROW).to_pylist()
            for at, (number, said) in enumerate(zip(rows, batch.column(MARKS).to_pylist(), strict=True)):
                cells = {column: _bare(values[at] or "") for column, values in columns.items()}
                if said is None:
                    yield SheetRow(number, cells)
                    continue
                pairs = [mark.split(":") for mark in said.split(",")]
                marks = {names[int(place)]: kind for place, kind in pairs if int(place) in names}
                extra = sum(1 for _, kind in pairs if kind == "extra")
                yield SheetRow(number, cells, "long" if extra else "whole", marks, headings.width + extra)


def _open_csv(path: Path, head: bytes, needed: Sequence[str]) -> Roster:
    encoding, errors = _encoding(path, head)
    with _opened(path, encoding, errors) as file:
        first = file.readline(LINE_CHARS_AT_MOST)
    delimiter, names = _first_row(path, first)
    headings = _headings(path, names, needed)

    def rows() -> Iterator[SheetRow]:
        with _opened(path, encoding, errors) as file:
            yield from _csv_rows(path, file, delimiter, headings)

    if next(rows(), None) is None:
        raise _bad(path, NO_ROWS)
    return Roster(headings, rows)


def _encoding(path: Path, head: bytes) -> tuple[str, str]:
    """The encoding and what to do with bytes it does not know: those of single rows in a file that is otherwise UTF-8
    are kept as surrogates, so that the row can be named."""
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if head.startswith(mark):
            return "utf-16", "surrogateescape"
    halves = head[: len(head) // 2 * 2]
    if len(halves) >= 4:
        lows, highs = halves[::2].count(0), halves[1::2].count(0)
        if max(lows, highs) * 4 > len(halves) // 2 and min(lows, highs) * 20 < max(lows, highs):
            return ("utf-16-le" if highs > lows else "utf-16-be"), "surrogateescape"
    problem = kind_problem(head, is_workbook=False)
    if problem is None and head.lstrip()[:200].lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"{")):
        problem = Problem(
            Text(
                "这是网页或 XML，不是表格：请在 Excel 或 WPS 里打开后另存为 .xlsx",
                "this is a web page or XML and no spreadsheet: open it in Excel or WPS and save it as .xlsx",
            )
        )
    controls = len(head) - len(head.translate(None, CONTROLS))
    if problem is None and controls * 1_000 > len(head) * CONTROLS_PER_MILLE_AT_MOST:
        problem = Problem(Text("不是表格文件，也不是文本", "this is neither a spreadsheet nor text"))
    if problem is not None:
        raise BadInput(file=str(path), problems=[problem])
    fault = csvfiles._first_fault(path, "utf-8")
    if fault is None:
        return "utf-8-sig", "strict"
    if fault[1] >= csvfiles.CHANCE_BYTES:
        return "utf-8-sig", "surrogateescape"
    return csvfiles._encoding(path), "strict"


def _opened(path: Path, encoding: str, errors: str) -> TextIO:
    # UTF-16 knows no surrogates of broken bytes; a half character becomes U+FFFD, which no name and no number has.
    is_wide = encoding.startswith("utf-16")
    file = path.open(encoding=encoding, errors="replace" if is_wide else errors, newline=None)
    if encoding == "gb18030" and file.read(1) != "\ufeff":
        file.seek(0)
    return file


def _first_row(path: Path, line: str) -> tuple[str, list[str]]:
    if re.match(r'"?sep=.?"?$', line.strip()):
        said = Text(
            "第 1 行是 Excel 的 sep= 设置：请删除这一行", "row 1 is a setting of Excel (sep=): delete that line"
        )
        raise _bad(path, said, row=1)
    found = {delimiter: _fields(line, delimiter) or [] for delimiter in (",", "\t", ";", "，")}
    best = max(found, key=lambda delimiter: len(found[delimiter]))
    if best == "，":
        said = Text("列名之间是全角逗号：请改为半角逗号", "full-width commas between names: use plain ones")
        raise _bad(path, said, row=1)
    names = [unguarded(name).strip() for name in found[best]]
    while names and not names[-1]:
        names.pop()
    problems = header_problems(names)
    if problems:
        raise BadInput(file=str(path), problems=problems)
    return best, names


def _headings(path: Path, names: Sequence[str], needed: Sequence[str]) -> Headings:
    found = read_headings(names=names, needed=needed)
    if isinstance(found, Headings):
        return found
    raise BadInput(file=str(path), problems=found)


def _csv_rows(path: Path, file: TextIO, delimiter: str, headings: Headings) -> Iterator[SheetRow]:
    number = 0
    for fields in _records(path, file, delimiter, headings.width):
        number += 1
        if number == 1:
            continue
        if isinstance(fields, str):  # what the line says is anyone's guess, so it gives no value
            yield SheetRow(number, {}, "open_quote")
            continue
        if not any(map(str.strip, fields)):
            continue
        found = len(fields)
        while len(fields) > headings.width and not fields[-1].strip():
            fields.pop()
        cells = {
            column: _bare(fields[place]) if place < len(fields) else "" for column, place in headings.places.items()
        }
        shape: Shape = "whole"
        if len(fields) != headings.width:
            shape = "short" if len(fields) < headings.width else "long"
        elif any("\udc80" <= character <= "\udcff" for value in fields if not value.isascii() for character in value):
            shape = "broken_bytes"
        yield SheetRow(number, cells, shape, {}, found)


def _records(path: Path, file: TextIO, delimiter: str, width: int) -> Iterator[list[str] | str]:
    """The values of each record; the line itself where a quote is never closed. Only that line is lost: the quote of
    one row must not swallow the rows after it."""
    waiting: list[str] = []
    while True:
        line = waiting.pop(0) if waiting else _line(path, file)
        if not line:
            return
        if '"' not in line:
            yield line.rstrip("\n").split(delimiter)
            continue
        fields = _fields(line, delimiter)
        if fields is not None:
            yield fields
            continue
        text, taken = line, 0
        while fields is None and taken < LINES_A_RECORD:
            if taken == len(waiting):
                waiting.append(_line(path, file))
            if not waiting[taken]:
                break
            text += waiting[taken]
            taken += 1
            fields = _fields(text, delimiter)
            if fields is not None and len(fields) != width:  # two rows with a stray quote each, and not one row
                fields = None
        if fields is None:
            yield line
            continue
        del waiting[:taken]
        yield fields


def _line(path: Path, file: TextIO) -> str:
    line = file.readline(LINE_CHARS_AT_MOST + 1)
    if len(line) > LINE_CHARS_AT_MOST:
        most = LINE_CHARS_AT_MOST
        raise _bad(path, Text(f"有一行超过 {most} 个字符", f"a line has more than {most} characters"))
    return line


def _fields(text: str, delimiter: str) -> list[str] | None:
    """None where the quotes do not fit."""
    try:
        found = list(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _bare(value: str) -> str:
    """Without the marks that only keep a spreadsheet from changing the value."""
    text = value.strip()
    if text.startswith("'"):
        text = unguarded(text)
    if text.startswith('="'):
        match = TEXT_FORMULA.fullmatch(text)
        text = match[1] if match else text
    return text


def _bad(path: Path, said: Text, *, row: int | None = None) -> BadInput:
    return BadInput(file=str(path), problems=[Problem(said, row=row)])
