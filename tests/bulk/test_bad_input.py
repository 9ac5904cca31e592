"""Bad input: every fault named by file, row, column, value and what is expected; exit status 2; nothing written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.bulk import hostile
from tests.faults.desk import (
    CLAIMS,
    ENROL,
    FIRST_ROW,
    SUFFIXES,
    Row,
    Said,
    application,
    claim,
    claims,
    huzhu,
    write,
)

DATE = "expected a date, YYYY-MM-DD, from 1900-01-01 to 2200-12-31"
BENEFITS = (
    "hospital_allowance | critical_illness | critical_illness_hospital | death_illness | death_accident | "
    "disability_accident | injury_consolation"
)

# What stands in the cell, and what is said of it. Every row has one fault, in the order of the rows.
CLAIM_FAULTS: list[tuple[Row, str, str, str]] = [
    ({"hospital_days": "three"}, "hospital_days", "'three'", "expected a whole number, from 0 to 36600"),
    ({"hospital_days": "-3"}, "hospital_days", "'-3'", "expected a whole number, from 0 to 36600"),
    ({"hospital_days": "1.5"}, "hospital_days", "'1.5'", "expected a whole number, from 0 to 36600"),
    ({"disability_grade": "11"}, "disability_grade", "'11'", "expected a whole number, from 0 to 10"),
    ({"expense_fen": "12,000"}, "expense_fen", "'12,000'", "expected whole fen, from 0 to 100000000000"),
    ({"expense_fen": "-1"}, "expense_fen", "'-1'", "expected whole fen, from 0 to 100000000000"),
    ({"event_date": "2023-02-29"}, "event_date", "'2023-02-29'", DATE),
    ({"event_date": "2022/12/1"}, "event_date", "'2022/12/1'", DATE),
    ({"event_date": "20221201"}, "event_date", "'20221201'", DATE),
    ({"cover_since": "1899-12-31"}, "cover_since", "'1899-12-31'", DATE),
    ({"benefit": "dental"}, "benefit", "'dental'", f"expected one of {BENEFITS}"),
    ({"cause": "Illness"}, "cause", "'Illness'", "expected one of illness | accident"),
    ({"claim_id": None}, "claim_id", "", "must not be empty"),
    ({"settled_seq": "1"}, "settled_fen", "", "expected a settled_fen where settled_seq is given"),
    ({"filed_on": "2022-11-30"}, "filed_on", "'2022-11-30'", "expected a date of filing not before event_date"),
    ({"cover_until": "2022-08-01"}, "cover_until", "'2022-08-01'", "expected a cover_until after cover_since"),
    ({"claim_id": "C1"}, "claim_id", "'C1'", "repeats row {first} (claim_id)"),
]
APPLICATION_FAULTS: list[tuple[Row, str, str, str]] = [
    ({"birth_date": "2022-08-15"}, "birth_date", "'2022-08-15'", "expected a date of birth not after applied_on"),
    ({"work_region": "31011"}, "work_region", "'31011'", "expected 6 digits"),
    ({"work_region": "上海市浦东区"}, "work_region", "'上海市浦东区'", "expected 6 digits"),
    ({"paid": "maybe"}, "paid", "'maybe'", "expected true or false"),
    ({"union_member": "2"}, "union_member", "'2'", "expected true or false"),
    ({"applied_on": "2022-13-01"}, "applied_on", "'2022-13-01'", DATE),
]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Temporary files go into a folder of their own, which is empty again after each test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def refused(which: str, path: Path, *options: str, output: str = "out.parquet") -> list[str]:
    """The lines said about a file that is refused, without the file's name; nothing is beside it afterwards."""
    before = sorted(path.parent.iterdir())
    said: Said = huzhu("policy", "run", which, path, "-o", path.parent / output, *options)
    assert said.code == 2
    assert said.out == ""
    assert sorted(path.parent.iterdir()) == before
    lines = [line for line in said.err.splitlines() if not line.startswith("columns not in the file")]
    return [line.removeprefix(f"{path}: ") for line in lines]


def told(faults: list[tuple[Row, str, str, str]], first: int) -> list[str]:
    """The lines that should be said; the first row is in order."""
    lines = [
        f"row {number}, column {column}" + (f", value {value}" if value else "") + ": " + expected.format(first=first)
        for number, (_, column, value, expected) in enumerate(faults, first + 1)
    ]
    return [*lines, f"{len(lines)} problems in all, {len(lines)} shown. Nothing was written."]


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_fault_of_a_claim_is_named_with_its_place(suffix: str, engine: str, tmp_path: Path) -> None:
    rows = [claim("C1"), *(claim(f"D{n}") | changes for n, (changes, *_) in enumerate(CLAIM_FAULTS))]
    path = write(tmp_path / f"in{suffix}", rows)
    assert refused(CLAIMS, path, "--engine", engine) == told(CLAIM_FAULTS, FIRST_ROW[suffix])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_fault_of_an_application_is_named_with_its_place(suffix: str, tmp_path: Path) -> None:
    rows = [application(), *(application(**changes) for changes, *_ in APPLICATION_FAULTS)]
    path = write(tmp_path / f"in{suffix}", rows)
    assert refused(ENROL, path) == told(APPLICATION_FAULTS, FIRST_ROW[suffix])


