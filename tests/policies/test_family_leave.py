"""Properties of the leave policy, against histories written down again here; worked examples stand in examples.toml."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu import policies
from huzhu.policies.family_leave.calendar import (
    Part,
    is_estimated,
    is_statutory_holiday,
    is_working_day,
    last_day,
)
from huzhu.rules import FactError
from huzhu.rules.decider import Decider

DAY = dt.timedelta(days=1)
NATIONAL_SINCE = dt.date(2012, 4, 28)
NOT_MODELLED = ("11", "12", "32", "33", "42", "43", "44", "53", "65", "81")

# Province, first day, days; None: the text then in force was not read.
History = dict[str, list[tuple[dt.date, int | None]]]
EXTRA: History = {
    "31": [(dt.date(2021, 11, 25), 60)],
    "37": [(dt.date(2016, 1, 22), 60), (dt.date(2022, 11, 1), 60)],
    "41": [(dt.date(2021, 11, 27), 90)],
    "45": [(dt.date(2022, 4, 1), 50)],
    "50": [(dt.date(2021, 11, 25), 80)],
    "51": [(dt.date(2021, 9, 29), 60), (dt.date(2025, 11, 28), 90)],
    "52": [(dt.date(2022, 1, 1), 60)],
}
FATHER: History = {
    "31": [(dt.date(2021, 11, 25), 10)],
    "37": [(dt.date(2016, 1, 22), 7), (dt.date(2022, 11, 1), 15)],
    "41": [],
    "45": [(dt.date(2022, 4, 1), 25)],
    "50": [(dt.date(2021, 11, 25), 20)],
    "51": [(dt.date(2021, 9, 29), 20), (dt.date(2025, 11, 28), None)],
    "52": [(dt.date(2022, 1, 1), 15)],
}
CHILDCARE: dict[str, tuple[dt.date, int, int]] = {  # first day, days, until the child is
    "31": (dt.date(2021, 11, 25), 5, 3),
    "37": (dt.date(2022, 11, 1), 10, 3),
    "41": (dt.date(2021, 11, 27), 10, 3),
    "45": (dt.date(2022, 4, 1), 10, 3),
    "50": (dt.date(2021, 11, 25), 5, 6),
    "51": (dt.date(2021, 9, 29), 10, 3),
    "52": (dt.date(2022, 1, 1), 10, 3),
}
SHANDONG_READ_SINCE = dt.date(2016, 1, 22)

dates = st.dates(dt.date(2010, 1, 1), dt.date(2030, 12, 31))
provinces = st.sampled_from(sorted(EXTRA))


@cache
def decider(decision: str) -> Decider:
    return Decider(policies.get("family-leave").program(decision))


def decide(decision: str, **facts: object) -> dict[str, Any]:
    return decider(decision).decide(facts)


def on(history: History, province: str, day: dt.date) -> int | None:
    days = [figure for since, figure in history[province] if since <= day]
    return days[-1] if days else None


def changes(history: History) -> list[tuple[str, dt.date]]:
    return [(province, since) for province, entries in history.items() for since, _ in entries]


@pytest.mark.parametrize(("province", "since"), changes(EXTRA))
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_maternity_leave_around_each_change(province: str, since: dt.date, shift: int) -> None:
    birth = since + shift * DAY
    answer = decide("maternity", region=province + "0000", birth_date_of_child=birth, births=1, dystocia=False)
    extra = on(EXTRA, province, birth)
    if extra is None:
        assert (answer["outcome"], answer["missing"]) == ("undetermined", ["parameter:maternity_extra_days"])
    else:
        assert (answer["outcome"], answer["days"], answer["bound"]) == ("granted", 98 + extra, "exactly")


@given(province=provinces, birth=dates, births=st.integers(1, 10), dystocia=st.booleans())
def test_maternity_leave_is_the_national_days_and_what_the_province_adds(
    province: str, birth: dt.date, births: int, dystocia: bool
) -> None:
    answer = decide("maternity", region=province + "0102", birth_date_of_child=birth, births=births, dystocia=dystocia)
    extra = on(EXTRA, province, birth)
    if birth < NATIONAL_SINCE or extra is None:
        assert answer["outcome"] == "undetermined"
        assert answer["days"] is None
        assert ("parameter:maternity_base_days" in answer["missing"]) == (birth < NATIONAL_SINCE)
        assert "parameter:maternity_extra_days" in answer["missing"]
    else:
        assert answer["days"] == 98 + 15 * dystocia + 15 * (births - 1) + extra
        assert answer["missing"] == []


def test_each_further_child_of_one_delivery_is_15_days_more() -> None:
    facts = {"region": "310000", "birth_date_of_child": dt.date(2023, 5, 1), "dystocia": False}
    assert [decide("maternity", births=births, **facts)["days"] for births in (1, 2, 3)] == [158, 173, 188]


@pytest.mark.parametrize("province", NOT_MODELLED)
def test_where_the_province_is_not_modelled_the_national_days_stand_in_the_explanation(province: str) -> None:
    facts = {"region": province + "0000", "birth_date_of_child": "2023-05-01", "births": 2, "dystocia": True}
    answer = decider("maternity").explain(facts)
    steps = {step["name"]: step["tree"]["value"] for step in answer["explanation"]["steps"]}
    assert answer["missing"] == ["parameter:maternity_extra_days"]
    assert steps["national_days"] == 98 + 15 + 15
    assert steps["extra_days"] is None
    assert any("98" not in text["en"] and "Order 619, Art. 7" in text["en"] for text in answer["explanation"]["advice"])


@pytest.mark.parametrize("decision", ["maternity", "miscarriage", "paternity", "childcare", "care"])
def test_every_explanation_says_what_a_worker_can_do(decision: str) -> None:
    advice = decider(decision).explain({"region": "370000"})["explanation"]["advice"]
    assert any("仲裁" in text["zh"] and "arbitration" in text["en"] for text in advice)


@pytest.mark.parametrize(("months", "days"), [(0, 15), (3, 15), (4, 42), (10, 42)])
def test_a_miscarriage_divides_at_four_completed_months(months: int, days: int) -> None:
    answer = decide("miscarriage", region="999999", on="2024-02-29", months_pregnant=months)
    assert (answer["outcome"], answer["days"], answer["bound"]) == ("granted", days, "at_least")


@pytest.mark.parametrize(("province", "since"), changes(FATHER))
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_a_fathers_leave_around_each_change(province: str, since: dt.date, shift: int) -> None:
    birth = since + shift * DAY
    answer = decide("paternity", region=province + "0000", birth_date_of_child=birth)
    figure = on(FATHER, province, birth)
    if figure is None:
        assert (answer["outcome"], answer["missing"]) == ("undetermined", ["parameter:paternity_days"])
    else:
        floor = province == "37" and birth >= dt.date(2022, 11, 1)
        assert (answer["days"], answer["bound"]) == (figure, "at_least" if floor else "exactly")


@given(birth=dates)
def test_henans_month_for_the_father_is_never_turned_into_days(birth: dt.date) -> None:
    assert decide("paternity", region="410100", birth_date_of_child=birth)["missing"] == ["parameter:paternity_days"]


@given(province=provinces, day=dates, age_days=st.integers(0, 2600), taken=st.integers(0, 366))
def test_childcare_leave_goes_by_the_day_and_the_childs_age(
    province: str, day: dt.date, age_days: int, taken: int
) -> None:
    birth = day - age_days * DAY
    answer = decide("childcare", region=province + "0000", on=day, birth_date_of_child=birth, days_taken=taken)
    since, days, until_age = CHILDCARE[province]
    age = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    if day < since:
        expected = "no_rule" if province == "37" and day >= SHANDONG_READ_SINCE else "undetermined"
        assert answer["outcome"] == expected
        assert answer["days_left"] is None
    elif age >= until_age:
        assert (answer["outcome"], answer["reasons"]) == ("refused", ["child_too_old"])
    else:
        assert (answer["outcome"], answer["days"], answer["days_left"]) == ("granted", days, max(0, days - taken))
        assert answer["days_max"] == (10 if province == "50" else None)


@given(
    province=provinces,
    day=dates,
    age=st.integers(50, 70),
    in_hospital=st.booleans(),
    only_child=st.booleans(),
    taken=st.integers(0, 366),
)
def test_care_leave_is_granted_refused_or_unknown_as_the_texts_read(
    *, province: str, day: dt.date, age: int, in_hospital: bool, only_child: bool, taken: int
) -> None:
    answer = decide(
        "care", region=province + "0000", on=day, parent_birth_date=dt.date(day.year - age, 1, 1),
        parent_in_hospital=in_hospital, only_child=only_child, days_taken=taken,
    )  # fmt: skip
    known: dict[str, tuple[dt.date, int, int | None, str]] = {
        "37": (dt.date(2022, 11, 1), 10, 7, "at_least"),
        "41": (dt.date(2020, 6, 3), 20, None, "conflict"),
        "45": (dt.date(2018, 1, 1), 15, None, "at_most"),
    }
    since, for_only, for_other, bound = known.get(province, (dt.date.max, 0, None, ""))
    figure = for_only if only_child else for_other
    if day < since or figure is None:
        assert answer["outcome"] == "undetermined"
        assert answer["missing"]
        assert all(name.startswith("parameter:care_") for name in answer["missing"])
    elif age >= 60 and in_hospital:
        assert (answer["days"], answer["bound"], answer["days_left"]) == (figure, bound, max(0, figure - taken))
    else:
        expected = ["parent_too_young"] * (age < 60) + ["parent_not_in_hospital"] * (not in_hospital)
        assert (answer["outcome"], answer["reasons"]) == ("refused", expected)


@given(province=provinces, day=dates)
def test_what_is_granted_always_says_how_it_is_counted_and_what_its_figure_is(province: str, day: dt.date) -> None:
    region, young, old = province + "0000", day - 100 * DAY, dt.date(1940, 1, 1)
    answers = [
        decide("maternity", region=region, birth_date_of_child=day, births=1, dystocia=False),
        decide("miscarriage", region=region, on=day, months_pregnant=2),
        decide("paternity", region=region, birth_date_of_child=day),
        decide("childcare", region=region, on=day, birth_date_of_child=young, days_taken=0),
        decide(
            "care", region=region, on=day, parent_birth_date=old, parent_in_hospital=True, only_child=True, days_taken=0
        ),
    ]
    for answer in answers:
        granted = answer["outcome"] == "granted"
        assert (answer["day_kind"] in ("calendar", "working", "unknown")) == granted
        assert (answer["bound"] in ("at_least", "at_most", "exactly", "conflict")) == granted
        assert (answer["days"] is not None) == granted
        assert not answer["not_tested"]


def test_henans_conflict_cites_both_texts() -> None:
    answer = decider("care").explain(
        {"region": "410000", "on": "2023-05-01", "parent_birth_date": "1950-03-01", "parent_in_hospital": True,
         "only_child": True, "days_taken": 0}
    )  # fmt: skip
    tree = next(result["tree"] for result in answer["explanation"]["results"] if result["name"] == "bound")
    assert tree["value"] == "conflict"
    assert "人口与计划生育条例" in tree["entry"]["source"]["reference"]
    assert "老年人权益保障条例" in tree["entry"]["source"]["reference"]


def test_what_is_recalled_stays_in_a_note() -> None:
    table = policies.get("family-leave").parameters["care_days_only_child"]
    value = table.at(dt.date(2023, 5, 1), "50")
    assert value is not None
    assert (value.is_published, value.confidence) == (False, "recalled")
    assert value.note is not None
    assert "10 working days" in value.note.en


@pytest.mark.parametrize(
    ("decision", "facts", "wrong"),
    [
        ("maternity", {"births": 0}, "births"),
        ("maternity", {"births": 11}, "births"),
        ("maternity", {"region": "37000"}, "region"),
        ("miscarriage", {"months_pregnant": 11}, "months_pregnant"),
        ("paternity", {"birth_date_of_child": "2023-02-29"}, "birth_date_of_child"),
        ("childcare", {"days_taken": -1}, "days_taken"),
        ("childcare", {"days_taken": 367}, "days_taken"),
        ("childcare", {"on": "2023-05-01", "birth_date_of_child": "2023-05-02"}, "birth_date_of_child"),
        ("care", {"on": "2023-05-01", "parent_birth_date": "2023-05-02"}, "parent_birth_date"),
    ],
)
def test_what_cannot_be_meant_is_refused_as_input(decision: str, facts: dict[str, object], wrong: str) -> None:
    with pytest.raises(FactError) as refused:
        decide(decision, **facts)
    assert [name for _, name, _, _ in refused.value.problems] == [wrong]


def test_a_child_born_today_is_no_bad_input() -> None:
    answer = decide("childcare", region="370000", on="2023-05-01", birth_date_of_child="2023-05-01", days_taken=0)
    assert answer["outcome"] == "granted"


# The calendar. All dates counted by hand on a paper calendar with the State Council's notices.


def test_calendar_days_run_through_holidays() -> None:
    # July 31, August 62, September 92, so the 98th is 6 October.
    assert last_day(first_day=dt.date(2022, 7, 1), parts=[Part(98)]) == dt.date(2022, 10, 6)


def test_one_day_ends_on_the_day_it_begins() -> None:
    assert last_day(first_day=dt.date(2024, 2, 29), parts=[Part(1)]) == dt.date(2024, 2, 29)


def test_national_day_and_mid_autumn_of_2022_extend_sixty_days_by_four() -> None:
    # 1 September + 59 days is 30 October; 10 September and 1, 2, 3 October do not count.
    assert last_day(first_day=dt.date(2022, 9, 1), parts=[Part(60, holidays_extend=True)]) == dt.date(2022, 11, 3)


def test_the_spring_festival_of_2023_extends_sixty_days_by_three() -> None:
    # 22 days of January, 28 of February and 10 of March are 60; 22, 23 and 24 January do not count.
    assert last_day(first_day=dt.date(2023, 1, 10), parts=[Part(60, holidays_extend=True)]) == dt.date(2023, 3, 13)


def test_since_2025_the_eve_of_the_spring_festival_extends_too() -> None:
    # 25, 26, 27 January, then 1 to 7 February; 28 to 31 January do not count.
    assert last_day(first_day=dt.date(2025, 1, 25), parts=[Part(10, holidays_extend=True)]) == dt.date(2025, 2, 7)


def test_shanghais_holidays_extend_only_its_own_sixty_days() -> None:
    parts = [Part(98), Part(60, holidays_extend=True)]
    # 98 days from 1 September end on 7 December, National Day within them; 60 from 8 December would end on 5 February,
    # but New Year's Day and 22 to 24 January do not count.
    assert last_day(first_day=dt.date(2022, 9, 1), parts=parts[:1]) == dt.date(2022, 12, 7)
    assert last_day(first_day=dt.date(2022, 9, 1), parts=parts) == dt.date(2023, 2, 9)


def test_a_leave_that_would_end_on_a_holiday_ends_after_it() -> None:
    # The 30th counted day would be 1 October once 10 September is left out.
    assert last_day(first_day=dt.date(2022, 9, 1), parts=[Part(30, holidays_extend=True)]) == dt.date(2022, 10, 4)


def test_two_festivals_on_one_day_are_one_day() -> None:
    # 1 October 2020 was National Day and Mid-Autumn: 30 September, then 4 and 5 October.
    assert last_day(first_day=dt.date(2020, 9, 30), parts=[Part(3, holidays_extend=True)]) == dt.date(2020, 10, 5)


def test_only_the_festivals_themselves_are_statutory_holidays() -> None:
    october = [day for day in range(1, 10) if is_statutory_holiday(dt.date(2022, 10, day))]
    assert october == [1, 2, 3]  # the week off lasted until the 7th
    may = [day for day in range(1, 6) if is_statutory_holiday(dt.date(2022, 5, day))]
    assert may == [1]  # the 2nd was given because the 1st was a Sunday


def test_working_days_know_the_weekends_worked_in_exchange() -> None:
    # National Day 2022: off from 1 to 7 October, Saturday the 8th and Sunday the 9th worked.
    assert last_day(first_day=dt.date(2022, 9, 29), parts=[Part(3, "working")]) == dt.date(2022, 10, 8)
    assert last_day(first_day=dt.date(2022, 10, 8), parts=[Part(5, "working")]) == dt.date(2022, 10, 12)
    # Spring Festival 2023: off from 21 to 27 January, Saturday the 28th and Sunday the 29th worked.
    assert last_day(first_day=dt.date(2023, 1, 20), parts=[Part(3, "working")]) == dt.date(2023, 1, 29)


def test_years_without_a_notice_are_estimates() -> None:
    assert [is_estimated(year) for year in (2008, 2022, 2026, 2090)] == [False, False, False, True]


@pytest.mark.parametrize("parts", [[], [Part(0)], [Part(98), Part(-1)]])
def test_a_leave_without_days_is_refused(parts: list[Part]) -> None:
    with pytest.raises(ValueError, match="one or more days"):
        last_day(first_day=dt.date(2022, 7, 1), parts=parts)


@pytest.mark.parametrize("day", [dt.date(2007, 12, 31), dt.date(2100, 1, 1)])
def test_years_whose_holidays_are_not_known_are_refused(day: dt.date) -> None:
    with pytest.raises(ValueError, match="2008 to 2099"):
        is_working_day(day)
    with pytest.raises(ValueError, match="2008 to 2099"):
        last_day(first_day=day, parts=[Part(5, holidays_extend=True)])


@given(first=st.dates(dt.date(2008, 1, 1), dt.date(2060, 12, 31)), days=st.integers(1, 200))
def test_a_leave_holidays_extend_has_so_many_days_that_are_none(first: dt.date, days: int) -> None:
    last = last_day(first_day=first, parts=[Part(days, holidays_extend=True)])
    span = [first + n * DAY for n in range((last - first).days + 1)]
    assert len(span) - sum(map(is_statutory_holiday, span)) == days
    assert not is_statutory_holiday(last)


def test_deciding_needs_no_calendar() -> None:
    program = "import sys; import huzhu.policies.family_leave.rules; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
