"""Random but valid inputs for Shanghai's 2022 mutual-aid plan, crowded around days and sums where answers change."""

from datetime import date, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]

BENEFITS = (
    "hospital_allowance",
    "critical_illness",
    "critical_illness_hospital",
    "death_illness",
    "death_accident",
    "disability_accident",
    "injury_consolation",
)
ACCIDENTS = ("death_accident", "disability_accident", "injury_consolation")
CATEGORIES = ("ride_hailing", "food_delivery", "instant_delivery", "same_city_freight", "express")
OTHER_CATEGORIES = ("street_vendor", "EXPRESS", "express_", "外卖")
OTHER_REGIONS = ("110105", "330100", "513100", "003131", "013100")

APPLICATION_DAYS = (
    date(2022, 6, 29),
    date(2022, 6, 30),
    date(2022, 7, 1),
    date(2022, 7, 2),
    date(2023, 2, 27),
    date(2023, 2, 28),
    date(2024, 2, 27),
    date(2024, 2, 28),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2024, 12, 31),
    date(2028, 2, 28),
    date(2028, 2, 29),
    date(2028, 3, 1),
)
COVER_STARTS = (
    date(2022, 7, 1),
    date(2022, 7, 2),
    date(2022, 8, 14),
    date(2023, 2, 28),
    date(2023, 3, 1),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2027, 12, 31),
)
LEAP_DAYS = (date(2024, 2, 29), date(2028, 2, 29))
# The order of claims is by code point: these prefixes sort differently by locale, by case and by UTF-16 unit.
CLAIM_PREFIXES = ("", "C", "c", "\uff21", "案", "\U00020000", "é", "-")

# What a cover's claims are mostly about, so that each limit is reached often.
THEMES = (
    BENEFITS,
    BENEFITS,
    ("injury_consolation",),
    ("hospital_allowance",),
    ("hospital_allowance", "injury_consolation"),
    ("death_accident", "disability_accident"),
    ("disability_accident",),
    ("critical_illness", "critical_illness_hospital"),
    ("critical_illness_hospital",),
    ("critical_illness", "death_illness", "death_accident"),
)
HOSPITAL_DAYS = (0, 1, 5, 15, 16, 60, 90, 179, 180, 181, 365)
EXPENSES_FEN = (0, 1, 2, 3, 1_999, 800_000, 3_999_999, 7_999_999, 8_000_000, 8_000_001, 8_000_002)
SETTLED_FEN = (0, 1, 49_999, 50_000, 599_999, 600_000, 600_001, 1_999_999, 3_999_999, 5_400_000, 9_999_999, 45_000_000)
SETTLED_FEN_FOR_OVERALL = (66_600_000, 71_949_999, 71_950_000, 71_950_001, 71_999_999, 72_000_000, 90_000_000)


def random_enrol_case(rng: Random) -> Row:
    """The facts of one application: mostly in order, with faults, nulls and boundary days mixed in."""
    applied_on = rng.choice(APPLICATION_DAYS) if rng.random() < 0.6 else _day(rng, date(2022, 6, 1), date(2030, 12, 31))
    facts: Row = {
        "birth_date": _birth_date(rng, applied_on),
        "work_region": f"31{rng.randrange(10_000):04d}",
        "platform_registered": True,
        "in_platform_name": True,
        "uses_vehicle": True,
        "work_category": rng.choice(CATEGORIES),
        "paid": True,
        "union_member": True,
        "applied_on": applied_on,
        "covered_until": _covered_until(rng, applied_on),
    }
    fault_rate = rng.choice((0, 0, 0.1, 0.4))
    for name in ("platform_registered", "in_platform_name", "uses_vehicle", "paid", "union_member"):
        if rng.random() < fault_rate:
            facts[name] = False
    if rng.random() < fault_rate:
        facts["work_region"] = rng.choice(OTHER_REGIONS)
    if rng.random() < fault_rate:
        facts["work_category"] = rng.choice(OTHER_CATEGORIES)
    _forget(rng, facts, rate=rng.choice((0, 0, 0.1, 0.4)), never=())
    return facts


def _birth_date(rng: Random, applied_on: date) -> date:
    draw = rng.random()
    if draw < 0.35:
        return _years_before(applied_on, 60) + timedelta(days=rng.randint(-2, 2))
    if draw < 0.45:
        return rng.choice((date(1960, 2, 29), date(1964, 2, 29), date(1968, 2, 29), date(2004, 2, 29)))
    if draw < 0.5:
        return applied_on - timedelta(days=rng.randint(0, 2))
    if draw < 0.6:
        # Around ages that a policy may one day set as its lower limit.
        return _years_before(applied_on, rng.choice((16, 18))) + timedelta(days=rng.randint(-1, 1))
    return _day(rng, date(1945, 1, 1), _years_before(applied_on, 16))


def _covered_until(rng: Random, applied_on: date) -> date | None:
    draw = rng.random()
    if draw < 0.5:
        return None
    if draw < 0.75:
        return applied_on + timedelta(days=rng.randint(-2, 3))
    if draw < 0.85:
        return rng.choice((*LEAP_DAYS, date(2025, 2, 28), date(2024, 3, 1)))
    return applied_on + timedelta(days=rng.randint(-800, 400))