@pytest.mark.parametrize("output", ["out.csv", "out.xlsx"])
def test_no_file_of_any_format_is_begun(output: str, tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", [claim("C1", disability_grade=11)])
    assert refused(CLAIMS, path, output=output)[-1] == "Nothing was written."


def test_an_older_output_stays_as_it_was(tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    output.write_text("older")
    refused(CLAIMS, write(tmp_path / "in.csv", [claim("C1", disability_grade=11)]), output="out.csv")
    assert output.read_text() == "older"


def test_an_order_of_settlement_stands_once_in_a_cover_and_may_stand_in_another(tmp_path: Path) -> None:
    settled = {"settled_seq": 1, "settled_fen": 500}
    rows = [claim("C1", **settled), claim("C2", cover_id="K2", **settled), claim("C3", **settled)]
    assert refused(CLAIMS, write(tmp_path / "in.csv", rows)) == [
        "row 4, column settled_seq, value '1': repeats row 2 (cover_id, settled_seq)",
        "Nothing was written.",
    ]


def test_numbers_in_a_parquet_file_are_held_to_the_same_bounds(tmp_path: Path) -> None:
    rows = [claim("C1"), claim("C2", disability_grade=11), claim("C3", hospital_days=-1)]
    assert refused(CLAIMS, write(tmp_path / "in.parquet", rows))[:2] == [
        "row 2, column disability_grade, value '11': expected a whole number, from 0 to 10",
        "row 3, column hospital_days, value '-1': expected a whole number, from 0 to 36600",
    ]


def test_a_fault_is_said_in_chinese_too(tmp_path: Path) -> None:
    rows = [claim("C1"), claim("C1", hospital_days="三"), claim("C2", filed_on=dt.date(2022, 11, 30))]
    assert refused(CLAIMS, write(tmp_path / "in.xlsx", rows), "--lang", "zh") == [
        "行 3, 列 claim_id, 值 'C1': 与第 2 行重复（claim_id）",
        "行 3, 列 hospital_days, 值 '三': 应为整数，0 至 36600",
        "行 4, 列 filed_on, 值 '2022-11-30': 应为：申请日期不早于发生日期",
        "共 3 处问题，显示了 3 处。没有写入任何文件。",
    ]


def test_twenty_are_shown_and_all_are_counted_in_plain_digits(tmp_path: Path) -> None:
    rows = [row | {"disability_grade": 11 if number % 2 else 0} for number, row in enumerate(claims(2_468))]
    lines = refused(CLAIMS, write(tmp_path / "in.parquet", rows))
    assert [line.partition(",")[0] for line in lines[:20]] == [f"row {2 * number}" for number in range(1, 21)]
    assert lines[20:] == ["1234 problems in all, 20 shown. Nothing was written."]


def test_the_first_rows_are_shown_whatever_their_fault(tmp_path: Path) -> None:
    rows = claims(60)
    for number in range(0, 60, 2):
        rows[number] |= {"disability_grade": 11}
        rows[number + 1] |= {"filed_on": dt.date(2022, 1, 1)}
    lines = refused(CLAIMS, write(tmp_path / "in.csv", rows))
    assert [line.split(",")[:2] for line in lines[:4]] == [
        ["row 2", " column disability_grade"],
        ["row 3", " column filed_on"],
        ["row 4", " column disability_grade"],
        ["row 5", " column filed_on"],
    ]
    assert lines[20:] == ["60 problems in all, 20 shown. Nothing was written."]


def cut_short(path: Path) -> None:
    write(path, claims(2_000))
    path.write_bytes(path.read_bytes()[:-100])


def damaged_inside(path: Path) -> None:
    """The table of contents is whole, and a page is not."""
    write(path, claims(2_000))
    data = bytearray(path.read_bytes())
    data[200:600] = bytes(byte ^ 0x5A for byte in data[200:600])
    path.write_bytes(bytes(data))


def folder(path: Path) -> None:
    path.mkdir()


def header_alone(path: Path) -> None:
    path.write_text("claim_id,benefit\n")


def short_rows(path: Path) -> None:
    path.write_text("claim_id,benefit,cause\nC1,injury_consolation,accident\nC2,injury_consolation\n")


def no_rows(path: Path) -> None:
    pq.write_table(pa.table({"claim_id": pa.array([], pa.string())}), path)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def absent(path: Path) -> None:
    del path


WHOLE_FILES: list[tuple[Callable[[Path], None], str, str]] = [
    (nothing, ".csv", "the file is empty"),
    (nothing, ".parquet", "the file is empty"),
    (nothing, ".xlsx", "the file is empty"),
    (header_alone, ".csv", "there is a header but no rows below it"),
    (no_rows, ".parquet", "there are no rows"),
    (absent, ".csv", "there is no such file"),
    (folder, ".csv", "this is a folder, not a file"),
    (header_alone, ".txt", "the suffix of INPUT says its format: .parquet, .csv, .xlsx"),
    (short_rows, ".csv", "row 3: expected 3 values, found 2"),
    (header_alone, ".parquet", "the file is cut short or damaged and cannot be read: download or export it again"),
    (cut_short, ".parquet", "the file is cut short or damaged and cannot be read: download or export it again"),
    (damaged_inside, ".parquet", "the file is cut short or damaged and cannot be read: download or export it again"),
    (hostile.merged_cells, ".xlsx", "row 2, column A, value 'A2:A3': merged cells in the table: unmerge them"),
    (hostile.formulas_without_values, ".xlsx", "row 2, column A: a formula without a stored result: open the file"),
    (hostile.far_cell, ".xlsx", "row 1048576, column XFD: the sheet reaches as far as this cell"),
    (hostile.zip_bomb, ".xlsx", "it would inflate to 268435456 bytes from a file of "),
    (hostile.csv_named_xlsx, ".xlsx", "not an .xlsx workbook but text: if it is CSV, change the suffix to .csv"),
]


@pytest.mark.parametrize(
    ("make", "suffix", "said"), WHOLE_FILES, ids=[f"{make.__name__}{suffix}" for make, suffix, _ in WHOLE_FILES]
)
def test_a_file_that_is_no_table_is_refused_before_anything_is_written(
    make: Callable[[Path], None], suffix: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / f"in{suffix}"
    make(path)
    lines = refused(CLAIMS, path)
    assert lines[0].startswith(said)
    assert lines[-1].endswith("Nothing was written.")


def test_a_page_that_is_damaged_is_found_on_polars_too(tmp_path: Path) -> None:
    damaged_inside(tmp_path / "in.parquet")
    assert refused(CLAIMS, tmp_path / "in.parquet", "--engine", "polars")[0].startswith(
        "the file is cut short or damaged"
    )


def test_a_column_whose_type_cannot_hold_its_fact_is_refused_by_its_values(tmp_path: Path) -> None:
    table = pa.table({"claim_id": ["C1"], "event_date": [20221201], "disability_grade": [[0]], "benefit": [1.5]})
    pq.write_table(table, tmp_path / "in.parquet")
    assert refused(CLAIMS, tmp_path / "in.parquet")[:3] == [
        f"row 1, column benefit, value '1.5': expected one of {BENEFITS}",
        "row 1, column disability_grade, value '[0]': expected a whole number, from 0 to 10",
        f"row 1, column event_date, value '20221201': {DATE}",
    ]


def test_a_column_that_every_row_needs_is_missed(tmp_path: Path) -> None:
    rows = [{name: value for name, value in claim().items() if name != "claim_id"}]
    assert refused(CLAIMS, write(tmp_path / "in.csv", rows)) == [
        "column claim_id: this column is missing",
        "Nothing was written.",
    ]


@pytest.mark.parametrize("name", ["__outcome", "__row", "__mine", "file_row_number"])
def test_names_that_the_program_itself_uses_are_refused(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "in.parquet", [claim() | {name: "mine"}])
    assert refused(CLAIMS, path) == [
        f"column {name}: this name is kept for the program's own use: rename the column",
        "Nothing was written.",
    ]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("out.txt", "the suffix of OUTPUT says its format: .parquet, .csv, .xlsx"),
        ("nowhere/out.csv", "its folder does not exist"),
        ("in.csv", "the output cannot be the input file itself"),
        ("link.csv", "the output cannot be the input file itself"),
        ("folder.csv", "this is a folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_work(output: str, said: str, tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", [claim()])
    (tmp_path / "link.csv").symlink_to(path)
    (tmp_path / "folder.csv").mkdir()
    assert refused(CLAIMS, path, output=output)[0] == f"{tmp_path / output}: {said}".removeprefix(f"{path}: ")
    assert path.read_text().startswith("claim_id,")


def test_a_folder_that_takes_no_file_is_refused_before_the_work(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", [claim()])
    said = huzhu("policy", "run", CLAIMS, path, "-o", "/proc/out.csv")
    assert (said.code, said.err.splitlines()[0]) == (2, "/proc/out.csv: cannot be used: No such file or directory")
