from __future__ import annotations

from datetime import date
from random import Random

import pytest

from huzhu.apps.rosters.checks import Checker, RosterRow, SeenInMemory
from huzhu.apps.rosters.sheets import SheetRow
from huzhu.apps.rosters.values import read_category, read_date, read_region, read_yes_no
from tests.site.rosters.broken import ON, good_row, made_up_number


def checker(**changes: object) -> Checker:
    return Checker(on=ON, key=b"k", made_up=True, **changes)  # type: ignore[arg-type]


def row(number: int = 2, **changes: str) -> SheetRow:
    return SheetRow(number, {**good_row(Random(number), number), **changes})


def said(check: Checker, one: SheetRow) -> list[tuple[str | None, str, bool]]:
    return [(problem.column, problem.code, problem.is_doubt) for problem in check.check(one)[1]]


def test_a_good_row_is_told_in_our_terms() -> None:
    number = made_up_number(Random(1), born=date(1990, 5, 20))
    cells = {
        "name": " 买买提•艾力 ",
        "identity_number": number.lower(),
        "phone": "+86 138 1234 5678",
        "platform": "蓝骑",
        "rider_no": "R１",
        "work_category": "外卖员",
        "work_region": "上海市浦东新区",
        "applied_on": "2026年3月1日",
        "paid": "是",
        "orders_30d": "３１２",
        "organisation": "",
    }
    found, problems = checker().check(SheetRow(7, cells))
    assert problems == []
    assert found == RosterRow(
        number=7,
        name="买买提·艾力",
        identity_number=number,
        birth_date=date(1990, 5, 20),
        phone="13812345678",
        platform="蓝骑",
        rider_no="R1",
        work_category="food_delivery",
        work_region="310115",
        applied_on=date(2026, 3, 1),
        paid=True,
        orders_30d=312,
    )
    assert "1990" not in repr(found)
    assert "买买提" not in repr(found)


def test_each_mistake_of_a_row_is_reported_once() -> None:
    one = row(name="", phone="123", applied_on="26/3/1")
    assert said(checker(), one) == [
        ("name", "name_missing", False),
        ("phone", "phone_length", False),
        ("applied_on", "date_short_year", False),
    ]


def test_a_second_row_with_the_same_number_is_named_with_the_first() -> None:
    check = checker()
    assert said(check, row(2)) == []
    problems = check.check(row(9, identity_number=good_row(Random(2), 2)["identity_number"]))[1]
    assert [(problem.code, problem.what.zh) for problem in problems] == [
        ("identity_duplicate", "身份证号与第 2 行相同")
    ]


def test_a_refused_row_does_not_keep_out_the_one_that_mends_it() -> None:
    check = checker()
    number = good_row(Random(2), 2)["identity_number"]
    assert said(check, row(2, work_category="外买")) != []
    assert said(check, row(3, identity_number=number)) == []


def test_one_phone_for_two_people_is_a_doubt() -> None:
    check = checker()
    assert said(check, row(2, phone="13800000000")) == []
    found, problems = check.check(row(3, phone="13800000000"))
    assert found is not None
    assert [(problem.code, problem.is_doubt) for problem in problems] == [("phone_duplicate", True)]


def test_a_birth_date_that_the_number_denies_is_reported() -> None:
    one = row(identity_number=made_up_number(Random(1), born=date(1990, 5, 20)), birth_date="1990-05-21")
    assert said(checker(), one) == [("birth_date", "birth_date_differs", False)]


def test_a_row_without_a_number_passes_where_none_is_needed() -> None:
    found, problems = checker(needed=("name",)).check(row(identity_number="", birth_date="1990-05-20"))
    assert problems == []
    assert found is not None
    assert (found.identity_number, found.birth_date) == (None, date(1990, 5, 20))


def test_the_nearest_category_and_region_are_suggested() -> None:
    for read, text, near in ((read_category, "外买", "外卖"), (read_region, "浦东心区", "浦东新区")):
        fault = read(text=text)
        assert near in getattr(fault, "fix").zh  # noqa: B009 - a value would have no such attribute


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("45123", "date_serial"),
        ("45123.5", "date_serial"),
        ("2026-02-29", "date_not_real"),
        ("26/3/1", "date_short_year"),
        ("3/1/2026", "date_year_last"),
        ("1899-12-31", "date_too_early"),
        ("昨天", "date_unreadable"),
    ],
)
def test_a_date_in_another_form_is_refused_with_its_reason(text: str, code: str) -> None:
    assert getattr(read_date(text=text), "code") == code  # noqa: B009


def test_the_serial_number_of_a_date_is_told_as_the_date() -> None:
    """Day 45123 of a spreadsheet is 16 July 2023."""
    assert "2023-07-16" in getattr(read_date(text="45123"), "fix").zh  # noqa: B009


def test_dates_and_answers_are_read_as_people_write_them() -> None:
    for text in ("2024-02-29", "2024/2/29", "2024.2.29", "２０２４年２月２９日", "20240229", "2024-02-29T13:05:07"):
        assert read_date(text=text) == date(2024, 2, 29)
    assert [read_yes_no(text=text) for text in ("是", "TRUE", "1", "否", "no", "0")] == [True] * 3 + [False] * 3


def test_what_was_seen_is_found_again_among_a_hundred_thousand() -> None:
    rng = Random(5)
    keys = [rng.randbytes(8) for _ in range(100_000)]
    seen = SeenInMemory()
    assert all(seen.first_row(key, row) is None for row, key in enumerate(keys, start=2))
    assert all(seen.first_row(key, 0) == row for row, key in enumerate(keys, start=2))
    assert len(seen.keys) * 12 < 4 << 20
