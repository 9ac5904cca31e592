"""What the child process of `huzhu.apps.rosters.sheets` runs: `huzhu.bulk.workbook_child` with the faults of single
cells written beside their rows instead of refusing the whole file, because a roster keeps its good rows."""

from __future__ import annotations

import resource
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from huzhu.bulk import workbook_child as strict

MARKS = "__marks"
MARKS_AT_MOST = 200_000  # a sheet with more is not a roster with mistakes but the wrong file


class AllCells(strict.Cells):
    """Every cell with one kind of fault, up to a number that still fits the limits."""

    def add(self, reference: str, value: str = "") -> None:
        self.total += 1
        if self.total > MARKS_AT_MOST:
            self.named = self.named[: strict.CELLS_NAMED_AT_MOST]
            self.refuse_if_any()
        self.named.append((reference, value))


class Marks:
    """Faults of single cells by row, each as `column:kind`; columns count from 0, that of the first name."""

    def __init__(self) -> None:
        self.rows: defaultdict[int, list[str]] = defaultdict(list)
        self.total = 0

    def add(self, row: int, column: int, kind: str) -> None:
        self.total += 1
        if self.total > MARKS_AT_MOST:
            raise strict.Refused("merged" if kind == "merged" else "error_cells", total=self.total)
        self.rows[row].append(f"{column}:{kind}")

    def add_cells(self, cells: strict.Cells, kind: str, *, left: int) -> None:
        for reference, _ in cells.named:
            match = strict.CELL.fullmatch(reference)
            if match is not None:
                self.add(int(match[2]), strict.column_number(match[1]) - 1 - left, kind)

    def add_merges(self, merges: list[str], *, rows: int, left: int, right: int) -> None:
        """Every cell of a merge but its first, which is the one that has the value."""
        for merge in merges:
            if not strict.inside(merge, rows=rows, left=left + 1, right=right):
                continue
            ends = [strict.CELL.fullmatch(end) for end in merge.replace("$", "").split(":")]
            if ends[0] is None or ends[-1] is None:
                raise strict.Refused("merged", cells=[(merge, "")])
            top, first = int(ends[0][2]), strict.column_number(ends[0][1])
            bottom, last = int(ends[-1][2]), strict.column_number(ends[-1][1])
            for row in range(top, min(bottom, rows) + 1):
                for column in range(max(first, left + 1), min(last, right) + 1):
                    if (row, column) != (top, first):
                        self.add(row, column - 1 - left, "merged")


def cell_text(value: object) -> str | None:
    """As a person sees it; a figure too long for a spreadsheet as `1.10105E+17`."""
    try:
        return strict.as_text(value)
    except strict.LongNumber:
        return f"{value:.5E}"


def write(path: str, title: str, scan: strict.SheetScan, into: str) -> int:
    import pyarrow
    import pyarrow.parquet
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name(title)
    start, end = sheet.start, sheet.end
    if start is None or end is None:
        raise strict.Refused("empty_sheet")
    left = start[1]
    rows: Iterator[Any] = iter(sheet.iter_rows())
    names = strict.named_columns(next(rows), left=left)
    strict.say(header=names)
    marks = Marks()
    marks.add_cells(scan.errors, "error", left=left)
    marks.add_cells(scan.unsaved, "formula", left=left)
    marks.add_merges(scan.merges, rows=end[0] + 1, left=left, right=left + len(names))
    if marks.rows.get(1):
        raise strict.Refused("no_header")
    text = pyarrow.string()
    schema = pyarrow.schema([*((name, text) for name in names), (MARKS, text), ("__row", pyarrow.int64())])
    first_row, written = 2, 0
    with pyarrow.parquet.ParquetWriter(into, schema) as writer:
        for chunk in strict.chunks(rows):
            columns = [[cell_text(value) for value in column] for column in zip(*chunk, strict=True)]
            for column in columns[len(names) :]:
                for offset, value in enumerate(column):
                    if value is not None:
                        marks.add(first_row + offset, len(names), "extra")
            numbers = range(first_row, first_row + len(chunk))
            columns = columns[: len(names)]
            said = [",".join(marks.rows.get(number, ())) or None for number in numbers]
            kept = [at for at, row in enumerate(zip(*columns, said, strict=True)) if any(row)]
            if len(kept) < len(chunk):
                columns = [[column[at] for at in kept] for column in columns]
            arrays = [pyarrow.array(column, text) for column in columns]
            arrays.append(pyarrow.array([said[at] for at in kept], text))
            arrays.append(pyarrow.array([numbers[at] for at in kept], pyarrow.int64()))
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            first_row += len(chunk)
            written += len(kept)
            strict.say(rows=written)
    if not written:
        raise strict.Refused("no_rows")
    return written


def check(path: str) -> tuple[str, strict.SheetScan]:
    scan = strict.SheetScan()
    scan.errors = AllCells("error_cells")
    scan.unsaved = AllCells("formulas")
    try:
        with ZipFile(path) as archive:
            strict.check_members(archive, file_bytes=Path(path).stat().st_size)
            title, part = strict.find_sheet(archive)
            with archive.open(part) as stream:
                scan.read(stream)
    except strict.MALFORMED as error:
        raise strict.Refused("damaged", detail=str(error)[:200]) from None
    if len(scan.merges) >= strict.MERGES_KEPT_AT_MOST:
        raise strict.Refused("merged", total=len(scan.merges))
    return title, scan


def main(path: str, into: str, memory_bytes: str, cpu_seconds: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds), int(cpu_seconds) + 5))
    try:
        strict.say(done=write(path, *check(path), into))
    except strict.Refused as refused:
        strict.say(**refused.report)
    except MemoryError:
        strict.say(**strict.Refused("memory").report)
    except BaseException as error:  # the reader's own errors, and its panics, which are no Exception
        if type(error).__module__ not in ("python_calamine", "pyo3_runtime"):
            raise
        strict.say(**strict.Refused("damaged", detail=str(error)[:200]).report)


if __name__ == "__main__":
    main(*sys.argv[1:])
