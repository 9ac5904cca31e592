"""Heat measures against a plain reading of Article 8, over every tenth of a degree and every gap in what is known; the
allowance tables against their own rules.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import product
from typing import Any

import pytest

from huzhu import policies
from huzhu.rules.decider import Decider
from huzhu.rules.errors import FactError

SUMMER = dt.date(2022, 8, 14)
IN_FORCE = dt.date(2012, 6, 29)
SHANDONG_2021 = dt.date(2021, 6, 1)
PAGE = dt.date(2022, 8, 14)
POLICY = policies.get("heat-work")
FLAGS = (False, True)


@cache
def decider(decision: str) -> Decider:
    return Decider(POLICY.program(decision))


def measures(**facts: object) -> dict[str, Any]:
    return decider("measures").decide({"region": "310000", "on": SUMMER} | facts)


def allowance(**facts: object) -> dict[str, Any]:
    return decider("allowance").decide({"outdoor": True} | facts)


def plainly(temperature: int, outdoor: bool, pregnant: bool, minor: bool) -> list[str]:
    """Article 8 as one would read it aloud."""
    if not outdoor or temperature < 350:
        return []
    if temperature >= 400:
        asked = ["stop_outdoor"]
    elif temperature >= 370:
        asked = ["at_most_6_hours_outdoor", "not_in_hottest_3_hours"]
    else:
        asked = ["rotate", "no_overtime"]
    return [*asked, "not_outdoors"] if pregnant or minor else asked


@pytest.mark.parametrize(("outdoor", "pregnant", "minor"), list(product(FLAGS, FLAGS, FLAGS)))
def test_every_tenth_of_a_degree_is_in_one_band(outdoor: bool, pregnant: bool, minor: bool) -> None:
    for temperature in (-900, -1, 0, *range(330, 430), 650):
        answer = measures(max_temperature_deci_c=temperature, outdoor=outdoor, pregnant=pregnant, minor=minor)
        assert answer["outcome"] == "granted"
        assert answer["measures"] == plainly(temperature, outdoor, pregnant, minor)


def test_exactly_the_facts_that_could_change_the_measures_are_missing() -> None:
    names = ("temperature", "outdoor", "pregnant", "minor")
    values: tuple[tuple[Any, ...], ...] = ((349, 350, 370, 400), FLAGS, FLAGS, FLAGS)
    for known in product(*((None, *choices) for choices in values)):
        ways = list(product(*(choices if it is None else (it,) for it, choices in zip(known, values, strict=True))))
        answers = {way: plainly(*way) for way in ways}
        wanting = [
            name
            for place, name in enumerate(names)
            if any(
                answers[one] != answers[other]
                for one, other in product(ways, ways)
                if one[:place] + one[place + 1 :] == other[:place] + other[place + 1 :]
            )
        ]
        temperature, outdoor, pregnant, minor = known
        answer = measures(max_temperature_deci_c=temperature, outdoor=outdoor, pregnant=pregnant, minor=minor)
        assert [name.removeprefix("max_").removesuffix("_deci_c") for name in answer["missing"]] == wanting
        assert answer["outcome"] == ("undetermined" if wanting else "granted")
        if not wanting:
            assert answer["measures"] == answers[ways[0]]


def test_no_place_and_no_local_rule_changes_the_national_measures() -> None:
    for region in (None, "310000", "500103", "520100"):
        answer = measures(region=region, max_temperature_deci_c=385, outdoor=True, pregnant=False, minor=False)
        assert answer["measures"] == ["at_most_6_hours_outdoor", "not_in_hottest_3_hours"]


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [
        (369, []),
        (370, ["at_most_6_hours", "pause_12_to_16"]),
        (399, ["at_most_6_hours", "pause_12_to_16"]),
        (400, ["stop_unless_below_37"]),
    ],
)
def test_chongqing_alone_has_stricter_limits(temperature: int, expected: list[str]) -> None:
    facts: dict[str, object] = {"on": dt.date(2022, 8, 17), "max_temperature_deci_c": temperature, "outdoor": False}
    assert measures(region="500103", **facts)["local_measures"] == expected
    assert measures(region="510100", **facts)["local_measures"] == []


def test_the_measures_begin_on_the_day_they_were_issued() -> None:
    facts: dict[str, object] = {"max_temperature_deci_c": 400, "outdoor": True, "pregnant": False, "minor": False}
    before = measures(on=IN_FORCE - dt.timedelta(1), **facts)
    assert before["outcome"] == "undetermined"
    assert all(name.startswith("parameter:heat_") for name in before["missing"])
    assert measures(on=IN_FORCE, **facts)["measures"] == ["stop_outdoor"]


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("max_temperature_deci_c", 651),
        ("max_temperature_deci_c", -901),
        ("max_temperature_deci_c", 38.5),
        ("region", "31"),
    ],
)
def test_what_no_thermometer_and_no_register_shows_is_bad_input(fact: str, value: object) -> None:
    with pytest.raises(FactError) as refused:
        measures(**{fact: value})
    assert [(name, shown) for _, name, shown, _ in refused.value.problems] == [(fact, value)]


@pytest.mark.parametrize(("region", "year"), [("370100", 2021), ("371702", 2025), ("310115", 2027)])
def test_with_a_known_season_every_day_of_a_year_is_paid_or_outside_it(region: str, year: int) -> None:
    first, last = dt.date(year, 6, 1), dt.date(year, 9, 30)
    day = first if year == SHANDONG_2021.year else dt.date(year, 1, 1)
    while day.year == year:
        answer = allowance(region=region, on=day)
        if first <= day <= last:
            assert (answer["outcome"], answer["amount_fen"], answer["per"]) == ("granted", 30_000, "month")
            assert answer["months"] == ["6", "7", "8", "9"]
        else:
            assert (answer["outcome"], answer["reasons"]) == ("refused", ["outside_months"])
        day += dt.timedelta(1)


@pytest.mark.parametrize(
    ("region", "amount_fen", "per", "alternative"),
    [("410000", 1_500, "day", None), ("450000", 30_000, "month", None), ("520000", 16_800, "month", 800)],
)
def test_where_the_months_are_unknown_the_rate_is_given_and_they_are_not_tested(
    region: str, amount_fen: int, per: str, alternative: int | None
) -> None:
    for month in range(1, 13):
        answer = allowance(region=region, on=dt.date(2027, month, 15))
        assert (answer["outcome"], answer["not_tested"], answer["months"]) == ("granted", ["outside_months"], [])
        assert (answer["amount_fen"], answer["per"]) == (amount_fen, per)
        assert answer["alternative_per_day_fen"] == alternative


@pytest.mark.parametrize("region", ["500000", "510000", "110000", "530000", "000000"])
def test_what_conflicts_or_was_not_read_gives_no_amount(region: str) -> None:
    for on in (dt.date(1990, 7, 1), dt.date(2022, 7, 1), dt.date(2040, 7, 1)):
        answer = allowance(region=region, on=on)
        assert (answer["outcome"], answer["missing"]) == ("undetermined", ["parameter:heat_allowance"])


def test_no_amount_is_older_than_its_source_says() -> None:
    starts = {value.key: value.since for value in POLICY.parameters["heat_allowance"].values if value.is_published}
    assert starts == {"31": PAGE, "37": SHANDONG_2021, "41": PAGE, "45": PAGE, "52": PAGE}


def test_heat_indoors_counts_as_outdoor_work_does() -> None:
    for outdoor, heat_work in ((True, False), (False, True), (True, True), (True, None), (None, True)):
        answer = allowance(region="370100", on=dt.date(2022, 7, 1), outdoor=outdoor, heat_work=heat_work)
        assert answer["amount_fen"] == 30_000


def test_only_shandong_is_known_to_pay_other_posts() -> None:
    for region in ("310000", "410000", "450000", "520000"):
        answer = allowance(region=region, on=dt.date(2027, 7, 1), outdoor=False, heat_work=False)
        assert answer["missing"] == ["parameter:heat_allowance_other_posts"]
    assert allowance(region="370000", on=dt.date(2027, 7, 1), outdoor=False, heat_work=False)["amount_fen"] == 18_000


def test_each_published_amount_says_whether_it_is_for_a_month_or_a_day_from_the_same_day() -> None:
    amounts = [v for v in POLICY.parameters["heat_allowance"].values if v.is_published]
    assert amounts
    for amount in amounts:
        per = POLICY.parameters["heat_allowance_per"].at(amount.since, amount.key)
        assert per is not None
        assert (per.since, per.value in ("month", "day")) == (amount.since, True)


def test_a_season_has_both_ends_or_neither() -> None:
    first, last = (POLICY.parameters[f"heat_allowance_{end}_month"] for end in ("first", "last"))
    assert first.table_keys() == last.table_keys()
    ends = [[(v.key, v.since, v.until, v.is_published) for v in parameter.values] for parameter in (first, last)]
    assert ends[0] == ends[1]
