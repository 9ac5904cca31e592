"""A file decided into another: what is kept, what is added, in which order and of which types, for every format and engine."""

from __future__ import annotations

import datetime as dt
import os
import resource
import signal
import subprocess
import time
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.faults.desk import CLAIMS, ENROL, SUFFIXES, Row, application, child, claim, huzhu, read_decided, write
from tests.oracles.shanghai_cases import random_claims_batch, random_enrol_case
from tests.oracles.shanghai_claims import claims as plain_claims
from tests.oracles.shanghai_enrol import enrol as plain_enrol

CODES = pa.list_(pa.string())
ENROL_RESULTS = {
    "outcome": pa.string(),
    "reasons": CODES,
    "missing": CODES,
    "not_tested": CODES,
    "since": pa.date32(),
    "until": pa.date32(),
    "premium_fen": pa.int64(),
}
CLAIMS_RESULTS = {
    "outcome": pa.string(),
    "reasons": CODES,
    "missing": CODES,
    "not_tested": CODES,
    "assessed_fen": pa.int64(),
    "payable_fen": pa.int64(),
    "limited_by": CODES,
    "illustrative": pa.bool_(),
}


def run(which: str, source: Path, *options: str, output: str = "out.parquet") -> Path:
    """The file of decisions; the run must go well."""
    path = source.with_name(output)
    said = huzhu("policy", "run", which, source, "-o", path, *options)
    assert (said.code, said.err) == (0, "")
    return path


def plainly(rows: list[Row]) -> list[Row]:
    """What the oracles say, with what is missing in no order, as they give it."""
    return [row | {"missing": set(row["missing"])} for row in rows]


def as_text(value: Any) -> str:
    """A result as a CSV or XLSX file holds it."""
    if value is None:
        return ""
    if isinstance(value, (set, list)):
        return ";".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_texts(path: Path) -> list[dict[str, str]]:
    """A CSV file as text, with no value taken for anything but what is written."""
    names = path.read_text(encoding="utf-8").partition("\n")[0].replace('"', "").split(",")
    options = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    found: list[dict[str, str]] = pyarrow.csv.read_csv(path, convert_options=options).to_pylist()
    return found


def read_sheet(path: Path) -> list[Row]:
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    names = next(rows)
    return [dict(zip(names, row, strict=True)) for row in rows]


# What comes out, against the plain oracles.


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_claims_come_out_as_the_plain_oracle_has_them_in_the_order_they_came(
    suffix: str, engine: str, tmp_path: Path
) -> None:
    rows = random_claims_batch(Random(20), 400, unknown_covers=True)
    source = write(tmp_path / f"in{suffix}", rows)
    table = pq.read_table(run(CLAIMS, source, "--engine", engine, "--overlay", "demo"))
    assert [row["claim_id"] for row in table.select(["claim_id"]).to_pylist()] == [row["claim_id"] for row in rows]
    assert plainly(table.select(list(CLAIMS_RESULTS)).to_pylist()) == plain_claims(rows, demo=True)
    assert {name: table.schema.field(name).type for name in CLAIMS_RESULTS} == CLAIMS_RESULTS


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_applications_come_out_as_the_plain_oracle_has_them(suffix: str, engine: str, tmp_path: Path) -> None:
    rng = Random(21)
    rows = [random_enrol_case(rng) for _ in range(300)]
    table = pq.read_table(run(ENROL, write(tmp_path / f"in{suffix}", rows), "--engine", engine))
    assert plainly(table.select(list(ENROL_RESULTS)).to_pylist()) == [plain_enrol(row) for row in rows]
    assert {name: table.schema.field(name).type for name in ENROL_RESULTS} == ENROL_RESULTS


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_csv_says_the_same_with_iso_dates_and_lists_joined_by_semicolons(engine: str, tmp_path: Path) -> None:
    rng = Random(22)
    rows = [random_enrol_case(rng) for _ in range(200)]
    rows[0] |= {"platform_registered": False, "paid": False}
    found = read_texts(run(ENROL, write(tmp_path / "in.parquet", rows), "--engine", engine, output="out.csv"))
    expected = [plain_enrol(row) for row in rows]
    names = [name for name in ENROL_RESULTS if name != "missing"]
    assert [{name: row[name] for name in names} for row in found] == [
        {name: as_text(row[name]) for name in names} for row in expected
    ]
    assert [set(filter(None, row["missing"].split(";"))) for row in found] == [row["missing"] for row in expected]
    assert ";" in found[0]["reasons"]


