"""Checks one row of a roster: what it says in our terms, and every mistake with its column, a code, and how to mend it.
Pure: what was seen before in the file is asked of a store that the caller may replace."""

from __future__ import annotations

import re
import unicodedata
from array import array
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any, Protocol

from huzhu.apps.members.identity import (
    SCIENTIFIC,
    TYPE_AS_TEXT,
    YOUNGEST,
    Fault,
    Identity,
    read_identity,
    read_phone,
)
from huzhu.apps.members.names import Name, is_blank, read_name
from huzhu.apps.rosters.headings import COLUMNS, MEANINGS, plain_heading
from huzhu.apps.rosters.sheets import SheetRow
from huzhu.apps.rosters.values import (
    nearest_platform,
    read_category,
    read_date,
    read_hash,
    read_orders,
    read_region,
    read_yes_no,
)
from huzhu.rules.texts import Text

CELL_CHARS_AT_MOST = 500
PAST_DATES = ("birth_date", "applied_on", "last_paid_order_on", "as_of")
DATES = (*PAST_DATES, "covered_until")
YES_NO = ("platform_registered", "in_platform_name", "uses_vehicle", "paid", "union_member")
FREE_TEXTS = ("platform", "rider_no", "organisation", "vehicle")
ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
HASHES = re.compile(r"#{3,}")
FORMULA = re.compile(r"[=＝][^=＝]|[@＋+\-－][A-Za-z_]+\(")
TELLING = ("name", "identity_number", "rider_no")  # where a heading is repeated, it is in one of these too
TOTALS = frozenset(("合计", "总计", "小计", "总数", "total", "sum"))
MOJIBAKE = re.compile("锟斤拷|烫烫烫|Ã[\x80-\xbf]|â€|ï»¿|[åæçèé][\x80-\xbf]{2}")
# One look at all the cells of a row tells whether any of them needs a closer one.
SUSPECT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad#=＝(\ud800-\uf8ff\ufeff\ufff9-\uffff\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u115f\u1160\u3164\uffa0锟烫Ãâïåæçèé\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)

PASTE_VALUES = Text("请复制后“粘贴为数值”，再填入正确内容", "paste values in its place and enter what is right")
EXPORT_AGAIN = Text("请从原系统重新导出", "export the file from its source again")
RETYPE = Text("请删除后重新键入，不要粘贴", "delete it and type it afresh, without pasting")

