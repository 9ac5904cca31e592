"""Makes rosters with known mistakes: so many rows of each kind among good ones, and for each row the code and the
column that must be reported. The same file for the same seed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

ON = date(2026, 11, 1)
HEADINGS = {
    "name": "姓名",
    "identity_number": "身份证号（必填）",
    "phone": "手机号",
    "platform": "平台",
    "rider_no": "骑手编号",
    "work_category": "类别",
    "work_region": "工作区域",
    "organisation": "单位/站点",
    "applied_on": "入会日期",
    "orders_30d": "近30日单量",
    "paid": "已缴费",
}
PLATFORMS = ("蓝骑", "橙送", "顺途")
SURNAMES = "王李张刘陈杨黄赵吴周𠮷欧阳"
GIVEN = "伟强磊军洋勇艳杰娟涛明超霞平㐂"
Row = dict[str, Any]


@dataclass(frozen=True)
class Raw:
    """A cell or row that its format writes in its own way."""

    kind: str
    value: Any = None


def with_check(first_17: str) -> str:
    """ISO 7064 MOD 11-2 by its recursion, and not by the weights that the code under test uses."""
    remainder = 0
    for digit in first_17:
        remainder = (remainder + int(digit)) * 2 % 11
    return first_17 + "0123456789X"[(12 - remainder) % 11]


def made_up_number(rng: Random, *, born: date | None = None, region: str = "00") -> str:
    day = born or date(1966, 12, 1) + timedelta(days=rng.randrange(38 * 365))
    return with_check(f"{region}{rng.randrange(10_000):04d}{day:%Y%m%d}{rng.randrange(1_000):03d}")


def good_row(rng: Random, number: int) -> Row:
    return {
        "name": rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=2)),
        "identity_number": made_up_number(rng),
        "phone": f"139{number:08d}",
        "platform": rng.choice(PLATFORMS),
        "rider_no": f"R{number:07d}",
        "work_category": rng.choice(("外卖", "express", "网约车司机", "food_delivery")),
        "work_region": rng.choice(("310115", "浦东新区", "上海市静安区", "320583")),
        "organisation": rng.choice(("陆家嘴站", "外滩站", "虹桥站")),
        "applied_on": rng.choice(("2026-03-01", "2026/3/1", "2026年3月1日", "20260301")),
        "orders_30d": str(rng.randrange(1_500)),
        "paid": rng.choice(("是", "否", "TRUE", "")),
    }


@dataclass(frozen=True)
class Kind:
    name: str
    column: str | None
    code: str
    change: Callable[[Row, Random], Any] = field(repr=False)  # the new value of the column; the row is at hand
    formats: tuple[str, ...] = ("csv", "xlsx")


def _wrong_check(row: Row, rng: Random) -> str:
    number = str(row["identity_number"])
    return number[:17] + rng.choice([sign for sign in "123456789X" if sign != number[17]])


def _swap(row: Row, _rng: Random) -> str:
    row["phone"], phone = row["identity_number"], str(row["phone"])
    return phone


def _serial(_row: Row, rng: Random) -> Any:
    return str(rng.randrange(45_000, 46_000))


def value(text: str) -> Callable[[Row, Random], Any]:
    return lambda _row, _rng: text


ID, NAME, PHONE, ON_DATE = "identity_number", "name", "phone", "applied_on"
KINDS = (
    Kind("no name", NAME, "name_missing", value("")),
    Kind("masked name", NAME, "name_masked", lambda row, _: row["name"][0] + "**"),
    Kind("digit in name", NAME, "name_digits", lambda row, rng: row["name"] + rng.choice("0123456789②")),
    Kind("symbol in name", NAME, "name_symbols", lambda row, rng: row["name"] + rng.choice("（）!＠√,")),
    Kind("placeholder", NAME, "name_placeholder", lambda _row, rng: rng.choice(("测试", "无", "N/A", "null"))),
    Kind("look-alike", NAME, "name_look_alike", lambda _row, rng: rng.choice(("Wаng Li", "张ロ", "Jοhn", "王カ"))),
    Kind(
        "zero width",
        NAME,
        "name_invisible",
        lambda row, rng: row["name"] + rng.choice("\u200b\u200d\u202e\ufeff") + "三",
    ),
    Kind("private character", NAME, "name_private", lambda row, _: row["name"] + "\ue863"),
    Kind("garbled", NAME, "cell_garbled", value("锟斤拷锟斤拷")),
    Kind("name too long", NAME, "name_too_long", lambda _row, rng: "张" * rng.randrange(51, 80)),
    Kind("no number", ID, "identity_missing", value("")),
    Kind("check digit", ID, "identity_check_digit", _wrong_check),
    Kind("15 digits", ID, "identity_15_digits", lambda row, _: row[ID][:6] + row[ID][8:17]),
    Kind("17 digits", ID, "identity_length", lambda row, _: row[ID][:17]),
    Kind("exponent", ID, "identity_scientific", value("1.10105E+17")),
    Kind("rounded", ID, "identity_rounded", lambda _row, rng: _rounded(rng)),
    Kind("letters in number", ID, "identity_characters", lambda row, _: row[ID][:5] + "O" + row[ID][6:]),
    Kind("masked number", ID, "identity_masked", lambda row, _: row[ID][:6] + "********" + row[ID][14:]),
    Kind("region", ID, "identity_region", lambda _row, rng: made_up_number(rng, region=rng.choice(("10", "38", "99")))),
    Kind("no such day", ID, "identity_date", lambda _row, rng: with_check(f"0001011990023{rng.randrange(10)}123")[:18]),
    Kind("born tomorrow", ID, "identity_future", lambda _row, rng: made_up_number(rng, born=ON + timedelta(days=1))),
    Kind("born in 3049", ID, "identity_future", value(with_check("00010530491231002"))),
    Kind("too young", ID, "identity_too_young", lambda _row, rng: made_up_number(rng, born=date(2010, 11, 2))),
    Kind("too old", ID, "identity_too_old", lambda _row, rng: made_up_number(rng, born=date(1940, 1, 1))),
    Kind("swapped", ID, "columns_swapped", _swap),
    Kind("duplicate number", ID, "identity_duplicate", value("")),
    Kind("duplicate staff number", "rider_no", "rider_no_duplicate", value("")),
    Kind("landline", PHONE, "phone_landline", value("021-63210000")),
    Kind("short phone", PHONE, "phone_length", lambda row, _: row[PHONE][:10]),
    Kind("phone range", PHONE, "phone_range", value("12345678901")),
    Kind("two phones", PHONE, "phone_characters", lambda row, _: row[PHONE] + "/" + row[PHONE]),
    Kind("number for phone", PHONE, "phone_is_identity", lambda row, _: row[ID]),
    Kind("phone exponent", PHONE, "phone_scientific", value("1.38E+10")),
    Kind(
        "category", "work_category", "category_unknown", lambda _row, rng: rng.choice(("外买", "fod delivery", "其他"))
    ),
    Kind("region name", "work_region", "region_unknown", lambda _row, rng: rng.choice(("浦东心区", "310999", "火星"))),
    Kind("platform", "platform", "platform_unknown", value("蓝其")),
    Kind("serial date", ON_DATE, "date_serial", _serial),
    Kind("30 February", ON_DATE, "date_not_real", value("2026-02-30")),
    Kind("short year", ON_DATE, "date_short_year", value("26/3/1")),
    Kind("day first", ON_DATE, "date_year_last", value("01/03/2026")),
    Kind("future date", ON_DATE, "date_future", value("2027-01-01")),
    Kind("no date", ON_DATE, "date_unreadable", value("三月")),
    Kind("hashes", ON_DATE, "cell_hashes", value("########")),
    Kind("error text", "organisation", "cell_error", value("#N/A")),
    Kind("formula text", "organisation", "cell_formula", value("=VLOOKUP(A2,B:C,2,0)")),
    Kind("zero width in phone", PHONE, "cell_invisible", lambda row, _: row[PHONE][:3] + "\u200b" + row[PHONE][3:]),
    Kind("orders", "orders_30d", "orders_not_whole", value("12.5")),
    Kind("negative orders", "orders_30d", "orders_negative", value("-3")),
    Kind("yes and no", "paid", "yes_no_unknown", value("也许")),
    Kind("totals", None, "row_totals", lambda row, _: row.update({"name": "合计", ID: ""})),
    Kind("headings again", None, "row_headings", lambda row, _: row.update(HEADINGS)),
    Kind("long row", None, "row_long", lambda row, _: row.update({"__extra": "备注"})),
    Kind("short row", None, "row_short", value(""), ("csv",)),
    Kind("open quote", None, "row_open_quote", value(""), ("csv",)),
    Kind("broken bytes", None, "row_broken_bytes", value(""), ("csv",)),
    Kind("NUL", "organisation", "cell_nul", lambda row, _: row["organisation"] + "\0", ("csv",)),
    Kind("figure for number", ID, "identity_scientific", lambda *_: Raw("figure", 110105199001011234.0), ("xlsx",)),
    Kind("error cell", "work_region", "cell_error", lambda *_: Raw("error"), ("xlsx",)),
    Kind("formula unsaved", PHONE, "cell_formula", lambda *_: Raw("formula"), ("xlsx",)),
    Kind("figure for date", ON_DATE, "date_serial", lambda *_: Raw("figure", 45_123.5), ("xlsx",)),
    Kind("merged", ON_DATE, "cell_merged", lambda *_: Raw("merged"), ("xlsx",)),
)


def _rounded(rng: Random) -> str:
    while True:
        number = made_up_number(rng)[:15] + "000"
        if with_check(number[:17]) != number:
            return number


@dataclass(frozen=True)
class Broken:
    """Rows in the file's order, and what must be reported for each broken one by the row's number."""

    rows: list[tuple[Row, str]]  # with the name of a way in which the row is written, or none
    expected: dict[int, tuple[str | None, str]]


def broken(*, format: str, good: int, each: int, seed: int) -> Broken:  # noqa: A002 - csv or xlsx
    rng = Random(seed)
    kinds = [kind for kind in KINDS if format in kind.formats for _ in range(each)]
    plan: list[Kind | None] = [*kinds, *([None] * good)]
    rng.shuffle(plan)
    plan.insert(0, None)  # duplicates need a good row before them
    rows: list[tuple[Row, str]] = []
    expected: dict[int, tuple[str | None, str]] = {}
    fine: list[Row] = []
    for number, kind in enumerate(plan, start=2):
        row = good_row(rng, number)
        if kind is None:
            fine.append(dict(row))
            rows.append((row, ""))
            continue
        changed = kind.change(row, rng)
        if kind.code.endswith("_duplicate"):
            other = rng.choice(fine)
            changed = other[kind.column or ""]
            row["platform"] = other["platform"]
        if kind.column is not None:
            row[kind.column] = changed
        rows.append((row, kind.name if kind.column is None else ""))
        expected[number] = (kind.column, kind.code)
    return Broken(rows, expected)


def write_csv(path: Path, made: Broken) -> None:
    lines = [_line(list(HEADINGS.values())).encode()]
    for row, way in made.rows:
        values = [str(row[column]) for column in HEADINGS]
        if way == "short row":
            values = values[:7]
        elif way == "long row":
            values.append(row["__extra"])
        if way == "open quote":
            values[0] = '"' + values[0]
            lines.append((",".join(values) + "\n").encode())
        elif way == "broken bytes":
            lines.append(_line(values).encode().replace("站".encode(), "站".encode()[:2]))
        else:
            lines.append(_line(values).encode("utf-8"))
    path.write_bytes(b"".join(lines))


def _line(values: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()


def write_xlsx(path: Path, made: Broken) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet()
        for column, heading in enumerate(HEADINGS.values()):
            sheet.write_string(0, column, heading)
        for number, (row, _) in enumerate(made.rows, start=1):
            for column, name in enumerate([*HEADINGS, "__extra"]):
                cell = row.get(name, "")
                if not isinstance(cell, Raw):
                    if cell:
                        sheet.write_string(number, column, str(cell))
                elif cell.kind == "figure":
                    sheet.write_number(number, column, cell.value)
                elif cell.kind == "error":
                    sheet.write_formula(number, column, "=NA()", None, "#N/A")
                elif cell.kind == "formula":
                    sheet.write_formula(number, column, "=A1", None, "")
                else:
                    sheet.merge_range(number, column - 1, number, column, row["organisation"])
