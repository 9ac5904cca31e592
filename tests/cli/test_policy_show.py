"""`huzhu policy list`, `show` and `check`: what there is, what it says, and what is wrong with a policy of one's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from huzhu import policies
from huzhu.policies.loading import HERE
from tests.faults.desk import CLAIMS, ENROL, huzhu

SMALL = HERE / "disability_scale"
OVERLAPPING = """
[bonus]
type = "money"
label = { zh = "奖金", en = "bonus" }
[[bonus.values]]
from = 2020-01-01
until = 2022-01-01
value = 100
source = "jrt-0083-2013"
confidence = "confirmed"
checked_on = 2026-01-01
[[bonus.values]]
from = 2021-01-01
value = 200
source = "jrt-0083-2013"
confidence = "confirmed"
checked_on = 2026-01-01
"""
RULE = """
from huzhu.rules import Draft, Gives, Text, fact
EXTRA = Draft(
    policy="disability-scale", name="extra", title=Text("另", "extra"), rules=(),
    facts=(fact("n", "int", "数", "number", low=0, high=9),),
    steps={"a": (Text("甲", "a"), lambda r: STEP), "b": (Text("乙", "b"), lambda r: r.a + 1)},
    gives=(Gives("x", Text("得", "x"), lambda r: r.a, source="jrt-0083-2013"),),
)
DRAFTS = (RATIO, EXTRA)
"""


def test_all_policies_and_decisions_are_listed() -> None:
    found = huzhu("policy", "list", "--json").json
    assert [policy["id"] for policy in found] == list(policies.POLICIES)
    assert [decision["id"] for decision in found[0]["decisions"]] == [ENROL, CLAIMS]
    said = huzhu("policy", "list", "--lang", "zh").out
    assert CLAIMS in said
    assert "上海新就业形态劳动者互助保障计划" in said


def test_a_decision_shows_its_facts_tests_and_values_with_sources() -> None:
    shown = huzhu("policy", "show", CLAIMS, "--json").json["decisions"]
    assert [one["id"] for one in shown] == [CLAIMS]
    amount = next(one for one in shown[0]["parameters"] if one["key"] == "injury_consolation_amount")
    assert [(value["from"], value["value"], value["source"]["id"]) for value in amount["values"]] == [
        ("2022-07-01", 50_000, "workers-daily")
    ]
    assert [cap["name"] for cap in shown[0]["caps"]][-1] == "overall_limit"
    said = huzhu("policy", "show", CLAIMS, "--lang", "zh").out
    assert "hospital_allowance | critical_illness" in said
    assert "《工人日报》2022年8月14日头版" in said


def test_a_date_leaves_the_values_in_force_on_it() -> None:
    def values(on: str) -> list[object]:
        shown = huzhu("policy", "show", "disability-scale/ratio", "--on", on, "--json").json["decisions"][0]
        return [value["value"] for parameter in shown["parameters"] for value in parameter["values"]]

    assert values("2014-01-16") == []
    assert values("2014-01-17") == [1000, 900, 800, 700, 600, 500, 400, 300, 200, 100]


@pytest.mark.parametrize("on", ["2022-02-30", "yesterday", "2022-8-14"])
def test_a_date_that_does_not_exist_is_refused(on: str) -> None:
    said = huzhu("policy", "show", ENROL, "--on", on)
    assert (said.code, said.err.splitlines()[0]) == (2, f"--on: value {on!r}: expected a date, YYYY-MM-DD")


def test_an_overlay_is_marked_where_it_is_shown() -> None:
    said = huzhu("policy", "show", CLAIMS, "--overlay", "demo", "--lang", "zh").out
    assert "示例，未经公布" in said
    assert "示例，未经公布" not in huzhu("policy", "show", CLAIMS, "--lang", "zh").out
    assert huzhu("policy", "show", CLAIMS, "--overlay", "real").code == 2


def test_a_version_follows_the_values() -> None:
    def version(*options: str) -> str:
        shown = huzhu("policy", "show", CLAIMS, "--json", *options).json["decisions"]
        return str(shown[0]["policy_version"])

    assert version() == version()
    assert version() != version("--overlay", "demo")


def test_every_policy_of_ours_passes_its_examples() -> None:
    said = huzhu("policy", "check", "--json")
    assert said.code == 0
    assert all(report["examples"] > 0 and report["failures"] == [] for report in said.json)


# A policy of one's own, in a folder.


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "自己的 policy"
    shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def append(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_folder_is_checked_and_decided_like_ours(own: Path) -> None:
    assert huzhu("policy", "check", own).code == 0
    said = huzhu("policy", "decide", f"{own}/ratio", "--facts", "-", "--json", stdin='{"on": "2020-01-01", "grade": 3}')
    assert said.json["ratio_per_mille"] == 800
    assert huzhu("policy", "show", own).code == 0


def overlapping(folder: Path) -> None:
    append(folder, "parameters.toml", OVERLAPPING)


def cyclic(folder: Path) -> None:
    append(folder, "rules.py", RULE.replace("STEP", "r.b + 1"))


def with_a_float(folder: Path) -> None:
    append(folder, "rules.py", RULE.replace("STEP", "r.n * 1.5"))


def with_an_if(folder: Path) -> None:
    append(folder, "rules.py", RULE.replace("STEP", "1 if r.n > 3 else 2"))


def with_a_misspelt_fact(folder: Path) -> None:
    append(folder, "rules.py", RULE.replace("STEP", "r.m + 1"))


def with_a_value_that_is_none(folder: Path) -> None:
    path = folder / "parameters.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("value = 1000", "value = 1.5"), encoding="utf-8")


def with_broken_toml(folder: Path) -> None:
    append(folder, "policy.toml", "\n[[[")


def with_broken_python(folder: Path) -> None:
    append(folder, "rules.py", "\ndef (:")


def without_rules(folder: Path) -> None:
    (folder / "rules.py").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            overlapping,
            "{own}/parameters.toml: parameter bonus: values overlap: 100 from 2020-01-01 until 2022-01-01, and 200",
        ),
        (cyclic, "disability-scale/extra, step a: the rule is cyclic: a -> b -> a"),
        (with_a_float, "disability-scale/extra, step a: no floats in a rule"),
        (with_an_if, "disability-scale/extra, step a: a rule has no truth value while it is being written"),
        (with_a_misspelt_fact, "disability-scale/extra, step a: no fact or step 'm'; there are: "),
        (with_a_value_that_is_none, "{own}/parameters.toml, parameter disability_ratio: 1.5 is not a whole number"),
        (with_broken_toml, "{own}/policy.toml: "),
        (with_broken_python, "{own}/rules.py: SyntaxError: "),
        (without_rules, "{own}/rules.py: no such file"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said_by_name(spoil: Callable[[Path], None], said: str, own: Path) -> None:
    spoil(own)
    found = huzhu("policy", "check", own)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(said.format(own=own))


def test_a_policy_with_overlapping_dates_decides_nothing(own: Path) -> None:
    overlapping(own)
    said = huzhu("policy", "decide", f"{own}/ratio", "--facts", "-", stdin='{"on": "2020-01-01", "grade": 3}')
    assert (said.code, said.out) == (2, "")
    assert "values overlap" in said.err


def test_an_example_that_does_not_come_out_fails_the_check(own: Path) -> None:
    path = own / "examples.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("ratio_per_mille = 1000", "ratio_per_mille = 999", 1), encoding="utf-8")
    said = huzhu("policy", "check", own)
    assert said.code == 1
    assert "ratio_per_mille is 1000, the example says 999" in said.out
    assert len(huzhu("policy", "check", own, "--json").json[0]["failures"]) == 1


def test_a_folder_that_is_no_policy_is_refused(tmp_path: Path) -> None:
    said = huzhu("policy", "check", tmp_path)
    assert said.code == 2
    assert "there is no such policy" in said.err
    assert huzhu("policy", "check", f"{ENROL}ment").code == 2


# The command as a whole.


def test_a_terminal_that_lacks_a_sign_loses_no_result() -> None:
    command = [sys.executable, "-m", "huzhu", "policy", "list"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "HUZHU_LANG": "zh"}
    said = subprocess.run(command, env=env, capture_output=True, check=True)
    assert b"shanghai-gig-mutual-aid/claims" in said.stdout
    said = subprocess.run([*command, "--json"], env=env, capture_output=True, check=True)
    assert b"\\u4e0a\\u6d77" in said.stdout


@pytest.mark.parametrize("words", [("policy", "nonsense"), ("policy", "run", CLAIMS), ("--nonsense",)])
def test_a_command_that_is_none_ends_with_2(words: tuple[str, ...]) -> None:
    assert huzhu(*words).code == 2


def test_the_version_is_said() -> None:
    assert huzhu("--version").out.strip() == "0.1.0"
