"""What each claim under Shanghai's 2022 mutual-aid plan pays, by plain ifs and one loop over the claims of a cover.

It stands on its own so that it can disagree with the compiled rules: nothing is imported from the project.
A fact that is not known is None; a test answers True (passes), False (fails) or the set of facts it lacks.
"""

from datetime import date, timedelta
from typing import Any

ACCIDENT_ONLY = ("death_accident", "disability_accident", "injury_consolation")
ILLNESS_ONLY = ("death_illness", "critical_illness", "critical_illness_hospital")

CONSOLATION_FEN = 50_000
DEMO_HOSPITAL_FEN_PER_DAY = 30_000
DEMO_CRITICAL_ILLNESS_FEN = 2_000_000
DEMO_CRITICAL_ILLNESS_HOSPITAL_PER_MILLE = 500
DEMO_DEATH_ILLNESS_FEN = 10_000_000
DEMO_DEATH_ACCIDENT_FEN = 50_000_000
DEMO_DISABILITY_FEN = 50_000_000
DEMO_WAITING_DAYS = 30
# JR/T 0083-2013. Grade 0 is "assessed, none": it has no share of the sum.
DISABILITY_PER_CENT = {0: 0, 1: 100, 2: 90, 3: 80, 4: 70, 5: 60, 6: 50, 7: 40, 8: 30, 9: 20, 10: 10}

UNPUBLISHED_AMOUNT = {
    "hospital_allowance": "parameter:hospital_allowance_per_day",
    "critical_illness": "parameter:critical_illness_amount",
    "critical_illness_hospital": "parameter:critical_illness_hospital_per_mille",
    "death_illness": "parameter:death_illness_amount",
    "death_accident": "parameter:death_accident_amount",
    "disability_accident": "parameter:disability_accident_amount",
}
FACT_OF_AMOUNT = {
    "hospital_allowance": "hospital_days",
    "critical_illness_hospital": "expense_fen",
    "disability_accident": "disability_grade",
}

# Without the overlay only consolation has an amount, so that only its published limits are ever looked at.
LIMIT_DAYS = 180
LIMIT_FEN = {
    "injury_consolation_limit": 600_000,
    "critical_illness_limit": 2_000_000,
    "critical_illness_hospital_limit": 4_000_000,
    "death_illness_limit": 10_000_000,
    "accident_limit": 50_000_000,
    "overall_limit": 72_000_000,
}
OWN_CAP = {
    "injury_consolation": "injury_consolation_limit",
    "critical_illness": "critical_illness_limit",
    "critical_illness_hospital": "critical_illness_hospital_limit",
    "death_illness": "death_illness_limit",
    "death_accident": "accident_limit",
    "disability_accident": "accident_limit",
}

Row = dict[str, Any]
Result = dict[str, Any]
Verdict = bool | set[str]


def claims(rows: list[Row], *, demo: bool) -> list[Result]:
    """The decision for each row, in the rows' order; `missing` is a set, money is in fen."""
    results = [_settled(row) if row["settled_seq"] is not None else _alone(row, demo=demo) for row in rows]
    covers: dict[str, list[tuple[Row, Result]]] = {}
    for row, result in zip(rows, results, strict=True):
        if row["cover_id"] is not None:
            covers.setdefault(row["cover_id"], []).append((row, result))
    for cover in covers.values():
        _apply_caps(cover)
    return results


def _settled(row: Row) -> Result:
    return {
        "outcome": "settled",
        "reasons": [],
        "missing": set(),
        "not_tested": [],
        "assessed_fen": None,
        "payable_fen": row["settled_fen"],
        "limited_by": [],
        "illustrative": False,
    }