CELL_FAULTS = {
    "cell_error": (Text("单元格是错误值，如 #N/A", "the cell holds an error such as #N/A"), PASTE_VALUES),
    "cell_hashes": (
        Text(
            "单元格只有 ####：列太窄，值没有导出来",
            "the cell has only ####: the column was too narrow to export the value",
        ),
        Text("请拉宽这一列后重新导出", "widen the column and export again"),
    ),
    "cell_formula": (
        Text("单元格是公式，没有保存结果", "the cell is a formula without a stored result"),
        PASTE_VALUES,
    ),
    "cell_merged": (
        Text("这是合并单元格的一部分，没有自己的值", "this cell is part of a merge and has no value of its own"),
        Text("请取消合并，并在每个单元格里填上值", "unmerge the cells and fill in every one"),
    ),
    "cell_nul": (Text("单元格里有 NUL 字符", "the cell has a NUL character"), EXPORT_AGAIN),
    "cell_control": (Text("单元格里有控制字符或换行", "the cell has a control character or a line break"), RETYPE),
    "cell_invisible": (Text("单元格里有看不见的字符", "the cell has a character that cannot be seen"), RETYPE),
    "cell_garbled": (
        Text("单元格是乱码", "the cell was garbled by a wrong encoding"),
        Text("请从原系统重新导出为 UTF-8", "export it from its source again as UTF-8"),
    ),
    "cell_too_long": (
        Text(f"单元格超过 {CELL_CHARS_AT_MOST} 个字符", f"the cell has more than {CELL_CHARS_AT_MOST} characters"),
        Text("请检查内容是否填错位置", "see whether it belongs here"),
    ),
}
MARKED = {"error": "cell_error", "formula": "cell_formula", "merged": "cell_merged"}


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One mistake. `row` is the number the spreadsheet shows; `column` is ours, None where it is the whole row.
    With `is_doubt`, a person can settle it; without, the row is refused."""

    row: int
    column: str | None
    code: str
    what: Text
    fix: Text
    is_doubt: bool = False


@dataclass(frozen=True, slots=True)
class RosterRow:
    """What a row says, in our terms; None where it says nothing."""

    number: int
    name: str | None = field(default=None, repr=False)
    identity_number: str | None = field(default=None, repr=False)
    identity_hash: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    platform: str | None = None
    rider_no: str | None = field(default=None, repr=False)
    work_category: str | None = None
    work_region: str | None = None
    organisation: str | None = None
    applied_on: date | None = None
    platform_registered: bool | None = None
    in_platform_name: bool | None = None
    uses_vehicle: bool | None = None
    vehicle: str | None = None
    paid: bool | None = None
    union_member: bool | None = None
    covered_until: date | None = None
    last_paid_order_on: date | None = None
    orders_30d: int | None = None
    as_of: date | None = None


class Seen(Protocol):
    """Remembers what stood in which row."""

    def first_row(self, key: bytes, row: int) -> int | None:
        """The row that had the 8 bytes of `key` before; None, and `row` is noted, when this is the first."""


class SeenInMemory:
    """12 bytes a slot and at most two slots in three in use: about 25 MiB for a million keys. Two different keys are
    taken for one with a chance of 1 in 37 million among a million rows."""

    def __init__(self) -> None:
        self.used = 0
        self.keys = array("Q", bytes(8 << 10))
        self.rows = array("I", bytes(4 << 10))

    def first_row(self, key: bytes, row: int) -> int | None:
        if self.used * 3 > len(self.keys) * 2:
            self._grow()
        number = int.from_bytes(key[:8]) or 1
        at = self._slot(number)
        if self.keys[at]:
            return self.rows[at]
        self.keys[at], self.rows[at] = number, row
        self.used += 1
        return None

    def _slot(self, number: int) -> int:
        last = len(self.keys) - 1
        at = number & last
        while self.keys[at] not in {0, number}:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        keys, rows = self.keys, self.rows
        self.keys, self.rows = array("Q", bytes(16 * len(keys))), array("I", bytes(8 * len(keys)))
        for key, row in zip(keys, rows, strict=True):
            if key:
                at = self._slot(key)
                self.keys[at], self.rows[at] = key, row


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks the rows of one file on the day `on`. `key` is a secret of this file's, so that what `seen` holds tells
    nobody's number. `needed` columns must have a value; `platforms`, where given, are all that may be named."""

    on: date
    key: bytes = field(repr=False)
    needed: tuple[str, ...] = ("name", "identity_number")
    youngest: int = YOUNGEST
    oldest: int | None = None
    made_up: bool = False
    platforms: frozenset[str] | None = None
    seen: Seen = field(default_factory=SeenInMemory)

    def check(self, row: SheetRow) -> tuple[RosterRow | None, list[RowProblem]]:
        """What the row says and its problems. There is no row when a problem is more than a doubt."""
        return _Check(self, row).run()


