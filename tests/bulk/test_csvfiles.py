"""What a CSV file is gets found out before it is read, and a row that does not fit is named by its number."""

from __future__ import annotations

import resource
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huzhu.bulk.csvfiles import check_csv, to_utf8
from huzhu.bulk.problems import BadInput

Row = tuple[str | int | None, ...]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "claims.csv"


def rows_of(file: Path) -> list[Row]:
    """The rows as the importer sees them: checked, copied where needed, read by DuckDB."""
    shape = check_csv(path=file)
    plain = file
    if shape.needs_copy:
        plain = file.with_name("plain.csv")
        to_utf8(path=file, into=plain, shape=shape)
    with duckdb.connect() as connection:
        try:
            return connection.execute(shape.select(plain)).fetchall()
        except duckdb.Error as error:
            raise shape.refusal(file, error) from None


def refusal(file: Path, data: bytes) -> BadInput:
    file.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        rows_of(file)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_line_ends_and_delimiters_are_found_out(
    encoding: str, line_end: str, delimiter: str, file: Path
) -> None:
    lines = ["姓名|工种|grade", "李强|快递|3", "王芳||"]
    text = line_end.join([*lines, ""]).replace("|", delimiter)
    file.write_bytes(text.encode(encoding))
    shape = check_csv(path=file)
    assert shape.columns == ("姓名", "工种", "grade")
    assert shape.delimiter == delimiter
    assert rows_of(file) == [("李强", "快递", "3", 2), ("王芳", None, None, 3)]


def test_a_character_beyond_gbk_is_read_from_gb18030(file: Path) -> None:
    file.write_bytes("姓名,x\n𠮷野,1\n".encode("gb18030"))
    assert rows_of(file) == [("𠮷野", "1", 2)]


def test_commas_count_before_other_delimiters(file: Path) -> None:
    file.write_text("a;b,c\n1,2\n", encoding="utf-8")
    assert check_csv(path=file).columns == ("a;b", "c")


def test_names_are_trimmed_and_may_be_quoted_over_two_lines(file: Path) -> None:
    file.write_text('\ufeff name , "paid\n(yes or no)" ,"a,b"\nLi,true,1\n'.replace('" ,', '",'), encoding="utf-8")
    assert check_csv(path=file).columns == ("name", "paid\n(yes or no)", "a,b")
    assert rows_of(file) == [("Li", "true", "1", 2)]


