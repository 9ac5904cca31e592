from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from huzhu.cli.main import app

CLAIMS, ENROL = "shanghai-gig-mutual-aid/claims", "shanghai-gig-mutual-aid/enrol"
DAY = dt.date(2023, 6, 10)
CLAIM: dict[str, Any] = {
    "claim_id": "C1", "member_id": "M1", "cover_id": "V1", "cover_since": dt.date(2023, 3, 1),
    "cover_until": dt.date(2024, 3, 1), "continuous_since": dt.date(2023, 3, 1), "benefit": "injury_consolation",
    "cause": "accident", "event_date": DAY, "filed_on": dt.date(2023, 7, 3), "hospital_days": 16, "disability_grade": 0,
    "expense_fen": 0, "settled_seq": None, "settled_fen": None,
}  # fmt: skip
COURIER: dict[str, Any] = {
    "birth_date": dt.date(1990, 1, 2), "work_region": "310115", "platform_registered": True, "in_platform_name": True,
    "uses_vehicle": True, "work_category": "express", "paid": True, "union_member": True,
    "applied_on": dt.date(2024, 2, 28), "covered_until": None,
}  # fmt: skip


def huzhu(*arguments: object, stdin: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    kinds = {dt.date: pl.Date, bool: pl.Boolean, str: pl.String}
    names = {name: next((type(row[name]) for row in rows if row[name] is not None), int) for name in rows[0]}
    return pl.DataFrame(rows, schema={name: kinds.get(kind, pl.Int64) for name, kind in names.items()})


def said(facts: object) -> str:
    return json.dumps(facts, default=str)


def test_the_courier_of_the_page_is_paid_5300_yuan_under_the_demonstration_values() -> None:
    """500 of consolation and 16 days of 300, as one list of the events of one cover."""
    hospital = CLAIM | {"claim_id": "C2", "benefit": "hospital_allowance"}
    code, out, _ = huzhu(
        "policy", "decide", CLAIMS, "--facts", "-", "--overlay", "demo", "--json", stdin=said([CLAIM, hospital])
    )
    answers = json.loads(out)
    assert code == 0
    assert [answer["payable_fen"] for answer in answers] == [50_000, 480_000]
    assert all(answer["illustrative"] and answer["outcome"] == "granted" for answer in answers)


def test_one_object_gets_one_answer_and_an_unpublished_amount_is_named() -> None:
    code, out, _ = huzhu(
        "policy", "decide", CLAIMS, "--facts", "-", "--json", stdin=said(CLAIM | {"benefit": "hospital_allowance"})
    )
    answer = json.loads(out)
    assert code == 0
    assert (answer["outcome"], answer["payable_fen"]) == ("undetermined", None)
    assert answer["missing"] == ["parameter:hospital_allowance_per_day"]
    assert answer["explanation"]["format"] == "explanation/1"
    assert len(answer["policy_version"]) == 64


def test_on_fills_the_date_where_there_is_none_and_is_an_error_elsewhere() -> None:
    undated = {name: value for name, value in COURIER.items() if name != "applied_on"}
    code, out, _ = huzhu("policy", "decide", ENROL, "--facts", "-", "--on", "2024-02-28", "--json", stdin=said(undated))
    assert code == 0
    assert (json.loads(out)["since"], json.loads(out)["until"]) == ("2024-02-29", "2025-03-01")
    code, _, err = huzhu("policy", "decide", ENROL, "--facts", "-", "--on", "2024-02-28", stdin=said(COURIER))
    assert code == 2
    assert "applied_on" in err
    assert huzhu("policy", "decide", CLAIMS, "--facts", "-", "--on", "2024-02-28", stdin=said(CLAIM))[0] == 2


@pytest.mark.parametrize(
    ("facts", "column", "value"),
    [
        ({"event_date": "2023-02-30"}, "event_date", "2023-02-30"),
        ({"hospital_days": -1}, "hospital_days", "-1"),
        ({"hospital_days": 1.5}, "hospital_days", "1.5"),
        ({"disability_grade": 11}, "disability_grade", "11"),
        ({"benefit": "funeral"}, "benefit", "funeral"),
        ({"filed_on": "2023-06-09"}, "filed_on", "2023-06-09"),
        ({"cover_until": "2023-03-01"}, "cover_until", "2023-03-01"),
        ({"settled_seq": 1}, "settled_fen", None),
        ({"claim_id": None}, "claim_id", None),
    ],
)
def test_a_fact_that_cannot_be_meant_is_refused_by_name_and_value(
    facts: dict[str, Any], column: str, value: str | None
) -> None:
    code, out, err = huzhu("policy", "decide", CLAIMS, "--facts", "-", stdin=said(CLAIM | facts))
    assert (code, out) == (2, "")
    assert column in err
    assert value is None or value in err


def test_broken_rows_are_counted_shown_and_nothing_is_written(tmp_path: Path) -> None:
    rows = [CLAIM | {"claim_id": f"C{n}", "disability_grade": 11 if n % 2 else 0} for n in range(20_000)]
    source, output = tmp_path / "claims.parquet", tmp_path / "decided.parquet"
    frame(rows).write_parquet(source)
    code, _, err = huzhu("policy", "run", CLAIMS, source, "-o", output)
    assert code == 2
    assert "10000" in err
    shown = [line for line in err.splitlines() if "disability_grade" in line]
    assert len(shown) == 20
    assert "2" in shown[0]  # the second record is the first broken one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["claims.parquet"]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ([{}, {}], "claim_id"),
        ([{"settled_seq": 1, "settled_fen": 1}, {"claim_id": "C2", "settled_seq": 1, "settled_fen": 2}], "settled_seq"),
        ([{"filed_on": dt.date(2023, 6, 9)}], "filed_on"),
        ([{"cover_until": dt.date(2023, 3, 1)}], "cover_until"),
        ([{"settled_seq": 1}], "settled_fen"),
    ],
)
@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_rows_that_contradict_each_other_or_themselves_are_refused(
    tmp_path: Path, changes: list[dict[str, Any]], column: str, engine: str
) -> None:
    source, output = tmp_path / "claims.parquet", tmp_path / "decided.parquet"
    frame([CLAIM | change for change in changes]).cast(
        {"settled_seq": pl.Int64, "settled_fen": pl.Int64}
    ).write_parquet(source)
    code, _, err = huzhu("policy", "run", CLAIMS, source, "-o", output, "--engine", engine)
    assert (code, output.exists()) == (2, False)
    assert column in err


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".xlsx"])
def test_a_file_keeps_its_columns_and_order_and_is_decided_again_alike(tmp_path: Path, suffix: str) -> None:
    """Three couriers: one granted, one of 60 refused, one of whom nothing is known about pay."""
    rows = [
        COURIER | {"name": "甲", "note": "=1+1"},
        COURIER | {"name": "乙", "note": "x", "birth_date": dt.date(1964, 2, 28)},
        COURIER | {"name": "丙", "note": None, "paid": None},
    ]
    source, output = tmp_path / f"roster{suffix}", tmp_path / f"decided{suffix}"
    write = {".parquet": "write_parquet", ".csv": "write_csv", ".xlsx": "write_excel"}[suffix]
    getattr(frame(rows), write)(source)
    code, _, _ = huzhu("policy", "run", ENROL, source, "-o", output)
    assert code == 0
    if suffix == ".parquet":
        decided = pl.read_parquet(output)
        assert decided.schema["since"] == pl.Date
        assert decided.schema["premium_fen"] == pl.Int64
        assert decided.schema["reasons"] == pl.List(pl.String)
        assert decided["name"].to_list() == ["甲", "乙", "丙"]
        assert decided["outcome"].to_list() == ["granted", "refused", "undetermined"]
        assert decided["reasons"].to_list() == [[], ["age_60_or_over"], []]
        assert decided["missing"].to_list() == [[], [], ["paid"]]
        assert decided["not_tested"].to_list() == [["under_min_age"]] * 3
        assert decided["until"].to_list() == [dt.date(2025, 3, 1), None, None]
        assert decided["premium_fen"].to_list() == [7_200, None, None]
    else:
        assert output.with_name(output.name + ".policy.json").exists()
    code, out, _ = huzhu("policy", "replay", output, "--json")
    assert code == 0
    assert [(one["rows"], one["differences"]) for one in json.loads(out)] == [(3, 0)]