class _Check:
    """The check of one row."""

    def __init__(self, checker: Checker, row: SheetRow) -> None:
        self.checker = checker
        self.row = row
        self.cells = dict(row.cells)
        self.problems: list[RowProblem] = []
        self.values: dict[str, Any] = {}

    def run(self) -> tuple[RosterRow | None, list[RowProblem]]:
        if self.row.shape != "whole" and self._shape():
            return None, self.problems
        if (
            self.row.marks
            or SUSPECT.search("".join(self.cells.values()))
            or max(map(len, self.cells.values()), default=0) > 80
        ):
            for column, text in self.row.cells.items():
                code = MARKED.get(self.row.marks.get(column, "")) or _cell_fault(column, text)
                if code is not None:
                    self._note(column, Fault(code, *CELL_FAULTS[code]))
        if self._is_no_person():
            return None, self.problems
        self._people()
        for column, text in self.cells.items():
            if text and column not in self.values:
                self._value(column, text)
        self._together()
        if any(not problem.is_doubt for problem in self.problems):
            return None, self.problems
        return RosterRow(number=self.row.number, **self.values), self.problems

    def _note(self, column: str | None, fault: Fault, *, is_doubt: bool = False) -> None:
        """The first fault of a cell is the one that counts: the others follow from it."""
        if column is not None:
            if any(problem.column == column for problem in self.problems):
                return
            if not is_doubt:
                self.cells[column] = ""
        self.problems.append(RowProblem(self.row.number, column, fault.code, fault.what, fault.fix, is_doubt))

    def _shape(self) -> bool:
        """Whether the shape of the row leaves nothing to check: in which column its values stand is not known."""
        faults = {
            "short": (
                Text(f"这一行只有 {self.row.found} 个值", f"the row has only {self.row.found} values"),
                EXPORT_AGAIN,
            ),
            "long": (
                Text(
                    f"这一行有 {self.row.found} 个值，多于列名",
                    f"the row has {self.row.found} values, more than headings",
                ),
                Text(
                    "值里有逗号的请加引号；多余的列请删除",
                    "put quotes around values with a comma, and delete stray cells",
                ),
            ),
            "open_quote": (
                Text("引号没有闭合，或引号之后还有内容", "a quote that is not closed or that something follows"),
                Text("请删除多余的引号", "delete the stray quote"),
            ),
            "broken_bytes": (
                Text("这一行有损坏的字节，不是 UTF-8", "the row has damaged bytes that are not UTF-8"),
                EXPORT_AGAIN,
            ),
        }
        what, fix = faults[self.row.shape]
        self._note(None, Fault(f"row_{self.row.shape}", what, fix))
        return True

    def _is_no_person(self) -> bool:
        """A heading that was repeated further down, or a line with totals."""
        cells = self.cells
        code = None
        if any(MEANINGS.get(plain_heading(text=cells[column])) == column for column in TELLING if cells.get(column)):
            code, what = "row_headings", Text("这一行又是表头", "this row repeats the headings")
        elif plain_heading(text=cells.get("name", "")) in TOTALS:
            code, what = "row_totals", Text("这一行是合计", "this row holds totals")
        if code is None:
            return False
        self._note(None, Fault(code, what, Text("请删除这一行", "delete the row")))
        return True

    def _people(self) -> None:
        checker, cells = self.checker, self.cells
        for column in checker.needed:
            if not cells.get(column) and column not in {"name", "identity_number", "phone"}:
                label = COLUMNS[column][0]
                what = Text(f"没有{label.zh}", f"there is no {label.en}")
                self._note(column, Fault("value_missing", what, Text("请填写", "enter it")))
        name = self._read("name", read_name(text=cells.get("name", "")))
        if isinstance(name, Name):
            self.values["name"] = name.text
            for doubt in name.doubts:
                self._note("name", doubt, is_doubt=True)
        identity = read_identity(
            text=cells.get("identity_number", ""),
            on=checker.on,
            youngest=checker.youngest,
            oldest=checker.oldest,
            made_up=checker.made_up,
        )
        phone = read_phone(text=cells.get("phone", ""), made_up=checker.made_up)
        codes = {fault.code for fault in (identity, phone) if isinstance(fault, Fault)}
        if codes == {"identity_is_phone", "phone_is_identity"}:
            what = Text("身份证号和手机号填反了", "the identity number and the phone number are swapped")
            identity = phone = Fault("columns_swapped", what, Text("请对调这两列", "swap the two columns"))
            self._note("identity_number", identity)
            cells["phone"] = ""
            return
        if isinstance(self._read("identity_number", identity), Identity) and isinstance(identity, Identity):
            self.values["identity_number"] = identity.number
            self.values["birth_date"] = identity.birth_date
        if isinstance(self._read("phone", phone), str):
            self.values["phone"] = phone

    def _read(self, column: str, found: Any) -> Any:
        if isinstance(found, Fault) and (self.cells.get(column) or column in self.checker.needed):
            self._note(column, found)
        return found

    def _value(self, column: str, text: str) -> None:
        found: Any = text
        if column in DATES:
            found = read_date(text=text)
        elif column in YES_NO:
            found = read_yes_no(text=text)
        elif column == "work_category":
            found = read_category(text=text)
        elif column == "work_region":
            found = read_region(text=text)
        elif column == "orders_30d":
            found = read_orders(text=text)
        elif column == "identity_hash":
            found = read_hash(text=text)
        elif column in FREE_TEXTS:
            found = _free_text(column, text)
            if column == "platform" and self.checker.platforms is not None and found not in self.checker.platforms:
                found = nearest_platform(text=text, platforms=self.checker.platforms)
        elif column in {"name", "identity_number", "phone"}:
            return
        if isinstance(found, Fault):
            self._note(column, found)
        else:
            self.values[column] = found

    def _together(self) -> None:
        """What the values say of each other and of the rows before."""
        for column in PAST_DATES:
            found = self.values.get(column)
            if found is not None and found > self.checker.on and column in self.cells:
                fault = Fault(
                    "date_future",
                    Text("日期在将来", "the date lies in the future"),
                    Text("请核对年份", "check the year"),
                )
                self._note(column, fault)
        self._birth_date()
        if any(not problem.is_doubt for problem in self.problems):
            return  # a row that is refused must not keep out the one that mends it
        number = self.values.get("identity_number")
        if number is not None:
            self._once("identity_number", number, "identity_duplicate")
        phone = self.values.get("phone")
        if phone is not None:
            self._once("phone", phone, "phone_duplicate", is_doubt=True)
        rider_no = self.values.get("rider_no")
        if rider_no is not None:
            self._once("rider_no", f"{self.values.get('platform')}\n{rider_no}", "rider_no_duplicate")

    def _birth_date(self) -> None:
        """The number says the same as the column, or one of them is wrong. Who applied must have been born."""
        text = self.cells.get("birth_date", "")
        if text and self.values.get("identity_number") is not None:
            said = read_date(text=text)
            if isinstance(said, Fault):
                self._note("birth_date", said)
            elif said != self.values["birth_date"]:
                what = Text("出生日期与身份证号不符", "the date of birth is not the one in the identity number")
                self._note("birth_date", Fault("birth_date_differs", what, Text("请核对两列", "check both columns")))

    def _once(self, column: str, value: str, code: str, *, is_doubt: bool = False) -> None:
        if not is_doubt and any(problem.column == column for problem in self.problems):
            return
        key = blake2b(f"{column}\n{value}".encode(), digest_size=8, key=self.checker.key).digest()
        first = self.checker.seen.first_row(key, self.row.number)
        if first is None or first == self.row.number:
            return
        label = COLUMNS[column][0]
        what = Text(f"{label.zh}与第 {first} 行相同", f"the {label.en} is the same as in row {first}")
        fix = Text("请只留一行，或改正填错的一行", "keep one of the rows, or correct the one that is wrong")
        self._note(column, Fault(code, what, fix), is_doubt=is_doubt)


