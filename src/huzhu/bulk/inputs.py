"""Opens an input file by its suffix: Parquet as it is, CSV and XLSX first made into a Parquet file of text, once.

What comes after reads Parquet only, as often as it likes, and always knows the row a person would look for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from huzhu.bulk import mishaps, one_file
from huzhu.bulk.csvfiles import ROW, check_csv, to_utf8
from huzhu.bulk.lowering import Known
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.typed import Reading, fact_sql, literal, quoted, reading
from huzhu.bulk.workbooks import read_workbook
from huzhu.rules.kinds import Kind
from huzhu.rules.program import Program
from huzhu.rules.records import Wrong, read
from huzhu.rules.texts import Text

SUFFIXES = (".parquet", ".csv", ".xlsx")
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """An input ready to be read: a Parquet file, its columns with their DuckDB types, and how rows are counted."""

    file: str  # as the person named it
    parquet: Path
    columns: dict[str, str]
    rows: int
    first_row: int  # what the person calls the first record
    has_row_column: bool

    def source(self) -> str:
        return one_file.parquet(self.parquet)

    def numbered(self) -> str:
        """A source with the person's row number as `__row`."""
        if self.has_row_column:
            return self.source()
        return (
            f"(SELECT * EXCLUDE (file_row_number), file_row_number + {self.first_row} AS {ROW} "
            f"FROM {one_file.parquet(self.parquet, numbered=True)})"
        )

    def kept(self, results: set[str]) -> list[str]:
        """The user's columns, without those that a result of the same name replaces."""
        return [name for name in self.columns if name.lower() not in results and name != ROW]


def check_suffix(path: Path, what: str) -> str:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        said = Text(
            f"{what} 的格式由后缀决定：{'、'.join(SUFFIXES)}",
            f"the suffix of {what} says its format: {', '.join(SUFFIXES)}",
        )
        raise BadInput(file=str(path), problems=[Problem(said)])
    return suffix


def open_table(con: duckdb.DuckDBPyConnection, path: Path, *, work: Path, progress: Progress | None = None) -> Table:
    """Raises BadInput where the file cannot be read at all; its values are not looked at yet."""
    suffix = check_suffix(path, "INPUT")
    _check_there(path)
    if suffix == ".parquet":
        return _table(con, path, path, first_row=1, has_row_column=False)
    made = work / "input.parquet"
    if suffix == ".xlsx":
        read_workbook(path=path, into=made, progress=progress)
        return _table(con, path, made, first_row=2, has_row_column=True)
    _csv_to_parquet(con, path, made, work)
    return _table(con, path, made, first_row=2, has_row_column=True)


def _check_there(path: Path) -> None:
    said = None
    if not path.exists():
        said = Text("没有这个文件", "there is no such file")
    elif path.is_dir():
        said = Text("这是文件夹，不是文件", "this is a folder, not a file")
    elif path.stat().st_size == 0:
        said = Text("文件是空的", "the file is empty")
    if said is not None:
        raise BadInput(file=str(path), problems=[Problem(said)])


def _csv_to_parquet(con: duckdb.DuckDBPyConnection, path: Path, made: Path, work: Path) -> None:
    shape = check_csv(path=path)
    plain = path
    if shape.needs_copy:
        plain = work / "input.csv"
        to_utf8(path=path, into=plain, shape=shape)
    try:
        con.execute(f"COPY ({shape.select(plain)}) TO {literal(str(made))} (FORMAT parquet)")
    except duckdb.OperationalError:  # the disk or the memory, and not what the file says
        raise
    except duckdb.Error as error:
        raise shape.refusal(path, error) from None


def _table(con: duckdb.DuckDBPyConnection, path: Path, parquet: Path, *, first_row: int, has_row_column: bool) -> Table:
    try:
        described = con.execute(f"DESCRIBE FROM {one_file.parquet(parquet)}").fetchall()
        counted = con.execute(f"SELECT count(*) FROM {one_file.parquet(parquet)}").fetchall()
    except duckdb.Error as error:
        raise mishaps.damaged(path, error) from None
    rows = int(counted[0][0])
    if rows == 0:
        raise BadInput(file=str(path), problems=[Problem(Text("只有表头，没有数据行", "there are no rows"))])
    columns = {str(row[0]): str(row[1]) for row in described}
    _check_names([name for name in columns if not (has_row_column and name == ROW)], path)
    return Table(str(path), parquet, columns, rows, first_row, has_row_column)


