"""`huzhu policy decide`: facts as JSON in, an answer in kind out, and every way to get the facts wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.desk import CLAIMS, ENROL, Row, Said, application, claim, huzhu

CHILDCARE, MEASURES, PAY = "family-leave/childcare", "heat-work/measures", "collective-agreement/pay"
ENROL_KEYS = {"outcome", "reasons", "missing", "not_tested", "since", "until", "premium_fen"}
CLAIM_KEYS = {
    "outcome", "reasons", "missing", "not_tested", "assessed_fen", "payable_fen", "limited_by", "illustrative",
}  # fmt: skip
ALWAYS = {"explanation", "policy_version"}


def decide(which: str, facts: Any, *options: str, env: dict[str, str] | None = None) -> Said:
    """Facts as Python values, or as the very text or bytes."""
    stdin = facts if isinstance(facts, (str, bytes)) else json.dumps(facts, default=str, ensure_ascii=False)
    return huzhu("policy", "decide", which, "--facts", "-", *options, stdin=stdin, env=env)


def person(**changes: Any) -> Row:
    return {name: value for name, value in application(**changes).items() if name != "name"}


def undated() -> Row:
    return {name: value for name, value in person().items() if name != "applied_on"}


def test_one_object_gives_one_answer_with_the_fields_of_a_run() -> None:
    said = decide(ENROL, person(), "--json")
    assert (said.code, said.err) == (0, "")
    answer = said.json
    assert set(answer) == ENROL_KEYS | ALWAYS
    assert {name: answer[name] for name in ENROL_KEYS} == {
        "outcome": "granted",
        "reasons": [],
        "missing": [],
        "not_tested": ["under_min_age"],
        "since": "2022-08-15",
        "until": "2023-08-15",
        "premium_fen": 7_200,
    }
    assert len(answer["policy_version"]) == 64


def test_a_list_gives_a_list_of_the_events_of_one_cover_taken_together() -> None:
    # 16 days are 480,000 fen; the limit of 180 days leaves 4 of the second stay's 20.
    days = {"benefit": "hospital_allowance", "cause": "illness", "event_date": "2023-01-10", "filed_on": "2023-02-01"}
    first = claim("C1", **days) | {"hospital_days": 176}
    second = claim("C2", **days) | {"hospital_days": 20}
    answers = decide(CLAIMS, [second, first], "--overlay", "demo", "--json").json
    assert [set(answer) for answer in answers] == [CLAIM_KEYS | ALWAYS] * 2
    assert [(answer["payable_fen"], answer["limited_by"]) for answer in answers] == [
        (4 * 30_000, ["hospital_allowance_days"]),
        (176 * 30_000, []),
    ]


def test_a_list_of_one_is_still_a_list() -> None:
    assert [answer["outcome"] for answer in decide(ENROL, [person()], "--json").json] == ["granted"]


def test_a_single_claim_is_a_cover_of_its_own() -> None:
    assert decide(CLAIMS, claim("C1"), "--json").json["payable_fen"] == 50_000


def test_facts_that_are_left_out_or_null_are_not_known() -> None:
    known = person(paid=None)
    del known["union_member"]
    answer = decide(ENROL, known, "--json").json
    assert (answer["outcome"], answer["missing"]) == ("undetermined", ["paid", "union_member"])
    assert (answer["since"], answer["until"], answer["premium_fen"]) == (None, None, None)


def test_facts_come_from_a_file_as_well(tmp_path: Path) -> None:
    path = tmp_path / "事实 1.json"
    path.write_text(json.dumps(person(), default=str), encoding="utf-8")
    assert huzhu("policy", "decide", ENROL, "--facts", path, "--json").json["outcome"] == "granted"


def test_facts_the_decision_does_not_know_are_said_and_not_used() -> None:
    said = decide(ENROL, person() | {"shoe_size": 43, "age": 61}, "--json")
    assert (said.code, said.err) == (0, "facts this decision does not know, not used: age, shoe_size\n")
    assert said.json["outcome"] == "granted"


# The explanation.


def test_people_get_the_explanation_in_chinese_by_default() -> None:
    said = decide(CLAIMS, claim("C1"), env={"HUZHU_LANG": ""})
    assert said.code == 0
    assert "结论：应给付 500.00 元" in said.out
    assert "《工人日报》2022年8月14日头版" in said.out


@pytest.mark.parametrize(("options", "env"), [(("--lang", "en"), "zh"), ((), "en")])
def test_english_is_an_option_or_a_setting(options: tuple[str, ...], env: str) -> None:
    said = decide(CLAIMS, claim("C1"), *options, env={"HUZHU_LANG": env})
    assert "Outcome: 500.00 yuan is to be paid" in said.out
    assert "Workers' Daily, 14 August 2022" in said.out


def test_an_illustrative_value_is_marked_where_it_was_read() -> None:
    days = claim("C1", benefit="hospital_allowance", hospital_days=1)
    assert "示例" in decide(CLAIMS, days, "--overlay", "demo", "--lang", "zh").out
    assert "示例" not in decide(CLAIMS, claim("C1"), "--lang", "zh").out.replace("通行做法（示例）", "")


def test_a_refusal_says_the_figures() -> None:
    said = decide(ENROL, person(birth_date="1962-08-14"), "--lang", "zh")
    assert said.code == 0
    assert "申请时年满 60 周岁，须未满 60 周岁" in said.out


@pytest.mark.parametrize("lang", ["fr", "ZH", "zh_CN"])
def test_another_language_is_refused(lang: str) -> None:
    assert decide(ENROL, person(), "--lang", lang).code == 2
    assert decide(ENROL, person(), env={"HUZHU_LANG": lang}).code == 2


# `--on`.


def test_on_is_the_date_where_the_facts_give_none() -> None:
    assert decide(ENROL, undated(), "--on", "2022-08-14", "--json").json["since"] == "2022-08-15"
    answers = decide(ENROL, [undated(), undated()], "--on", "2024-02-28", "--json").json
    assert [(answer["since"], answer["until"]) for answer in answers] == [("2024-02-29", "2025-03-01")] * 2


@pytest.mark.parametrize(
    ("which", "facts", "on", "said"),
    [
        (ENROL, person(), "2022-08-14", "-: the facts give applied_on already"),
        (ENROL, [undated(), person()], "2022-08-14", "-: the facts give applied_on already"),
        (ENROL, undated() | {"applied_on": None}, "2022-08-14", "-: the facts give applied_on already"),
        (CLAIMS, claim(), "2022-08-14", f"--on: {CLAIMS} has no date that --on could fill"),
        (ENROL, undated(), "2022-02-30", "--on: value '2022-02-30': expected a date, YYYY-MM-DD"),
        (ENROL, undated(), "20220814", "--on: value '20220814': expected a date, YYYY-MM-DD"),
    ],
)
def test_on_is_an_error_elsewhere(which: str, facts: Any, on: str, said: str) -> None:
    found = decide(which, facts, "--on", on)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(said)


# What-if values.


def test_a_what_if_value_is_for_this_answer_only() -> None:
    before = decide(CLAIMS, claim("C1"), "--json").json
    changed = decide(CLAIMS, claim("C1"), "--set", "injury_consolation_amount=70000", "--json").json
    assert (before["payable_fen"], changed["payable_fen"]) == (50_000, 70_000)
    assert changed["policy_version"] != before["policy_version"]
    assert decide(CLAIMS, claim("C1"), "--json").json == before


def test_an_overlay_is_for_this_answer_only() -> None:
    days = claim("C1", benefit="hospital_allowance", hospital_days=2)
    assert decide(CLAIMS, days, "--overlay", "demo", "--json").json["payable_fen"] == 60_000
    answer = decide(CLAIMS, days, "--json").json
    assert (answer["outcome"], answer["illustrative"]) == ("undetermined", False)
    assert answer["missing"] == ["parameter:hospital_allowance_per_day"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("injury_consolation_amount", "expected KEY=VALUE"),
        ("=5", "expected KEY=VALUE"),
        ("injury_consolation_amount=", "expected KEY=VALUE"),
        ("injury_consolation_amount=five", "expected whole fen, from 0 to 100000000000"),
        ("injury_consolation_amount=500.00", "expected whole fen, from 0 to 100000000000"),
        ("injury_consolation_amount=-1", "expected whole fen, from 0 to 100000000000"),
        ("injury_consolation_amount=100000000001", "expected whole fen, from 0 to 100000000000"),
        ("waiting_period_days=-1", "expected whole days, from 0 to 36600"),
        ("premium=1", f"the values {CLAIMS} reads are: accident_limit, "),
        ("nonsense=1", f"the values {CLAIMS} reads are: accident_limit, "),
    ],
)
def test_a_what_if_value_that_cannot_be_is_refused(change: str, said: str) -> None:
    found = decide(CLAIMS, claim("C1"), "--set", change)
    assert found.code == 2
    assert found.err.startswith(f"--set: value {change!r}: {said}")


def test_a_value_given_twice_is_refused() -> None:
    twice = ("--set", "overall_limit=1", "--set", "overall_limit=2")
    assert decide(CLAIMS, claim("C1"), *twice).err.startswith(
        "--set: value 'overall_limit=2': overall_limit is given twice"
    )


@pytest.mark.parametrize(
    ("which", "options", "said"),
    [
        (
            "nonsense/enrol",
            (),
            "ID: value 'nonsense/enrol': there is no such policy; there are: shanghai-gig-mutual-aid",
        ),
        ("enrol", (), "ID: value 'enrol': there is no such policy; there are: shanghai-gig-mutual-aid"),
        ("", (), "ID: value '': there is no such policy"),
        ("shanghai-gig-mutual-aid", (), f"ID: value 'shanghai-gig-mutual-aid': name a decision: {ENROL}, {CLAIMS}"),
        ("shanghai-gig-mutual-aid/join", (), f"ID: value 'shanghai-gig-mutual-aid/join': name a decision: {ENROL}"),
        (CLAIMS, ("--overlay", "real"), "--overlay: value 'real': shanghai-gig-mutual-aid has: demo"),
        (PAY, ("--overlay", "demo"), "--overlay: value 'demo': collective-agreement has none"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(which: str, options: tuple[str, ...], said: str) -> None:
    found = decide(which, {}, *options)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(said)


# Facts that cannot be used.


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (person(applied_on="2022-02-30"), 'column applied_on, value "2022-02-30": expected a date, YYYY-MM-DD'),
        (person(applied_on=20220814), "column applied_on, value 20220814: expected a date, YYYY-MM-DD"),
        (person(paid="true"), 'column paid, value "true": expected true or false'),
        (person(paid=1), "column paid, value 1: expected true or false"),
        (person(work_region=310115), "column work_region, value 310115: expected 6 digits"),
        (person(work_region=" 31011"), 'column work_region, value " 31011": expected 6 digits'),
        (person(work_category=""), 'column work_category, value "": expected text'),
        (person(work_category=["express"]), 'column work_category, value ["express"]: expected text'),
        (person(birth_date="2022-08-15"), 'column birth_date, value "2022-08-15": expected a date of birth not after'),
    ],
)
def test_a_fact_that_cannot_be_meant_is_named_as_it_was_written(facts: Row, said: str) -> None:
    found = decide(ENROL, facts)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"-: row 1, {said}")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [claim("C1", hospital_days=-1)],
            "row 1, column hospital_days, value -1: expected a whole number, from 0 to 36600",
        ),
        ([claim("C1", hospital_days=12.0)], "row 1, column hospital_days, value 12.0: expected a whole number"),
        (
            [claim("C1", disability_grade=11)],
            "row 1, column disability_grade, value 11: expected a whole number, from 0",
        ),
        ([claim("C1", benefit="dental")], 'row 1, column benefit, value "dental": expected one of hospital_allowance'),
        ([claim("C1"), claim("C1")], 'row 2, column claim_id, value "C1": repeats record 1 (claim_id)'),
        ([claim("C1", settled_seq=1)], "row 1, column settled_fen: expected a settled_fen where settled_seq is given"),
        ([claim(None)], "row 1, column claim_id: must not be empty"),  # type: ignore[arg-type]
        (
            [claim("C1", settled_seq=1, settled_fen=1), claim("C2", settled_seq=1, settled_fen=1)],
            "row 2, column settled_seq, value 1: repeats record 1 (cover_id, settled_seq)",
        ),
        (
            [claim("C1"), claim("C2", filed_on="2022-11-30")],
            'row 2, column filed_on, value "2022-11-30": expected a date',
        ),
        (
            [claim("C1", cover_until="2022-08-01")],
            'row 1, column cover_until, value "2022-08-01": expected a cover_until',
        ),
    ],
)
def test_an_event_that_cannot_be_meant_is_named(rows: list[Row], said: str) -> None:
    found = decide(CLAIMS, rows)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"-: {said}")


def test_all_faults_of_all_records_are_told_at_once() -> None:
    said = decide(ENROL, [person(paid=1, applied_on="x"), person(union_member="no")])
    assert said.err.splitlines()[-1] == "3 problems in all, 3 shown. Nothing was written."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "-: not valid JSON: "),
        ("{", "-: not valid JSON: "),
        ("[]", "-: the list is empty"),
        ("3", "-: record 1 is not a JSON object"),
        ("[{}, 3]", "-: record 2 is not a JSON object"),
        ("null", "-: record 1 is not a JSON object"),
        ('{"paid": true, "paid": false}', "-: not valid JSON: given twice: paid"),
        ('{"paid": NaN}', "-: not valid JSON: NaN is no value"),
        ('{"work_category": "\\ud800"}', "-: not valid JSON: "),
        ("[" * 100_000, "-: no facts: nested too deeply"),
        (b"\xff\xfe\x00\x01", "-: not valid JSON: "),
        (b'{"name": "\xc0\xee"}', "-: not valid JSON: "),
    ],
)
def test_what_is_no_json_of_facts_is_refused(text: str | bytes, said: str) -> None:
    found = decide(ENROL, text)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(said)


def test_where_the_json_goes_wrong_is_said_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{\n  "paid": true,\n  "union_member" true\n}')
    said = huzhu("policy", "decide", ENROL, "--facts", path, "--lang", "zh")
    assert said.err.splitlines()[0] == f"{path}: 不是有效的 JSON：第 3 行第 18 个字符处出错"


def test_facts_that_are_not_there_are_said_to_be_not_there(tmp_path: Path) -> None:
    gone = huzhu("policy", "decide", ENROL, "--facts", tmp_path / "gone.json", "--lang", "zh")
    assert (gone.code, gone.err.splitlines()[0]) == (2, f"{tmp_path / 'gone.json'}: 无法读写：没有这个文件或文件夹")
    assert huzhu("policy", "decide", ENROL, "--facts", tmp_path).code == 2
    assert huzhu("policy", "decide", ENROL).code == 2


def test_other_policies_answer_as_well() -> None:
    hot = {"region": "310000", "on": "2024-07-15", "max_temperature_deci_c": 400, "outdoor": True}
    assert decide(MEASURES, hot | {"pregnant": False, "minor": False}, "--json").json["measures"][0] == "stop_outdoor"
    born = {"region": "370000", "birth_date_of_child": "2022-01-01", "days_taken": 0}
    assert decide(CHILDCARE, born, "--on", "2022-10-31", "--json").json["outcome"] == "no_rule"
