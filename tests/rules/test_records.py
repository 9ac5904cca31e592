"""Facts as JSON or Python gives them: what can be meant is read, everything else is named with what is expected."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu import policies
from huzhu.rules import FactError, Valid
from huzhu.rules.decider import Decider
from huzhu.rules.kinds import FIRST_DATE, LAST_DATE
from huzhu.rules.records import Reader
from tests.rules.written import WORD, a, decision

DAY = dt.date(2024, 2, 29)
FACTS = (
    a("truth", "bool"),
    a("number", "int", low=-5, high=5),
    a("money", "money", low=0),
    a("length", "days"),
    a("rate", "per_mille"),
    a("on", "date"),
    a("late", "date", low=dt.date(2020, 1, 1).toordinal(), high=dt.date(2020, 12, 31).toordinal()),
    a("word", "text"),
    a("choice", "text", choices=("a", "b")),
    a("code", "text", digits=3),
    a("name", "text", required=True),
)
READER = Reader(decision(*FACTS))


def read(name: str, value: object) -> tuple[Any, list[str]]:
    """The value as read, and what is said to be expected where it cannot be."""
    found, problems = READER.one({"name": "n", name: value}, 7)
    for index, fact, wrong, _ in problems:
        assert (index, fact) == (7, name)
        assert wrong is value
    return found[name], [expected.en for _, _, _, expected in problems]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("truth", True, True), ("truth", False, False), ("truth", None, None), ("number", -5, -5), ("number", 5, 5), ("number", 0, 0),
        ("money", 10**11, 10**11), ("money", 0, 0), ("length", -36_600, -36_600), ("rate", 10_000, 10_000), ("on", DAY, DAY),
        ("on", "2024-02-29", DAY), ("on", FIRST_DATE, FIRST_DATE), ("on", "2200-12-31", LAST_DATE),
        ("word", "外卖", "外卖"), ("word", " ", " "), ("choice", "a", "a"), ("code", "007", "007"), ("code", None, None),
    ],
)  # fmt: skip
def test_what_can_be_meant_is_read(name: str, value: object, found: object) -> None:
    assert read(name, value) == (found, [])


WRONG: dict[str, tuple[str, list[object]]] = {
    "truth": ("expected true or false", [0, 1, "true", "True", "", "yes", [], {}, 1.0, DAY, np.bool_(True)]),
    "number": (
        "expected a whole number, from -5 to 5",
        [
            "1", "", b"1", 1.0, 1.5, float("nan"), 1 + 0j, True, False, [1], {}, DAY, Decimal(1), Fraction(1), np.int64(1),
            -6, 6, 2**63, -(2**70),
        ],
    ),
    "money": ("expected whole fen, from 0 to 100000000000", [-1, 10**11 + 1, 72.0, "7200", Decimal("72.00")]),
    "length": ("expected whole days, from -36600 to 36600", [36_601, -36_601, dt.timedelta(1), "30"]),
    "rate": ("expected whole per mille, from 0 to 10000", [-1, 10_001, 0.5]),
    "on": (
        "expected a date, YYYY-MM-DD, from 1900-01-01 to 2200-12-31",
        [
            "2023-02-29", "2024-02-30", "2024-13-01", "2024-00-01", "20240229", "2024-W09-4", "2024-060", "2024-2-29",
            "24-02-29", "29-02-2024", "2024/02/29", "2024-02-29 ", " 2024-02-29", "", "today", "2024-02-29T00:00",
            "２０２４-02-29", "2024-02-2９", "-024-02-29", "0000-01-01", "1899-12-31", "2201-01-01", b"2024-02-29",
            dt.datetime(2024, 2, 29), dt.time(), 20240229, 45351, 1.7e9, True, [2024, 2, 29],  # noqa: DTZ001
            dt.date(1899, 12, 31), dt.date(2201, 1, 1), dt.date.min, dt.date.max,
        ],
    ),
    "late": ("expected a date, YYYY-MM-DD, from 2020-01-01 to 2020-12-31", ["2019-12-31", "2021-01-01"]),
    "word": ("expected text", ["", 31, 0, True, ["a"], b"a", DAY]),
    "choice": ("expected one of a | b", ["c", "A", "a ", "ab", "", 1, ["a"], {"a": 1}]),
    "code": (
        "expected 3 digits",
        ["12", "1234", "12a", "１２３", "12٣", "123\n", " 12", "1.2", "-12", "", 123, ["1", "2", "3"], b"123"],
    ),
    "name": ("expected text", ["", 5]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, values) in WRONG.items() for value in values])
def test_what_cannot_be_meant_is_refused_with_what_is_expected(name: str, value: object) -> None:
    assert read(name, value) == (None, [WRONG[name][0]])


def test_what_is_required_must_not_be_empty() -> None:
    assert read("name", None) == (None, ["must not be empty"])


@given(
    st.sampled_from([fact.name for fact in FACTS]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.binary(), st.lists
    ),
)
def test_any_value_is_read_to_the_facts_kind_or_refused(name: str, value: object) -> None:
    found, said = read(name, value)
    fact = next(one for one in FACTS if one.name == name)
    kinds: dict[str, type] = {"bool": bool, "date": dt.date, "text": str}
    assert found is None or type(found) is kinds.get(fact.kind.value, int)
    assert (found is None) == bool(said) or value is None


def test_a_fact_that_is_not_given_is_not_known() -> None:
    found, problems = READER.one({"name": "n"})
    assert problems == []
    assert {name for name, value in found.items() if value is None} == {fact.name for fact in FACTS} - {"name"}


def test_every_problem_of_every_record_is_named() -> None:
    rows: list[dict[str, object]] = [{"name": "n", "number": 9, "truth": 1}, {"name": "n"}, {"on": "never"}]
    with pytest.raises(FactError) as error:
        READER.many(rows)
    assert [(index, name, value) for index, name, value, _ in error.value.problems] == [
        (0, "truth", 1), (0, "number", 9), (2, "on", "never"), (2, "name", None),
    ]  # fmt: skip
    assert error.value.text("en").splitlines()[1] == "number: 9: expected a whole number, from -5 to 5"
    assert error.value.text("zh").splitlines()[1] == "number: 9: 应为整数，-5 至 5"


# Checks and repeats


PERSON = decision(
    a("id", "text"), a("born", "date"), a("on", "date"), a("group", "text"),
    valid=(Valid("born", lambda r: r.born <= r.on, WORD),), unique=(("id",), ("group", "on")),
)  # fmt: skip


def problems(*rows: dict[str, Any]) -> list[tuple[int, str, object]]:
    try:
        Decider(PERSON).decide_all(rows)
    except FactError as error:
        return [(index, name, value) for index, name, value, _ in error.problems]
    return []


def test_a_check_that_is_broken_names_its_fact_and_an_unknown_one_breaks_nothing() -> None:
    assert problems({"born": DAY, "on": "2024-02-28"}) == [(0, "born", DAY)]
    assert problems({"born": DAY}, {"on": DAY}, {"born": DAY, "on": DAY}) == []


def test_checks_are_not_run_on_values_that_cannot_be_read() -> None:
    assert problems({"born": DAY, "on": "soon"}) == [(0, "on", "soon")]


def test_what_must_be_unique_is_refused_from_the_second_on() -> None:
    assert problems({"id": "1"}, {"id": "2"}, {"id": "1"}, {"id": "1"}) == [(2, "id", "1"), (3, "id", "1")]
    assert problems({"group": "g", "on": DAY}, {"group": "g", "on": DAY}, {"group": "h", "on": DAY}) == [(1, "on", DAY)]


def test_unknown_values_are_not_the_same_value() -> None:
    assert problems({"id": None}, {"id": None}, {"group": "g"}, {"group": "g"}) == []


# The bad input of the plan, one record at a time


CLAIMS = Decider(policies.get("shanghai-gig-mutual-aid").program("claims"))
A_CLAIM = {
    "claim_id": "C1",
    "cover_id": "K",
    "cover_since": "2023-01-01",
    "cover_until": "2024-01-01",
    "benefit": "injury_consolation",
}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"hospital_days": -1}, "hospital_days"), ({"disability_grade": 11}, "disability_grade"), ({"benefit": "dental"}, "benefit"),
        ({"cause": "war"}, "cause"), ({"event_date": "2023-02-29"}, "event_date"), ({"expense_fen": -1}, "expense_fen"),
        ({"expense_fen": 12.5}, "expense_fen"), ({"settled_seq": 1}, "settled_fen"), ({"settled_seq": -1, "settled_fen": 5}, "settled_seq"),
        ({"event_date": "2023-05-02", "filed_on": "2023-05-01"}, "filed_on"), ({"cover_until": "2023-01-01"}, "cover_until"),
        ({"claim_id": None}, "claim_id"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_meant_is_bad_input(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(FactError) as error:
        CLAIMS.decide(A_CLAIM | changes)
    assert [problem[1] for problem in error.value.problems] == [name]


def test_a_settlement_number_stands_once_in_a_cover() -> None:
    settled: list[dict[str, Any]] = [
        {**A_CLAIM, "claim_id": name, "settled_seq": 1, "settled_fen": 5} for name in ("C1", "C2")
    ]
    with pytest.raises(FactError, match="repeats record 1"):
        CLAIMS.decide_all(settled)
    assert len(CLAIMS.decide_all([settled[0], settled[1] | {"cover_id": "L"}])) == 2


def test_a_birth_after_the_application_is_bad_input() -> None:
    enrol = Decider(policies.get("shanghai-gig-mutual-aid").program("enrol"))
    with pytest.raises(FactError, match="birth_date"):
        enrol.decide({"birth_date": "2022-08-15", "applied_on": "2022-08-14"})
