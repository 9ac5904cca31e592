"""Decides a file on Polars: the plan through Narwhals, the whole file in memory. DuckDB reads and checks the input, as ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa

from huzhu.bulk.columns import with_steps
from huzhu.bulk.on_duckdb import BAD, Run
from huzhu.bulk.results import arrow_schema
from huzhu.bulk.staged import Staged
from huzhu.bulk.typed import INVALID
from huzhu.rules.kinds import Kind
from huzhu.rules.program import CAP_EXHAUSTED


def decide(run: Run, *, work: Path) -> pa.Table:
    """The decided rows as an Arrow table in row order. Raises BadInput for bad values."""
    run = run.portable()
    run.check_unique()
    facts = run.con.sql(run.facts_query()).to_arrow_table()
    # The user's own columns stay as they are: not all of their types have a like in Polars.
    mine = facts.select(run.kept())
    frame = _assessed(run, facts.drop_columns(run.kept()))
    bad = frame.select((pl.col(INVALID) | pl.col("__broken")).any()).item()
    if bad:
        raise run.guard(duckdb.Error(BAD))
    if run.program.events is not None:
        frame = _drawn(run, frame, work)
    return _results(run, frame, mine)


def _assessed(run: Run, facts: pa.Table) -> pl.DataFrame:
    """What the caps need, and every wanted step, for all rows."""
    columns = pl.from_arrow(facts)
    assert isinstance(columns, pl.DataFrame)
    lazy: Any = with_steps(nw.from_native(columns.lazy()), run.wanted(), keep=[*run.extra(), INVALID])
    frame: pl.DataFrame = lazy.to_native().collect()
    return frame if "__broken" in frame.columns else frame.with_columns(__broken=pl.lit(value=False))


def _drawn(run: Run, frame: pl.DataFrame, work: Path) -> pl.DataFrame:
    """What each event draws, by the compiled loop over the same staged columns as on DuckDB."""
    staged: Staged = run.staged(work / "staged.parquet")
    run.con.register("huzhu_assessed", frame.select(name for name in frame.columns if name.startswith("__")).to_arrow())
    staged.write("FROM huzhu_assessed")
    run.con.unregister("huzhu_assessed")
    drawn = work / "drawn.parquet"
    staged.draw(into=drawn)
    return pl.concat([frame, pl.read_parquet(drawn)], how="horizontal")


def _codes(frame: pl.DataFrame, mask: str, codes: tuple[str, ...]) -> pl.Series:
    """The lists of codes of a column of masks: each different mask decoded once."""
    masks = frame.get_column(mask).cast(pl.Int64)
    different = masks.unique()
    lists = [[code for bit, code in enumerate(codes) if held >> bit & 1] for held in different.to_list()]
    table = pl.DataFrame({"mask": different, "codes": pl.Series(lists, dtype=pl.List(pl.String))})
    return masks.to_frame("mask").join(table, on="mask", how="left", maintain_order="left").get_column("codes")


def _results(run: Run, frame: pl.DataFrame, mine: pa.Table) -> pa.Table:
    plan, events = run.plan, run.program.events
    found: dict[str, pl.Series] = {}
    failed_codes = plan.failed_codes
    if events is not None:
        failed_codes = (*failed_codes, CAP_EXHAUSTED)
        granted = pl.col("__outcome") == "granted"
        exhausted = granted & (pl.col("__paid") == 0)
        frame = frame.with_columns(
            __failed=pl.when(exhausted).then(1 << len(plan.failed_codes)).otherwise(pl.col("__failed")),
            __payable=pl.when(pl.col("__drawn") > 0)
            .then(pl.col("__paid"))
            .when(pl.col("__outcome") == "refused")
            .then(0),
            __assessed=pl.when(pl.col("__outcome") != "settled").then(pl.col("__assessed")),
            __illustrative=pl.col("__illustrative") | (granted & pl.col("__illustrative_caps")),
            __outcome=pl.when(exhausted).then(pl.lit("refused")).otherwise(pl.col("__outcome")),
        )
    found["outcome"] = frame.get_column("__outcome")
    found["reasons"] = _codes(frame, "__failed", failed_codes)
    found["missing"] = _codes(frame, "__missing", plan.missing_codes)
    found["not_tested"] = _codes(frame, "__skipped", plan.skipped_codes)
    for name, (kind, _, codes) in plan.results.items():
        column = f"__r_{name}"
        if kind is Kind.CODES:
            found[name] = _codes(frame, column, codes)
        else:
            found[name] = (
                frame.get_column(column).cast(pl.Int32).cast(pl.Date) if kind is Kind.DATE else frame.get_column(column)
            )
    if events is not None:
        found["assessed_fen"], found["payable_fen"] = frame.get_column("__assessed"), frame.get_column("__payable")
        found["limited_by"] = _codes(frame, "__bound", tuple(cap.name for cap in events.caps))
    if plan.illustrative is not None:
        found["illustrative"] = frame.get_column("__illustrative")
    results = pl.DataFrame(found).to_arrow()
    results = results.cast(arrow_schema(run.program, results.schema))
    return pa.table([*mine.columns, *results.columns], schema=pa.schema([*mine.schema, *results.schema]))
