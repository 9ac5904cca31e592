"""What is written can be opened by anyone without running anything, and read again without losing anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import duckdb
import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huzhu.bulk.csvfiles import check_csv, unguarded
from huzhu.bulk.problems import BadInput
from huzhu.bulk.workbooks import read_workbook
from huzhu.bulk.writers import whole_file, write_csv, write_xlsx

LEADS = ["", " ", "  ", "\u3000", "\xa0 ", "'", "''", "' "]
SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "\t=", "\r@"]
TAILS = ["1+1", 'HYPERLINK("http://x.example","open")', "cmd|'/C calc'!A0", "SUM(A1:A9)", ""]
PAYLOADS = [lead + sign + tail for lead in LEADS for sign in SIGNS for tail in TAILS]

TABLE = pyarrow.table(
    {
        "name": pyarrow.array(["李强", None, "", 'Wang, "W"\nFang'], pyarrow.string()),
        "born": pyarrow.array([date(1990, 2, 28), None, date(1899, 12, 31), date(2024, 2, 29)], pyarrow.date32()),
        "fen": pyarrow.array([-5_300, None, 10**15, 999_999_999_999_999], pyarrow.int64()),
        "granted": pyarrow.array([True, None, False, True], pyarrow.bool_()),
        "reasons": pyarrow.array([["unpaid", "no_vehicle"], None, [], ["unpaid"]], pyarrow.list_(pyarrow.string())),
    }
)
TABLE_AS_CSV = (
    '"name","born","fen","granted","reasons"\n'
    '"李强",1990-02-28,-5300,true,"unpaid;no_vehicle"\n'
    ",,,,\n"
    '"",1899-12-31,1000000000000000,false,""\n'
    '"Wang, ""W""\nFang",2024-02-29,999999999999999,true,"unpaid"\n'
)


def texts(values: list[str | None], name: str = "text") -> pyarrow.Table:
    return pyarrow.table({name: pyarrow.array(values, pyarrow.string())})


def to_csv(table: pyarrow.Table, path: Path) -> Path:
    write_csv(batches=table.to_batches(max_chunksize=3), schema=table.schema, path=path)
    return path


def to_xlsx(table: pyarrow.Table, path: Path, title: str = "名单") -> Path:
    write_xlsx(batches=table.to_batches(max_chunksize=3), schema=table.schema, path=path, title=title)
    return path


def csv_rows(path: Path) -> list[tuple[str | None, ...]]:
    with duckdb.connect() as connection:
        rows: list[tuple[str | None, ...]] = connection.execute(
            f"SELECT * FROM {check_csv(path=path).reader(path)}"
        ).fetchall()
    return rows


def sheet_of(path: Path) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(path).worksheets[0]


def test_a_csv_file_says_what_it_was_given(tmp_path: Path) -> None:
    assert to_csv(TABLE, tmp_path / "out.csv").read_bytes().decode("utf-8") == TABLE_AS_CSV


def test_a_csv_file_reads_no_text_as_a_formula(tmp_path: Path) -> None:
    path = to_csv(texts([*PAYLOADS, "plain"]), tmp_path / "out.csv")
    written = [row[0] or "" for row in csv_rows(path)]
    assert [text for text in written if text.lstrip(" \xa0\u3000")[:1] in tuple("=+-@＝＋－＠\t\r\n")] == []
    assert [unguarded(text) for text in written] == [*PAYLOADS, "plain"]
    with duckdb.connect() as connection:
        read = connection.execute(check_csv(path=path).select(path)).fetchall()
    assert [(text, row) for text, row in read] == [
        (text.strip() or None, row) for row, text in enumerate([*PAYLOADS, "plain"], start=2) if text.strip()
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("=1", "'=1"),
        ("-5", "'-5"),
        ("+8613800000000", "'+8613800000000"),
        ("  @x", "'  @x"),
        ("＝1", "'＝1"),
        ("\tx", "'\tx"),
        ("'=1", "''=1"),
        ("'quoted'", "'quoted'"),
        ("a=b", "a=b"),
        ("2024-02-29", "2024-02-29"),
        (" x", " x"),
    ],
)
def test_only_what_could_be_a_formula_gets_an_apostrophe(text: str, field: str, tmp_path: Path) -> None:
    path = to_csv(texts([text]), tmp_path / "out.csv")
    assert path.read_text(encoding="utf-8") == f'"text"\n"{field}"\n'
    assert unguarded(field) == text


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.text(st.sampled_from("'=+-@＝ \u3000\u2003\xa0\t\r\na,\"中"), max_size=6), min_size=1, max_size=9
    )
)
@example(values=["''", "' '=", "'\t'=", "\n'="])
def test_any_text_comes_back_from_csv(values: list[str], tmp_path: Path) -> None:
    path = to_csv(texts([*values, "last"]), tmp_path / "out.csv")
    assert [unguarded(str(row[0] or "")) for row in csv_rows(path)] == [*values, "last"]


def test_a_column_named_like_a_formula_keeps_its_name(tmp_path: Path) -> None:
    path = to_csv(texts(["x"], name="=cmd"), tmp_path / "out.csv")
    assert check_csv(path=path).columns == ("=cmd",)


def test_names_and_lists_are_guarded_in_csv_too(tmp_path: Path) -> None:
    table = pyarrow.table({"=cmd": pyarrow.array([["=1", "x"]], pyarrow.list_(pyarrow.string()))})
    assert to_csv(table, tmp_path / "out.csv").read_text(encoding="utf-8") == '"\'=cmd"\n"\'=1;x"\n'


def test_columns_of_other_types_are_written_as_texts(tmp_path: Path) -> None:
    table = pyarrow.table(
        {
            "money": pyarrow.array([Decimal("-1.50"), None]),
            "at": pyarrow.array([datetime(2024, 2, 29, 13, 5), None]),  # noqa: DTZ001 - as Parquet files have them
            "kind": pyarrow.array(["a", None]).dictionary_encode(),
            "days": pyarrow.array([[1, None, 3], None], pyarrow.list_(pyarrow.int64())),
            "some": pyarrow.array([["a", None], []], pyarrow.list_(pyarrow.string())),
            "long": pyarrow.array(["=x", None], pyarrow.large_string()),
        }
    )
    written = to_csv(table, tmp_path / "out.csv").read_text(encoding="utf-8")
    assert written.splitlines()[1:] == ['"\'-1.50","2024-02-29T13:05:00","a","1;;3","a;","\'=x"', ',,,,"",']
    sheet = sheet_of(to_xlsx(table, tmp_path / "out.xlsx"))
    assert [cell.value for cell in sheet[2]] == ["-1.50", "2024-02-29T13:05:00", "a", "1;;3", "a;", "=x"]
    assert {cell.data_type for cell in sheet[2]} == {"s"}


def test_a_sheet_says_what_it_was_given(tmp_path: Path) -> None:
    sheet = sheet_of(to_xlsx(TABLE, tmp_path / "out.xlsx"))
    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert values == [
        ["李强", datetime(1990, 2, 28), -5_300, True, "unpaid;no_vehicle"],  # noqa: DTZ001
        [None, None, None, None, None],
        [None, "1899-12-31", "1000000000000000", False, None],
        ['Wang, "W"\nFang', datetime(2024, 2, 29), 999_999_999_999_999, True, "unpaid"],  # noqa: DTZ001
    ]
    assert sheet["B2"].number_format == "yyyy-mm-dd"


def test_a_sheet_has_a_bold_header_that_stays_in_view(tmp_path: Path) -> None:
    sheet = sheet_of(to_xlsx(TABLE, tmp_path / "out.xlsx"))
    assert sheet.title == "名单"
    assert [(cell.value, cell.font.b) for cell in sheet[1]] == [(name, True) for name in TABLE.column_names]
    assert sheet["A2"].font.b is False
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["E"].width > sheet.column_dimensions["C"].width


def test_a_sheet_has_no_formulas_and_no_links(tmp_path: Path) -> None:
    links = ["http://x.example", "mailto:x@example.org", "internal:Sheet1!A1", "{=1+1}"]
    table = texts([*PAYLOADS, *links])
    sheet = sheet_of(to_xlsx(table, tmp_path / "out.xlsx"))
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "inlineStr"}
    assert [cell.hyperlink for cell in cells if cell.hyperlink] == []
    assert [cell.value for cell in cells[-4:]] == links


def test_what_a_sheet_was_given_is_read_again(tmp_path: Path) -> None:
    path, again = to_xlsx(TABLE, tmp_path / "out.xlsx"), tmp_path / "again.parquet"
    assert read_workbook(path=path, into=again) == TABLE.column_names
    rows = [list(row.values()) for row in pyarrow.parquet.read_table(again).to_pylist()]
    assert rows == [
        ["李强", "1990-02-28", "-5300", "true", "unpaid;no_vehicle", 2],
        [None, "1899-12-31", "1000000000000000", "false", None, 4],
        ['Wang, "W"\nFang', "2024-02-29", "999999999999999", "true", "unpaid", 5],
    ]


def test_equal_tables_give_equal_workbooks(tmp_path: Path) -> None:
    first, second = to_xlsx(TABLE, tmp_path / "1.xlsx"), to_xlsx(TABLE, tmp_path / "2.xlsx")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("title", ["", "a/b:c*?[x]\\", "x" * 40, "'quoted'", "History"])
def test_any_title_makes_a_sheet(title: str, tmp_path: Path) -> None:
    assert sheet_of(to_xlsx(TABLE, tmp_path / "out.xlsx", title)).max_row == 5


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path) -> None:
    rows = pyarrow.table({"n": pyarrow.nulls(1_048_576, pyarrow.int64())})
    with pytest.raises(BadInput, match=r"more than 1048575 rows.*CSV or Parquet") as caught:
        write_xlsx(batches=rows.to_batches(), schema=rows.schema, path=tmp_path / "out.xlsx", title="x")
    assert "写成 CSV 或 Parquet" in caught.value.text("zh")
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_is_too_long_for_a_cell_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="row 3, column text: a text of more than 32767 characters"):
        to_xlsx(texts(["x" * 32_767, "x" * 32_768]), tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_table_without_rows_is_a_header(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    (to_csv if suffix == ".csv" else to_xlsx)(TABLE.slice(0, 0), path)
    if suffix == ".csv":
        assert path.read_text(encoding="utf-8") == TABLE_AS_CSV.partition("\n")[0] + "\n"
    else:
        assert [cell.value for cell in sheet_of(path)[1]] == TABLE.column_names


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_text("old")
    write = write_csv if suffix == ".csv" else partial(write_xlsx, title="x")

    def batches() -> Iterator[pyarrow.RecordBatch]:
        yield from TABLE.to_batches()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(batches=batches(), schema=TABLE.schema, path=path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_file_takes_the_place_of_the_old_one_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    path.write_text("old")
    with whole_file(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
        assert (draft.parent, draft.suffix) == (tmp_path, ".parquet")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_file_that_was_not_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "out.csv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_goes_on_pointing_at_the_file(tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    with whole_file(link) as draft:
        draft.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    assert to_csv(TABLE, tmp_path / "out.csv").stat().st_mode == plain.stat().st_mode
    assert to_xlsx(TABLE, tmp_path / "out.xlsx").stat().st_mode == plain.stat().st_mode
