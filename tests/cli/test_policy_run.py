"""`huzhu policy run` as people see it: the table of outcomes and sums, the same as JSON, what is said on stderr, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.desk import CLAIMS, ENROL, application, claim, huzhu, write

ROWS = [
    claim("C1"),
    claim("C2"),
    claim("C3", disability_grade=3),
    claim("C4", disability_grade=None),
    claim("C5", cover_id="K2", settled_seq=1, settled_fen=123_456_789),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "in.csv", ROWS)


def test_a_table_of_outcomes_and_sums_ends_a_run(source: Path, tmp_path: Path) -> None:
    said = huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / "out.csv", "--lang", "zh")
    assert (said.code, said.err) == (0, "")
    lines = [line.split() for line in said.out.splitlines()]
    assert ["符合", "granted", "2", "40.0", "%"] in lines
    assert ["不符合", "refused", "1", "20.0", "%"] in lines
    assert ["无法裁定", "undetermined", "1", "20.0", "%"] in lines
    assert ["已结案", "settled", "1", "20.0", "%"] in lines
    assert ["合计", "5"] in lines
    # Before caps: two granted, one refused, one undetermined; payable: two granted and what was settled.
    assert ["封顶前金额合计", "assessed_fen", "2,000.00"] in lines
    assert ["应付金额合计", "payable_fen", "1,235,567.89"] in lines


def test_the_same_as_json(source: Path, tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "member_id"} for row in ROWS]
    said = huzhu("policy", "run", CLAIMS, write(source, rows), "-o", tmp_path / "out.parquet", "--json")
    assert said.code == 0
    assert {name: value for name, value in said.json.items() if name != "policy_version"} == {
        "decision": CLAIMS,
        "rows": 5,
        "outcomes": {"granted": 2, "refused": 1, "settled": 1, "undetermined": 1},
        "sums": {"assessed_fen": 200_000, "payable_fen": 123_556_789},
        "missing_columns": ["member_id"],
        "replaced_columns": [],
    }


def test_missing_columns_are_said_once_in_the_language_asked_for(tmp_path: Path) -> None:
    row = {name: value for name, value in application().items() if name not in ("paid", "covered_until")}
    source = write(tmp_path / "in.csv", [row, row])
    said = huzhu("policy", "run", ENROL, source, "-o", tmp_path / "out.csv", "--lang", "zh")
    assert (said.code, said.err) == (0, "文件没有这些列，按未知处理：paid, covered_until\n")


def test_nothing_but_the_output_is_written(source: Path, tmp_path: Path) -> None:
    for name, written in {
        "out.parquet": ["out.parquet"],
        "out.csv": ["out.csv", "out.csv.policy.json"],
        "out.xlsx": ["out.xlsx", "out.xlsx.policy.json"],
    }.items():
        before = set(tmp_path.iterdir())
        assert huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / name).code == 0
        assert {path.name for path in set(tmp_path.iterdir()) - before} == set(written)


def test_a_what_if_value_changes_this_file_only(source: Path, tmp_path: Path) -> None:
    def payable(*options: str) -> int:
        said = huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / "out.parquet", "--json", *options)
        return int(said.json["sums"]["payable_fen"])

    assert payable() == 123_556_789
    assert payable("--set", "injury_consolation_amount=70000") == 123_596_789
    assert payable("--overlay", "demo", "--set", "injury_consolation_amount=1") == 123_456_791
    assert payable() == 123_556_789


def test_two_runs_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    for suffix in (".parquet", ".csv", ".xlsx"):
        paths = [tmp_path / f"{name}{suffix}" for name in ("one", "two")]
        for path in paths:
            assert huzhu("policy", "run", CLAIMS, source, "-o", path).code == 0
        assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("engine", ["Duckdb", "pandas", ""])
def test_another_engine_is_refused(engine: str, source: Path, tmp_path: Path) -> None:
    said = huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / "out.csv", "--engine", engine)
    assert (said.code, said.err.splitlines()[0]) == (2, f"--engine: value {engine!r}: expected duckdb | polars | spark")
    assert list(tmp_path.iterdir()) == [source]


def test_columns_in_capitals_are_other_columns(tmp_path: Path) -> None:
    """Facts have one name; another spelling is a column of the user's own, kept, and the fact is said to be missing."""
    source = write(tmp_path / "in.csv", [claim("C1") | {"Benefit": "x"}])
    row = {("Benefit" if name == "benefit" else name): value for name, value in claim("C1").items()}
    write(source, [row])
    said = huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / "out.csv")
    assert said.err == "columns not in the file, taken as not known: benefit\n"
    assert '"Benefit"' in (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[0]
