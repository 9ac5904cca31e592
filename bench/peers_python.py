"""The enrolment rule as a careful programmer would write it by hand, with the same answers and no explanation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

PLAN_START = date(2022, 7, 1)
CATEGORIES = frozenset(("ride_hailing", "food_delivery", "instant_delivery", "same_city_freight", "express"))
TRUE_FACTS = (
    ("platform_registered", "not_registered"),
    ("in_platform_name", "not_in_platform_name"),
    ("uses_vehicle", "no_vehicle"),
)
ONE_DAY = timedelta(days=1)


def enrol(facts: dict[str, Any]) -> dict[str, Any]:
    born, applied = facts["birth_date"], facts["applied_on"]
    region, category = facts["work_region"], facts["work_category"]
    failed, missing = [], []
    if applied is None:
        missing.append("applied_on")
    elif applied < PLAN_START:
        failed.append("before_plan_start")
    if born is None:
        missing.append("birth_date")
    elif applied is not None:
        age = applied.year - born.year - ((applied.month, applied.day) < (born.month, born.day))
        if age >= 60:
            failed.append("age_60_or_over")
    if region is None:
        missing.append("work_region")
    elif region[:2] != "31":
        failed.append("not_in_shanghai")
    for name, reason in TRUE_FACTS:
        value = facts[name]
        if value is None:
            missing.append(name)
        elif not value:
            failed.append(reason)
    if category is None:
        missing.append("work_category")
    elif category not in CATEGORIES:
        failed.append("category_not_listed")
    for name, reason in (("paid", "unpaid"), ("union_member", "not_union_member")):
        value = facts[name]
        if value is None:
            missing.append(name)
        elif not value:
            failed.append(reason)
    return answer(failed, missing, applied, facts["covered_until"])


def answer(failed: list[str], missing: list[str], applied: date | None, covered: date | None) -> dict[str, Any]:
    since = until = premium = None
    outcome = "refused" if failed else "undetermined" if missing else "granted"
    if outcome == "granted" and applied is not None:
        since = applied + ONE_DAY
        if covered is not None and covered > since:
            since = covered
        leap_day = since.month == 2 and since.day == 29
        until = date(since.year + 1, 3, 1) if leap_day else since.replace(year=since.year + 1)
        premium = 7_200
    return {
        "outcome": outcome,
        "reasons": failed,
        "missing": [] if failed else missing,
        "not_tested": ["under_min_age"],
        "since": since,
        "until": until,
        "premium_fen": premium,
    }
