from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from huzhu import policies
from huzhu.bulk.run import run_file

ROWS = 600_000


def test_rows_of_several_row_groups_come_out_in_the_order_they_came_in(tmp_path: Path) -> None:
    """DuckDB writes rows behind a join in any order, and makes a join of IN over five constants."""
    frame = pl.select(n=pl.int_range(ROWS)).with_columns(
        work_category=pl.lit("express"), applied_on=pl.lit(dt.date(2024, 1, 1)), birth_date=pl.lit(dt.date(1990, 1, 1))
    )
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=60_000)
    run_file(
        policies.get("shanghai-gig-mutual-aid").program("enrol"), tmp_path / "in.parquet", tmp_path / "out.parquet"
    )
    assert pl.read_parquet(tmp_path / "out.parquet")["n"].equals(frame["n"])