def random_claims_batch(rng: Random, rows: int, *, unknown_covers: bool = False) -> list[Row]:
    """Exactly `rows` valid claims over several covers, shuffled; with `unknown_covers` a few lack their cover."""
    numbers = rng.sample(range(10 * rows + 10), rows)
    batch: list[Row] = []
    while len(batch) < rows:
        events = min(rng.choice((1, 2, 3, 5, 8, 13, 21, 34)), rows - len(batch))
        cover_id = f"{rng.choice(('K', '保'))}{len(batch)}"
        claim_ids = [f"{rng.choice(CLAIM_PREFIXES)}{number}" for number in numbers[len(batch) : len(batch) + events]]
        batch.extend(_cover(rng, cover_id=cover_id, claim_ids=claim_ids))
    if unknown_covers:
        for row in batch:
            # A settled row keeps its cover: its number in the order means nothing without one.
            if row["settled_seq"] is None and rng.random() < 0.03:
                row["cover_id"] = None
    rng.shuffle(batch)
    return batch


def _cover(rng: Random, *, cover_id: str, claim_ids: list[str]) -> list[Row]:
    since = rng.choice(COVER_STARTS) if rng.random() < 0.7 else _day(rng, date(2022, 7, 1), date(2029, 12, 31))
    until = since + timedelta(days=rng.choice((365, 365, 365, 366, 31, 1)))
    if rng.random() < 0.6:
        continuous_since = since - timedelta(days=rng.choice((29, 30, 31, 365, 700)))
    else:
        continuous_since = since + timedelta(days=rng.choice((0, 0, 0, 1, -1)))
    theme = rng.choice(THEMES)
    # A few shared days make the claim id decide the order.
    days = [_event_date(rng, since, until, continuous_since) for _ in range(rng.randint(1, 5))]
    fault_rate = rng.choice((0, 0, 0.05, 0.3))
    null_rate = rng.choice((0, 0, 0, 0.03, 0.15))
    settled_rate = rng.choice((0, 0, 0.1, 0.3))
    settled_sums = rng.choice((SETTLED_FEN, SETTLED_FEN, SETTLED_FEN_FOR_OVERALL))
    settled_seqs = iter(rng.sample(range(3 * len(claim_ids)), len(claim_ids)))

    rows = []
    for claim_id in claim_ids:
        benefit = rng.choice(theme)
        event_date = rng.choice(days)
        row: Row = {
            "claim_id": claim_id,
            "member_id": f"M{rng.randrange(1000)}",
            "cover_id": cover_id,
            "cover_since": since,
            "cover_until": until,
            "continuous_since": continuous_since,
            "benefit": benefit,
            "cause": _cause(rng, benefit, fault_rate),
            "event_date": event_date,
            "filed_on": _filed_on(rng, event_date, fault_rate),
            "hospital_days": rng.choice(HOSPITAL_DAYS),
            "disability_grade": _grade(rng, benefit, fault_rate),
            "expense_fen": rng.choice(EXPENSES_FEN) if rng.random() < 0.5 else rng.randrange(9_000_000),
            "settled_seq": None,
            "settled_fen": None,
        }
        if benefit == "hospital_allowance" and rng.random() < 0.7:
            row["hospital_days"] = rng.randint(1, 40)
        _forget(rng, row, rate=null_rate, never=("claim_id", "cover_id"))
        _forget_what_is_not_needed(rng, row)
        if rng.random() < settled_rate:
            row["settled_seq"] = next(settled_seqs)
            row["settled_fen"] = rng.choice(settled_sums)
        rows.append(row)
    return rows


def _event_date(rng: Random, since: date, until: date, continuous_since: date) -> date:
    inside = _day(rng, since, until - timedelta(days=1))
    draw = rng.random()
    if draw < 0.5:
        return inside
    if draw < 0.6:
        return since + timedelta(days=rng.randint(-1, 1))
    if draw < 0.7:
        return until + timedelta(days=rng.randint(-1, 1))
    if draw < 0.9:
        return continuous_since + timedelta(days=rng.randint(29, 31))
    leap_days = [day for day in LEAP_DAYS if since <= day < until]
    return rng.choice(leap_days) if leap_days else inside


def _filed_on(rng: Random, event_date: date, fault_rate: float) -> date:
    if rng.random() < fault_rate:
        return event_date + timedelta(days=rng.randint(732, 1_200))
    draw = rng.random()
    if draw < 0.15:
        # 730 and 731 days are two years, without and with a 29 February between; 729 and 732 are about them.
        return event_date + timedelta(days=rng.randint(729, 732))
    if draw < 0.3:
        return event_date
    return event_date + timedelta(days=rng.randint(1, 700))


def _cause(rng: Random, benefit: str, fault_rate: float) -> str:
    if benefit == "hospital_allowance" or rng.random() < fault_rate:
        return rng.choice(("illness", "accident"))
    return "accident" if benefit in ACCIDENTS else "illness"


def _grade(rng: Random, benefit: str, fault_rate: float) -> int:
    if rng.random() < fault_rate:
        return rng.choice((0, rng.randint(1, 10)))
    if benefit == "injury_consolation":
        return 0
    return rng.choice((1, 2, 5, 6, 7, 8, 9, 10, 10))


def _forget(rng: Random, facts: Row, *, rate: float, never: tuple[str, ...]) -> None:
    for name in facts:
        if name not in never and rng.random() < rate:
            facts[name] = None


def _forget_what_is_not_needed(rng: Random, row: Row) -> None:
    """Leave some of the facts empty that the benefit does not ask for, as a real file would."""
    needed = {
        "hospital_allowance": "hospital_days",
        "critical_illness_hospital": "expense_fen",
        "disability_accident": "disability_grade",
        "injury_consolation": "disability_grade",
    }.get(row["benefit"])
    for name in ("hospital_days", "expense_fen", "disability_grade"):
        if row["benefit"] is not None and name != needed and rng.random() < 0.5:
            row[name] = None


def _years_before(day: date, years: int) -> date:
    if day.month == 2 and day.day == 29:
        return date(day.year - years, 2, 28)
    return date(day.year - years, day.month, day.day)


def _day(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randrange((last - first).days + 1))
