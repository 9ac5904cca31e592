from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.oracles.shanghai_cases import random_claims_batch
from tests.oracles.shanghai_claims import claims

TYPES = {"date": pl.Date, "int": pl.Int64, "text": pl.String}
COLUMNS = {
    "claim_id": "text", "member_id": "text", "cover_id": "text", "cover_since": "date", "cover_until": "date",
    "continuous_since": "date", "benefit": "text", "cause": "text", "event_date": "date", "filed_on": "date",
    "hospital_days": "int", "disability_grade": "int", "expense_fen": "int", "settled_seq": "int", "settled_fen": "int",
}  # fmt: skip


@pytest.mark.spark
def test_claims_decided_on_a_standalone_cluster_equal_the_plain_oracle(tmp_path: Path) -> None:
    from tests.spark.cluster import cluster  # needs pyspark, and so Java

    rows = random_claims_batch(random.Random(20220701), 20_000, unknown_covers=True)
    source, output = tmp_path / "claims.parquet", tmp_path / "decided"
    pl.DataFrame(rows, schema={name: TYPES[kind] for name, kind in COLUMNS.items()}).write_parquet(source)
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster") as master:
        command = [
            sys.executable, "-m", "huzhu", "policy", "run", "shanghai-gig-mutual-aid/claims", str(source), "-o", str(output),
            "--overlay", "demo", "--engine", "spark", "--json",
        ]  # fmt: skip
        environment = os.environ | {"HUZHU_SPARK_MASTER": master, "SPARK_LOCAL_IP": "127.0.0.1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    decided = pl.read_parquet(output / "*.parquet").sort("row").to_dicts()
    assert [row["row"] for row in decided] == list(range(1, len(rows) + 1))
    expected = claims(rows, demo=True)
    for found, wanted in zip(decided, expected, strict=True):
        found["missing"] = set(found["missing"])
        assert {name: found[name] for name in wanted} == wanted
