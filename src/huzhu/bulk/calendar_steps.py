"""Calendar arithmetic in whole-number steps, exact and the same on every engine (proleptic Gregorian).

A date is a number of days since 1970 or the number yyyymmdd. The conversions are the well-known ones that shift the year
to begin in March, so that the leap day comes last.
"""

from __future__ import annotations

from huzhu.bulk.steps import Step, Steps

DAYS_IN_ERA = 146_097  # 400 years
MARCH_0000 = 719_468  # days from 0000-03-01 to 1970-01-01


def _parts(s: Steps, ymd: Step) -> tuple[Step, Step, Step]:
    return (
        s.arith("quotient", ymd, 10_000),
        s.arith("mod", s.arith("quotient", ymd, 100), 100),
        s.arith("mod", ymd, 100),
    )


def _joined(s: Steps, year: Step, month: Step, day: Step) -> Step:
    return s.arith("add", s.arith("add", s.arith("mul", year, 10_000), s.arith("mul", month, 100)), day)


def to_days(s: Steps, ymd: Step) -> Step:
    """Days since 1970 of a yyyymmdd; all dates here lie after the year 0."""
    year, month, day = _parts(s, ymd)
    early = s.compare("le", month, 2)
    y = s.arith("sub", year, s.choose(early, s.number(1), s.number(0)))
    m = s.arith("add", month, s.choose(early, s.number(9), s.number(-3)))
    era = s.arith("quotient", y, 400)
    yoe = s.arith("sub", y, s.arith("mul", era, 400))
    doy = s.arith("add", s.arith("quotient", s.arith("add", s.arith("mul", m, 153), 2), 5), s.arith("sub", day, 1))
    leaps = s.arith("sub", s.arith("quotient", yoe, 4), s.arith("quotient", yoe, 100))
    doe = s.arith("add", s.arith("add", s.arith("mul", yoe, 365), leaps), doy)
    return s.arith("sub", s.arith("add", s.arith("mul", era, DAYS_IN_ERA), doe), MARCH_0000)


def to_ymd(s: Steps, days: Step) -> Step:
    """The yyyymmdd of a number of days since 1970."""
    z = s.arith("add", days, MARCH_0000)
    era = s.arith("quotient", z, DAYS_IN_ERA)
    doe = s.arith("sub", z, s.arith("mul", era, DAYS_IN_ERA))
    off = s.arith("sub", doe, s.arith("quotient", doe, 1460))
    off = s.arith("sub", s.arith("add", off, s.arith("quotient", doe, 36_524)), s.arith("quotient", doe, 146_096))
    yoe = s.arith("quotient", off, 365)
    before = s.arith(
        "sub", s.arith("add", s.arith("mul", yoe, 365), s.arith("quotient", yoe, 4)), s.arith("quotient", yoe, 100)
    )
    doy = s.arith("sub", doe, before)
    mp = s.arith("quotient", s.arith("add", s.arith("mul", doy, 5), 2), 153)
    start = s.arith("quotient", s.arith("add", s.arith("mul", mp, 153), 2), 5)
    day = s.arith("add", s.arith("sub", doy, start), 1)
    late = s.compare("ge", mp, 10)
    month = s.arith("add", mp, s.choose(late, s.number(-9), s.number(3)))
    year = s.arith("add", s.arith("add", yoe, s.arith("mul", era, 400)), s.choose(late, s.number(1), s.number(0)))
    return _joined(s, year, month, day)


def _is_leap(s: Steps, year: Step) -> Step:
    fourth = s.compare("eq", s.arith("mod", year, 4), 0)
    century = s.compare("eq", s.arith("mod", year, 100), 0)
    return s.either(s.both(fourth, s.invert(century)), s.compare("eq", s.arith("mod", year, 400), 0))


def add_years(s: Steps, ymd: Step, count: Step, *, leap: str) -> Step:
    moved = s.arith("add", ymd, s.arith("mul", count, 10_000))
    no_such_day = s.both(
        s.compare("eq", s.arith("mod", ymd, 10_000), 229), s.invert(_is_leap(s, s.arith("quotient", moved, 10_000)))
    )
    # 0229 becomes 0228 (one less) or 0301 (72 more).
    return s.choose(no_such_day, s.arith("add", moved, -1 if leap == "feb28" else 72), moved)


def months(s: Steps, since: Step, until: Step) -> Step:
    """Completed months by day of the month."""
    y1, m1, d1 = _parts(s, since)
    y2, m2, d2 = _parts(s, until)
    apart = s.arith("add", s.arith("mul", s.arith("sub", y2, y1), 12), s.arith("sub", m2, m1))
    return s.choose(s.compare("lt", d2, d1), s.arith("sub", apart, 1), apart)


def add_months(s: Steps, ymd: Step, count: Step, *, month_end: str) -> Step:
    year, month, day = _parts(s, ymd)
    index = s.arith("add", s.arith("add", s.arith("mul", year, 12), s.arith("sub", month, 1)), count)
    y, m0 = s.arith("quotient", index, 12), s.arith("mod", index, 12)
    m = s.arith("add", m0, 1)
    leap = _is_leap(s, y)
    february = s.choose(leap, s.number(29), s.number(28))
    short = s.make("in", "bool", m, value=(4, 6, 9, 11))
    length = s.choose(s.compare("eq", m, 2), february, s.choose(short, s.number(30), s.number(31)))
    too_long = s.compare("gt", day, length)
    if month_end == "down":
        return s.choose(too_long, _joined(s, y, m, length), _joined(s, y, m, day))
    december = s.compare("eq", m, 12)
    first = s.choose(
        december,
        _joined(s, s.arith("add", y, 1), s.number(1), s.number(1)),
        _joined(s, y, s.arith("add", m, 1), s.number(1)),
    )
    return s.choose(too_long, first, _joined(s, y, m, day))
