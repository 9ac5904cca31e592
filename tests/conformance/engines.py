"""One way to decide rows of facts on every engine: through a Parquet file and a whole run, as a user's file goes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from huzhu.bulk import inputs, on_duckdb, on_polars, on_spark
from huzhu.bulk.results import arrow_type, result_kinds
from huzhu.rules.decider import Decider
from huzhu.rules.kinds import Kind
from huzhu.rules.program import Program

Row = dict[str, Any]
FACT_TYPES = {Kind.TEXT: pa.string(), Kind.BOOL: pa.bool_(), Kind.DATE: pa.date32()}


def decide_with(engine: str, program: Program, rows: Sequence[Row]) -> list[Row]:
    """The results of all rows, in their order: one dict a row with the result columns and nothing else."""
    return ENGINES[engine](program, rows)


def facts_table(program: Program, rows: Sequence[Row]) -> pa.Table:
    schema = pa.schema([(fact.name, FACT_TYPES.get(fact.kind, pa.int64())) for fact in program.facts])
    return pa.Table.from_pylist(list(rows), schema=schema)


def on_one_record(program: Program, rows: Sequence[Row]) -> list[Row]:
    return Decider(program).decide_all(rows)


def on_duckdb_run(program: Program, rows: Sequence[Row]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        run = opened(program, rows, Path(folder))
        query = run.select(work=Path(folder))
        return _results(program, run.con.sql(query).to_arrow_table())


def on_polars_run(program: Program, rows: Sequence[Row]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return _results(program, on_polars.decide(opened(program, rows, Path(folder)), work=Path(folder)))


def on_spark_run(program: Program, rows: Sequence[Row]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "decided"
        on_spark.decide(opened(program, rows, Path(folder)), on_spark.session(), into=into)
        table = pq.read_table(into)
        return _results(program, table.sort_by(on_spark.ROW))


def opened(program: Program, rows: Sequence[Row], folder: Path) -> on_duckdb.Run:
    path = folder / "facts.parquet"
    pq.write_table(facts_table(program, rows), path)
    con = on_duckdb.connect(folder)
    table = inputs.open_table(con, path, work=folder)
    return on_duckdb.Run.of(con, program, table, inputs.readings(program, table))


def _results(program: Program, table: pa.Table) -> list[Row]:
    """The result columns as rows; their types must be the promised ones."""
    kinds = result_kinds(program)
    assert {name: table.schema.field(name).type for name in kinds} == {
        name: arrow_type(kind) for name, kind in kinds.items()
    }
    found: list[Row] = table.select(list(kinds)).to_pylist()
    return found


ENGINES: dict[str, Callable[[Program, Sequence[Row]], list[Row]]] = {
    "scalar": on_one_record,
    "duckdb": on_duckdb_run,
    "polars": on_polars_run,
    "spark": on_spark_run,
}
