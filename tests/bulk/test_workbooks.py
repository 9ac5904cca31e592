"""A spreadsheet is read as a person sees it, or refused in words; whatever it is, this process lives on."""

from __future__ import annotations

import contextlib
import os
import resource
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from random import Random

import pyarrow.parquet
import pytest
import xlsxwriter

from huzhu.bulk.problems import BadInput
from huzhu.bulk.workbooks import Limits, read_workbook
from tests.bulk import hostile

MIB = 1 << 20


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "roster.xlsx"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "roster.parquet"


def read(book: Path, into: Path) -> list[dict[str, object]]:
    read_workbook(path=book, into=into)
    rows: list[dict[str, object]] = pyarrow.parquet.read_table(into).to_pylist()
    return rows


def refusal(book: Path, into: Path, limits: Limits | None = None) -> BadInput:
    """What it is refused with, having checked that it was quick, cost this process nothing and left nothing behind."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with pytest.raises(BadInput) as caught:
        read_workbook(path=book, into=into, limits=limits or Limits())
    assert time.perf_counter() - started < 20
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 32 * 1024
    assert not into.exists()
    return caught.value


def children() -> set[int]:
    tasks = Path("/proc/self/task").iterdir()
    return {int(child) for task in tasks for child in (task / "children").read_text().split()}


REFUSED: list[tuple[Callable[[Path], None], str, str]] = [
    (hostile.binary_workbook, "save it as .xlsx", "另存为 .xlsx"),
    (hostile.csv_named_xlsx, "change the suffix to .csv", "后缀改为 .csv"),
    (hostile.empty, "the file is empty", "文件是空的"),
    (hostile.empty_sheet, "sheet is empty", "工作表是空的"),
    (hostile.encrypted, "has a password", "有密码"),
    (hostile.entity_bomb, "document type or entities", "文档类型或实体"),
    (hostile.entity_in_shared_texts, "document type or entities", "文档类型或实体"),
    (hostile.far_cell, "row 1048576, column XFD: the sheet reaches as far as this cell", "删除远处多余的单元格"),
    (hostile.far_cell_unseen, "more memory than is allowed (1024 MiB)", "另存为 CSV"),
    (hostile.figures_for_header, "row 1, column B, value '3'", "表头必须在第 1 行"),
    (hostile.flipped_bits, "damaged", "已损坏"),
    (hostile.header_in_row_3, "the header must be in row 1", "表头必须在第 1 行"),
    (hostile.header_only, "no rows below it", "没有数据行"),
    (hostile.long_numbers, "row 2, column B, value '110105199001011000'", "设为文本"),
    (hostile.lying_zip_bomb, "cannot be read", "无法读取"),
    (hostile.many_parts, "10006 parts", "10006 个部件"),
    (hostile.merged_cells, "row 2, column A, value 'A2:A3': merged cells", "取消合并"),
    (hostile.nameless_column, "column 2 has no name", "第 2 列没有列名"),
    (hostile.not_a_zip, "not an .xlsx workbook", "不是 .xlsx 工作簿"),
    (hostile.offset_before_the_file, "damaged", "已损坏"),
    (hostile.old_xls, "old .xls format", "旧的 .xls 格式"),
    (hostile.other_zip, "no Excel workbook inside", "没有 Excel 工作簿"),
    (hostile.outside_entity, "document type or entities", "文档类型或实体"),
    (hostile.overlapping_parts, "zip bomb", "压缩炸弹"),
    (hostile.part_outside, "../outside.xml", "另存为 .xlsx"),
    (hostile.truncated, "cut short or damaged", "不完整或已损坏"),
    (hostile.truncated_inside, "cut short or damaged", "不完整或已损坏"),
    (hostile.two_sheets_of_one_name, "not an ordinary workbook", "不是正常的工作簿"),
    (hostile.unknown_encoding, "unknown encoding: UTF-9", "已损坏"),
    (hostile.values_beyond_the_header, "row 3, column C, value 'note'", "没有这一列的列名"),
    (hostile.zip_bomb, "268435456 bytes", "压缩炸弹"),
]


@pytest.mark.parametrize(("make", "english", "chinese"), REFUSED, ids=[make.__name__ for make, _, _ in REFUSED])
def test_a_hostile_or_broken_file_is_refused_in_both_languages(
    make: Callable[[Path], None], english: str, chinese: str, book: Path, into: Path
) -> None:
    make(book)
    refused = refusal(book, into)
    assert english in refused.text("en")
    assert chinese in refused.text("zh")
    assert refused.file == str(book)


def test_every_maker_of_hostile_files_is_tried() -> None:
    tried = {make.__name__ for make, _, _ in REFUSED}
    elsewhere = {
        "sheet", "raw_workbook", "workbook", "good", "formulas_with_values", "formulas_without_values", "error_cells",
        "duplicate_headers", "endless_cells", "wide_and_long", "mutant",
    }  # fmt: skip
    makers = {name for name, thing in vars(hostile).items() if getattr(thing, "__module__", "") == hostile.__name__}
    assert makers == tried | elsewhere


def test_formulas_without_stored_results_are_named_and_those_with_one_are_not(book: Path, into: Path) -> None:
    hostile.formulas_without_values(book)
    refused = refusal(book, into)
    assert [(problem.row, problem.column) for problem in refused.problems] == [(2, "A"), (3, "B")]
    assert refused.total == 2


def test_formulas_with_stored_results_are_read_and_an_empty_text_is_a_result(book: Path, into: Path) -> None:
    hostile.formulas_with_values(book)
    assert read(book, into) == [{"sum": "2", "word": "ab", "nothing": None, "__row": 2}]


def test_error_cells_are_named(book: Path, into: Path) -> None:
    hostile.error_cells(book)
    assert [(problem.row, problem.column) for problem in refusal(book, into).problems] == [(2, "B"), (3, "A")]


def test_names_that_differ_only_in_case_are_duplicates(book: Path, into: Path) -> None:
    hostile.duplicate_headers(book)
    assert [problem.column for problem in refusal(book, into).problems] == ["name", "Name"]


def test_at_most_twenty_problems_are_shown_with_the_total(book: Path, into: Path) -> None:
    cells = "".join(f'<row r="{row}"><c r="A{row}"><f>1</f></c></row>' for row in range(2, 1_002))
    hostile.raw_workbook(book, hostile.sheet(hostile.HEADER + cells))
    refused = refusal(book, into)
    assert (len(refused.problems), refused.total) == (20, 1_000)


def test_values_are_texts_as_a_person_sees_them(book: Path, into: Path) -> None:
    with xlsxwriter.Workbook(str(book)) as workbook:
        sheet = workbook.add_worksheet()
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        hour = workbook.add_format({"num_format": "hh:mm:ss"})
        hours = workbook.add_format({"num_format": "[h]:mm:ss"})
        sheet.write_row(0, 0, ["value", "seen"])
        seen = [
            "310115", "5300", "0", "-7", "0.3", "5310", "0.0000001", "123456789012345", "2024-02-29", "2024-02-29",
            "2024-02-29T13:05:07", "13:05:00", "36:00:00", "true", "false", "=1+1", "trimmed", None,
            "line\nbreak", "𠮷野", "00123",
        ]  # fmt: skip
        for row, number in enumerate([310115, 5300.0, -0.0, -7, 0.1 + 0.2, 53.1 * 100, 1e-7, 123456789012345], start=1):
            sheet.write_number(row, 0, number)
        sheet.write_datetime(9, 0, date(2024, 2, 29), day)
        sheet.write_datetime(10, 0, datetime(2024, 2, 29), moment)  # noqa: DTZ001 - a cell has no time zone
        sheet.write_datetime(11, 0, datetime(2024, 2, 29, 13, 5, 7), moment)  # noqa: DTZ001
        sheet.write_datetime(12, 0, time_of_day(13, 5), hour)
        sheet.write_number(13, 0, 1.5, hours)
        sheet.write_boolean(14, 0, True)
        sheet.write_boolean(15, 0, False)
        texts = ["=1+1", " \u3000trimmed\t ", " \u3000 ", "line\nbreak", "𠮷野", "00123"]
        for row, text in enumerate(texts, start=16):
            sheet.write_string(row, 0, text)
        sheet.write_column(1, 1, ["x"] * len(seen))
    rows = read(book, into)
    assert [row["value"] for row in rows] == seen
    assert pyarrow.parquet.read_schema(into).types == [pyarrow.string(), pyarrow.string(), pyarrow.int64()]


def test_empty_rows_are_left_out_and_the_others_keep_their_numbers(book: Path, into: Path) -> None:
    hostile.workbook(book, [[" name ", "grade"], ["Li", 3], [], ["  ", ""], ["Wang"], [None, 4]])
    assert read(book, into) == [
        {"name": "Li", "grade": "3", "__row": 2},
        {"name": "Wang", "grade": None, "__row": 5},
        {"name": None, "grade": "4", "__row": 6},
    ]


def test_a_table_that_starts_in_column_c_is_read(book: Path, into: Path) -> None:
    with xlsxwriter.Workbook(str(book)) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 2, ["name", "grade"])
        sheet.write_row(1, 2, ["Li", 3])
    assert read(book, into) == [{"name": "Li", "grade": "3", "__row": 2}]


def test_the_first_visible_sheet_is_read(book: Path, into: Path) -> None:
    with xlsxwriter.Workbook(str(book)) as workbook:
        hidden, shown = workbook.add_worksheet("notes"), workbook.add_worksheet("名册")
        hidden.write_row(0, 0, ["secret", "x"])
        hidden.write_row(1, 0, ["a", "b"])
        hidden.hide()
        shown.activate()
        shown.set_first_sheet()
        shown.write_row(0, 0, ["name"])
        shown.write_row(1, 0, ["Li"])
    assert read(book, into) == [{"name": "Li", "__row": 2}]


def test_merged_cells_beside_the_table_do_no_harm(book: Path, into: Path) -> None:
    after = '<mergeCells count="2"><mergeCell ref="D1:E9"/><mergeCell ref="A9:B9"/></mergeCells>'
    hostile.raw_workbook(book, hostile.sheet(hostile.HEADER + hostile.ROW_2, after))
    assert len(read(book, into)) == 1


@pytest.mark.parametrize(
    "cell",
    ['<c r="A2" t="d"><v>2024-02-29T00:00:00</v></c>', '<c r="A2" s="1"><v>45351</v></c>'],
    ids=["an ISO date", "a day number"],
)
def test_both_ways_of_storing_a_date_are_read(cell: str, book: Path, into: Path) -> None:
    hostile.raw_workbook(book, hostile.sheet(hostile.HEADER + f'<row r="2">{cell}</row>'))
    assert read(book, into) == [{"name": "2024-02-29", "grade": None, "__row": 2}]


def test_formulas_are_found_under_another_namespace_prefix(book: Path, into: Path) -> None:
    text = hostile.sheet(hostile.HEADER + '<row r="2"><c r="A2"><f>1</f><v></v></c></row>')
    text = text.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:").replace("xmlns=", "xmlns:x=")
    hostile.raw_workbook(book, text)
    assert "formula without a stored result" in refusal(book, into).text("en")


def test_a_reader_that_is_given_too_little_memory_says_so(book: Path, into: Path) -> None:
    hostile.wide_and_long(book, rows=20_000)
    assert "memory" in refusal(book, into, Limits(memory_bytes=120 * MIB)).text("en")


def test_a_reader_that_takes_too_long_is_stopped(book: Path, into: Path) -> None:
    hostile.endless_cells(book)
    refused = refusal(book, into, Limits(seconds=1))
    assert "more than 1 seconds" in refused.text("en")
    assert "另存为 CSV" in refused.text("zh")


def test_a_reader_killed_from_outside_is_reported(book: Path, into: Path) -> None:
    hostile.wide_and_long(book, rows=60_000)
    others = children()

    def kill(_rows: int) -> None:
        for child in children() - others:
            os.kill(child, 9)

    with pytest.raises(BadInput, match="signal 9"):
        read_workbook(path=book, into=into, progress=kill)
    assert not into.exists()


def test_an_interrupted_read_leaves_no_process_and_no_file(book: Path, into: Path) -> None:
    hostile.wide_and_long(book, rows=60_000)
    others, threads = children(), threading.active_count()

    def interrupt(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_workbook(path=book, into=into, progress=interrupt)
    assert children() == others
    assert not into.exists()
    assert threading.active_count() <= threads


def test_progress_counts_the_rows_written(book: Path, into: Path) -> None:
    hostile.wide_and_long(book, rows=45_000)
    counted: list[int] = []
    header = read_workbook(path=book, into=into, progress=counted.append)
    assert counted == [20_000, 40_000, 45_000]
    assert header[0] == "column A"
    assert len(header) == 20
    last = pyarrow.parquet.read_table(into).slice(44_999).to_pylist()[0]
    assert (last["column A"], last["column T"], last["__row"]) == ("45001", "45001", 45_001)


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(300))
def test_changed_bytes_are_refused_or_read(seed: int, book: Path, into: Path) -> None:
    hostile.mutant(book, Random(seed))
    with contextlib.suppress(BadInput):
        read_workbook(path=book, into=into)


@pytest.mark.slow
def test_a_million_rows_of_six_columns_fit_the_limits(book: Path, into: Path) -> None:
    with xlsxwriter.Workbook(str(book), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["name", "id_number", "born", "region", "paid", "amount"])
        for row in range(1, 1_000_001):
            sheet.write_string(row, 0, f"张三{row}")
            sheet.write_string(row, 1, f"3101011990{row:08d}")
            sheet.write_number(row, 2, 30_000 + row % 9_000)
            sheet.write_number(row, 3, 310_115)
            sheet.write_boolean(row, 4, row % 2 == 0)
            sheet.write_number(row, 5, row)
    read_workbook(path=book, into=into)
    assert pyarrow.parquet.read_metadata(into).num_rows == 1_000_000
