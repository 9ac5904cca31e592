"""An invented roster of couriers who apply for cover, as a spreadsheet with the mistakes that real rosters have.

Every cell is of the right kind, so that nothing here is bad input: the mistakes are in what the rows say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from huzhu.cli.demo.identity import identity_number

PLAN_START = date(2022, 7, 1)
FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2025, 12, 31)

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏"
GIVEN = "伟强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国志文海波鹏飞宇浩然晨辉林峰佳慧敏静丽芳燕梅云龙旭东"
CATEGORIES = ("food_delivery", "instant_delivery", "express", "ride_hailing", "same_city_freight")
CATEGORY_WEIGHTS = (46, 18, 17, 12, 7)
CATEGORIES_NOT_LISTED = ("livestream", "housekeeping", "designated_driving", "warehouse")
# Shanghai's 16 districts by their GB/T 2260 codes, the more populous ones more often.
SHANGHAI = {
    "310115": 22,
    "310112": 12,
    "310117": 9,
    "310113": 9,
    "310114": 8,
    "310110": 6,
    "310107": 6,
    "310120": 5,
    "310104": 5,
    "310118": 5,
    "310106": 4,
    "310109": 3,
    "310116": 3,
    "310105": 3,
    "310151": 2,
    "310101": 2,
}
ELSEWHERE = ("320583", "320505", "330402", "330424", "320682", "110105", "340104", "330106")
LEAP_BIRTHS = tuple(date(year, 2, 29) for year in (1968, 1972, 1976, 1980, 1984, 1988, 1992, 1996, 2000, 2004))


@dataclass(frozen=True, slots=True)
class Courier:
    """One row; the fields are the columns, in their order. None is an empty cell: not known."""

    name: str
    identity_number: str
    phone: str
    birth_date: date | None
    work_region: str | None
    platform_registered: bool | None
    in_platform_name: bool | None
    uses_vehicle: bool | None
    work_category: str | None
    paid: bool | None
    union_member: bool | None
    applied_on: date | None
    covered_until: date | None


COLUMNS = tuple(field.name for field in fields(Courier))

# The facts that a roster may lack, those that people forget most named more often.
FORGOTTEN = (
    *("birth_date", "work_region", "platform_registered", "in_platform_name", "in_platform_name", "uses_vehicle"),
    *("uses_vehicle", "work_category", "paid", "paid", "union_member", "union_member", "union_member", "applied_on"),
)


def write_roster(*, path: Path, couriers: int = 20_000, seed: int = 20220701) -> None:
    """Write `couriers` rows to `path` (XLSX, one sheet): the same file for the same numbers, on any day."""
    import xlsxwriter  # takes a moment to load, and the command line loads this module for every command

    rows = roster(couriers=couriers, seed=seed)
    # Without this mode every text is kept in memory and written twice; with it, rows go out one by one.
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    workbook.set_properties({"title": "Huzhu demo: invented couriers", "created": datetime(2022, 7, 1)})
    sheet = workbook.add_worksheet("roster")
    bold = workbook.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(COLUMNS) - 1, 14)
    sheet.set_column(1, 1, 22)
    for column, title in enumerate(COLUMNS):
        sheet.write_string(0, column, title, bold)
    for number, courier in enumerate(rows, start=1):
        for column, title in enumerate(COLUMNS):
            value = getattr(courier, title)
            if isinstance(value, bool):
                sheet.write_boolean(number, column, value)
            elif isinstance(value, date):
                sheet.write_datetime(number, column, value)
            elif value is not None:
                sheet.write_string(number, column, value)
    workbook.close()


def roster(*, couriers: int, seed: int) -> list[Courier]:
    """The rows of the roster: people with the mistakes of `MISTAKES` among them, and some who stand in it twice."""
    rng = Random(seed)
    twice = _share(couriers, per_10k=100) if couriers > 1 else 0
    people = [_courier(rng) for _ in range(couriers - twice)]
    for per_10k, mistake in MISTAKES:
        for index in rng.sample(range(len(people)), _share(len(people), per_10k=per_10k)):
            people[index] = mistake(people[index], rng)
    people = _with_identity(people, rng)
    for index in rng.sample(range(len(people)), _share(len(people), per_10k=300)):
        people[index] = _with(people[index], rng.choice(FORGOTTEN), None)
    for index in rng.sample(range(len(people)), _share(len(people), per_10k=60)):
        people[index] = _mistype(people[index], rng)
    for courier in rng.sample(people, twice):
        people.insert(rng.randrange(len(people) + 1), _again(courier, rng))
    return people


def _share(count: int, *, per_10k: int) -> int:
    return min(count, max(1, count * per_10k // 10_000))


def _courier(rng: Random) -> Courier:
    """Somebody who may join; the identity number comes later, since some mistakes change the birth date."""
    applied_on = FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days + 1))
    # Most couriers are young: the lower of two draws between 18 and 58.
    age_days = min(rng.randrange(18 * 366, 58 * 366), rng.randrange(18 * 366, 58 * 366))
    cover = rng.randrange(100)
    covered_until = None
    if cover < 30:
        covered_until = applied_on + timedelta(days=rng.randrange(1, 61))
    elif cover < 45:
        covered_until = applied_on - timedelta(days=rng.randrange(180))
    return Courier(
        name=rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2)))),
        identity_number="",
        phone="",
        birth_date=applied_on - timedelta(days=age_days),
        work_region=rng.choices(tuple(SHANGHAI), weights=tuple(SHANGHAI.values()))[0],
        platform_registered=True,
        in_platform_name=True,
        uses_vehicle=True,
        work_category=rng.choices(CATEGORIES, weights=CATEGORY_WEIGHTS)[0],
        paid=True,
        union_member=True,
        applied_on=applied_on,
        covered_until=covered_until,
    )


def _with(courier: Courier, column: str, value: bool | None) -> Courier:
    change: dict[str, Any] = {column: value}
    return replace(courier, **change)


def _applied(courier: Courier) -> date:
    assert courier.applied_on is not None, "facts are forgotten only after the mistakes"
    return courier.applied_on


def _over_60(courier: Courier, rng: Random) -> Courier:
    return replace(courier, birth_date=_applied(courier) - timedelta(days=rng.randrange(60 * 366, 68 * 366)))


def _around_60(courier: Courier, rng: Random) -> Courier:
    """The sixtieth birthday falls within five days of the application. A leap year less sixty is one too here."""
    birthday = _applied(courier) + timedelta(days=rng.randint(-5, 5))
    return replace(courier, birth_date=birthday.replace(year=birthday.year - 60))


def _born_on_29_february(courier: Courier, rng: Random) -> Courier:
    return replace(courier, birth_date=rng.choice(LEAP_BIRTHS))


def _too_early(courier: Courier, rng: Random) -> Courier:
    return replace(courier, applied_on=PLAN_START - timedelta(days=rng.randint(1, 40)), covered_until=None)


def _elsewhere(courier: Courier, rng: Random) -> Courier:
    return replace(courier, work_region=rng.choice(ELSEWHERE))


def _other_trade(courier: Courier, rng: Random) -> Courier:
    return replace(courier, work_category=rng.choice(CATEGORIES_NOT_LISTED))


def _not(column: str) -> Callable[[Courier, Random], Courier]:
    return lambda courier, _rng: _with(courier, column, False)


# Per 10,000 people. Chosen one after the other, so that some rows carry two mistakes, as in life.
MISTAKES: tuple[tuple[int, Callable[[Courier, Random], Courier]], ...] = (
    (2, _too_early),
    (120, _over_60),
    (30, _around_60),
    (15, _born_on_29_february),
    (350, _elsewhere),
    (180, _other_trade),
    (100, _not("platform_registered")),
    (150, _not("in_platform_name")),
    (200, _not("uses_vehicle")),
    (50, _not("paid")),
    (450, _not("union_member")),
)


def _with_identity(people: list[Courier], rng: Random) -> list[Courier]:
    """Give each person a number and a telephone of their own; no mobile number starts with 100."""
    taken: set[str] = set()
    complete: list[Courier] = []
    for index, courier in enumerate(people):
        assert courier.birth_date is not None, "facts are forgotten only after the numbers are given"
        number = ""
        while not number or number in taken:
            number = identity_number(
                county=rng.randrange(10_000), birth_date=courier.birth_date, sequence=rng.randrange(1_000)
            )
        taken.add(number)
        complete.append(replace(courier, identity_number=number, phone=f"100{index:08d}"))
    return complete


def _mistype(courier: Courier, rng: Random) -> Courier:
    """The check character as somebody typed it wrong: another one of the eleven."""
    number = courier.identity_number
    wrong = rng.choice([character for character in "0123456789X" if character != number[17]])
    return replace(courier, identity_number=number[:17] + wrong)


def _again(courier: Courier, rng: Random) -> Courier:
    """The same person a second time: half of them the same row, the others some days later."""
    if courier.applied_on is None or rng.randrange(2):
        return courier
    return replace(courier, applied_on=min(LAST_DAY, courier.applied_on + timedelta(days=rng.randint(1, 20))))
