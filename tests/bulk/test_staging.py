"""Events on their way through the shards and back beside the input's rows: in order, whole, and refused in time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random

import duckdb
import polars as pl
import pytest

from huzhu import policies
from huzhu.bulk import faults, staged
from huzhu.bulk.packed import Packed
from huzhu.bulk.problems import BadInput
from huzhu.bulk.run import run_file
from huzhu.rules.decider import Decider
from tests.oracles.shanghai_cases import random_claims_batch

CLAIMS = policies.get("shanghai-gig-mutual-aid").program("claims", overlay="demo")
ROWS = 300_000
START = dt.date(2024, 1, 1)


def allowances() -> pl.DataFrame:
    """Two claims a cover, of 100 and 90 days in hospital, far apart in the file: the second gets the 80 that are left of 180."""
    number = pl.int_range(ROWS)
    return pl.select(n=number).with_columns(
        claim_id=pl.format("C{}", pl.col("n").cast(pl.String).str.zfill(6)),
        cover_id=pl.format("K{}", pl.col("n") % (ROWS // 2)),
        cover_since=START,
        cover_until=START.replace(year=2025),
        continuous_since=START.replace(year=2023),
        benefit=pl.lit("hospital_allowance"),
        cause=pl.lit("accident"),
        event_date=START.replace(month=6),
        filed_on=START.replace(month=7),
        hospital_days=pl.when(pl.col("n") < ROWS // 2).then(100).otherwise(90),
    )


def test_events_of_several_row_groups_and_shards_come_out_beside_their_own_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staged, "SHARD_ROWS", ROWS // 7)
    monkeypatch.setattr(staged, "IN_MEMORY_ROWS", ROWS // 2)
    frame = allowances()
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=30_000)
    run_file(CLAIMS, tmp_path / "in.parquet", tmp_path / "out.parquet")
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found["n"].equals(frame["n"])
    days = found["payable_fen"] // 30_000
    assert days.head(ROWS // 2).unique().to_list() == [100]
    assert days.tail(ROWS // 2).unique().to_list() == [80]
    assert found["limited_by"].list.join(",").value_counts().sort("count", "limited_by").rows() == [
        ("", ROWS // 2),
        ("hospital_allowance_days", ROWS // 2),
    ]


def test_a_bad_value_in_the_last_of_many_rows_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    is_last = pl.col("n") == ROWS - 1
    frame = allowances().with_columns(hospital_days=pl.when(is_last).then(-1).otherwise(pl.col("hospital_days")))
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=30_000)
    with pytest.raises(BadInput) as refused:
        run_file(CLAIMS, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert [(one.row, one.column, one.value) for one in refused.value.problems] == [(ROWS, "hospital_days", "-1")]
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("seed", range(3))
def test_any_number_of_shards_gives_what_one_by_one_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(staged, "SHARD_ROWS", 40)
    rows = random_claims_batch(Random(seed), 300, unknown_covers=True)
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(tmp_path / "in.parquet", row_group_size=70)
    run_file(CLAIMS, tmp_path / "in.parquet", tmp_path / "out.parquet")
    names = ["outcome", "reasons", "missing", "assessed_fen", "payable_fen", "limited_by", "illustrative"]
    expected = [{name: one[name] for name in names} for one in Decider(CLAIMS).decide_all(rows)]
    assert pl.read_parquet(tmp_path / "out.parquet").select(names).to_dicts() == expected


def test_values_far_apart_that_repeat_are_found_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "HASHES_AT_ONCE", ROWS // 5)
    repeated = pl.when(pl.col("n") == ROWS - 1).then(pl.lit("C000000")).otherwise(pl.col("claim_id"))
    allowances().with_columns(claim_id=repeated).write_parquet(tmp_path / "in.parquet")
    with pytest.raises(BadInput) as refused:
        run_file(CLAIMS, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert [(one.row, one.column, one.value) for one in refused.value.problems] == [(ROWS, "claim_id", "C000000")]
    assert not (tmp_path / "out.parquet").exists()


def test_fields_that_fill_several_words_come_back_as_they_were() -> None:
    widths = {"a": 3, "b": 40, "none": 0, "c": 30, "d": 62, "e": 1}
    values = {"a": 5, "b": 2**40 - 1, "none": 0, "c": 2**29 + 1, "d": 2**62 - 1, "e": 1}
    packed = Packed.of(widths)
    words = packed.words({name: str(value) for name, value in values.items()})
    assert len(words) == 4
    source = f"(SELECT {', '.join(f'{sql} AS {name}' for name, sql in words.items())}) s"
    fields = ", ".join(packed.field(name, "s") for name in widths)
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {fields} FROM {source}").fetchall()
    assert found == [tuple(values.values())]