def _cell_fault(column: str, text: str) -> str | None:
    """What no cell of any column may hold. Names have their own words for what cannot be seen."""
    if not text:
        return None
    if "\0" in text:
        return "cell_nul"
    if text.upper() in ERRORS:
        return "cell_error"
    if HASHES.fullmatch(text):
        return "cell_hashes"
    if FORMULA.match(text):
        return "cell_formula"
    if "\ufffd" in text or MOJIBAKE.search(text):
        return "cell_garbled"
    if column != "name":
        if any(unicodedata.category(character) == "Cc" for character in text):
            return "cell_control"
        if any(is_blank(character) for character in text):
            return "cell_invisible"
        if any(unicodedata.category(character) in {"Cs", "Co"} for character in text):
            return "cell_garbled"
    return "cell_too_long" if len(text) > CELL_CHARS_AT_MOST else None


def _free_text(column: str, text: str) -> str | Fault:
    ordinary = " ".join(unicodedata.normalize("NFKC", text).split())
    if column == "rider_no" and SCIENTIFIC.fullmatch(ordinary.upper()):
        what = Text("编号被电子表格变成了科学计数", "a spreadsheet turned the number into a figure with an exponent")
        return Fault("rider_no_scientific", what, TYPE_AS_TEXT)
    return ordinary