def test_a_sheet_has_real_dates_and_numbers_and_lists_joined_by_semicolons(tmp_path: Path) -> None:
    rows = [application(), application(platform_registered=False, paid=False), application(paid=None)]
    one, two, three = read_sheet(run(ENROL, write(tmp_path / "in.parquet", rows), output="out.xlsx"))
    assert (one["outcome"], one["since"].date(), one["until"].date(), one["premium_fen"]) == (
        "granted",
        dt.date(2022, 8, 15),
        dt.date(2023, 8, 15),
        7_200,
    )
    assert (two["outcome"], two["reasons"], two["since"], two["premium_fen"]) == (
        "refused",
        "not_registered;unpaid",
        None,
        None,
    )
    assert (three["outcome"], three["missing"], three["reasons"]) == ("undetermined", "paid", None)


# Which values are null.


def test_dates_and_premium_are_null_unless_granted_and_lists_never(tmp_path: Path) -> None:
    rows = [application(), application(applied_on=dt.date(2022, 6, 30)), application(paid=None)]
    decided = read_decided(run(ENROL, write(tmp_path / "in.csv", rows)))
    assert [
        tuple(row[name] for name in ("outcome", "reasons", "missing", "since", "until", "premium_fen"))
        for row in decided
    ] == [
        ("granted", [], [], dt.date(2022, 8, 15), dt.date(2023, 8, 15), 7_200),
        ("refused", ["before_plan_start"], [], None, None, None),
        ("undetermined", [], ["paid"], None, None, None),
    ]


def test_what_is_payable_is_0_when_refused_and_null_when_undetermined(tmp_path: Path) -> None:
    rows = [
        claim("C1"),
        claim("C2", disability_grade=3),
        claim("C3", disability_grade=None),
        claim("C4", settled_seq=1, settled_fen=40_000),
        claim("C5", benefit="hospital_allowance", hospital_days=3),
    ]
    decided = read_decided(run(CLAIMS, write(tmp_path / "in.parquet", rows)))
    assert [
        tuple(row[name] for name in ("outcome", "assessed_fen", "payable_fen", "limited_by")) for row in decided
    ] == [
        ("granted", 50_000, 50_000, []),
        ("refused", 50_000, 0, []),
        ("undetermined", 50_000, None, []),
        ("settled", None, 40_000, []),
        ("undetermined", None, None, []),
    ]
    assert decided[4]["missing"] == ["parameter:hospital_allowance_per_day"]


# What is kept, and what is not there.


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_the_users_columns_are_kept_before_the_results_with_their_types(engine: str, tmp_path: Path) -> None:
    mine: dict[str, pa.Array] = {
        "claim_id": pa.array(["C1", "C2"]),
        "姓 名": pa.array(["李雷", None]),
        'a"b`c': pa.array([1, 2], pa.int16()),
        "tags": pa.array([["x"], None], pa.list_(pa.string())),
        "seen": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)] * 2, pa.timestamp("us", "UTC")),
        "at": pa.array([dt.time(10, 30)] * 2, pa.time64("us")),
        "share": pa.array([0.5, None]),
        "photo": pa.array([b"\xaa\x00", b""]),
        "__index_level_0__": pa.array([7, 8]),
    }
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table(mine), source)
    said = huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / "out.parquet", "--engine", engine)
    assert said.code == 0
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == [*mine, *CLAIMS_RESULTS]
    assert table.select(list(mine)).to_pylist() == pa.table(mine).to_pylist()
    assert {name: table.schema.field(name).type for name in mine} == {name: a.type for name, a in mine.items()}


def test_missing_columns_are_not_known_and_said_once(tmp_path: Path) -> None:
    rows = [{"claim_id": f"C{n}", "benefit": "injury_consolation"} for n in range(3)]
    source = write(tmp_path / "in.csv", rows)
    said = huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / "out.parquet")
    assert (said.code, said.err) == (
        0,
        "columns not in the file, taken as not known: member_id, cover_id, cover_since, cover_until, continuous_since, "
        "cause, event_date, filed_on, hospital_days, disability_grade, expense_fen, settled_seq, settled_fen\n",
    )
    for row in read_decided(tmp_path / "out.parquet"):
        assert row["outcome"] == "undetermined"
        assert set(row["missing"]) == {
            "cover_id",
            "cover_since",
            "cover_until",
            "cause",
            "event_date",
            "disability_grade",
        }


