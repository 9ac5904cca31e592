"""Reads and masks what tells one person from another: a mainland identity number (GB 11643-1999, regions by
GB/T 2260) and a mainland mobile number. What is wrong is a value in both languages and never repeats the number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from operator import mul
from typing import Literal

from huzhu.rules.texts import Text

# The first two digits of GB/T 2260: the 31 provinces, Taiwan, Hong Kong and Macao; 83 is on residence permits for
# people from Taiwan. 00 is no place at all, so such numbers are nobody's.
PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
MADE_UP = "00"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
ZEROES = ord("0") * sum(WEIGHTS)  # what the digits' own byte values add to the sum
YOUNGEST = 16

SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
FOLDED = str.maketrans("０１２３４５６７８９ＸｘxＥｅe＋－．", "0123456789XXXEEE+-.", SPACES)
SHAPE = re.compile(r"[0-9]{17}[0-9X]")
SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{1,2}")
MOBILE = re.compile(r"1[3-9][0-9]{9}")
MADE_UP_MOBILE = re.compile(r"100[0-9]{8}")
COUNTRY = re.compile(r"^(\+|00)?86(?=1[0-9]{10}$)")
PHONE_MARKS = str.maketrans("", "", "-()（）")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value, by a code that stays the same, and how to mend it."""

    code: str
    what: Text
    fix: Text


@dataclass(frozen=True, slots=True)
class Identity:
    """A number that may be somebody's. Kept out of `repr`, so that no log or error shows it."""

    number: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Literal["male", "female"] = field(repr=False)

    @property
    def is_made_up(self) -> bool:
        return self.number.startswith(MADE_UP)


TYPE_AS_TEXT = Text("请把这一列设为文本格式，重新填写完整号码", "format the column as text and enter the whole number")
LOOK_AGAIN = Text("请对照身份证逐位核对", "compare it with the card, digit by digit")

FAULTS = {
    fault.code: fault
    for fault in (
        Fault(
            "identity_missing",
            Text("没有身份证号", "there is no identity number"),
            Text("请填写 18 位公民身份号码", "enter the 18 characters of the identity number"),
        ),
        Fault(
            "identity_15_digits",
            Text("这是 15 位的旧号码，已不再使用", "this is an old number of 15 digits, which is no longer in use"),
            Text("请填写现在身份证上的 18 位号码", "enter the 18 characters on the present card"),
        ),
        Fault(
            "identity_scientific",
            Text(
                "身份证号被电子表格变成了科学计数，末尾几位已经丢失",
                "a spreadsheet turned the identity number into a figure with an exponent, and its last digits are lost",
            ),
            TYPE_AS_TEXT,
        ),
        Fault(
            "identity_rounded",
            Text("身份证号末尾几位被电子表格变成了 0", "a spreadsheet turned the last digits of the number into zeros"),
            TYPE_AS_TEXT,
        ),
        Fault(
            "identity_is_phone",
            Text("身份证号一栏填的是手机号", "this is a phone number in the place of the identity number"),
            Text("请检查两列是否填反", "see whether the two columns were swapped"),
        ),
        Fault(
            "identity_length",
            Text("身份证号应为 18 位", "an identity number has 18 characters, and this has fewer or more"),
            LOOK_AGAIN,
        ),
        Fault(
            "identity_characters",
            Text(
                "身份证号里有不该有的字符：应为 17 位数字，最后一位是数字或 X",
                "a character that no identity number has: it is 17 digits and then a digit or X",
            ),
            Text("请重新键入号码，不要粘贴", "type the number afresh and do not paste it"),
        ),
        Fault(
            "identity_masked",
            Text("身份证号被星号遮住了", "the identity number is masked with asterisks"),
            Text("请导出未遮盖的号码", "export it unmasked"),
        ),
        Fault(
            "identity_region",
            Text("前两位不是任何省级行政区的代码", "the first two digits are no province's code"),
            LOOK_AGAIN,
        ),
        Fault(
            "identity_made_up",
            Text("地区 00 的号码只用于演示，不属于任何人", "numbers of region 00 are for trials and belong to nobody"),
            Text("请填写本人的身份证号", "enter the person's own number"),
        ),
        Fault(
            "identity_date",
            Text("第 7 至 14 位不是真实的日期", "characters 7 to 14 are not a date that exists"),
            LOOK_AGAIN,
        ),
        Fault(
            "identity_future",
            Text("出生日期在将来", "the date of birth lies in the future"),
            LOOK_AGAIN,
        ),
        Fault(
            "identity_check_digit",
            Text("校验位不符：有一位填错了", "the check character does not fit: some digit is wrong"),
            LOOK_AGAIN,
        ),
        Fault(
            "phone_missing",
            Text("没有手机号", "there is no phone number"),
            Text("请填写 11 位手机号", "enter the 11 digits of a mobile number"),
        ),
        Fault(
            "phone_is_identity",
            Text("手机号一栏填的是身份证号", "this is an identity number in the place of the phone number"),
            Text("请检查两列是否填反", "see whether the two columns were swapped"),
        ),
        Fault(
            "phone_scientific",
            Text(
                "手机号被电子表格变成了科学计数",
                "a spreadsheet turned the phone number into a figure with an exponent",
            ),
            TYPE_AS_TEXT,
        ),
        Fault(
            "phone_masked",
            Text("手机号被星号遮住了", "the phone number is masked with asterisks"),
            Text("请导出未遮盖的号码", "export it unmasked"),
        ),
        Fault(
            "phone_landline",
            Text("这是固定电话，不是手机号", "this is a fixed line and not a mobile number"),
            Text("请填写 11 位手机号", "enter the 11 digits of a mobile number"),
        ),
        Fault(
            "phone_characters",
            Text("手机号里有不该有的字符", "a character that no phone number has"),
            Text("请只填一个号码，只用数字", "enter one number, in digits only"),
        ),
        Fault(
            "phone_length",
            Text("手机号应为 11 位", "a mobile number has 11 digits, and this has fewer or more"),
            Text("请与本人核对", "ask the person"),
        ),
        Fault(
            "phone_range",
            Text("内地手机号以 13 至 19 开头", "mainland mobile numbers begin with 13 to 19"),
            Text("请与本人核对", "ask the person"),
        ),
    )
}