def _check_names(names: list[str], path: Path) -> None:
    """Names that the columns made on the way use, and no table of a person's has; Pandas writes its index under another."""
    taken = [name for name in names if name.startswith("__") and not name.startswith("__index_level_")]
    taken += [name for name in names if name == "file_row_number"]
    if taken:
        said = Text(
            "这个列名留给程序自己使用：请改名", "this name is kept for the program's own use: rename the column"
        )
        raise BadInput(file=str(path), problems=[Problem(said, column=name) for name in taken])


def readings(program: Program, table: Table) -> dict[str, Reading]:
    """How each fact that the table has is read. BadInput where a column that must be there is not."""
    needed = [fact for fact in program.facts if fact.required and fact.name not in table.columns]
    if needed:
        said = Text("缺少这一列", "this column is missing")
        raise BadInput(file=table.file, problems=[Problem(said, column=fact.name) for fact in needed])
    return {
        fact.name: reading(fact, quoted(fact.name, "duckdb"), table.columns[fact.name], "duckdb")
        for fact in program.facts
        if fact.name in table.columns
    }


def known(con: duckdb.DuckDBPyConnection, table: Table, readings: Mapping[str, Reading]) -> dict[str, Known]:
    """What holds for every row of a fact that is read as it stands, by what the Parquet file says of itself: no row is read.
    Of a fact that is read from text nothing is known."""
    plain = {name: one for name, one in readings.items() if one.value == quoted(name, "duckdb")}
    footer = f"parquet_metadata({one_file.exactly(table.parquet)})"
    full = "count(stats_null_count) = count(*) AND sum(stats_null_count) = 0"
    without_null = dict(con.execute(f"SELECT path_in_schema, {full} FROM {footer} GROUP BY 1").fetchall())
    ends = [end for one in plain.values() for end in _ends(one)]
    found = con.execute(f"SELECT {', '.join(ends)} FROM {table.source()}").fetchall()[0] if ends else ()
    return {
        name: Known(not without_null.get(name, False), low, high)
        for name, low, high in zip(plain, found[::2], found[1::2], strict=True)
    }


def _ends(one: Reading) -> tuple[str, str]:
    """SQL of the lowest and the highest value as numbers, NULL for what is none."""
    least, most = f"min({one.value})", f"max({one.value})"
    if one.fact.kind in (Kind.TEXT, Kind.BOOL):
        return "NULL", "NULL"
    if one.fact.kind is not Kind.DATE:
        return least, most
    # A file can hold dates that are no days, as `infinity`.
    days = [f"CASE WHEN isfinite({end}) THEN {fact_sql(end, 'days', 'duckdb')} END" for end in (least, most)]
    return days[0], days[1]


def missing_columns(program: Program, table: Table) -> list[str]:
    """Facts the table has no column for: they are not known, in any row."""
    return [fact.name for fact in program.facts if fact.name not in table.columns]


def filled(program: Program, table: Table, on: str | None) -> dict[str, Reading]:
    """The reading of the decision's date fact where `--on` gives it for every row. BadInput where it cannot."""
    if on is None:
        return {}
    name = program.date_fact
    if name is None:
        said = Text(f"{program.id} 没有可用 --on 填的日期", f"{program.id} has no date that --on could fill")
        raise BadInput(file=table.file, problems=[Problem(said)])
    if name in table.columns:
        said = Text("文件里已有这一列，不能再用 --on", "the file has this column: --on is for files without it")
        raise BadInput(file=table.file, problems=[Problem(said, column=name)])
    fact = program.fact(name)
    try:
        value = read(fact, on)
    except Wrong as wrong:
        raise BadInput(file="--on", problems=[Problem(wrong.expected, value=on)]) from None
    return {name: Reading(fact, f"DATE '{value.isoformat()}'", "FALSE")}
