from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest
import xlsxwriter

from huzhu.apps.rosters.sheets import SheetRow, open_roster
from huzhu.bulk.problems import BadInput
from huzhu.cli.demo.roster import COLUMNS, write_roster

HEAD = "姓名,身份证号,手机号\n"
BODY = "张三,A,1\n李四,B,2\n"


def rows(path: Path) -> list[SheetRow]:
    return [row for chunk in open_roster(path=path, work=path.parent).chunks() for row in chunk]


def read(tmp_path: Path, text: str | bytes, encoding: str = "utf-8") -> list[SheetRow]:
    path = tmp_path / "roster.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return rows(path)


def refusal(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "roster"
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        rows(path)
    assert caught.value.text("zh") != caught.value.text("en")
    return caught.value.text("en")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_is_read_in_every_usual_form(encoding: str, delimiter: str, end: str, tmp_path: Path) -> None:
    found = read(tmp_path, (HEAD + BODY).replace(",", delimiter).replace("\n", end), encoding)
    assert [(row.number, dict(row.cells)) for row in found] == [
        (2, {"name": "张三", "identity_number": "A", "phone": "1"}),
        (3, {"name": "李四", "identity_number": "B", "phone": "2"}),
    ]


def test_headings_are_known_by_many_names_and_others_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("序号,骑手姓名*,公民身份号码（必填）,Phone Number,备注\n1,张三,A,1,x\n", encoding="utf-8")
    roster = open_roster(path=path, work=tmp_path)
    assert (roster.columns, roster.ignored) == (("name", "identity_number", "phone"), ("序号", "备注"))


def test_the_roster_of_the_demo_is_read(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    write_roster(path=path, couriers=2_300)
    roster = open_roster(path=path, work=tmp_path)
    assert roster.columns == COLUMNS
    assert [len(chunk) for chunk in roster.chunks()] == [1_000, 1_000, 300]
    assert [len(chunk) for chunk in roster.chunks(after=2_001)] == [300]
    assert roster.count() == 2_300


def test_rows_of_another_length_stay_with_themselves(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + '张三,A\n李四,B,2,x\n"王五",C,3,\n\n赵六,D,4\n')
    assert [(row.number, row.shape, row.found) for row in found] == [
        (2, "short", 2),
        (3, "long", 4),
        (4, "whole", 4),
        (6, "whole", 3),
    ]


def test_a_stray_quote_loses_its_own_row_only(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + '"张三,A,1\n李四,B,2\n"王五"x,C,3\n"赵\n六",D,4\n孙七,E,5\n')
    assert [(row.number, row.shape, row.cells.get("name")) for row in found] == [
        (2, "open_quote", None),
        (3, "whole", "李四"),
        (4, "open_quote", None),
        (5, "whole", "赵\n六"),
        (6, "whole", "孙七"),
    ]


def test_damaged_bytes_stay_with_their_row(tmp_path: Path) -> None:
    found = read(tmp_path, (HEAD + BODY * 20).encode() + b"\xe5\xbc,C,3\n")
    assert [row.number for row in found if row.shape == "broken_bytes"] == [42]
    assert len(found) == 41


def test_what_keeps_a_spreadsheet_from_changing_a_value_is_taken_off(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + '="张三","=""110""",\'+861\n李四,B\t,2\n')
    assert [tuple(row.cells.values()) for row in found] == [("张三", "110", "+861"), ("李四", "B", "2")]


def test_faults_of_cells_in_a_workbook_stay_with_their_cells(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 1, ["姓名", "身份证号", "手机号"])  # the table may start in column B
        sheet.write_row(1, 1, ["张三", 110105199001011234, 13812345678])
        sheet.write_string(2, 1, "李四")
        sheet.write_formula(2, 2, "=NA()", None, "#N/A")
        sheet.write_formula(3, 1, "=B2", None, "")
        sheet.merge_range(5, 1, 6, 1, "王五")
        sheet.write_row(7, 1, ["赵六", "x", "1", "beyond"])
    found = {row.number: row for row in rows(path)}
    assert dict(found[2].cells) == {"name": "张三", "identity_number": "1.10105E+17", "phone": "13812345678"}
    assert {number: dict(row.marks) for number, row in found.items() if row.marks} == {
        3: {"identity_number": "error"},
        4: {"name": "formula"},
        7: {"name": "merged"},
    }
    assert (found[8].shape, sorted(found)) == ("long", [2, 3, 4, 6, 7, 8])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (HEAD.encode(), "no rows below it"),
        ("花名册,,\n".encode() + HEAD.encode() + BODY.encode(), "no heading that is known"),
        ("花名册\n".encode() + HEAD.encode() + BODY.encode(), "no heading that is known"),
        ("姓名,手机号\n张三,1\n".encode(), "“identity number” is missing"),
        ("姓名,身份证号,身份证\n张三,1,2\n".encode(), "keep one of the two columns"),
        ("姓名,身份证号,姓名\n张三,1,2\n".encode(), "more than one column"),
        ("姓名,,身份证号\n张三,1,2\n".encode(), "column 2 has no name"),
        ("姓名，身份证号\n张三，1\n".encode(), "full-width commas"),
        (b"sep=,\n" + HEAD.encode(), "Excel (sep=)"),
        ("姓名,身份证号\n张三,1\n".encode("gb18030") + b"\xff\xff,2\n", "neither UTF-8 nor GB18030"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"<html><table><tr><td>", "web page or XML"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither a spreadsheet nor text"),
        ("姓名,身份证号\n".encode() + b"x" * (2 << 20), "a line has more than"),
    ],
)
def test_a_file_that_is_useless_as_a_whole_is_refused_with_the_reason(data: bytes, words: str, tmp_path: Path) -> None:
    assert words in refusal(tmp_path, data)


def test_a_long_file_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    text = io.StringIO()
    text.write(HEAD)
    for number in range(20_000):
        text.write(f"张三,{number:018d},{number:011d}\n")
    path.write_text(text.getvalue(), encoding="utf-8")
    roster = open_roster(path=path, work=tmp_path)
    tracemalloc.start()
    count = sum(len(chunk) for chunk in roster.chunks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 4 << 20