def test_deciding_a_decided_file_again_replaces_its_results_and_says_so(tmp_path: Path) -> None:
    first = run(CLAIMS, write(tmp_path / "in.csv", [claim("C1"), claim("C2", disability_grade=3)]))
    said = huzhu("policy", "run", CLAIMS, first, "-o", tmp_path / "again.parquet", "--overlay", "demo")
    assert (said.code, said.err) == (
        0,
        "result columns already in the input are replaced: outcome, reasons, missing, not_tested, assessed_fen, payable_fen, "
        "limited_by, illustrative\n",
    )
    table = pq.read_table(tmp_path / "again.parquet")
    assert table.column_names == [*claim(), *CLAIMS_RESULTS]
    assert table.column("illustrative").to_pylist() == [True, False]


# `--on`.


def test_on_gives_the_date_of_every_application(tmp_path: Path) -> None:
    rows = [{name: value for name, value in application().items() if name != "applied_on"}] * 2
    table = pq.read_table(run(ENROL, write(tmp_path / "in.csv", rows), "--on", "2022-08-14"))
    assert table.column("since").to_pylist() == [dt.date(2022, 8, 15)] * 2
    assert "applied_on" not in table.column_names


@pytest.mark.parametrize(
    ("which", "row", "on", "said"),
    [
        (ENROL, application(), "2022-08-14", "{file}: column applied_on: the file has this column: --on is for files "),
        (CLAIMS, claim(), "2022-08-14", f"{{file}}: {CLAIMS} has no date that --on could fill"),
        (ENROL, {"paid": True}, "2022-02-30", "--on: value '2022-02-30': expected a date, YYYY-MM-DD"),
        (ENROL, {"paid": True}, "today", "--on: value 'today': expected a date, YYYY-MM-DD"),
    ],
)
def test_on_is_an_error_elsewhere(which: str, row: Row, on: str, said: str, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [row])
    found = huzhu("policy", "run", which, source, "-o", tmp_path / "out.csv", "--on", on)
    assert found.code == 2
    assert found.err.startswith(said.format(file=source))
    assert list(tmp_path.iterdir()) == [source]


# How people write things.


@pytest.mark.parametrize(("encoding", "delimiter"), [("gb18030", ","), ("utf-8-sig", ";"), ("utf-8", "\t")])
def test_csv_files_as_spreadsheets_save_them(encoding: str, delimiter: str, tmp_path: Path) -> None:
    rows = [application(name="李雷\n（第二行）", paid="是", union_member="是"), application(name="韩梅梅", paid="否")]
    source = write(tmp_path / "in.csv", rows, encoding=encoding, delimiter=delimiter)
    decided = read_decided(run(ENROL, source))
    assert [(row["name"], row["outcome"]) for row in decided] == [
        ("李雷\n（第二行）", "granted"),
        ("韩梅梅", "refused"),
    ]


def test_rows_are_counted_past_line_breaks_in_a_value(tmp_path: Path) -> None:
    rows = [application(name="一\n二\n三"), application(), application(paid="也许")]
    said = huzhu("policy", "run", ENROL, write(tmp_path / "in.csv", rows), "-o", tmp_path / "out.csv")
    assert said.err.splitlines()[0].endswith("in.csv: row 4, column paid, value '也许': expected true or false")


@pytest.mark.parametrize(
    "written",
    [
        {
            "hospital_days": "12.0",
            "settled_seq": "",
            "event_date": "2022-12-01 00:00:00",
        },  # a data frame with empty cells
        {"hospital_days": "12", "event_date": "2022-12-01T00:00:00"},
        {"hospital_days": "12.", "claim_id": " C1 "},
    ],
)
def test_texts_that_can_only_mean_one_value(written: Row, tmp_path: Path) -> None:
    rows = [claim("C1", benefit="hospital_allowance") | written]
    assert read_decided(run(CLAIMS, write(tmp_path / "in.csv", rows), "--overlay", "demo"))[0]["payable_fen"] == 360_000