def test_quotes_line_breaks_and_blanks_in_values(file: Path) -> None:
    file.write_text('a,b\n"x\ny", "say ""hi"", twice"\n\u3000x\t," \t"\n"",\n1,2', encoding="utf-8")
    assert rows_of(file) == [("x\ny", 'say "hi", twice', 2), ("x", None, 3), ("1", "2", 5)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_blank_lines_are_left_out_and_still_count(line_end: str, file: Path) -> None:
    lines = ["a,b", "", "1,2", "", "   ", ",", '"x', 'y",3', "", "5,6", ""]
    file.write_bytes(line_end.join(lines).encode())
    assert check_csv(path=file).needs_copy
    assert rows_of(file) == [("1", "2", 3), (f"x{line_end}y", "3", 7), ("5", "6", 9)]


def test_blank_lines_in_a_single_column_are_left_out_and_still_count(file: Path) -> None:
    file.write_text("a\n\n1\n\n2\n", encoding="utf-8")
    assert rows_of(file) == [("1", 3), ("2", 5)]


def test_mixed_line_ends_are_made_alike(file: Path) -> None:
    file.write_bytes(b"a,b\r\n1,2\n3,4\r5,6\r\n")
    assert rows_of(file) == [("1", "2", 2), ("3", "4", 3), ("5", "6", 4)]


def test_a_comma_at_the_end_of_a_row_does_no_harm(file: Path) -> None:
    file.write_text("a,b\n1,2,\n3,4\n", encoding="utf-8")
    assert rows_of(file) == [("1", "2", 2), ("3", "4", 3)]


def test_a_name_with_quotes_of_both_kinds_is_a_column(file: Path) -> None:
    file.write_text('"it\'s ""x""",b\n1,2\n', encoding="utf-8")
    assert check_csv(path=file).columns == ('it\'s "x"', "b")
    assert rows_of(file) == [("1", "2", 2)]


REFUSED = {
    "empty": (b"", "the file is empty", "文件是空的"),
    "blank": (b"\n\n \n", "the header must be in row 1", "表头必须在第 1 行"),
    "a blank first line": (b"\na,b\n1,2\n", "the header must be in row 1", "表头必须在第 1 行"),
    "no names": (b"310115,2024-02-29\n310116,2024-03-01\n", "the header must be in row 1", "表头必须在第 1 行"),
    "header only": (b"a,b\n", "no rows below it", "没有数据行"),
    "header and blank lines": (b"a,b\r\n\r\n  \r\n", "no rows below it", "没有数据行"),
    "a name twice": (b"a,b,A\n1,2,3\n", "row 1, column a: the name of more than one column", "列名重复"),
    "an empty name": (b"a, ,c\n1,2,3\n", "column 2 has no name", "第 2 列没有列名"),
    "the name for row numbers": (b"a,__row\n1,2\n", "column __row: this name is kept", "留给行号"),
    "too many columns": (",".join(f"c{n}" for n in range(2_001)).encode() + b"\n1\n", "at most 2000", "最多 2000 列"),
    "full-width commas": ("姓名，工种\n李，快递\n".encode(), "full-width commas", "全角逗号"),
    "a setting of Excel": (b"sep=;\na;b\n1;2\n", "delete that line", "删除这一行"),
    "a quote in the header": (b'a,"b\n1,2\n', "a quote in the header", "表头里的引号"),
    "a workbook": (b"PK\x03\x04" + bytes(50), "change the suffix to .xlsx", "后缀改为 .xlsx"),
    "a Parquet file": (b"PAR1" + bytes(50), "change the suffix to .parquet", "后缀改为 .parquet"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(50), "save it as .xlsx", "另存为 .xlsx"),
    "gzip": (b"\x1f\x8b\x08" + bytes(50), "unpack it first", "先解压"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "UTF-16", "另存为“CSV UTF-8”"),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), "NUL bytes", "NUL 字节"),
    "NUL bytes": (b"a,b\n1,2\0\n", "NUL bytes", "NUL 字节"),
    "neither encoding": (b"a,b\n1,2\n\xff\xff,3\n", "row 3: this line is neither UTF-8 nor GB18030", "既不是 UTF-8"),
    "broken UTF-8": ("姓名,工种,x\n李强,快递,1\n王".encode()[:-1] + b",2,3\n", "row 3: broken UTF-8", "损坏的 UTF-8"),
    "UTF-8 cut short": ("姓名,工种,x\n李强,快递,王".encode()[:-1], "row 2: broken UTF-8", "损坏的 UTF-8"),
    "an endless line": (b"a,b\n" + b"x" * (2 << 20), "a line has more than 1048576 bytes", "有一行超过"),
    "a short row": (b"a,b,c\n1,2,3\n\n4,5\n", "row 4: expected 3 values, found 2", "应有 3 列，实有 2 列"),
    "a long row": (b"a,b\n1,2\n3,4,5\n", "row 3: expected 2 values, found 3", "应有 2 列，实有 3 列"),
    "a quote never closed": (b'a,b\n1,2\n"3,4\n5,6\n', "row 3: a quote that is not closed", "引号没有闭合"),
    "more after a quote": (b'a,b\n"1"x,2\n', "row 2: a quote that is not closed or that something follows", "引号"),
    "the same in a copy": (b'a,b\n\n"1"x,2\n', "row 3: a quote that is not closed or that something follows", "引号"),
    "a row after a line break in a value": (b'a,b\n"x\ny",1\n2\n', "row 3: expected 2 values, found 1", "实有 1 列"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_in_both_languages(name: str, file: Path) -> None:
    data, english, chinese = REFUSED[name]
    refused = refusal(file, data)
    assert english in refused.text("en")
    assert chinese in refused.text("zh")
    assert refused.file == str(file)


def test_ten_thousand_short_rows_are_counted_and_twenty_shown(file: Path) -> None:
    good, short = b"1,2,3\n" * 10_000, b"1,2\n" * 10_000
    refused = refusal(file, b"a,b,c\n" + good + short)
    assert refused.total == 10_000
    assert [problem.row for problem in refused.problems] == list(range(10_002, 10_022))


@pytest.mark.parametrize("record", [b'"\n",', b'"' + b"x\n" * 30], ids=["many values", "one value"])
def test_a_record_without_end_is_refused_without_gathering_it(record: bytes, file: Path) -> None:
    """20 MB that are one record by the letter of CSV."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = refusal(file, b"a,b\n\n1,2\n" + record * (20_000_000 // len(record)))
    assert "row 4" in refused.text("en")
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 200 * 1024


def test_an_error_that_no_row_explains_is_passed_on(file: Path) -> None:
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    refused = check_csv(path=file).refusal(file, ValueError("disk on fire\nand more"))
    assert "disk on fire" in refused.text("en")
    assert "and more" not in refused.text("en")


VALUES = st.text(st.sampled_from('a1,;"\n\r\t \u3000\xa0中𠮷='), max_size=5)


def field(text: str, quotes_all: bool) -> str:
    return '"' + text.replace('"', '""') + '"' if quotes_all or set(text) & set('",\r\n') else text


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    table=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quotes_all=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
)
@example(table=[("", ""), ("x", "")], line_end="\n", quotes_all=False, encoding="utf-8")
@example(table=[("\r", '"')], line_end="\r\n", quotes_all=False, encoding="gb18030")
def test_any_table_comes_back_trimmed_and_numbered(
    table: list[tuple[str, str]], line_end: str, quotes_all: bool, encoding: str, file: Path
) -> None:
    written = line_end.join(["first,姓名", *(",".join(field(text, quotes_all) for text in row) for row in table), ""])
    file.write_bytes(written.encode(encoding))
    trimmed = [(first.strip() or None, second.strip() or None, row) for row, (first, second) in enumerate(table, 2)]
    expected = [row for row in trimmed if row[:2] != (None, None)]
    if written.partition(line_end)[2].strip():
        assert rows_of(file) == expected
    else:
        with pytest.raises(BadInput, match="no rows below"):
            check_csv(path=file)
