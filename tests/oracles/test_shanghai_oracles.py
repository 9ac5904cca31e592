"""The Shanghai references against values worked out by hand, and their random inputs against what counts as valid."""

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from tests.oracles.shanghai_cases import random_claims_batch, random_enrol_case
from tests.oracles.shanghai_claims import claims
from tests.oracles.shanghai_enrol import enrol

Row = dict[str, Any]


def application(**changes: Any) -> Row:
    """A courier in Pudong who may join: born in 1990, applying on the day of the newspaper page."""
    facts: Row = {
        "birth_date": date(1990, 5, 1),
        "work_region": "310115",
        "platform_registered": True,
        "in_platform_name": True,
        "uses_vehicle": True,
        "work_category": "express",
        "paid": True,
        "union_member": True,
        "applied_on": date(2022, 8, 14),
        "covered_until": None,
    }
    return facts | changes


def claim(claim_id: str = "C1", **changes: Any) -> Row:
    """An accident in the middle of a year's cover, filed a week later."""
    row: Row = {
        "claim_id": claim_id,
        "member_id": "M1",
        "cover_id": "K1",
        "cover_since": date(2022, 8, 1),
        "cover_until": date(2023, 8, 1),
        "continuous_since": date(2022, 8, 1),
        "benefit": "injury_consolation",
        "cause": "accident",
        "event_date": date(2022, 12, 1),
        "filed_on": date(2022, 12, 8),
        "hospital_days": None,
        "disability_grade": 0,
        "expense_fen": None,
        "settled_seq": None,
        "settled_fen": None,
    }
    return row | changes


def hospital(claim_id: str = "C1", *, days: int | None, **changes: Any) -> Row:
    return claim(claim_id, **({"benefit": "hospital_allowance", "hospital_days": days} | changes))


def illness(benefit: str, claim_id: str = "C1", **changes: Any) -> Row:
    return claim(claim_id, **({"benefit": benefit, "cause": "illness"} | changes))


def decided(row: Row, *, demo: bool = True) -> dict[str, Any]:
    return claims([row], demo=demo)[0]


def paid(rows: list[Row], *, demo: bool = True) -> list[int | None]:
    return [result["payable_fen"] for result in claims(rows, demo=demo)]


def test_a_courier_in_order_joins_for_a_year_from_the_next_day() -> None:
    assert enrol(application()) == {
        "outcome": "granted",
        "reasons": [],
        "missing": set(),
        "not_tested": ["under_min_age"],
        "since": date(2022, 8, 15),
        "until": date(2023, 8, 15),
        "premium_fen": 7_200,
    }


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"applied_on": date(2022, 6, 30)}, ["before_plan_start"]),
        ({"applied_on": date(2022, 7, 1)}, []),
        ({"birth_date": date(1962, 8, 15)}, []),
        ({"birth_date": date(1962, 8, 14)}, ["age_60_or_over"]),
        ({"birth_date": date(1964, 2, 29), "applied_on": date(2024, 2, 28)}, []),
        ({"birth_date": date(1964, 2, 29), "applied_on": date(2024, 2, 29)}, ["age_60_or_over"]),
        ({"work_region": "013100"}, ["not_in_shanghai"]),
        ({"work_category": "street_vendor"}, ["category_not_listed"]),
        (
            {
                "platform_registered": False,
                "in_platform_name": False,
                "uses_vehicle": False,
                "paid": False,
                "union_member": False,
            },
            ["not_registered", "not_in_platform_name", "no_vehicle", "unpaid", "not_union_member"],
        ),
    ],
)
def test_each_condition_on_its_last_good_and_first_bad_value(changes: Row, reasons: list[str]) -> None:
    result = enrol(application(**changes))
    assert result["reasons"] == reasons
    assert result["outcome"] == ("refused" if reasons else "granted")
    assert (result["premium_fen"] is None) == bool(reasons)


@pytest.mark.parametrize(
    ("applied_on", "covered_until", "since", "until"),
    [
        (date(2024, 2, 28), None, date(2024, 2, 29), date(2025, 3, 1)),
        (date(2023, 2, 27), None, date(2023, 2, 28), date(2024, 2, 28)),
        (date(2023, 5, 1), date(2023, 5, 2), date(2023, 5, 2), date(2024, 5, 2)),
        (date(2023, 5, 1), date(2023, 5, 1), date(2023, 5, 2), date(2024, 5, 2)),
        (date(2023, 5, 1), date(2023, 7, 1), date(2023, 7, 1), date(2024, 7, 1)),
    ],
)
def test_a_new_cover_follows_the_application_or_the_old_cover(
    applied_on: date, covered_until: date | None, since: date, until: date
) -> None:
    result = enrol(application(applied_on=applied_on, covered_until=covered_until))
    assert (result["since"], result["until"]) == (since, until)


