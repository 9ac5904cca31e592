"""What the child process of `huzhu.bulk.workbooks` runs: the first visible sheet of a workbook, turned into Parquet.

A well-formed workbook of 1.4 KB can abort the reader, so nothing here runs in the process that has work to lose. The
child is a plain script that knows no words and none of the project: it takes limits upon itself, prints one JSON
object a line, and the parent makes sentences of them."""

from __future__ import annotations

import contextlib
import json
import posixpath
import re
import resource
import stat
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

MEMBERS_AT_MOST = 2_000
INFLATED_BYTES_AT_MOST = 2 << 30
RATIO_AT_MOST = 100
RATIO_COUNTS_FROM_BYTES = 10 << 20
ROWS_AT_MOST = 1_048_576
COLUMNS_AT_MOST = 16_384
AREA_CELLS_AT_MOST = 32_000_000  # the reader lays out every cell between A1 and the furthest one
CELLS_NAMED_AT_MOST = 20
MERGES_KEPT_AT_MOST = 1_000
CHUNK_ROWS = 20_000
LONGEST_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number and turns the rest into zeros

# What the zip and XML parsers raise for bytes that make no sense: a wrong encoding or offset is a plain ValueError.
MALFORMED = (BadZipFile, zlib.error, struct.error, ExpatError, EOFError, LookupError, OSError, ValueError, RuntimeError)
CELL = re.compile(r"([A-Z]{1,4})([0-9]{1,10})")


class Refused(Exception):
    """The workbook cannot be used. `kind` is a key of the parent's sentences; `cells` are `(reference, value)`."""

    def __init__(self, kind: str, *, cells: list[tuple[str, str]] | None = None, total: int = 1, **facts: str | int):
        self.report = {"refused": kind, "cells": cells or [], "total": total, "facts": facts}
        super().__init__(kind)


