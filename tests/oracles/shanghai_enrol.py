"""Who may join Shanghai's 2022 mutual-aid plan for platform workers, by plain ifs over one person's facts.

It stands on its own so that it can disagree with the compiled rules: nothing is imported from the project.
A fact that is not known is None; a test answers True (passes), False (fails) or the set of facts it lacks.
"""

from datetime import date, timedelta
from typing import Any

PLAN_START = date(2022, 7, 1)
AGE_LIMIT = 60
PREMIUM_FEN = 7_200
CATEGORIES = ("ride_hailing", "food_delivery", "instant_delivery", "same_city_freight", "express")

Facts = dict[str, Any]
Verdict = bool | set[str]


def enrol(facts: Facts, *, min_age: int | None = None) -> dict[str, Any]:
    """The decision for one application; `missing` is a set, dates and premium are None unless granted.

    The plan gives no lower age limit, so `under_min_age` is not tested unless `min_age` supplies one.
    """
    verdicts = _verdicts(facts)
    not_tested = ["under_min_age"]
    if min_age is not None:
        verdicts["under_min_age"] = _old_enough(facts, min_age=min_age)
        not_tested = []

    reasons = [name for name, verdict in verdicts.items() if verdict is False]
    missing: set[str] = set()
    for verdict in verdicts.values():
        if isinstance(verdict, set):
            missing |= verdict

    result: dict[str, Any] = {
        "outcome": "granted",
        "reasons": [],
        "missing": set(),
        "not_tested": not_tested,
        "since": None,
        "until": None,
        "premium_fen": None,
    }
    if reasons:
        result["outcome"] = "refused"
        result["reasons"] = reasons
    elif missing:
        result["outcome"] = "undetermined"
        result["missing"] = missing
    else:
        since = facts["applied_on"] + timedelta(days=1)
        if facts["covered_until"] is not None and facts["covered_until"] > since:
            since = facts["covered_until"]
        result["since"] = since
        result["until"] = _a_year_after(since)
        result["premium_fen"] = PREMIUM_FEN
    return result


def _verdicts(facts: Facts) -> dict[str, Verdict]:
    """Every test in the plan's order, by the reason given when it fails."""
    return {
        "before_plan_start": _plan_has_started(facts),
        "age_60_or_over": _under_the_age_limit(facts),
        "not_in_shanghai": _works_in_shanghai(facts),
        "not_registered": _is_true(facts, "platform_registered"),
        "not_in_platform_name": _is_true(facts, "in_platform_name"),
        "no_vehicle": _is_true(facts, "uses_vehicle"),
        "category_not_listed": _category_is_listed(facts),
        "unpaid": _is_true(facts, "paid"),
        "not_union_member": _is_true(facts, "union_member"),
    }


def _plan_has_started(facts: Facts) -> Verdict:
    if facts["applied_on"] is None:
        return {"applied_on"}
    return bool(facts["applied_on"] >= PLAN_START)


def _under_the_age_limit(facts: Facts) -> Verdict:
    missing = {name for name in ("birth_date", "applied_on") if facts[name] is None}
    if missing:
        return missing
    return _age(facts["birth_date"], facts["applied_on"]) < AGE_LIMIT


def _old_enough(facts: Facts, *, min_age: int) -> Verdict:
    missing = {name for name in ("birth_date", "applied_on") if facts[name] is None}
    if missing:
        return missing
    return _age(facts["birth_date"], facts["applied_on"]) >= min_age


def _works_in_shanghai(facts: Facts) -> Verdict:
    if facts["work_region"] is None:
        return {"work_region"}
    return bool(facts["work_region"].startswith("31"))


def _category_is_listed(facts: Facts) -> Verdict:
    if facts["work_category"] is None:
        return {"work_category"}
    return facts["work_category"] in CATEGORIES


def _is_true(facts: Facts, name: str) -> Verdict:
    if facts[name] is None:
        return {name}
    return bool(facts[name])


def _age(birth: date, on: date) -> int:
    """Whole years; who was born on 29 February grows older on 1 March of a common year."""
    if (on.month, on.day) >= (birth.month, birth.day):
        return on.year - birth.year
    return on.year - birth.year - 1


def _a_year_after(day: date) -> date:
    if day.month == 2 and day.day == 29:
        return date(day.year + 1, 3, 1)
    return date(day.year + 1, day.month, day.day)