def _alone(row: Row, *, demo: bool) -> Result:
    """The decision before caps, as if nothing else had ever been paid under the cover."""
    verdicts = _verdicts(row, demo=demo)
    amount = _amount(row, demo=demo)
    failed = [name for name, verdict in verdicts.items() if verdict is False]
    missing: set[str] = set()
    for verdict in verdicts.values():
        if isinstance(verdict, set):
            missing |= verdict
    if isinstance(amount, set):
        missing |= amount
    if row["cover_id"] is None:
        missing |= {"cover_id"}

    result: Result = {
        "outcome": "granted",
        "reasons": [],
        "missing": set(),
        "not_tested": _not_tested(row, demo=demo),
        "assessed_fen": None if isinstance(amount, set) else amount,
        "payable_fen": None if isinstance(amount, set) else amount,
        "limited_by": [],
        # With the overlay every row reads the filing deadline, unless its date of reading is not known.
        "illustrative": demo and row["cover_since"] is not None,
    }
    if failed:
        result["outcome"] = "refused"
        result["reasons"] = failed
        result["payable_fen"] = 0
        result["illustrative"] = "waiting_period" in failed or "filed_late" in failed
    elif amount == 0:
        # Zero whatever the unknown tests would say, so that no other fact could change the answer.
        result["outcome"] = "refused"
        result["reasons"] = ["nothing_to_pay"]
    elif missing:
        result["outcome"] = "undetermined"
        result["missing"] = missing
        result["payable_fen"] = None
    return result


def _apply_caps(cover: list[tuple[Row, Result]]) -> None:
    """Cut the granted rows of one cover to what is left, in the order in which the limits are used up."""
    settled = [pair for pair in cover if pair[1]["outcome"] == "settled"]
    granted = [pair for pair in cover if pair[1]["outcome"] == "granted"]
    settled.sort(key=lambda pair: pair[0]["settled_seq"])
    granted.sort(key=lambda pair: (pair[0]["event_date"], pair[0]["claim_id"]))
    used_days = 0
    used_fen = dict.fromkeys(LIMIT_FEN, 0)

    for row, result in settled + granted:
        benefit = row["benefit"]
        caps = [OWN_CAP[benefit], "overall_limit"] if benefit in OWN_CAP else ["overall_limit"]
        days = 0

        if result["outcome"] == "settled":
            if benefit == "hospital_allowance" and row["hospital_days"] is not None:
                days = row["hospital_days"]
            paid = row["settled_fen"]
        else:
            paid = result["assessed_fen"]
            if benefit == "hospital_allowance":
                days = min(row["hospital_days"], max(0, LIMIT_DAYS - used_days))
                if days < row["hospital_days"]:
                    result["limited_by"].append("hospital_allowance_days")
                    paid = DEMO_HOSPITAL_FEN_PER_DAY * days
            for cap in caps:
                left = max(0, LIMIT_FEN[cap] - used_fen[cap])
                if left < paid:
                    result["limited_by"].append(cap)
                    paid = left
            result["payable_fen"] = paid
            if paid == 0:
                result["outcome"] = "refused"
                result["reasons"] = ["cap_exhausted"]
                days = 0

        used_days += days
        for cap in caps:
            used_fen[cap] += paid


def _verdicts(row: Row, *, demo: bool) -> dict[str, Verdict]:
    """Every test in the plan's order, by the reason given when it fails; the untested ones are left out."""
    verdicts = {"outside_cover": _within_cover(row)}
    if demo:
        verdicts["waiting_period"] = _waiting_period_is_over(row)
        verdicts["filed_late"] = _filed_in_time(row)
    verdicts["wrong_cause"] = _cause_fits(row)
    verdicts["has_disability_grade"] = _has_no_grade_if_consolation(row)
    verdicts["no_disability_grade"] = _has_a_grade_if_disability(row)
    return verdicts


def _within_cover(row: Row) -> Verdict:
    since, until, event = row["cover_since"], row["cover_until"], row["event_date"]
    if event is not None and since is not None and event < since:
        return False
    if event is not None and until is not None and event >= until:
        return False
    return _nulls(row, "cover_since", "cover_until", "event_date") or True