@pytest.mark.parametrize("written", ["true", "TRUE", "1", "yes", "Y", "t", "是"])
def test_ways_to_say_yes(written: str, tmp_path: Path) -> None:
    rows = [application(paid=written, union_member=True)]
    assert read_decided(run(ENROL, write(tmp_path / "in.csv", rows)))[0]["outcome"] == "granted"


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_numbers_of_other_types_are_read_where_they_are_whole(engine: str, tmp_path: Path) -> None:
    rows = [claim("C1", benefit="hospital_allowance"), claim("C2", benefit="hospital_allowance")]
    table = pq.read_table(write(tmp_path / "in.parquet", rows))
    days, event = table.column_names.index("hospital_days"), table.column_names.index("event_date")
    table = table.set_column(days, "hospital_days", pa.array([12.0, None]))
    table = table.set_column(event, "event_date", table.column("event_date").cast(pa.timestamp("ns")))
    pq.write_table(table, tmp_path / "in.parquet")
    decided = read_decided(run(CLAIMS, tmp_path / "in.parquet", "--engine", engine, "--overlay", "demo"))
    assert [row["payable_fen"] for row in decided] == [360_000, None]


def test_rows_of_nothing_in_a_sheet_are_left_out_and_counted(tmp_path: Path) -> None:
    rows: list[Row] = [application(), dict.fromkeys(application()), application(paid="?")]
    said = huzhu("policy", "run", ENROL, write(tmp_path / "in.xlsx", rows), "-o", tmp_path / "out.csv")
    assert said.err.splitlines()[0].endswith("row 4, column paid, value '?': expected true or false")


# How people name things.


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("name", "neighbour"), [("a*", "ab"), ("a[1]", "a1"), ("a?", "ab"), ('李\'雷 "x"', "x"), ("-o", "o")]
)
def test_a_name_like_a_pattern_means_one_file(name: str, neighbour: str, suffix: str, tmp_path: Path) -> None:
    write(tmp_path / f"{neighbour}{suffix}", [claim("N1"), claim("N2")])
    source = write(tmp_path / f"{name}{suffix}", [claim("C1")])
    decided = read_decided(run(CLAIMS, source, output=f"{name}.out.parquet"))
    assert [row["claim_id"] for row in decided] == ["C1"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_like_a_column_or_a_pattern_is_only_a_folder(suffix: str, tmp_path: Path) -> None:
    for name in ("cause=illness", "outcome=x", "[a]", "*"):
        folder = tmp_path / name
        folder.mkdir()
        row = {key: value for key, value in claim("C1").items() if key != "cause"}
        said = huzhu(
            "policy", "run", CLAIMS, write(folder / f"in{suffix}", [row]), "-o", folder / "out.parquet", "--json"
        )
        assert (said.code, said.err) == (0, "columns not in the file, taken as not known: cause\n")
        assert said.json["outcomes"] == {"undetermined": 1}
        assert pq.read_schema(folder / "out.parquet").names == [*row, *CLAIMS_RESULTS]


# What the machine does.


def with_file_limit(source: Path, output: Path, *options: str, most_bytes: int) -> subprocess.Popen[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return child("policy", "run", CLAIMS, source, "-o", output, *options, preexec_fn=limit)


@pytest.mark.parametrize(("suffix", "engine"), [(".parquet", "duckdb"), (".xlsx", "polars")])
def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else(suffix: str, engine: str, tmp_path: Path) -> None:
    rng = Random(23)
    rows = [claim(f"C{rng.randrange(10**15):015}", cover_id=f"K{rng.randrange(10**9)}") for _ in range(3_000)]
    source, output = write(tmp_path / "in.parquet", rows), tmp_path / f"out{suffix}"
    output.write_text("old")
    with with_file_limit(source, output, "--engine", engine, "--lang", "en", most_bytes=10_000) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (
        2,
        "",
        f"{output}: cannot be used: File too large\nNothing was written.\n",
    )
    assert sorted(tmp_path.iterdir()) == [source, output]
    assert output.read_text() == "old"


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    source = tmp_path / "in.csv"
    rows = "".join(f"C{n},injury_consolation,K{n}\n" for n in range(400_000))
    source.write_text(f"claim_id,benefit,cover_id\n{rows}")
    env = {**os.environ, "TMPDIR": str(temporary)}
    with child("policy", "run", CLAIMS, source, "-o", tmp_path / "out.xlsx", env=env) as process:
        deadline = time.monotonic() + 60
        while not list(temporary.glob("*/input.parquet")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == [source, temporary]
    assert list(temporary.iterdir()) == []