def test_a_result_that_was_altered_is_found_by_replay(tmp_path: Path) -> None:
    source, output = tmp_path / "roster.csv", tmp_path / "decided.csv"
    frame([COURIER]).write_csv(source)
    assert huzhu("policy", "run", ENROL, source, "-o", output)[0] == 0
    output.write_text(output.read_text().replace("7200", "7100"))
    code, out, _ = huzhu("policy", "replay", output, "--json")
    assert code == 1
    [found] = json.loads(out)
    assert found["shown"] == [{"row": 2, "column": "premium_fen", "written": "7100", "decided": "7200"}]


def test_a_document_that_was_altered_is_refused_by_replay(tmp_path: Path) -> None:
    source, output = tmp_path / "roster.csv", tmp_path / "decided.csv"
    frame([COURIER]).write_csv(source)
    assert huzhu("policy", "run", ENROL, source, "-o", output)[0] == 0
    document = tmp_path / "decided.csv.policy.json"
    document.write_text(document.read_text().replace("7200", "7100"))
    assert huzhu("policy", "replay", output)[0] == 2


def test_compare_says_who_gains_by_how_much_and_draws_it(tmp_path: Path) -> None:
    """Three consolations of 500 yuan, two of them in Pudong; at 600 yuan each gains 100."""
    rows = [
        CLAIM | {"claim_id": f"C{n}", "cover_id": f"V{n}", "district": d}
        for n, d in enumerate(["浦东", "浦东", "徐汇"])
    ]
    source, chart = tmp_path / "claims.parquet", tmp_path / "who.svg"
    frame(rows).write_parquet(source)
    code, out, _ = huzhu(
        "policy", "compare", CLAIMS, source, "--set", "injury_consolation_amount=60000", "--by", "district",
        "--chart", chart, "--json",
    )  # fmt: skip
    found = json.loads(out)
    assert code == 0
    assert (found["total"]["gainers"], found["total"]["gained"], found["total"]["lost"]) == (3, 30_000, 0)
    assert [(group["label"], group["gained"]) for group in found["groups"]] == [("徐汇", 10_000), ("浦东", 20_000)]
    assert chart.read_text(encoding="utf-8").startswith("<svg")


