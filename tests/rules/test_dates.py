"""Ages, anniversaries and months, 29 February and the ends of months among them, against calendars counted by hand."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.rules import add_months, add_years, days, month_of, months, years
from huzhu.rules.decider import Decider
from huzhu.rules.kinds import FIRST_DATE, LAST_DATE
from tests.rules.written import Expression, a, computed, decision, gives

D, E, N = a("d", "date"), a("e", "date"), a("n", "int", low=-1_000, high=1_000)
DATES = st.dates(FIRST_DATE, LAST_DATE) | st.sampled_from(
    [dt.date(y, m, d) for y in (1904, 2000, 2024) for m, d in ((2, 28), (2, 29), (3, 1), (1, 31))]
)


def day(written: str) -> dt.date:
    return dt.date.fromisoformat(written)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("1962-07-01", "2022-06-30", 59),
        ("1962-07-01", "2022-07-01", 60),
        ("1962-07-01", "2022-07-02", 60),
        ("1964-02-29", "2023-02-28", 58),
        ("1964-02-29", "2023-03-01", 59),
        ("1964-02-29", "2024-02-28", 59),
        ("1964-02-29", "2024-02-29", 60),
        ("2000-01-01", "2000-01-01", 0),
        ("2000-12-31", "2001-01-01", 0),
        ("2000-01-02", "2000-01-01", -1),
        ("2001-01-01", "2000-01-01", -1),
        ("2001-01-02", "2000-01-01", -2),
    ],
)
def test_an_age_counts_by_month_and_day(born: str, on: str, age: int) -> None:
    assert computed(lambda r: years(r.d, r.e), D, E, d=day(born), e=day(on)) == age


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        ("2024-01-31", "2024-02-28", 0),
        ("2024-01-31", "2024-02-29", 0),
        ("2024-01-31", "2024-03-30", 1),
        ("2024-01-31", "2024-03-31", 2),
        ("2024-02-29", "2024-03-28", 0),
        ("2024-02-29", "2024-03-29", 1),
        ("2023-12-15", "2024-01-14", 0),
        ("2023-12-15", "2024-01-15", 1),
        ("2024-01-15", "2023-12-15", -1),
        ("2024-01-15", "2023-12-14", -2),
        ("2024-01-15", "2024-01-14", -1),
    ],
)
def test_months_count_by_the_day_of_the_month(since: str, until: str, count: int) -> None:
    assert computed(lambda r: months(r.d, r.e), D, E, d=day(since), e=day(until)) == count


@pytest.mark.parametrize(
    ("since", "count", "feb28", "mar1"),
    [
        ("2024-02-29", 1, "2025-02-28", "2025-03-01"),
        ("2024-02-29", 4, "2028-02-29", "2028-02-29"),
        ("2096-02-29", 4, "2100-02-28", "2100-03-01"),
        ("2000-02-29", -100, "1900-02-28", "1900-03-01"),
        ("2024-02-28", 1, "2025-02-28", "2025-02-28"),
        ("2023-02-28", 1, "2024-02-28", "2024-02-28"),
        ("2023-03-01", 1, "2024-03-01", "2024-03-01"),
        ("2024-12-31", 0, "2024-12-31", "2024-12-31"),
    ],
)
def test_29_february_becomes_what_the_rule_says(since: str, count: int, feb28: str, mar1: str) -> None:
    assert computed(lambda r: add_years(r.d, r.n, leap="feb28"), D, N, d=day(since), n=count) == day(feb28)
    assert computed(lambda r: add_years(r.d, r.n, leap="mar1"), D, N, d=day(since), n=count) == day(mar1)


@pytest.mark.parametrize(
    ("since", "count", "down", "up"),
    [
        ("2024-01-31", 1, "2024-02-29", "2024-03-01"),
        ("2023-01-31", 1, "2023-02-28", "2023-03-01"),
        ("2023-01-29", 1, "2023-02-28", "2023-03-01"),
        ("2024-01-29", 1, "2024-02-29", "2024-02-29"),
        ("2024-10-31", 1, "2024-11-30", "2024-12-01"),
        ("2024-10-31", 2, "2024-12-31", "2024-12-31"),
        ("2024-12-31", 2, "2025-02-28", "2025-03-01"),
        ("2024-03-31", -1, "2024-02-29", "2024-03-01"),
        ("2024-01-15", -1, "2023-12-15", "2023-12-15"),
        ("2024-01-31", -13, "2022-12-31", "2022-12-31"),
        ("2024-08-31", 0, "2024-08-31", "2024-08-31"),
    ],
)
def test_the_end_of_a_month_becomes_what_the_rule_says(since: str, count: int, down: str, up: str) -> None:
    assert computed(lambda r: add_months(r.d, r.n, month_end="down"), D, N, d=day(since), n=count) == day(down)
    assert computed(lambda r: add_months(r.d, r.n, month_end="up"), D, N, d=day(since), n=count) == day(up)


EVERY: dict[str, Expression] = {
    "age": lambda r: years(r.d, r.e),
    "months": lambda r: months(r.d, r.e),
    "feb28": lambda r: add_years(r.d, r.n, leap="feb28"),
    "mar1": lambda r: add_years(r.d, r.n, leap="mar1"),
    "down": lambda r: add_months(r.d, r.n, month_end="down"),
    "up": lambda r: add_months(r.d, r.n, month_end="up"),
    "apart": lambda r: r.e - r.d,
    "there": lambda r: r.d + (r.e - r.d),
    "back": lambda r: r.d - days(1) + days(1),
    "month": lambda r: month_of(r.d),
}
DECIDER = Decider(decision(D, E, N, results=tuple(gives(name, write) for name, write in EVERY.items())))


def days_of(year: int, month: int) -> list[dt.date]:
    return [dt.date(year, month, number + 1) for number in range(calendar.monthrange(year, month)[1])]


@given(DATES, DATES, st.integers(-900, 900))
def test_every_date_operator_against_a_calendar_walked_through(d: dt.date, e: dt.date, n: int) -> None:
    found = DECIDER.decide({"d": d, "e": e, "n": n})
    assert (found["there"], found["back"], found["month"]) == (e, d, d.month)
    assert dt.timedelta(found["apart"]) == e - d
    # The last birthday on or before `e`, days that a year lacks counted by month and day as they stand.
    assert (
        (d.year + found["age"], d.month, d.day)
        <= (e.year, e.month, e.day)
        < (d.year + found["age"] + 1, d.month, d.day)
    )
    assert (d.month, d.day) <= (e.month, e.day) or found["age"] == e.year - d.year - 1
    year, month = d.year, d.month
    for _ in range(abs(n)):
        month += 1 if n > 0 else -1
        year, month = (year + 1, 1) if month > 12 else (year - 1, 12) if month < 1 else (year, month)
    there = days_of(year, month)
    following = there[-1] + dt.timedelta(1)
    exact = there[d.day - 1] if d.day <= len(there) else None
    assert (found["down"], found["up"]) == (exact or there[-1], exact or following)
    february = days_of(d.year + n, 2) if d.month == 2 else []
    lacks = d.month == 2 and d.day > len(february)
    same = None if lacks else dt.date(d.year + n, d.month, d.day)
    assert (found["feb28"], found["mar1"]) == (same or dt.date(d.year + n, 2, 28), same or dt.date(d.year + n, 3, 1))


@given(DATES, DATES)
def test_completed_months_are_the_last_that_fit(d: dt.date, e: dt.date) -> None:
    count = DECIDER.decide({"d": d, "e": e, "n": 0})["months"]
    begun = (d.year * 12 + d.month + count, d.day)
    assert begun <= (e.year * 12 + e.month, e.day) < (begun[0] + 1, d.day)


def test_whoever_is_born_on_29_february_has_completed_a_year_on_the_anniversary_of_1_march() -> None:
    for year in range(1904, 2097, 4):
        born = dt.date(year, 2, 29)
        for after in range(1, 60):
            anniversary = add(born, after)
            assert DECIDER.decide({"d": born, "e": anniversary, "n": 0})["age"] == after
            assert DECIDER.decide({"d": born, "e": anniversary - dt.timedelta(1), "n": 0})["age"] == after - 1


def add(born: dt.date, after: int) -> dt.date:
    return dt.date(born.year + after, 2, 29) if calendar.isleap(born.year + after) else dt.date(born.year + after, 3, 1)
