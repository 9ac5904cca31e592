"""The bargained terms: never a sum while the split is unpublished, and a plain sum once somebody supplies it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu import policies
from huzhu.rules.decider import Decider
from huzhu.rules.errors import RuleError

REPORT = dt.date(2022, 8, 14)
RISES = ("rise_wage", "rise_lunch", "rise_nutrition")
POLICY = policies.get("collective-agreement")
AS_PUBLISHED = Decider(POLICY.program("pay"))
FEN = st.integers(min_value=0, max_value=200_000)


@pytest.mark.parametrize("senior_title", [True, False, None])
@pytest.mark.parametrize("on", [REPORT - dt.timedelta(1), REPORT, REPORT + dt.timedelta(1), None])
def test_while_the_split_is_unpublished_there_is_never_a_sum(on: dt.date | None, senior_title: bool | None) -> None:
    answer = AS_PUBLISHED.decide({"on": on, "senior_title": senior_title})
    assert (answer["outcome"], answer["items"], answer["amount_fen"]) == ("undetermined", [], None)
    assert {f"parameter:{key}" for key in RISES} <= set(answer["missing"])


def test_nearly_a_thousand_is_nobodys_value() -> None:
    published = {key: [v.value for v in known.values if v.is_published] for key, known in POLICY.parameters.items()}
    assert published == {"rise_wage": [], "rise_lunch": [], "rise_nutrition": [], "technical_allowance": [100_000]}


def test_the_technical_allowance_is_wanting_only_for_the_title_and_only_before_the_report() -> None:
    cases = [(on, title) for on in (REPORT - dt.timedelta(1), REPORT) for title in (True, False)]
    missing = [AS_PUBLISHED.decide({"on": on, "senior_title": title})["missing"] for on, title in cases]
    wanting = [case for case, names in zip(cases, missing, strict=True) if "parameter:technical_allowance" in names]
    assert wanting == [(REPORT - dt.timedelta(1), True)]


@given(wage=FEN, lunch=FEN, nutrition=FEN, senior_title=st.booleans())
def test_with_a_split_supplied_the_sum_is_the_sum_of_the_items_that_add_something(
    wage: int, lunch: int, nutrition: int, senior_title: bool
) -> None:
    changes = {"rise_wage": str(wage), "rise_lunch": str(lunch), "rise_nutrition": str(nutrition)}
    answer = Decider(POLICY.program("pay", changes=changes)).decide({"on": REPORT, "senior_title": senior_title})
    adds = {"wage": wage, "lunch": lunch, "nutrition": nutrition, "technical_allowance": 100_000 if senior_title else 0}
    assert answer["outcome"] == "granted"
    assert answer["items"] == [item for item, fen in adds.items() if fen > 0]
    assert answer["amount_fen"] == sum(adds.values())


def test_a_split_supplied_in_part_leaves_the_rest_wanting() -> None:
    part = Decider(POLICY.program("pay", changes={"rise_wage": "60000", "rise_lunch": "20000"}))
    answer = part.decide({"on": REPORT, "senior_title": False})
    assert (answer["outcome"], answer["missing"]) == ("undetermined", ["parameter:rise_nutrition"])


def test_a_sum_for_all_three_cannot_be_supplied_as_if_it_were_an_item() -> None:
    with pytest.raises(RuleError, match="rise_total"):
        POLICY.program("pay", changes={"rise_total": "100000"})
