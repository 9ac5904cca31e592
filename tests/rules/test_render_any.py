"""Whatever is decided can be explained: every decision of every policy, on random facts, in both languages."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huzhu import policies
from huzhu.rules import Lang
from huzhu.rules.decider import Decider
from huzhu.rules.kinds import LIMITS, Kind
from huzhu.rules.program import Fact
from huzhu.rules.render import html, text

Row = dict[str, Any]
DECISIONS = [
    (policy, decision, overlay)
    for policy in policies.POLICIES
    for decision in policies.get(policy).drafts
    for overlay in (None, *policies.get(policy).overlays)
]
LANGS: tuple[Lang, ...] = ("zh", "en")
ILLUSTRATIVE = {"zh": "本结论用到示例数值", "en": "This rests on illustrative values"}
# A case that is granted, so that what is drawn besides need not hit on one.
PLAIN: Row = {
    "birth_date": "1990-05-20",
    "work_region": "310115",
    "platform_registered": True,
    "in_platform_name": True,
    "uses_vehicle": True,
    "work_category": "express",
    "paid": True,
    "union_member": True,
    "applied_on": "2022-08-14",
    "cover_id": "K1",
    "cover_since": "2022-08-15",
    "cover_until": "2023-08-15",
    "continuous_since": "2022-08-15",
    "benefit": "hospital_allowance",
    "cause": "accident",
    "event_date": "2022-10-01",
    "filed_on": "2022-11-01",
    "hospital_days": 100,
    "region": "370000",
    "on": "2024-07-01",
    "birth_date_of_child": "2023-01-01",
    "births": 2,
    "dystocia": True,
    "months_pregnant": 3,
    "days_taken": 5,
    "parent_birth_date": "1960-01-01",
    "parent_in_hospital": True,
    "only_child": True,
    "max_temperature_deci_c": 380,
    "outdoor": True,
    "pregnant": False,
    "minor": False,
    "heat_work": False,
    "senior_title": True,
    "grade": 3,
    "illness_code": "01",
}
# No braces and no capital N, so that a placeholder or a None in what is written can only be ours.
CHARACTERS = st.characters(exclude_characters="{}N")


@cache
def decider(policy: str, decision: str, overlay: str | None) -> Decider:
    return Decider(policies.get(policy).program(decision, overlay=overlay))


def value_of(fact: Fact) -> st.SearchStrategy[Any]:
    if fact.choices:
        return st.sampled_from(fact.choices)
    if fact.digits:
        return st.sampled_from(("31", "37", "45", "51", "11")).map(lambda start: start.ljust(fact.digits, "0"))
    if fact.kind is Kind.TEXT:
        return st.sampled_from(("food_delivery", "01", "m1", "<b>&")) | st.text(CHARACTERS, min_size=1)
    if fact.kind is Kind.BOOL:
        return st.booleans()
    if fact.kind is Kind.DATE:
        return st.dates(dt.date(1960, 1, 1), dt.date(1965, 12, 31)) | st.dates(
            dt.date(2010, 1, 1), dt.date(2026, 12, 31)
        )
    low, high = LIMITS[fact.kind]
    whole = st.integers(low if fact.low is None else fact.low, high if fact.high is None else fact.high)
    return whole | st.integers(max(0, fact.low or 0), 20 if fact.high is None else min(20, fact.high))


def records(one: Decider) -> st.SearchStrategy[list[Row]]:
    """Records that can be decided: what makes one invalid is left out again. Events share a cover."""
    program = one.program
    plain = {fact.name: PLAIN.get(fact.name) for fact in program.facts}
    drawn = st.fixed_dictionaries({}, optional={fact.name: st.none() | value_of(fact) for fact in program.facts})
    record = drawn.map(lambda odd: plain | odd)

    def repaired(rows: list[Row]) -> list[Row]:
        for index, row in enumerate(rows):
            row.update({name: rows[0][name] for names in program.unique for name in names[:-1]})
            row.update({fact.name: f"C{index}" for fact in program.facts if fact.required})
            if program.events and row[program.events.settled_order] is not None:
                row[program.events.settled_order] = index
            while problems := one.reader.one(row)[1]:
                row.update({name: None for _, name, _, _ in problems})
                if program.events and row[program.events.settled_amount] is None:
                    row[program.events.settled_order] = None
        return rows

    return st.lists(record, min_size=1, max_size=4 if program.events else 1).map(repaired)


@pytest.mark.parametrize(("policy", "decision", "overlay"), DECISIONS)
@given(data=st.data())
@settings(max_examples=50)
def test_every_explanation_can_be_written(policy: str, decision: str, overlay: str | None, data: st.DataObject) -> None:
    one = decider(policy, decision, overlay)
    for answer in one.explain_all(data.draw(records(one))):
        explanation = answer["explanation"]
        stored = json.loads(json.dumps(explanation, default=str))
        for lang in LANGS:
            written, page = text(explanation, lang=lang), html(explanation, lang=lang)
            assert (written, page) == (text(stored, lang=lang), html(stored, lang=lang))
            assert [sign for sign in ("{", "}", "None", "unpublished", "not_modelled") if sign in written + page] == []
            ET.fromstring(page)
            assert (ILLUSTRATIVE[lang] in written) is answer.get("illustrative", False)