def test_an_application_lacks_what_is_not_known_unless_it_is_refused_anyway() -> None:
    assert enrol(application(birth_date=None, paid=None))["missing"] == {"birth_date", "paid"}
    assert enrol(application(applied_on=None))["missing"] == {"applied_on"}
    refused = enrol(application(applied_on=None, work_region="110105"))
    assert (refused["outcome"], refused["reasons"], refused["missing"]) == ("refused", ["not_in_shanghai"], set())


def test_a_lowest_age_is_tested_once_it_is_given() -> None:
    young = application(birth_date=date(2006, 8, 15))
    assert enrol(young)["outcome"] == "granted"
    assert enrol(young, min_age=16)["reasons"] == ["under_min_age"]
    assert enrol(young, min_age=15) == enrol(young) | {"not_tested": []}


def test_the_courier_with_a_knee_injury_gets_5300_yuan() -> None:
    assert paid([claim("C1"), hospital("C2", days=16)]) == [50_000, 480_000]


def test_twelve_consolations_exhaust_the_cap() -> None:
    rows = [claim(f"C{n:02d}") for n in range(13)]
    results = claims(rows, demo=False)
    assert [result["payable_fen"] for result in results] == [50_000] * 12 + [0]
    assert results[12]["outcome"] == "refused"
    assert results[12]["reasons"] == ["cap_exhausted"]
    assert results[12]["limited_by"] == ["injury_consolation_limit"]
    assert results[12]["assessed_fen"] == 50_000


def test_hospital_days_stop_at_180_a_cover() -> None:
    cut_by_days = ["hospital_allowance_days"]
    results = claims([hospital("C1", days=100), hospital("C2", days=100), hospital("C3", days=1)], demo=True)
    assert [result["payable_fen"] for result in results] == [3_000_000, 2_400_000, 0]
    assert [result["assessed_fen"] for result in results] == [3_000_000, 3_000_000, 30_000]
    assert [result["limited_by"] for result in results] == [[], cut_by_days, cut_by_days]
    assert results[2]["reasons"] == ["cap_exhausted"]
    assert paid([claim("C1"), hospital("C2", days=180)]) == [50_000, 5_400_000]


def test_days_that_were_not_paid_are_not_used() -> None:
    spent = illness("death_illness", "C0", settled_seq=0, settled_fen=72_000_000)
    results = claims([spent, hospital("C1", days=100), hospital("C2", days=180)], demo=True)
    assert [result["limited_by"] for result in results] == [[], ["overall_limit"], ["overall_limit"]]


def test_settled_claims_come_first_and_use_limits_even_past_them() -> None:
    settled = claim("C9", event_date=date(2023, 7, 1), settled_seq=2, settled_fen=560_000)
    rows = [claim("C1"), settled, claim("C2")]
    assert paid(rows, demo=False) == [40_000, 560_000, 0]
    assert paid([claim("C1"), settled | {"settled_fen": 700_000}], demo=False) == [0, 700_000]
    assert paid([hospital("C1", days=3), hospital("C2", days=200, settled_seq=1, settled_fen=0)]) == [0, 0]
    assert paid([hospital("C1", days=3), hospital("C2", days=None, settled_seq=1, settled_fen=99)]) == [90_000, 99]
    assert decided(settled)["illustrative"] is False
    assert decided(settled, demo=False) == {
        "outcome": "settled",
        "reasons": [],
        "missing": set(),
        "not_tested": [],
        "assessed_fen": None,
        "payable_fen": 560_000,
        "limited_by": [],
        "illustrative": False,
    }


def test_the_overall_limit_cuts_last_and_days_count_as_allowed() -> None:
    death = illness("death_illness", "C0", settled_seq=1, settled_fen=68_700_000)
    results = claims([death, hospital("C1", days=170), hospital("C2", days=20), claim("C3")], demo=True)
    # 72,000,000 - 68,700,000 = 3,300,000 are left for 170 days worth 5,100,000, which still use 170 of the 180 days.
    assert [result["payable_fen"] for result in results[1:]] == [3_300_000, 0, 0]
    assert results[1]["limited_by"] == ["overall_limit"]
    assert results[2]["limited_by"] == ["hospital_allowance_days", "overall_limit"]
    assert results[3]["limited_by"] == ["overall_limit"]


