"""Who gains and who loses, against figures worked out by hand on files of a few rows."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.faults.desk import CLAIMS, ENROL, Row, application, claim, huzhu, write

SVG = "{http://www.w3.org/2000/svg}svg"

# At 500 yuan each, 12 of the 14 claims of K1 are paid before its limit of 6,000 yuan is reached, and two are not.
# At 700 yuan each, 8 are paid 700 and gain 200; the ninth is paid the last 400 and loses 100; the tenth to the twelfth
# lose 500. K3's one claim gains 200, K4's is settled and stays as it is, and K2's cannot be decided or is refused.
DISTRICTS = (
    *(claim(f"A{number:02}", cover_id="K1", district="浦东") for number in range(14)),
    claim("B1", cover_id="K2", district="静安", benefit="hospital_allowance", hospital_days=3),
    claim("B2", cover_id="K2", district="静安", disability_grade=3),
    claim("B3", cover_id="K3"),
    claim("B4", cover_id="K4", district="a<b>&", settled_seq=1, settled_fen=500),
)
RAISED = ("--set", "injury_consolation_amount=70000")


def group(label: str, rows: int, *, gainers: int, gained: int, losers: int, lost: int) -> dict[str, Any]:
    return {"label": label, "rows": rows, "gainers": gainers, "gained": gained, "losers": losers, "lost": lost}


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "in.csv", [{"district": None} | row for row in DISTRICTS])


def compared(which: str, path: Path, *options: str) -> dict[str, Any]:
    said = huzhu("policy", "compare", which, path, *options, "--json")
    assert said.code == 0
    found: dict[str, Any] = said.json
    return found


def test_a_higher_amount_under_the_same_limit_has_gainers_and_losers(source: Path) -> None:
    found = compared(CLAIMS, source, *RAISED, "--by", "district")
    assert found["measure"] == "payable_fen"
    assert found["total"] == group("", 18, gainers=9, gained=180_000, losers=4, lost=160_000)
    assert found["groups"] == [
        group("", 1, gainers=1, gained=20_000, losers=0, lost=0),
        group("a<b>&", 1, gainers=0, gained=0, losers=0, lost=0),
        group("浦东", 14, gainers=8, gained=160_000, losers=4, lost=160_000),
        group("静安", 2, gainers=0, gained=0, losers=0, lost=0),
    ]
    # The tenth to the twelfth claim: the thirteenth and fourteenth were refused before as well.
    assert found["moved"] == [{"before": "granted", "after": "refused", "rows": 3}]
    # 16 claims have an amount before caps, the refused one with a grade included; 12 + 1 are paid before, 9 + 1 after.
    assert found["sums"] == [
        {"result": "assessed_fen", "before": 16 * 50_000, "after": 16 * 70_000},
        {"result": "payable_fen", "before": 600_000 + 50_000 + 500, "after": 600_000 + 70_000 + 500},
    ]
    assert found["unclear"] == 0


def test_a_table_says_it_to_people_in_both_languages(source: Path) -> None:
    said = huzhu("policy", "compare", CLAIMS, source, *RAISED, "--by", "district", "--lang", "zh")
    lines = [line.split() for line in said.out.splitlines()]
    assert ["浦东", "14", "8", "1,600.00", "元", "4", "1,600.00", "元"] in lines
    assert ["全部", "18", "9", "1,800.00", "元", "4", "1,600.00", "元"] in lines
    assert ["符合", "不符合", "3"] in lines
    said = huzhu("policy", "compare", CLAIMS, source, *RAISED)
    lines = [line.split() for line in said.out.splitlines()]
    assert ["all", "18", "9", "1,800.00", "yuan", "4", "1,600.00", "yuan"] in lines
    assert ["payable_fen", "6,505.00", "6,705.00"] in lines


def test_a_row_decided_on_one_side_only_is_in_neither_and_counted(source: Path) -> None:
    found = compared(CLAIMS, source, "--set", "injury_consolation_amount=unpublished")
    assert found["total"] == group("", 18, gainers=0, gained=0, losers=0, lost=0)
    # 12 + 1 were granted; the two that the limit had refused cannot be decided either, and the one with a grade is refused.
    assert found["moved"] == [
        {"before": "granted", "after": "undetermined", "rows": 13},
        {"before": "refused", "after": "undetermined", "rows": 2},
    ]
    assert found["unclear"] == 15


def test_where_nothing_is_paid_a_gain_is_a_person_newly_admitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    births = ("1957-08-14", "1957-08-15", "1962-08-14", "1962-08-15", "1990-05-01")
    path = write(tmp_path / "in.csv", [application(birth_date=birth) for birth in births])
    # On 14 August 2022 they are 65, 64, 60, 59 and 32 years old.
    found = compared(ENROL, path, "--set", "age_limit=65")
    assert (found["measure"], found["total"]) == (None, group("", 5, gainers=2, gained=2, losers=0, lost=0))
    assert found["sums"] == [{"result": "premium_fen", "before": 2 * 7_200, "after": 4 * 7_200}]
    found = compared(ENROL, path, "--set", "age_limit=59")
    assert found["total"] == group("", 5, gainers=0, gained=0, losers=1, lost=1)


def test_two_values_are_changed_together_on_top_of_an_overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    days = claim("C1", benefit="hospital_allowance", hospital_days=10)
    changes = ("--set", "hospital_allowance_per_day=40000", "--set", "hospital_allowance_days=6")
    found = compared(CLAIMS, write(tmp_path / "in.csv", [days]), "--overlay", "demo", *changes)
    # 10 days at 300 yuan become 6 days at 400.
    assert found["total"] == group("", 1, gainers=0, gained=0, losers=1, lost=300_000 - 240_000)
    assert found["sums"][1] == {"result": "payable_fen", "before": 300_000, "after": 240_000}


def test_the_chart_is_an_svg_beside_where_one_stands_unless_named(source: Path, tmp_path: Path) -> None:
    assert compared(CLAIMS, source, *RAISED, "--by", "district")["chart"] == "in-compare.svg"
    assert ET.parse(tmp_path / "in-compare.svg").getroot().tag == SVG
    named = tmp_path / "图 1.svg"
    assert compared(CLAIMS, source, *RAISED, "--chart", str(named))["chart"] == str(named)
    assert ET.parse(named).getroot().tag == SVG
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in-compare.svg", "in.csv", "图 1.svg"]


def test_what_if_values_do_not_stay_behind(source: Path, tmp_path: Path) -> None:
    compared(CLAIMS, source, *RAISED, "--overlay", "demo")
    said = huzhu("policy", "run", CLAIMS, source, "-o", tmp_path / "out.csv", "--json")
    assert said.json["sums"]["payable_fen"] == 600_000 + 50_000 + 500


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "compare: give at least one --set KEY=VALUE"),
        (
            (*RAISED, "--by", "province"),
            "{source}: column province: the file has no such column; it has: district, claim_id",
        ),
        ((*RAISED, "--by", "__row"), "{source}: column __row: the file has no such column; it has: district, claim_id"),
        ((*RAISED, "--chart", "in.csv"), "in.csv: the chart is an SVG: its name must end in .svg"),
        ((*RAISED, "--chart", "nowhere/x.svg"), "nowhere/x.svg: this is a folder, or its folder does not exist"),
        (("--set", "premium=1"), "--set: value 'premium=1': the values shanghai-gig-mutual-aid/claims reads are: "),
    ],
)
def test_what_cannot_be_compared_leaves_nothing_behind(
    options: tuple[str, ...], said: str, source: Path, tmp_path: Path
) -> None:
    before = source.read_bytes()
    found = huzhu("policy", "compare", CLAIMS, source, *options)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(said.format(source=source))
    assert list(tmp_path.iterdir()) == [source]
    assert source.read_bytes() == before


def test_bad_rows_are_refused_as_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows: list[Row] = [claim("C1", disability_grade=11)]
    said = huzhu("policy", "compare", CLAIMS, write(tmp_path / "in.csv", rows), *RAISED)
    assert said.code == 2
    assert "row 2, column disability_grade, value '11': expected a whole number, from 0 to 10" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
