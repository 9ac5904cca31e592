"""Files of the size that a city sends: many broken rows, and more good ones than memory should hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.faults.desk import CLAIMS, ENROL, FIRST_ROW, SUFFIXES, claims, huzhu, write

pytestmark = pytest.mark.faults

GIB = 1 << 30
# The figure that wait4 gives would count the memory of the process that starts this one.
PROBE = """
import sys
from pathlib import Path
from huzhu.cli.main import app
try:
    app(sys.argv[1:])
finally:
    print(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line), file=sys.stderr)
"""
CLAIM_COLUMNS = (
    "'C' || lpad(i::VARCHAR, 8, '0') AS claim_id, 'M' || (i // 3) AS member_id, 'K' || lpad((i // 3)::VARCHAR, 8, '0') AS cover_id,"
    "DATE '2022-08-01' AS cover_since, DATE '2023-08-01' AS cover_until, DATE '2022-08-01' AS continuous_since,"
    "CASE i % 3 WHEN 0 THEN 'injury_consolation' ELSE 'hospital_allowance' END AS benefit, 'accident' AS cause,"
    "DATE '2022-12-01' + (i % 200)::INT AS event_date, DATE '2023-07-01' AS filed_on, 3 AS hospital_days,"
    "{grade} AS disability_grade, NULL AS expense_fen, NULL AS settled_seq, NULL AS settled_fen"
)
ENROL_COLUMNS = (
    "'李雷' || i AS name, DATE '1970-01-01' + (i % 9000)::INT AS birth_date, '310115' AS work_region,"
    "true AS platform_registered, true AS in_platform_name, true AS uses_vehicle, 'express' AS work_category, true AS paid,"
    "true AS union_member, DATE '2022-08-14' AS applied_on, NULL AS covered_until"
)


def made(path: Path, columns: str, rows: int) -> Path:
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        con.execute(f"COPY (SELECT {columns} FROM range({rows}) t(i)) TO '{path}' (FORMAT {path.suffix[1:]})")
    return path


def peak_of(*words: str | Path) -> tuple[int, str, int]:
    """Exit code, what was said on stderr, and the most resident memory in bytes, of a run in a process of its own."""
    found = subprocess.run([sys.executable, "-c", PROBE, *map(str, words)], capture_output=True, text=True, check=False)
    *lines, peak = found.stderr.splitlines()
    return found.returncode, "\n".join(lines), int(peak.split()[1]) * 1024


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ten_thousand_broken_rows_of_twenty_thousand(suffix: str, engine: str, tmp_path: Path) -> None:
    rows = [row | {"hospital_days": -5 if n % 2 else 5} for n, row in enumerate(claims(20_000, a_cover=4))]
    path = write(tmp_path / f"in{suffix}", rows)
    said = huzhu("policy", "run", CLAIMS, path, "-o", tmp_path / "out.csv", "--engine", engine)
    first = FIRST_ROW[suffix]
    expected = "expected a whole number, from 0 to 36600"
    assert said.code == 2
    assert said.err.splitlines() == [
        *(f"{path}: row {first + 2 * n + 1}, column hospital_days, value '-5': {expected}" for n in range(20)),
        "10000 problems in all, 20 shown. Nothing was written.",
    ]
    assert list(tmp_path.iterdir()) == [path]


def test_ten_thousand_claims_that_stand_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet", claims(10_000) * 2)
    said = huzhu("policy", "run", CLAIMS, path, "-o", tmp_path / "out.parquet")
    lines = said.err.splitlines()
    assert said.code == 2
    assert lines[0] == f"{path}: row 10001, column claim_id, value 'C00000': repeats row 1 (claim_id)"
    assert lines[20:] == ["10000 problems in all, 20 shown. Nothing was written."]


@pytest.mark.parametrize("output", ["out.parquet", "out.csv"])
def test_claims_of_300_mb_of_csv_run_within_a_gibibyte(output: str, tmp_path: Path) -> None:
    source = made(tmp_path / "in.csv", CLAIM_COLUMNS.format(grade=0), 2_600_000)
    assert source.stat().st_size > 300_000_000
    code, err, peak = peak_of("policy", "run", CLAIMS, source, "-o", tmp_path / output, "--overlay", "demo")
    assert (code, err) == (0, "")
    assert peak < GIB


def test_applications_of_300_mb_of_csv_run_within_a_gibibyte(tmp_path: Path) -> None:
    source = made(tmp_path / "in.csv", ENROL_COLUMNS, 4_100_000)
    assert source.stat().st_size > 300_000_000
    code, err, peak = peak_of("policy", "run", ENROL, source, "-o", tmp_path / "out.parquet")
    assert (code, err) == (0, "")
    assert peak < GIB


def test_a_million_broken_rows_are_counted_within_a_gibibyte(tmp_path: Path) -> None:
    source = made(tmp_path / "in.csv", CLAIM_COLUMNS.format(grade="11 * (i % 2)"), 2_000_000)
    code, err, peak = peak_of("policy", "run", CLAIMS, source, "-o", tmp_path / "out.parquet", "--lang", "en")
    assert code == 2
    assert err.splitlines()[20:] == ["1000000 problems in all, 20 shown. Nothing was written."]
    assert peak < GIB
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize(("which", "columns"), [(CLAIMS, CLAIM_COLUMNS.format(grade=0)), (ENROL, ENROL_COLUMNS)])
def test_rows_of_many_row_groups_keep_their_order(which: str, columns: str, engine: str, tmp_path: Path) -> None:
    source = made(tmp_path / "in.parquet", f"{columns}, i AS n", 600_000)
    assert pq.read_metadata(source).num_row_groups > 4
    said = huzhu(
        "policy", "run", which, source, "-o", tmp_path / "out.parquet", "--engine", engine, "--overlay", "demo"
    )
    assert said.code == 0
    decided = pq.read_table(tmp_path / "out.parquet", columns=["n", "outcome"])
    assert decided.column("n").to_pylist() == list(range(600_000))
    assert set(decided.column("outcome").to_pylist()) == {"granted"}