def test_disability_and_death_by_accident_share_one_limit() -> None:
    disability = claim("C1", benefit="disability_accident", disability_grade=5)
    death = claim("C2", benefit="death_accident", event_date=date(2022, 12, 9), filed_on=date(2022, 12, 9))
    results = claims([death, disability], demo=True)
    assert [result["payable_fen"] for result in results] == [20_000_000, 30_000_000]
    assert results[0]["limited_by"] == ["accident_limit"]


def test_every_benefit_of_the_overlay_before_caps() -> None:
    assert decided(illness("critical_illness"))["assessed_fen"] == 2_000_000
    assert decided(illness("death_illness"))["assessed_fen"] == 10_000_000
    assert decided(illness("critical_illness_hospital", expense_fen=800_003))["assessed_fen"] == 400_001
    assert decided(claim(benefit="death_accident"))["assessed_fen"] == 50_000_000
    grades = [decided(claim(benefit="disability_accident", disability_grade=n)) for n in range(1, 11)]
    assert {result["outcome"] for result in grades} == {"granted"}
    assert [result["assessed_fen"] for result in grades] == [5_000_000 * tenths for tenths in range(10, 0, -1)]


@pytest.mark.parametrize("benefit", ["critical_illness", "death_illness"])
def test_a_benefit_that_fills_its_own_limit_is_paid_once(benefit: str) -> None:
    first, second = claims([illness(benefit, "C1"), illness(benefit, "C2")], demo=True)
    assert (first["payable_fen"], first["limited_by"]) == (first["assessed_fen"], [])
    assert (second["payable_fen"], second["limited_by"]) == (0, [f"{benefit}_limit"])
    assert (second["outcome"], second["reasons"]) == ("refused", ["cap_exhausted"])


def test_the_subsidy_is_cut_at_its_limit_and_nothing_is_nothing() -> None:
    over = decided(illness("critical_illness_hospital", expense_fen=8_000_002))
    assert (over["assessed_fen"], over["payable_fen"]) == (4_000_001, 4_000_000)
    for row in (illness("critical_illness_hospital", expense_fen=1), hospital(days=0), hospital(days=0, filed_on=None)):
        result = decided(row)
        assert (result["outcome"], result["reasons"]) == ("refused", ["nothing_to_pay"])
        assert (result["assessed_fen"], result["payable_fen"], result["missing"]) == (0, 0, set())


def test_claims_are_taken_by_event_date_then_by_code_point() -> None:
    spent = claim("C0", settled_seq=0, settled_fen=550_000)
    assert paid([spent, claim("a"), claim("B")], demo=False) == [550_000, 0, 50_000]
    assert paid([spent, claim("10"), claim("9")], demo=False) == [550_000, 50_000, 0]
    assert paid([spent, claim("\U00020000"), claim("\uff21")], demo=False) == [550_000, 0, 50_000]
    assert paid([spent, claim("1"), claim("2", event_date=date(2022, 11, 30))], demo=False) == [550_000, 0, 50_000]


def test_only_paid_claims_of_the_same_cover_use_a_limit() -> None:
    spent = claim("C0", settled_seq=0, settled_fen=550_000)
    undetermined = claim("C1", disability_grade=None)
    refused = claim("C2", cause="illness")
    other_cover = claim("C3", cover_id="K2")
    rows = [spent, undetermined, refused, other_cover, claim("C4")]
    assert paid(rows, demo=False) == [550_000, None, 0, 50_000, 50_000]


@pytest.mark.parametrize(
    ("event_date", "reasons"),
    [
        (date(2022, 7, 31), ["outside_cover"]),
        (date(2022, 8, 1), []),
        (date(2023, 7, 31), []),
        (date(2023, 8, 1), ["outside_cover"]),
    ],
)
def test_an_event_counts_from_the_first_day_to_the_day_before_the_end(event_date: date, reasons: list[str]) -> None:
    result = decided(claim(event_date=event_date, filed_on=event_date), demo=False)
    assert (result["reasons"], result["assessed_fen"]) == (reasons, 50_000)


def test_an_illness_waits_30_days_and_an_accident_none() -> None:
    day_29: Row = {"event_date": date(2022, 8, 30)}
    assert decided(hospital(days=1, cause="illness", **day_29))["reasons"] == ["waiting_period"]
    assert decided(hospital(days=1, cause="illness", event_date=date(2022, 8, 31)))["outcome"] == "granted"
    assert decided(hospital(days=1, cause="accident", continuous_since=None, **day_29))["outcome"] == "granted"
    assert decided(hospital(days=1, cause=None, **day_29))["missing"] == {"cause"}
    assert decided(hospital(days=1, cause=None))["outcome"] == "granted"
    assert decided(claim(cause="illness", **day_29))["reasons"] == ["waiting_period", "wrong_cause"]


