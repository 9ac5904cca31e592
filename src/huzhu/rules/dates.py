"""Calendar arithmetic on dates as the rules mean it: by (month, day), the ambiguous cases chosen by the rule's author."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange

ONE_DAY = dt.timedelta(1)


def add_years(date: dt.date, count: int, leap: str) -> dt.date:
    """The same day so many years on; 29 February becomes the 28th (`feb28`) or 1 March (`mar1`) where there is none."""
    year = date.year + count
    if date.month == 2 and date.day == 29 and monthrange(year, 2)[1] == 28:
        return dt.date(year, 2, 28) if leap == "feb28" else dt.date(year, 3, 1)
    return date.replace(year=year)


def add_months(date: dt.date, count: int, month_end: str) -> dt.date:
    """The same day so many months on; in a month too short its last day (`down`) or the next 1st (`up`)."""
    year, month = divmod(date.year * 12 + date.month - 1 + count, 12)
    length = monthrange(year, month + 1)[1]
    if date.day <= length:
        return dt.date(year, month + 1, date.day)
    last = dt.date(year, month + 1, length)
    return last if month_end == "down" else last + ONE_DAY
