"""Runs a decision over a file: opens it, decides it on an engine, writes the rows whole or not at all, and counts them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow.parquet as pq

from huzhu.bulk import inputs, mishaps, on_duckdb, stored
from huzhu.bulk.inputs import Table
from huzhu.bulk.on_duckdb import Run
from huzhu.bulk.one_file import parquet, parts
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.results import arrow_schema, result_kinds
from huzhu.bulk.typed import quoted
from huzhu.bulk.writers import whole_file, write_csv, write_xlsx
from huzhu.rules import documents
from huzhu.rules.kinds import WHOLE, Kind
from huzhu.rules.program import Program
from huzhu.rules.texts import Text

Engine = Literal["duckdb", "polars", "spark"]
ENGINES: tuple[Engine, ...] = ("duckdb", "polars", "spark")
BATCH_ROWS = 65_536
Tell = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did: rows, how many of each outcome, and the sums of every amount."""

    rows: int
    outcomes: dict[str, int]
    sums: dict[str, int]
    missing_columns: tuple[str, ...] = ()
    replaced_columns: tuple[str, ...] = ()
    version: str = ""


@dataclass(slots=True)
class Opened:
    """A table ready to be decided, with its connection and a folder of temporary files."""

    con: duckdb.DuckDBPyConnection
    work: Path
    table: Table
    run: Run
    missing: tuple[str, ...] = field(default_factory=tuple)


@contextmanager
def opened(
    program: Program, source: Path, *, writing: Path | None = None, on: str | None = None, tell: Tell | None = None
) -> Iterator[Opened]:
    """Open a file for a program. Temporary files go with the block. Raises BadInput, for `writing` where it is the disk."""
    with (
        mishaps.told(reading=source, writing=writing),
        tempfile.TemporaryDirectory(prefix="huzhu-", ignore_cleanup_errors=True) as folder,
    ):
        work = Path(folder)
        con = on_duckdb.connect(work)
        try:
            table = inputs.open_table(con, source, work=work)
            readings = inputs.readings(program, table) | inputs.filled(program, table, on)
            missing = tuple(name for name in inputs.missing_columns(program, table) if name not in readings)
            if missing and tell is not None:
                names = ", ".join(missing)
                tell(
                    Text(
                        f"文件没有这些列，按未知处理：{names}", f"columns not in the file, taken as not known: {names}"
                    )
                )
            yield Opened(con, work, table, Run.of(con, program, table, readings), missing)
        finally:
            con.close()


def run_file(
    program: Program, source: Path, output: Path, *, engine: Engine = "duckdb", on: str | None = None, tell: Tell | None = None,
) -> Summary:  # fmt: skip
    """Decide every row of a file into another, in the input's order (on Spark: into a folder of parts, with row numbers).
    Raises BadInput for what cannot be used; then nothing was written."""
    _check_output(source, output, engine)
    with opened(program, source, writing=output, on=on, tell=tell) as one:
        kept = stored.written(program, on)
        results = result_kinds(program)
        replaced = tuple(name for name in one.table.columns if name.lower() in results)
        if replaced and tell is not None:
            names = ", ".join(replaced)
            tell(
                Text(
                    f"输入里同名的结果列将被替换：{names}", f"result columns already in the input are replaced: {names}"
                )
            )
        if engine == "spark":
            return _on_spark(one, output, kept, replaced)
        decided = one.work / "decided.parquet"
        is_parquet = output.suffix.lower() == ".parquet"
        if is_parquet:
            with whole_file(output) as draft:
                _decide(one, engine, draft, kept)
                summary = _summary(one, parquet(draft))
        else:
            _decide(one, engine, decided, kept)
            summary = _summary(one, parquet(decided))
            copy_as(decided, output, program)
        return _with(summary, one, replaced)


def _check_output(source: Path, output: Path, engine: Engine) -> None:
    said = None
    if engine == "spark":
        if output.exists():
            said = Text("文件夹已存在；Spark 写入一个新文件夹", "it exists already; Spark writes a new folder")
    else:
        inputs.check_suffix(output, "OUTPUT")
        if output.is_dir():
            said = Text("这是文件夹", "this is a folder")
        elif output.exists() and source.exists() and output.samefile(source):
            said = Text("输出不能就是输入文件", "the output cannot be the input file itself")
    if said is None and not output.resolve().parent.is_dir():
        said = Text("所在的文件夹不存在", "its folder does not exist")
    if said is not None:
        raise BadInput(file=str(output), problems=[Problem(said)])
    mishaps.check_writable(output)


def _decide(one: Opened, engine: Engine, path: Path, kept: str) -> None:
    if engine == "polars":
        from huzhu.bulk import on_polars  # Polars takes a moment to load, and most runs do not need it

        one.con.register("decided", on_polars.decide(one.run, work=one.work))
        on_duckdb.write_parquet(one.con, "FROM decided", path, metadata={stored.KEY: kept})
        return
    try:
        query = one.run.select(work=one.work)
        on_duckdb.write_parquet(one.con, query, path, metadata={stored.KEY: kept})
    except duckdb.Error as error:
        raise one.run.guard(error) from None


def _on_spark(one: Opened, output: Path, kept: str, replaced: tuple[str, ...]) -> Summary:
    from huzhu.bulk import on_spark  # comes with the extra `spark`

    spark = on_spark.session()
    on_spark.decide(one.run, spark, into=output)
    with whole_file(stored.sidecar(output)) as draft:
        draft.write_text(kept, encoding="utf-8")
    return _with(_summary(one, parts(output)), one, replaced)


def copy_as(decided: Path, output: Path, program: Program) -> None:
    """Write a decided Parquet file again as CSV or XLSX, with its policy document beside it."""
    file = pq.ParquetFile(decided)
    schema = arrow_schema(program, file.schema_arrow.remove_metadata())
    batches = (batch.cast(schema) for batch in file.iter_batches(BATCH_ROWS))
    # Both are whole before either takes its name, so that no file of decisions stands beside another's document.
    with whole_file(stored.sidecar(output)) as beside:
        beside.write_bytes(file.metadata.metadata[stored.KEY.encode()])
        if output.suffix.lower() == ".csv":
            write_csv(batches=batches, schema=schema, path=output)
        else:
            write_xlsx(batches=batches, schema=schema, path=output, title=program.title.zh)


def _summary(one: Opened, source: str) -> Summary:
    outcomes = dict(one.con.execute(f"SELECT outcome, count(*) FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1").fetchall())
    sums: dict[str, int] = {}
    amounts = [name for name, kind in result_kinds(one.run.program).items() if kind is Kind.MONEY]
    if amounts:
        parts = ", ".join(f"CAST(COALESCE(sum({quoted(name, 'duckdb')}), 0) AS HUGEINT)" for name in amounts)
        found = one.con.execute(f"SELECT {parts} FROM {source}").fetchall()[0]
        sums = dict(zip(amounts, (int(value) for value in found), strict=True))
    return Summary(sum(outcomes.values()), outcomes, sums)


def _with(summary: Summary, one: Opened, replaced: tuple[str, ...]) -> Summary:
    version = documents.version(documents.document(one.run.program))
    return Summary(summary.rows, summary.outcomes, summary.sums, one.missing, replaced, version)


def whole_numbers(program: Program) -> list[str]:
    """The results that can be added up."""
    return [name for name, kind in result_kinds(program).items() if kind in WHOLE]
