"""Decides a file on Spark: the same plan through Narwhals, caps by windows. The rows come out in parts, each with the number
its record had in the input, since a cluster keeps no order.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw

from huzhu.bulk.caps_windows import with_draws
from huzhu.bulk.columns import with_steps
from huzhu.bulk.on_duckdb import BAD, Run
from huzhu.bulk.results import result_kinds
from huzhu.bulk.typed import INVALID, fact_sql, literal, quoted, reading, select_facts, sql_type
from huzhu.rules.kinds import Kind
from huzhu.rules.program import CAP_EXHAUSTED, Program

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROW = "row"
INPUT = "huzhu_input"


def session() -> SparkSession:
    """A Spark session on HUZHU_SPARK_MASTER (default: this machine), set so that dates, overflow and time zone are exact."""
    from pyspark.sql import SparkSession

    master = os.environ.get("HUZHU_SPARK_MASTER", "local[*]")
    builder = SparkSession.builder.appName("huzhu").master(master)
    if "://" not in master or "127.0.0.1" in master:
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": os.environ.get("HUZHU_SPARK_PARTITIONS", "8"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def decide(run: Run, spark: SparkSession, *, into: Path) -> None:
    """Write the decided rows as a folder of Parquet parts. Raises BadInput for bad values, before anything is written."""
    run = run.portable()
    run.check_unique()
    frame = _assessed(run, spark)
    native = frame.to_native().cache()
    try:
        broken = f"{INVALID} OR __broken" if run.plan.broken is not None else INVALID
        if native.filter(broken).limit(1).count():
            raise run.guard(duckdb.Error(BAD))
        if run.program.events is not None:
            native = _drawn(run, nw.from_native(native)).to_native()
        native.createOrReplaceTempView("huzhu_decided")
        part = into.with_name(into.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        spark.sql(_results(run)).write.parquet(str(part))
        part.rename(into)
    finally:
        native.unpersist()


def _assessed(run: Run, spark: SparkSession) -> nw.LazyFrame[Any]:
    """The user's columns, the row numbers, and every wanted step."""
    raw = spark.read.parquet(str(run.table.parquet))
    # The hidden column is not to be seen through a view, so it is made a plain one first.
    raw.selectExpr("*", "_metadata.row_index AS __row_index").createOrReplaceTempView(INPUT)
    types = {field.name: field.dataType.simpleString().upper() for field in raw.schema.fields}
    program = run.program
    found = {
        fact.name: reading(fact, quoted(fact.name, "spark"), types[fact.name], "spark")
        for fact in program.facts
        if fact.name in types
    }
    found |= {name: one for name, one in run.readings.items() if name not in types}  # what --on fills
    kept = [name for name in run.kept() if name != ROW]
    row = "__row" if run.table.has_row_column else f"__row_index + {run.table.first_row}"
    extra = {ROW: f"CAST({row} AS BIGINT)"} | _cap_columns(program, {name: one.value for name, one in found.items()})
    names = [
        *(quoted(name, "spark") for name in kept),
        *(f"{value} AS {quoted(name, 'spark')}" for name, value in extra.items()),
    ]
    query = select_facts(program, found, run.plan.forms, source=INPUT, keep=names, dialect="spark")
    return with_steps(nw.from_native(spark.sql(query)), run.wanted(), keep=[*kept, *extra, INVALID])


def _cap_columns(program: Program, values: dict[str, str]) -> dict[str, str]:
    events = program.events
    if events is None:
        return {}

    def value(name: str) -> str:
        return values.get(name, f"CAST(NULL AS {sql_type(program.fact(name).kind, 'spark')})")

    found = {f"__key_{name}": value(name) for cap in events.caps for name in cap.per}
    for name in events.order:
        is_date = program.fact(name).kind is Kind.DATE
        found[f"__order_{name}"] = fact_sql(value(name), "days" if is_date else "plain", "spark")
    return found | {"__settled_amount": f"CAST({value(events.settled_amount)} AS BIGINT)"}


def _drawn(run: Run, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    events = run.program.events
    assert events is not None
    return with_draws(
        frame,
        events,
        keys=lambda cap: [f"__key_{name}" for name in cap.per],
        order=[f"__order_{name}" for name in events.order],
    )


def _codes(mask: str, codes: tuple[str, ...]) -> str:
    if not codes:
        return "CAST(array() AS ARRAY<STRING>)"
    each = ", ".join(f"CASE WHEN {mask} & {1 << bit}L != 0 THEN {literal(code)} END" for bit, code in enumerate(codes))
    return f"filter(array({each}), code -> code IS NOT NULL)"


def _results(run: Run) -> str:
    plan, events = run.plan, run.program.events
    granted = "__outcome = 'granted'"
    exhausted = f"({granted} AND __paid = 0)" if events else "FALSE"
    failed_codes = (*plan.failed_codes, CAP_EXHAUSTED) if events else plan.failed_codes
    found = {
        "outcome": f"CASE WHEN {exhausted} THEN 'refused' ELSE __outcome END",
        "reasons": _codes(
            f"(CASE WHEN {exhausted} THEN {1 << len(plan.failed_codes)}L ELSE __failed END)", failed_codes
        ),
        "missing": _codes("__missing", plan.missing_codes),
        "not_tested": _codes("__skipped", plan.skipped_codes),
    }
    for name, (kind, _, codes) in plan.results.items():
        column = f"__r_{name}"
        found[name] = _codes(column, codes) if kind is Kind.CODES else column
        if kind is Kind.DATE:
            found[name] = f"date_from_unix_date(CAST({column} AS INT))"
    if events is not None:
        found["assessed_fen"] = "CASE WHEN __outcome <> 'settled' THEN __assessed END"
        found["payable_fen"] = "CASE WHEN __drawn > 0 THEN __paid WHEN __outcome = 'refused' THEN 0L END"
        found["limited_by"] = _codes("__bound", tuple(cap.name for cap in events.caps))
    if plan.illustrative is not None:
        found["illustrative"] = (
            f"(__illustrative OR ({granted} AND __illustrative_caps))" if events else "__illustrative"
        )
    kept = [quoted(name, "spark") for name in (ROW, *(name for name in run.kept() if name != ROW))]
    made = [f"{found[name]} AS {quoted(name, 'spark')}" for name in result_kinds(run.program)]
    return f"SELECT {', '.join([*kept, *made])} FROM huzhu_decided"