@pytest.mark.parametrize(
    ("event_date", "last_day"),
    [
        (date(2022, 12, 1), date(2024, 12, 1)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2023, 2, 9), date(2025, 2, 9)),
    ],
)
def test_a_claim_is_filed_by_the_same_day_two_years_later(event_date: date, last_day: date) -> None:
    cover: Row = {"cover_until": date(2025, 8, 1), "event_date": event_date}
    assert decided(claim(filed_on=last_day, **cover))["outcome"] == "granted"
    late = claim(filed_on=last_day + timedelta(days=1), **cover)
    assert decided(late)["reasons"] == ["filed_late"]
    assert decided(late, demo=False)["outcome"] == "granted"


def test_consolation_needs_no_grade_and_disability_needs_one() -> None:
    assert decided(claim(disability_grade=1), demo=False)["reasons"] == ["has_disability_grade"]
    ungraded = decided(claim(benefit="disability_accident"))
    assert (ungraded["reasons"], ungraded["assessed_fen"]) == (["no_disability_grade"], 0)
    assert decided(illness("death_illness", disability_grade=3))["outcome"] == "granted"
    assert decided(claim(benefit="death_accident", cause="illness"))["reasons"] == ["wrong_cause"]


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (claim(cause=None, continuous_since=None), {"cause"}),
        (illness("death_illness", cause=None, continuous_since=None), {"cause", "continuous_since"}),
        (claim(disability_grade=None, expense_fen=None), {"disability_grade"}),
        (claim(benefit="disability_accident", disability_grade=None), {"disability_grade"}),
        (hospital(days=None, filed_on=None), {"hospital_days", "filed_on"}),
        (claim(event_date=None), {"event_date"}),
        (claim(cover_since=None, cover_until=None), {"cover_since", "cover_until"}),
        (claim(benefit=None), {"benefit"}),
        (claim(benefit=None, cause=None, disability_grade=None), {"benefit", "cause"}),
        (claim(cover_id=None), {"cover_id"}),
        (claim(cover_id=None, cause="illness"), set()),
        (claim(event_date=date(2023, 8, 1), cover_since=None, cause=None, cover_id=None), set()),
    ],
)
def test_a_claim_lacks_what_could_change_it_and_no_more(row: Row, missing: set[str]) -> None:
    result = decided(row)
    assert result["missing"] == missing
    assert result["outcome"] == ("undetermined" if missing else "refused")
    assert result["payable_fen"] == (None if missing else 0)


def test_without_the_overlay_an_amount_lacks_its_parameter() -> None:
    lacks = {
        "critical_illness": {"parameter:critical_illness_amount"},
        "critical_illness_hospital": {"parameter:critical_illness_hospital_per_mille", "expense_fen"},
        "death_illness": {"parameter:death_illness_amount"},
    }
    for benefit, missing in lacks.items():
        assert decided(illness(benefit), demo=False)["missing"] == missing
    assert decided(hospital(days=0), demo=False)["missing"] == {"parameter:hospital_allowance_per_day"}
    death = decided(claim(benefit="death_accident", cover_since=None, filed_on=None), demo=False)
    assert death["missing"] == {"parameter:death_accident_amount", "cover_since"}
    disability = decided(claim(benefit="disability_accident", disability_grade=4), demo=False)
    assert disability["missing"] == {"parameter:disability_accident_amount"}
    assert decided(claim(benefit=None), demo=False)["missing"] == {"benefit"}


def test_a_known_amount_is_shown_even_where_the_outcome_is_not_known() -> None:
    assert decided(claim(filed_on=None))["assessed_fen"] == 50_000
    assert decided(claim(cover_since=None))["assessed_fen"] is None


def test_unpublished_restrictions_are_listed_where_they_may_apply() -> None:
    assert decided(claim(), demo=False)["not_tested"] == ["filed_late", "below_consolation_standard"]
    assert decided(claim())["not_tested"] == ["below_consolation_standard"]
    assert decided(hospital(days=1, cause=None), demo=False)["not_tested"] == ["waiting_period", "filed_late"]
    assert decided(illness("critical_illness"))["not_tested"] == ["illness_not_listed"]
    assert decided(claim(benefit="disability_accident"))["not_tested"] == ["disability_scale"]
    everything = "waiting_period filed_late illness_not_listed below_consolation_standard disability_scale"
    assert decided(claim(benefit=None, cause=None), demo=False)["not_tested"] == everything.split()


