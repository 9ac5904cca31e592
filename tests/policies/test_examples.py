"""Every worked example of every policy, each a test named by its sentence; and what the runner says of bad ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from huzhu import policies
from huzhu.policies import examples
from huzhu.policies.examples import Example, Failure, Report
from huzhu.policies.loading import Policy
from huzhu.rules.errors import RuleError

EXAMPLES = [(policy, one) for policy in map(policies.get, policies.POLICIES) for one in examples.read(policy)]
SMALL = policies.get("disability-scale")
A_GOOD_ONE = """
[[example]]
name = "grade 10 is a tenth"
decision = "ratio"
given = { on = 2022-07-01, grade = 10 }
expect = { outcome = "granted", ratio_per_mille = 100 }
source = "JR/T 0083-2013"
"""


@pytest.mark.parametrize(("policy", "example"), EXAMPLES, ids=[f"{policy.id}: {one.name}" for policy, one in EXAMPLES])
def test_example(policy: Policy, example: Example) -> None:
    assert examples.failures(policy, example) == []


@pytest.mark.parametrize("policy_id", policies.POLICIES)
def test_every_decision_has_examples(policy_id: str) -> None:
    assert {one.decision for policy, one in EXAMPLES if policy.id == policy_id} == set(policies.get(policy_id).drafts)


def written(folder: Path, text: str, policy: Policy = SMALL) -> Policy:
    (folder / "examples.toml").write_text(text, encoding="utf-8")
    return replace(policy, folder=folder)


def test_a_check_counts_the_examples_it_ran(tmp_path: Path) -> None:
    assert examples.check(written(tmp_path, A_GOOD_ONE)) == Report("disability-scale", 1, ())


def test_a_wrong_figure_is_reported_with_both_figures(tmp_path: Path) -> None:
    report = examples.check(written(tmp_path, A_GOOD_ONE.replace("= 100", "= 101")))
    assert report.failures == (Failure("grade 10 is a tenth", "ratio_per_mille", 101, 100),)
    assert str(report.failures[0]) == "grade 10 is a tenth: ratio_per_mille is 100, the example says 101"


def test_0_is_not_taken_for_false(tmp_path: Path) -> None:
    text = A_GOOD_ONE.replace('"ratio"', '"claims"').replace("on = 2022-07-01, grade = 10", 'claim_id = "C1"')
    text = text.replace('outcome = "granted", ratio_per_mille = 100', "illustrative = 0")
    policy = written(tmp_path, text, policies.get("shanghai-gig-mutual-aid"))
    assert [(failure.key, failure.found) for failure in examples.check(policy).failures] == [("illustrative", False)]


def test_a_result_the_decision_does_not_give_is_a_failure(tmp_path: Path) -> None:
    text = A_GOOD_ONE.replace("ratio_per_mille", "ratio_percent")
    assert [failure.found for failure in examples.check(written(tmp_path, text)).failures] == ["no such result"]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("grade = 10", "disability_grade = 10", ["disability_grade"]),
        ("grade = 10", "grade = 11", "grade: 11: expected"),
    ],
)
def test_facts_that_cannot_be_used_are_a_failure(tmp_path: Path, before: str, after: str, found: object) -> None:
    failures = examples.check(written(tmp_path, A_GOOD_ONE.replace(before, after))).failures
    assert [failure.key for failure in failures] == ["given"]
    assert str(found) in str(failures[0].found)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("source =", "because =", r"unknown words \['because'\], missing words \['source'\]"),
        ('decision = "ratio"', 'decision = "share"', "no decision 'share'"),
        ("[[example]]", "[example]", r"holds \[\[example\]\] tables"),
        ("[[example]]", "[[exmaple]]", "exmaple"),
        ("expect = {", "expect = 5 # {", "are tables"),
        ("expect = {", "expect = [] # {", "1 given, 0 expected"),
        ('"ratio"', '"ratio', "examples.toml"),
    ],
)
def test_an_example_that_cannot_be_read_is_refused_with_its_file(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    with pytest.raises(RuleError, match=said) as refusal:
        examples.check(written(tmp_path, A_GOOD_ONE.replace(before, after)))
    assert "examples.toml" in str(refusal.value)


def test_two_examples_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="grade 10 is a tenth"):
        examples.check(written(tmp_path, A_GOOD_ONE * 2))


def test_a_policy_without_examples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"examples\.toml"):
        examples.check(replace(SMALL, folder=tmp_path))