def _waiting_period_is_over(row: Row) -> Verdict:
    if row["cause"] == "accident":
        return True
    # The number of days is read as of the cover's start.
    missing = _nulls(row, "cover_since", "continuous_since", "event_date")
    if not missing and row["event_date"] >= row["continuous_since"] + timedelta(days=DEMO_WAITING_DAYS):
        return True
    if row["cause"] == "illness":
        return missing or False
    if row["benefit"] in ACCIDENT_ONLY:
        # An illness would be refused for its cause, so that only an accident is left, which waits for nothing.
        return {"cause"}
    return missing | {"cause"}


def _filed_in_time(row: Row) -> Verdict:
    missing = _nulls(row, "cover_since", "event_date", "filed_on")
    if missing:
        return missing
    return bool(row["filed_on"] <= _two_years_after(row["event_date"]))


def _cause_fits(row: Row) -> Verdict:
    if row["benefit"] is None:
        return {"benefit"} | _nulls(row, "cause")
    if row["benefit"] in ACCIDENT_ONLY:
        return _nulls(row, "cause") or row["cause"] == "accident"
    if row["benefit"] in ILLNESS_ONLY:
        return _nulls(row, "cause") or row["cause"] == "illness"
    return True


def _has_no_grade_if_consolation(row: Row) -> Verdict:
    if row["disability_grade"] == 0:
        return True
    if row["benefit"] is None:
        return {"benefit"}
    if row["benefit"] != "injury_consolation":
        return True
    return _nulls(row, "disability_grade") or False


def _has_a_grade_if_disability(row: Row) -> Verdict:
    if row["disability_grade"] is not None and row["disability_grade"] > 0:
        return True
    if row["benefit"] is None:
        return {"benefit"}
    if row["benefit"] != "disability_accident":
        return True
    return _nulls(row, "disability_grade") or False


def _amount(row: Row, *, demo: bool) -> int | set[str]:
    """The fen before caps, or what it would take to know them."""
    benefit = row["benefit"]
    if benefit is None:
        return {"benefit"}
    missing: set[str] = set()
    if benefit in FACT_OF_AMOUNT:
        missing |= _nulls(row, FACT_OF_AMOUNT[benefit])
    if benefit != "injury_consolation" and not demo:
        return missing | {UNPUBLISHED_AMOUNT[benefit]}
    # A published or illustrative value is read as of the cover's start.
    missing |= _nulls(row, "cover_since")
    if missing:
        return missing
    if benefit == "injury_consolation":
        return CONSOLATION_FEN
    if benefit == "hospital_allowance":
        return int(DEMO_HOSPITAL_FEN_PER_DAY * row["hospital_days"])
    if benefit == "critical_illness":
        return DEMO_CRITICAL_ILLNESS_FEN
    if benefit == "critical_illness_hospital":
        return int(row["expense_fen"] * DEMO_CRITICAL_ILLNESS_HOSPITAL_PER_MILLE // 1000)
    if benefit == "death_illness":
        return DEMO_DEATH_ILLNESS_FEN
    if benefit == "death_accident":
        return DEMO_DEATH_ACCIDENT_FEN
    return DEMO_DISABILITY_FEN * DISABILITY_PER_CENT[row["disability_grade"]] // 100


def _not_tested(row: Row, *, demo: bool) -> list[str]:
    """The restrictions without a published value that may apply to this row."""
    benefit = row["benefit"]
    names = []
    # Where only an accident is paid, a wait for illnesses matters once the cause is known to be one.
    accident_only = benefit in ("death_accident", "disability_accident", "injury_consolation")
    if not demo and (row["cause"] == "illness" or (row["cause"] is None and not accident_only)):
        names.append("waiting_period")
    if not demo:
        names.append("filed_late")
    if benefit is None or benefit in ("critical_illness", "critical_illness_hospital"):
        names.append("illness_not_listed")
    if benefit is None or benefit == "injury_consolation":
        names.append("below_consolation_standard")
    if benefit is None or benefit == "disability_accident":
        names.append("disability_scale")
    return names


def _nulls(row: Row, *names: str) -> set[str]:
    return {name for name in names if row[name] is None}


def _two_years_after(day: date) -> date:
    if day.month == 2 and day.day == 29:
        return date(day.year + 2, 2, 28)
    return date(day.year + 2, day.month, day.day)