class Cells:
    """The first few cells with one kind of fault, and how many there are."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.named: list[tuple[str, str]] = []
        self.total = 0

    def add(self, reference: str, value: str = "") -> None:
        self.total += 1
        if len(self.named) < CELLS_NAMED_AT_MOST:
            self.named.append((reference, value))

    def refuse_if_any(self) -> None:
        if self.total:
            raise Refused(self.kind, cells=self.named, total=self.total)


def letters(column: int) -> str:
    """`column` counts from 0: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_number(name: str) -> int:
    """Counts from 1: A is 1."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def check_members(archive: ZipFile, *, file_bytes: int) -> None:
    """Everything that can be told from the table of contents, before a byte is inflated."""
    members = archive.infolist()
    if len(members) > MEMBERS_AT_MOST:
        raise Refused("too_many_parts", parts=len(members), most=MEMBERS_AT_MOST)
    if len({member.filename.lower() for member in members}) != len(members):
        raise Refused("odd_parts", part="")
    for member in members:
        if member.flag_bits & 1:
            raise Refused("encrypted")
        if is_odd(member):
            raise Refused("odd_parts", part=member.filename[:80])
        if member.file_size > max(RATIO_COUNTS_FROM_BYTES, RATIO_AT_MOST * member.compress_size):
            raise Refused("bomb", inflated_bytes=member.file_size, file_bytes=file_bytes)
    inflated = sum(member.file_size for member in members)
    share_bytes = sum(member.compress_size for member in members) > file_bytes
    if inflated > INFLATED_BYTES_AT_MOST or share_bytes:
        raise Refused("bomb", inflated_bytes=inflated, file_bytes=file_bytes)


def is_odd(member: ZipInfo) -> bool:
    """A path that leads out of its folder, a link, or a compression no spreadsheet program uses."""
    name = member.filename
    return (
        name.startswith("/")
        or "\\" in name
        or ":" in name
        or ".." in name.split("/")
        or stat.S_ISLNK(member.external_attr >> 16)
        or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
    )


def refuse_doctype(*_: object) -> None:
    raise Refused("doctype")


class EnoughRead(Exception):
    """Nothing more is wanted from this stream."""


def walk(stream: IO[bytes], on_start: Callable[[str, dict[str, str]], None]) -> None:
    """Calls `on_start(name without prefix, attributes)`; a document type, and so every entity, is refused."""
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = lambda name, attributes: on_start(name.rpartition(":")[2], attributes)
    with contextlib.suppress(EnoughRead):
        while chunk := stream.read(1 << 16):
            parser.Parse(chunk)
        parser.Parse(b"", True)


def only_prolog(_name: str, _attributes: dict[str, str]) -> None:
    raise EnoughRead


def find_sheet(archive: ZipFile) -> tuple[str, str]:
    """The name and the part of the first sheet that a person sees."""
    parts = {name.lower(): name for name in archive.namelist()}
    if "xl/workbook.bin" in parts:
        raise Refused("xlsb")
    if "xl/workbook.xml" not in parts or "xl/_rels/workbook.xml.rels" not in parts:
        raise Refused("not_a_workbook")
    sheets: list[tuple[str, str, bool]] = []
    targets: dict[str, str] = {}

    def on_sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            is_visible = attributes.get("state", "visible") == "visible"
            sheets.append((attributes.get("name", ""), relation, is_visible))

    def on_relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            targets[attributes.get("Id", "")] = target.lstrip("/").lower()

    with archive.open(parts["xl/workbook.xml"]) as stream:
        walk(stream, on_sheet)
    with archive.open(parts["xl/_rels/workbook.xml.rels"]) as stream:
        walk(stream, on_relation)
    for other in ("xl/sharedstrings.xml", "xl/styles.xml"):
        if other in parts:
            with archive.open(parts[other]) as stream:
                walk(stream, only_prolog)
    titles = [title for title, _, _ in sheets]
    for title, relation, is_visible in sheets:
        part = parts.get(targets.get(relation, ""))
        if is_visible and part is not None:
            if titles.count(title) > 1:  # what was checked here and what the reader opens could be two sheets
                raise Refused("odd_parts", part=title[:80])
            return title, part
    raise Refused("no_sheet")


class SheetScan:
    """One pass over a sheet's XML for what the reader does not tell: how far it reaches, merged cells, error cells and
    formulas without a stored result. Handlers for text and for the end of elements are set only inside a formula's
    cell, because they are what would make a million rows slow."""

    def __init__(self) -> None:
        self.errors = Cells("error_cells")
        self.unsaved = Cells("formulas")
        self.merges: list[str] = []
        self.rows = self.columns = 0
        self.cell = self.type = self.prefix = ""
        self.in_value = self.has_value = False
        self.parser = ParserCreate()
        self.parser.StartDoctypeDeclHandler = refuse_doctype
        self.parser.StartElementHandler = self.first_element

    def read(self, stream: IO[bytes]) -> None:
        while chunk := stream.read(1 << 18):
            self.parser.Parse(chunk)
        self.parser.Parse(b"", True)
        self.reach(self.cell)

    def first_element(self, name: str, _attributes: dict[str, str]) -> None:
        self.prefix = name[: len(name) - len(name.rpartition(":")[2])]
        self.parser.StartElementHandler = self.prefixed if self.prefix else self.element

    def prefixed(self, name: str, attributes: dict[str, str]) -> None:
        self.element(name.removeprefix(self.prefix), attributes)

    def element(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v":
            self.in_value = True
        elif name == "c":
            self.cell = attributes.get("r", "")
            self.type = attributes.get("t", "")
            self.in_value = False
            if self.type == "e":
                self.errors.add(self.cell)
        elif name == "row":
            self.reach(self.cell)
            self.cell = ""
        elif name == "f":
            self.in_value = self.has_value = False
            self.parser.CharacterDataHandler = self.characters
            self.parser.EndElementHandler = self.end
        elif name == "mergeCell" and len(self.merges) < MERGES_KEPT_AT_MOST:
            self.merges.append(attributes.get("ref", ""))

    def characters(self, text: str) -> None:
        if self.in_value and text.strip():
            self.has_value = True

    def end(self, name: str) -> None:
        if name != self.prefix + "c":
            return
        # An empty text is a stored result, of =IF(A1="","",...) for one, when it says that it is a text.
        if not self.has_value and not (self.in_value and self.type == "str"):
            self.unsaved.add(self.cell)
        self.parser.CharacterDataHandler = None
        self.parser.EndElementHandler = None

    def reach(self, cell: str) -> None:
        """`cell` is the last one of its row."""
        match = CELL.fullmatch(cell)
        if match is None:
            return
        self.rows = max(self.rows, int(match[2]))
        self.columns = max(self.columns, column_number(match[1]))
        if self.rows > ROWS_AT_MOST or self.columns > COLUMNS_AT_MOST or self.rows * self.columns > AREA_CELLS_AT_MOST:
            raise Refused("far", cells=[(f"{letters(self.columns - 1)}{self.rows}", "")])


class LongNumber(Exception):
    """A number with more digits than a spreadsheet keeps."""


def number_text(value: float) -> str:
    if abs(value) >= LONGEST_EXACT:
        raise LongNumber
    return digits(value)


def digits(value: float) -> str:
    text = format(value, ".15g")  # the digits a spreadsheet shows: 53.1 * 100 is 5310 and not 5310.000000000001
    if "e" in text:
        text = format(Decimal(text), "f")
    return "0" if text == "-0" else text


def moment_text(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time.min else value.isoformat()


def duration_text(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


TEXT_OF: dict[type, Callable[[Any], str | None]] = {
    str: lambda value: value.strip() or None,
    float: number_text,
    int: number_text,
    bool: lambda value: "true" if value else "false",
    date: date.isoformat,
    datetime: moment_text,
    time: time.isoformat,
    timedelta: duration_text,
}


def as_text(value: object) -> str | None:
    """A cell's value as a person sees it; None when there is nothing to see."""
    return TEXT_OF[type(value)](value)


def chunks(rows: Iterator[list[object]]) -> Iterator[list[list[object]]]:
    while True:
        chunk = [row for _, row in zip(range(CHUNK_ROWS), rows, strict=False)]
        if not chunk:
            return
        yield chunk


