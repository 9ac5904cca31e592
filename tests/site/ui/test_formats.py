"""Amounts, days and names as they are written; every expected text is worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from huzhu.ui import formats


@pytest.mark.parametrize(
    ("fen", "said"),
    [(0, "¥0.00"), (5, "¥0.05"), (123_450, "¥1,234.50"), (-123_450, "−¥1,234.50"), (10**11, "¥1,000,000,000.00")],
)
def test_amounts_have_a_sign_and_thousands(fen: int, said: str) -> None:
    assert formats.amount(fen) == said


def test_amounts_in_words_name_the_unit() -> None:
    assert formats.amount_in_words(123_450, lang="zh") == "1,234.50 元"
    assert formats.amount_in_words(-5, lang="en") == "−0.05 yuan"


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (55, "伍角伍分"),
        (1_00, "壹元整"),
        (10_00, "壹拾元整"),
        (105_05, "壹佰零伍元零伍分"),
        (1_234_50, "壹仟贰佰叁拾肆元伍角整"),
        (1_005_00, "壹仟零伍元整"),
        (10_001_00, "壹万零壹元整"),
        (100_000_00, "壹拾万元整"),
        (100_500_00, "壹拾万零伍佰元整"),
        (105_000_00, "壹拾万零伍仟元整"),
        (115_000_00, "壹拾壹万伍仟元整"),
        (100_000_001_00, "壹亿零壹元整"),
        (1_000_000_000_000_00, "壹万亿元整"),
        (1_000_100_000_000_00, "壹万零壹亿元整"),
        (-20_00, "负贰拾元整"),
    ],
)
def test_capitals_are_those_of_receipts(fen: int, said: str) -> None:
    assert formats.amount_in_capitals(fen) == said


def test_capitals_end_where_nobody_pays() -> None:
    with pytest.raises(ValueError, match="no capitals"):
        formats.amount_in_capitals(10**18)


def test_days_and_moments() -> None:
    on = dt.date(2026, 11, 3)
    assert formats.day_in_words(on, lang="zh") == "2026年11月3日"
    assert formats.day_in_words(on, lang="en") == "3 November 2026"
    at = dt.datetime(2026, 11, 3, 9, 5, tzinfo=dt.UTC)
    assert formats.moment_in_words(at, lang="zh") == "2026年11月3日 09:05"
    assert formats.moment_in_words(at, lang="en") == "3 November 2026, 09:05"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("张三", "张*"),
        ("欧阳晓岚", "欧*"),
        ("𠮷田", "𠮷*"),
        ("葛\U000e0100某", "葛\U000e0100*"),
        ("E\u0301lodie", "E\u0301*"),
        (" 李 ", "李*"),
        ("", ""),
    ],
)
def test_a_masked_name_keeps_one_character_and_hides_the_length(name: str, said: str) -> None:
    assert formats.masked(name) == said


def test_a_hundred_percent_is_all_of_it() -> None:
    assert formats.share_percent(part=99_999, whole=100_000) == 99
    assert formats.share_percent(part=31_050, whole=30_000) == 103
    assert formats.share_percent(part=1, whole=0) is None