def test_a_decision_is_illustrative_when_an_overlay_value_led_to_it() -> None:
    late = date(2025, 1, 1)
    assert decided(claim(), demo=False)["illustrative"] is False
    assert decided(claim())["illustrative"] is True
    assert decided(claim(filed_on=late))["illustrative"] is True
    assert decided(claim(cause="illness"))["illustrative"] is False
    assert decided(claim(cause="illness", filed_on=late))["illustrative"] is True
    assert decided(hospital(days=0))["illustrative"] is True
    assert decided(claim(benefit=None))["illustrative"] is True
    assert decided(claim(cover_since=None))["illustrative"] is False


def test_random_claims_are_valid() -> None:
    batch = random_claims_batch(Random(1), 5_000)
    assert len(batch) == 5_000
    assert len({row["claim_id"] for row in batch}) == 5_000
    settled = [(row["cover_id"], row["settled_seq"]) for row in batch if row["settled_seq"] is not None]
    assert len(set(settled)) == len(settled)
    for row in batch:
        assert row["cover_id"] is not None
        assert row["cause"] in (None, "illness", "accident")
        assert (row["settled_seq"] is None) == (row["settled_fen"] is None)
        assert row["cover_since"] is None or row["cover_since"] >= date(2022, 7, 1)
        assert None in (row["cover_since"], row["cover_until"]) or row["cover_since"] < row["cover_until"]
        assert None in (row["event_date"], row["filed_on"]) or row["event_date"] <= row["filed_on"]
        assert row["disability_grade"] in (None, *range(11))
        assert all(row[name] is None or row[name] >= 0 for name in ("hospital_days", "expense_fen", "settled_fen"))


def test_random_claims_reach_every_answer() -> None:
    seen: Counter[str] = Counter()
    for result in claims(random_claims_batch(Random(2), 10_000, unknown_covers=True), demo=True):
        seen.update([result["outcome"], *result["reasons"], *result["limited_by"], *result["missing"]])
    expected = """settled granted refused undetermined outside_cover waiting_period filed_late wrong_cause
        has_disability_grade no_disability_grade cap_exhausted nothing_to_pay hospital_allowance_days
        injury_consolation_limit critical_illness_limit critical_illness_hospital_limit death_illness_limit
        accident_limit overall_limit cover_id cover_since cover_until continuous_since benefit cause event_date filed_on
        hospital_days disability_grade expense_fen"""
    assert set(seen) == set(expected.split())
    assert min(seen.values()) >= 10


def test_random_applications_are_valid_and_reach_every_answer() -> None:
    rng = Random(3)
    seen: Counter[str] = Counter()
    for _ in range(5_000):
        facts = random_enrol_case(rng)
        assert facts["work_region"] is None or (facts["work_region"].isdigit() and len(facts["work_region"]) == 6)
        assert None in (facts["birth_date"], facts["applied_on"]) or facts["birth_date"] <= facts["applied_on"]
        result = enrol(facts)
        seen.update([result["outcome"], *result["reasons"], *result["missing"]])
    expected = """granted refused undetermined before_plan_start age_60_or_over not_in_shanghai not_registered
        not_in_platform_name no_vehicle category_not_listed unpaid not_union_member birth_date work_region
        platform_registered in_platform_name uses_vehicle work_category paid union_member applied_on"""
    assert set(seen) == set(expected.split())
    assert min(seen.values()) >= 50


def test_no_answer_depends_on_a_fact_it_does_not_call_missing() -> None:
    rows = random_claims_batch(Random(4), 5_000, unknown_covers=True)
    donors = random_claims_batch(Random(5), 5_000)
    for row, donor in zip(rows, donors, strict=True):
        before = decided(row)
        filled = dict(row)
        for name in ("continuous_since", "cause", "filed_on", "hospital_days", "disability_grade", "expense_fen"):
            if row[name] is None and name not in before["missing"]:
                filled[name] = donor[name]
        after = decided(filled)
        assert (after["outcome"], after["payable_fen"]) == (before["outcome"], before["payable_fen"])
        assert after["missing"] == before["missing"]


def test_knowing_everything_missing_decides_a_claim() -> None:
    rows = random_claims_batch(Random(6), 5_000, unknown_covers=True)
    known = claim(benefit="death_illness", hospital_days=2, expense_fen=500, cause="illness", disability_grade=1)
    for row in rows:
        missing = decided(row)["missing"]
        filled = row | {name: known[name] for name in missing}
        if "benefit" in missing:
            # What a benefit needs is asked for once the benefit is known.
            filled |= {name: known[name] for name in decided(filled)["missing"]}
        assert decided(filled)["outcome"] != "undetermined"
