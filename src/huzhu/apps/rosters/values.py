"""Reads the values of a roster's columns beside names and numbers of people: dates, yes and no, categories of work,
regions, counts. Each gives the value or the fault with its mending."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache

from huzhu.apps.members.identity import PROVINCES, Fault
from huzhu.rules.texts import Text

CATEGORIES: dict[str, Text] = {
    "food_delivery": Text("外卖", "food delivery"),
    "instant_delivery": Text("即时配送", "instant delivery"),
    "express": Text("快递", "express"),
    "ride_hailing": Text("网约车", "ride hailing"),
    "same_city_freight": Text("同城货运", "same-city freight"),
    "livestream": Text("网络直播", "livestream"),
    "housekeeping": Text("家政", "housekeeping"),
    "designated_driving": Text("代驾", "designated driving"),
    "warehouse": Text("仓储分拣", "warehouse"),
}
OTHER_WORDS = {
    **dict.fromkeys(("外卖骑手", "外卖员", "外卖配送", "送餐员", "餐饮配送", "外卖配送员"), "food_delivery"),
    **dict.fromkeys(("跑腿", "闪送", "即配", "同城配送"), "instant_delivery"),
    **dict.fromkeys(("快递员", "快递配送", "快递小哥", "投递员"), "express"),
    **dict.fromkeys(("网约车司机", "网约车驾驶员", "专车司机", "快车司机"), "ride_hailing"),
    **dict.fromkeys(("货运", "货运司机", "货拉拉", "同城货运司机"), "same_city_freight"),
    **dict.fromkeys(("主播", "直播", "网络主播"), "livestream"),
    **dict.fromkeys(("家政服务", "家政服务员", "保洁"), "housekeeping"),
    **dict.fromkeys(("代驾司机", "代驾员"), "designated_driving"),
    **dict.fromkeys(("仓储", "分拣", "分拣员", "仓库"), "warehouse"),
}
# GB/T 2260. Of other provinces the first two digits are checked, so that a roster may name any of their counties.
SHANGHAI = {
    "310101": "黄浦区",
    "310104": "徐汇区",
    "310105": "长宁区",
    "310106": "静安区",
    "310107": "普陀区",
    "310109": "虹口区",
    "310110": "杨浦区",
    "310112": "闵行区",
    "310113": "宝山区",
    "310114": "嘉定区",
    "310115": "浦东新区",
    "310116": "金山区",
    "310117": "松江区",
    "310118": "青浦区",
    "310120": "奉贤区",
    "310151": "崇明区",
}
YES = frozenset(("true", "yes", "y", "1", "是", "有", "已", "对", "√", "✓", "✔"))
NO = frozenset(("false", "no", "n", "0", "否", "无", "未", "没有", "不", "×", "✗"))
EARLIEST = date(1900, 1, 1)
# Day 1 of a spreadsheet is 1 January 1900, and it believes in a 29 February of that year.
SERIAL_ZERO = date(1899, 12, 30)
SERIALS = range(7_306, 73_051)  # 1920 to 2099
ORDERS_AT_MOST = 10_000

YEAR_FIRST = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?([T ][0-9:.]*)?")
EIGHT_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
SERIAL = re.compile(r"[0-9]{4,5}(\.[0-9]+)?")
SHORT_YEAR = re.compile(r"[0-9]{2}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}\s*日?")
YEAR_LAST = re.compile(r"[0-9]{1,2}\s*[-/.]\s*[0-9]{1,2}\s*[-/.]\s*[0-9]{4}")
HASH = re.compile(r"[0-9a-f]{64}")

WRITE_DATE = Text("请写成 2024-02-29 这样的形式", "write it as 2024-02-29")
EMPTY_OR_RIGHT = Text("请改正，或者留空", "correct it or leave the cell empty")


def read_date(*, text: str) -> date | Fault:
    """Years first, in the ways people write them, or eight digits."""
    ordinary = unicodedata.normalize("NFKC", text).strip()
    match = YEAR_FIRST.fullmatch(ordinary) or EIGHT_DIGITS.fullmatch(ordinary)
    if match is not None:
        try:
            found = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return Fault(
                "date_not_real",
                Text("日历上没有这一天", "there is no such day"),
                Text("请核对月和日", "check the month and the day"),
            )
        if found < EARLIEST:
            return Fault("date_too_early", Text("日期早于 1900 年", "the date is before 1900"), WRITE_DATE)
        return found
    if SERIAL.fullmatch(ordinary) and int(float(ordinary)) in SERIALS:
        day = SERIAL_ZERO + timedelta(days=int(float(ordinary)))
        return Fault(
            "date_serial",
            Text("日期变成了电子表格的序号", "the date has become a spreadsheet's serial number"),
            Text(
                f"请把这一列设为日期格式，看是否为 {day.isoformat()}",
                f"format the column as dates and see whether it is {day.isoformat()}",
            ),
        )
    if SHORT_YEAR.fullmatch(ordinary):
        return Fault("date_short_year", Text("年份只有两位", "the year has two digits only"), WRITE_DATE)
    if YEAR_LAST.fullmatch(ordinary):
        what = Text("分不清哪个是日、哪个是月", "it cannot be told which is the day and which the month")
        return Fault("date_year_last", what, WRITE_DATE)
    return Fault("date_unreadable", Text("不是日期", "this is not a date"), WRITE_DATE)


def read_yes_no(*, text: str) -> bool | Fault:
    word = text.casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    return Fault(
        "yes_no_unknown",
        Text("应填“是”或“否”", "this must be yes or no"),
        Text("请填“是”“否”，或者留空", "enter yes, no, or nothing"),
    )


def read_category(*, text: str) -> str | Fault:
    """The code of a category, from the code or a word for it."""
    word = _plain(text)
    found = _category_words().get(word)
    if found is not None:
        return found
    label = _nearest(word, _category_words())
    known = Text(
        "、".join(label.zh for label in CATEGORIES.values()), ", ".join(label.en for label in CATEGORIES.values())
    )
    fix = Text(f"可填：{known.zh}", f"one of: {known.en}")
    if label is not None:
        near = CATEGORIES[label]
        fix = Text(f"是不是“{near.zh}”？", f"is it “{near.en}”?")
    return Fault("category_unknown", Text("不认得这个类别", "this category is not known"), fix)


@lru_cache(maxsize=1)
def _category_words() -> dict[str, str]:
    words = {_plain(word): code for code, label in CATEGORIES.items() for word in (code, label.zh, label.en)}
    return words | {_plain(word): code for word, code in OTHER_WORDS.items()}


def read_region(*, text: str) -> str | Fault:
    """Six digits of GB/T 2260, from those digits or the name of a district of Shanghai."""
    word = unicodedata.normalize("NFKC", text).strip()
    if len(word) == 6 and word.isascii() and word.isdigit():
        is_known = word in SHANGHAI if word.startswith("31") else word[:2] in PROVINCES
        if is_known and word != "310000":
            return word
        return _region_fault(None)
    names = _region_words()
    found = names.get(word.removeprefix("上海市").removeprefix("上海"))
    return found if found is not None else _region_fault(_nearest(word, names))


def _region_fault(near: str | None) -> Fault:
    fix = Text(
        "请填 6 位行政区划代码，或上海的区名，如“浦东新区”",
        "enter the 6 digits of GB/T 2260, or a district of Shanghai",
    )
    if near is not None:
        fix = Text(f"是不是“{SHANGHAI[near]}”（{near}）？", f"is it “{SHANGHAI[near]}” ({near})?")
    return Fault("region_unknown", Text("不认得这个区域", "this region is not known"), fix)


@lru_cache(maxsize=1)
def _region_words() -> dict[str, str]:
    words = {name: code for code, name in SHANGHAI.items()}
    words |= {name.removesuffix("新区").removesuffix("区"): code for code, name in SHANGHAI.items()}
    return words


def read_orders(*, text: str) -> int | Fault:
    word = unicodedata.normalize("NFKC", text).strip()
    if not re.fullmatch(r"-?[0-9]{1,9}", word):
        return Fault(
            "orders_not_whole", Text("单量应为整数", "the count of orders must be a whole number"), EMPTY_OR_RIGHT
        )
    if int(word) < 0:
        return Fault("orders_negative", Text("单量不能为负", "the count of orders cannot be negative"), EMPTY_OR_RIGHT)
    if int(word) > ORDERS_AT_MOST:
        what = Text("30 日内不可能有这么多单", "nobody has so many orders in 30 days")
        return Fault("orders_too_many", what, EMPTY_OR_RIGHT)
    return int(word)


def read_hash(*, text: str) -> str | Fault:
    word = text.lower()
    if HASH.fullmatch(word):
        return word
    return Fault(
        "hash_shape",
        Text("摘要应为 64 位十六进制字符", "a hash has 64 hexadecimal characters"),
        Text("请从平台重新导出", "export it again from the platform"),
    )


def nearest_platform(*, text: str, platforms: frozenset[str]) -> Fault:
    """The fault for a platform that is none of `platforms`."""
    near = get_close_matches(text, sorted(platforms), n=1, cutoff=0.5)
    fix = Text("请填登记过的平台名称", "enter the name of a registered platform")
    if near:
        fix = Text(f"是不是“{near[0]}”？", f"is it “{near[0]}”?")
    return Fault("platform_unknown", Text("不认得这个平台", "this platform is not known"), fix)


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("_", " ").strip()


def _nearest(word: str, words: Mapping[str, str]) -> str | None:
    near = get_close_matches(word[:40], words, n=1, cutoff=0.5)
    return words[near[0]] if near else None
