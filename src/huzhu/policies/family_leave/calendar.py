"""The last day of a leave from its first: calendar days, calendar days that statutory holidays extend, or working days.

Only this module reads `holidays`; the decisions count in days and know no calendar. The festivals themselves are set by
law and computed for any year; which weekdays are swapped for weekends is announced for one year at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from holidays import HolidayBase, country_holidays

DayKind = Literal["calendar", "working"]

# The festivals of the national regulation as it has stood since 2008. In the years before, other days were holidays.
FIRST_YEAR, LAST_YEAR = 2008, 2099
FESTIVALS = frozenset({"元旦", "农历除夕", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"})
ESTIMATED = "（推定）"


@dataclass(frozen=True, slots=True)
class Part:
    """So many days of a leave counted one way. `holidays_extend`: a statutory holiday is no day of the leave."""

    days: int
    day_kind: DayKind = "calendar"
    holidays_extend: bool = False


def last_day(*, first_day: dt.date, parts: Sequence[Part]) -> dt.date:
    """The last day on leave (included) when the parts are taken one after the other without a break.

    ValueError where a part has no days, or where the leave leaves the years the calendar knows.
    """
    if not parts or any(part.days < 1 for part in parts):
        raise ValueError(f"a leave has one or more parts of one or more days each, not {list(parts)!r}")
    day = first_day - dt.timedelta(days=1)
    for part in parts:
        day = _advance(day, part)
    return day


def _advance(before: dt.date, part: Part) -> dt.date:
    if part.day_kind == "calendar" and not part.holidays_extend:
        return before + dt.timedelta(days=part.days)
    day, left = before, part.days
    while left:
        day += dt.timedelta(days=1)
        left -= _counts(day, part)
    return day


def _counts(day: dt.date, part: Part) -> bool:
    return is_working_day(day) if part.day_kind == "working" else not is_statutory_holiday(day)


def is_statutory_holiday(day: dt.date) -> bool:
    """Whether the day is itself one of the national festivals. A day off swapped for a weekend, or given because a
    festival fell on a weekend, is not: the leave counts weekends, so the festival has already extended it."""
    return day in _festivals(_known(day))


def is_working_day(day: dt.date) -> bool:
    """Monday to Friday without public holidays and swapped days off, and the weekend days worked in exchange."""
    return _days_off(_known(day)).is_working_day(day)


def is_estimated(year: int) -> bool:
    """Whether the year's swapped days were unknown when the installed `holidays` was made: its working days are then
    those the festivals alone would leave. Every year announced so far has had swapped days."""
    return not any(day.year == year for day in _days_off(_known(dt.date(year, 1, 1))).weekend_workdays)


def _known(day: dt.date) -> int:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day} lies outside the years {FIRST_YEAR} to {LAST_YEAR} whose holidays are known")
    return day.year


@cache
def _festivals(year: int) -> frozenset[dt.date]:
    named = country_holidays("CN", years=year, observed=False, expand=False, language="zh_CN")
    return frozenset(day for day in named if any(_is_festival(name) for name in named.get_list(day)))


def _is_festival(name: str) -> bool:
    return name.removesuffix(ESTIMATED) in FESTIVALS


@cache
def _days_off(year: int) -> HolidayBase:
    # The next year too: a weekend worked in December may be swapped for a day in January, and is listed with that year.
    return country_holidays("CN", years=(year, year + 1), expand=False)