def read_identity(
    *, text: str, on: date, youngest: int = YOUNGEST, oldest: int | None = None, made_up: bool = False
) -> Identity | Fault:
    """The number in `text`, mended where it is plain what was meant: full-width forms, spaces, a small x.

    `youngest` and `oldest` are the completed years of age that are still accepted on the day `on`. Numbers of region
    00 pass only with `made_up`."""
    number = text
    if SHAPE.fullmatch(number) is None:
        number = text.removeprefix("'").translate(FOLDED)
        if SHAPE.fullmatch(number) is None:
            return FAULTS[_shape_fault(number)]
    region = number[:2]
    if region not in PROVINCES and not (made_up and region == MADE_UP):
        return FAULTS["identity_made_up" if region == MADE_UP else "identity_region"]
    total = sum(map(mul, WEIGHTS, number.encode())) - ZEROES
    is_check_right = CHECK_CHARACTERS[total % 11] == number[17]
    if not is_check_right and number.endswith("000"):
        return FAULTS["identity_rounded"]
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return FAULTS["identity_date"]
    if not is_check_right:
        return FAULTS["identity_check_digit"]
    if birth_date > on:
        return FAULTS["identity_future"]
    age = age_on(birth_date=birth_date, on=on)
    if age < youngest:
        return too_young(youngest=youngest)
    if oldest is not None and age > oldest:
        return too_old(oldest=oldest)
    return Identity(number, birth_date, "male" if int(number[16]) % 2 else "female")


def age_on(*, birth_date: date, on: date) -> int:
    """Completed years, by month and day: who was born on 29 February is a year older on 1 March of a common year."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def too_young(*, youngest: int) -> Fault:
    return Fault(
        "identity_too_young",
        Text(f"未满 {youngest} 周岁", f"younger than {youngest}"),
        Text(f"满 {youngest} 周岁后才能入会；请核对号码", f"one may join from {youngest} on; check the number"),
    )


def too_old(*, oldest: int) -> Fault:
    return Fault(
        "identity_too_old",
        Text(f"已超过 {oldest} 周岁", f"older than {oldest}"),
        Text(
            "请核对号码；号码无误的，请走人工办理", "check the number; where it is right, ask an officer to see to it"
        ),
    )


def _shape_fault(number: str) -> str:
    """Why `number`, already folded, is no identity number by its shape alone."""
    if not number:
        return "identity_missing"
    if "*" in number or "＊" in number:
        return "identity_masked"
    if SCIENTIFIC.fullmatch(number):
        return "identity_scientific"
    if not number.isascii() or not number.replace("X", "").isdigit():
        return "identity_characters"
    if MOBILE.fullmatch(number) or MADE_UP_MOBILE.fullmatch(number):
        return "identity_is_phone"
    if len(number) == 15 and number.isdigit():
        return "identity_15_digits"
    return "identity_length" if len(number) != 18 else "identity_characters"


def read_phone(*, text: str, made_up: bool = False) -> str | Fault:
    """The eleven digits of a mainland mobile number. Full-width digits, spaces, hyphens and +86 are mended; numbers
    that begin with 100, which nobody has, pass only with `made_up`."""
    folded = text.removeprefix("'").translate(FOLDED)
    if MOBILE.fullmatch(folded):
        return folded
    number = COUNTRY.sub("", folded.translate(PHONE_MARKS))
    if MOBILE.fullmatch(number) or (made_up and MADE_UP_MOBILE.fullmatch(number)):
        return number
    return FAULTS[_phone_fault(folded, number)]


def _phone_fault(folded: str, number: str) -> str:
    if not number:
        return "phone_missing"
    if "*" in number or "＊" in number:
        return "phone_masked"
    if SHAPE.fullmatch(number):
        return "phone_is_identity"
    if SCIENTIFIC.fullmatch(folded):
        return "phone_scientific"
    if not number.isascii() or not number.isdigit():
        return "phone_characters"
    if number.startswith("0") or (7 <= len(number) <= 8):
        return "phone_landline"
    return "phone_length" if len(number) != 11 else "phone_range"


def masked_identity(*, number: str) -> str:
    """The first and the last character, and nothing of what lies between."""
    return number[0] + "*" * (len(number) - 2) + number[-1] if len(number) > 2 else "*" * len(number)


def masked_phone(*, phone: str) -> str:
    return phone[:3] + "****" + phone[-4:] if len(phone) == 11 else "*" * len(phone)