def named_columns(header: list[object], *, left: int) -> list[str]:
    """The names up to the last one. Columns beyond it may be there, but must be empty."""
    wrong = Cells("header_not_text")
    names: list[str] = []
    for index, value in enumerate(header):
        if not isinstance(value, str):
            wrong.add(f"{letters(left + index)}1", digits(value) if isinstance(value, float) else str(value))
        names.append(value.strip() if isinstance(value, str) else "")
    wrong.refuse_if_any()
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Refused("no_header")
    return names


def inside(merge: str, *, rows: int, left: int, right: int) -> bool:
    """Whether a range such as `B2:C3` touches the table; `left` and `right` count from 1."""
    ends = [CELL.fullmatch(end) for end in merge.replace("$", "").split(":")]
    first, last = ends[0], ends[-1]
    if first is None or last is None:
        return True
    return int(first[2]) <= rows and column_number(first[1]) <= right and column_number(last[1]) >= left


class Table:
    """Turns the reader's rows into columns of text and writes them as they come."""

    def __init__(self, names: list[str], *, left: int, into: str) -> None:
        import pyarrow
        import pyarrow.parquet

        self.arrow = pyarrow
        self.width = len(names)
        self.left = left
        text = [(name, pyarrow.string()) for name in names]
        self.schema = pyarrow.schema([*text, ("__row", pyarrow.int64())])
        self.writer = pyarrow.parquet.ParquetWriter(into, self.schema)
        self.long_numbers = Cells("long_numbers")
        self.nameless = Cells("nameless")
        self.rows = 0

    def add(self, chunk: list[list[object]], *, first_row: int) -> None:
        try:
            columns = [[as_text(value) for value in column] for column in zip(*chunk, strict=True)]
        except LongNumber:
            self.note_long_numbers(chunk, first_row)
            return
        for index in range(self.width, len(columns)):
            for offset, value in enumerate(columns[index]):
                if value is not None:
                    self.nameless.add(f"{letters(self.left + index)}{first_row + offset}", value[:80])
        columns = columns[: self.width]
        kept = [offset for offset, row in enumerate(zip(*columns, strict=True)) if any(row)]
        if len(kept) < len(chunk):
            columns = [[column[offset] for offset in kept] for column in columns]
        self.rows += len(kept)
        arrays = [self.arrow.array(column, self.arrow.string()) for column in columns]
        arrays.append(self.arrow.array([first_row + offset for offset in kept], self.arrow.int64()))
        self.writer.write_batch(self.arrow.record_batch(arrays, schema=self.schema))

    def note_long_numbers(self, chunk: list[list[object]], first_row: int) -> None:
        for offset, row in enumerate(chunk):
            for index, value in enumerate(row):
                if isinstance(value, float) and abs(value) >= LONGEST_EXACT:
                    self.long_numbers.add(f"{letters(self.left + index)}{first_row + offset}", digits(value))


def convert(path: str, title: str, scan: SheetScan, into: str) -> int:
    """Reads the sheet with calamine and writes the Parquet file; answers how many rows it has."""
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name(title)
    start, end = sheet.start, sheet.end
    if start is None or end is None:
        raise Refused("empty_sheet")
    left = start[1]
    rows: Iterator[Any] = iter(sheet.iter_rows())  # from row 1 on, whatever `start` says, and from column `left`
    names = named_columns(next(rows), left=left)
    say(header=names)
    merged = Cells("merged")
    for merge in scan.merges:
        if inside(merge, rows=end[0] + 1, left=left + 1, right=left + len(names)):
            merged.add(merge.partition(":")[0], merge)
    merged.refuse_if_any()
    table = Table(names, left=left, into=into)
    first_row = 2
    with table.writer:
        for chunk in chunks(rows):
            table.add(chunk, first_row=first_row)
            first_row += len(chunk)
            say(rows=table.rows)
    table.nameless.refuse_if_any()
    table.long_numbers.refuse_if_any()
    if not table.rows:
        raise Refused("no_rows")
    return table.rows


def check(path: str) -> tuple[str, SheetScan]:
    """The title of the sheet to read, and what was seen in it."""
    scan = SheetScan()
    try:
        with ZipFile(path) as archive:
            check_members(archive, file_bytes=Path(path).stat().st_size)
            title, part = find_sheet(archive)
            with archive.open(part) as stream:
                scan.read(stream)
    except MALFORMED as error:
        raise Refused("damaged", detail=str(error)[:200]) from None
    scan.errors.refuse_if_any()
    scan.unsaved.refuse_if_any()
    return title, scan


def say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main(path: str, into: str, memory_bytes: str, cpu_seconds: str) -> None:
    """Every way to end but a fault of ours is said in the last line."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds), int(cpu_seconds) + 5))
    try:
        say(done=convert(path, *check(path), into))
    except Refused as refused:
        say(**refused.report)
    except MemoryError:
        say(**Refused("memory").report)
    except BaseException as error:  # the reader's own errors, and its panics, which are no Exception
        if type(error).__module__ not in ("python_calamine", "pyo3_runtime"):
            raise
        say(**Refused("damaged", detail=str(error)[:200]).report)


if __name__ == "__main__":
    main(*sys.argv[1:])
