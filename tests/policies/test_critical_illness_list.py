"""The list of the 2020 revision: 28 severe and 3 mild illnesses, each with a name, and nothing else on it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu import policies
from huzhu.policies.critical_illness_list.rules import CODES
from huzhu.policies.loading import load
from huzhu.rules.decider import Decider

ISSUED = dt.date(2020, 11, 5)
POLICY = policies.get("critical-illness-list")
LISTED = Decider(POLICY.program("listed"))


def test_the_codes_of_the_rule_and_of_both_tables_are_the_same() -> None:
    assert len(CODES) == len(set(CODES)) == 31
    for key in ("illness_name", "illness_severity"):
        assert POLICY.parameters[key].table_keys() == sorted(CODES)


def test_twenty_eight_are_severe_and_three_are_mild() -> None:
    answers = {code: LISTED.decide({"on": ISSUED, "illness_code": code}) for code in CODES}
    assert {answer["outcome"] for answer in answers.values()} == {"granted"}
    assert [code for code, answer in answers.items() if answer["severity"] == "mild"] == ["m1", "m2", "m3"]
    assert sum(answer["severity"] == "severe" for answer in answers.values()) == 28


def test_no_two_illnesses_share_a_name() -> None:
    names = [value.value for value in POLICY.parameters["illness_name"].values]
    assert len(set(names)) == 31


def test_each_mild_illness_is_the_lesser_form_of_a_severe_one() -> None:
    names = {value.key: str(value.value) for value in POLICY.parameters["illness_name"].values}
    pairs = {"m1": ("01", "恶性肿瘤"), "m2": ("02", "急性心肌梗死"), "m3": ("03", "脑中风后遗症")}
    for mild, (severe, shared) in pairs.items():
        assert shared in names[mild]
        assert shared in names[severe]


@pytest.mark.parametrize(
    "on", [ISSUED, dt.date(2020, 11, 6), dt.date(2021, 1, 31), dt.date(2021, 2, 1), dt.date(2200, 1, 1)]
)
def test_from_the_day_of_issue_on_a_listed_illness_has_name_and_severity(on: dt.date) -> None:
    for code in CODES:
        answer = LISTED.decide({"on": on, "illness_code": code})
        assert None not in (answer["name"], answer["severity"])


@given(code=st.text(min_size=1).filter(lambda code: code.strip() and code not in CODES))
def test_nothing_else_is_listed(code: str) -> None:
    answer = LISTED.decide({"on": ISSUED, "illness_code": code})
    assert (answer["outcome"], answer["reasons"], answer["name"]) == ("refused", ["not_listed"], None)


@given(code=st.sampled_from([*CODES, "29", "heart"]), days=st.integers(min_value=1, max_value=40_000))
def test_before_the_day_of_issue_no_code_is_listed_or_refused(code: str, days: int) -> None:
    answer = LISTED.decide({"on": ISSUED - dt.timedelta(days), "illness_code": code})
    assert (answer["outcome"], answer["missing"]) == ("undetermined", ["parameter:illness_list_edition"])


def test_another_policy_can_read_the_tables(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(
        'id = "a-plan"\nuses = ["critical-illness-list"]\n[title]\nzh = "计划"\nen = "a plan"\n', encoding="utf-8"
    )
    (tmp_path / "parameters.toml").write_text("", encoding="utf-8")
    (tmp_path / "rules.py").write_text(
        "from huzhu.rules import Draft, Gives, Rule, Text, fact\n"
        "DRAFTS = (Draft(\n"
        "    policy='a-plan', name='pays', title=Text('给付', 'pays'),\n"
        "    facts=(fact('on', 'date', '日期', 'day'), fact('illness', 'text', '疾病', 'illness')),\n"
        "    rules=(Rule('not_severe', lambda r: r.value('illness_severity', on=r.on, by=r.illness) == 'severe',\n"
        "        Text('重度', 'severe'), Text('不是重度', 'not severe'), 'illness-definitions-2020'),),\n"
        "),)\n",
        encoding="utf-8",
    )
    pays = Decider(load(tmp_path).program("pays"))
    assert pays.decide({"on": ISSUED, "illness": "28"})["outcome"] == "granted"
    assert pays.decide({"on": ISSUED, "illness": "m1"})["reasons"] == ["not_severe"]