def test_a_policy_folder_with_overlapping_dates_or_a_cyclic_rule_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "policy.toml").write_text(
        'id = "mine"\ntitle = {zh = "我", en = "mine"}\n[sources.s]\ntitle = {zh = "文", en = "text"}\n'
    )
    value = '[[k.values]]\nfrom = {0}\nvalue = 1\nsource = "s"\nconfidence = "confirmed"\nchecked_on = 2026-11-23\n'
    head = '[k]\ntype = "int"\nlabel = {zh = "值", en = "value"}\n'
    (folder / "parameters.toml").write_text(head + value.format("2020-01-01") + value.format("2021-01-01"))
    (folder / "examples.toml").write_text("")
    rules = """
from huzhu.rules import Draft, Gives, Text, fact
T = Text("词", "words")
DRAFTS = (Draft(policy="mine", name="d", title=T, facts=(fact("on", "date", "日", "day"),), rules=(),
    steps={"a": (T, lambda r: r.b), "b": (T, lambda r: r.a)}, gives=(Gives("x", T, lambda r: r.a),)),)
"""
    (folder / "rules.py").write_text(rules, encoding="utf-8")
    code, _, err = huzhu("policy", "check", folder)
    assert code == 2
    assert "overlap" in err
    assert "2021-01-01" in err
    (folder / "parameters.toml").write_text(head + value.format("2020-01-01"))
    code, _, err = huzhu("policy", "show", f"{folder}/d")
    assert code == 2
    assert "cyclic: a -> b -> a" in err


def test_a_what_if_leaves_no_trace_in_the_next_evaluation() -> None:
    old = COURIER | {"birth_date": dt.date(1962, 1, 1)}
    assert (
        json.loads(
            huzhu("policy", "decide", ENROL, "--facts", "-", "--set", "age_limit=65", "--json", stdin=said(old))[1]
        )["outcome"]
        == "granted"
    )
    assert json.loads(huzhu("policy", "decide", ENROL, "--facts", "-", "--json", stdin=said(old))[1])["reasons"] == [
        "age_60_or_over"
    ]
