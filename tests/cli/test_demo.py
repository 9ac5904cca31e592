"""`huzhu demo`: one run, looked at from every side and held against the plain oracles."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.faults.desk import Row, child, huzhu, read_decided
from tests.oracles.shanghai_claims import claims as plain_claims
from tests.oracles.shanghai_enrol import enrol as plain_enrol

pytestmark = pytest.mark.xdist_group("demo")  # one worker, one run

FILES = {
    "roster.xlsx",
    "roster-decided.parquet",
    "roster-decided.xlsx",
    "roster-decided.xlsx.policy.json",
    "claims.parquet",
    "claims-decided.parquet",
    "for-officers.xlsx",
    "report.html",
}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
CHECKS = "10X98765432"


@dataclass(frozen=True)
class Demo:
    folder: Path
    out: str
    err: str
    cpu_seconds: float

    def decided(self, name: str) -> list[Row]:
        return read_decided(self.folder / f"{name}-decided.parquet")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Into a folder whose name means something to a shell, to SQL and to a glob."""
    folder = tmp_path_factory.mktemp("demo") / "演示 [1] *'=x"
    start = time.process_time()
    said = huzhu("demo", "--no-site", "-o", folder, env={"HUZHU_LANG": "zh"})
    assert said.code == 0
    return Demo(folder, said.out, said.err, time.process_time() - start)


@pytest.fixture(scope="session")
def roster(demo: Demo) -> list[Row]:
    return demo.decided("roster")


@pytest.fixture(scope="session")
def claims(demo: Demo) -> list[Row]:
    return demo.decided("claims")


def application(row: Row) -> Row:
    """A row of the roster, text as a sheet gives it, as facts."""
    days = ("birth_date", "applied_on", "covered_until")
    claims = ("platform_registered", "in_platform_name", "uses_vehicle", "paid", "union_member")
    facts = dict(row)
    facts |= {name: None if row[name] is None else dt.date.fromisoformat(row[name]) for name in days}
    return facts | {name: None if row[name] is None else row[name] == "true" for name in claims}


def sheet_rows(path: Path) -> list[tuple[Any, ...]]:
    """The rows of a workbook's sheet, the header first."""
    with closing(openpyxl.load_workbook(path, read_only=True)) as book:
        return list(book.active.iter_rows(values_only=True))


def same(decided: list[Row], expected: list[Row]) -> bool:
    return [{name: row[name] for name in want} | {"missing": set(row["missing"])} for row, want in zip(
        decided, expected, strict=True
    )] == expected  # fmt: skip


def test_it_writes_its_files_and_nothing_else(demo: Demo) -> None:
    assert {path.name for path in demo.folder.iterdir()} == FILES


def test_it_ends_within_half_a_minute(demo: Demo) -> None:
    assert demo.cpu_seconds < 30


def test_every_application_is_decided_as_the_plain_oracle_has_it(roster: list[Row]) -> None:
    assert len(roster) == 20_000
    assert same(roster, [plain_enrol(application(row)) for row in roster])


def test_every_claim_is_decided_as_the_plain_oracle_has_it(claims: list[Row]) -> None:
    assert len(claims) == 60_000
    assert same(claims, plain_claims(claims, demo=True))


def lines_of(demo: Demo) -> list[list[str]]:
    return [line.split() for line in demo.out.splitlines()]


def yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"


def test_the_summary_adds_up(demo: Demo, roster: list[Row], claims: list[Row]) -> None:
    lines = lines_of(demo)
    for rows in (roster, claims):
        outcomes = Counter(row["outcome"] for row in rows)
        said = [(line[1], line[2]) for line in lines if len(line) == 5 and line[1] in outcomes and line[4] == "%"]
        for outcome, count in outcomes.items():
            assert (outcome, f"{count:,}") in said
        assert ["合计", f"{len(rows):,}"] in lines
    premiums = [row["premium_fen"] for row in roster if row["outcome"] == "granted"]
    assert ["参保费合计", "premium_fen", yuan(len(premiums) * 7_200)] in lines
    assert ["应付金额合计", "payable_fen", yuan(sum(row["payable_fen"] or 0 for row in claims))] in lines
    assert ["封顶前金额合计", "assessed_fen", yuan(sum(row["assessed_fen"] or 0 for row in claims))] in lines


def test_one_claim_is_explained_in_full_in_chinese(demo: Demo, claims: list[Row]) -> None:
    text = demo.out.partition("———")[2]
    claim_id = next(word for word in text.split() if word.startswith("C0"))
    [row] = [row for row in claims if row["claim_id"] == claim_id]
    assert row["limited_by"] == ["hospital_allowance_days"]
    assert f"结论：应给付 {yuan(row['payable_fen'])} 元" in text
    assert f"{yuan(row['assessed_fen'])} 元 → {yuan(row['payable_fen'])} 元" in text
    assert "逐项条件" in text
    assert "《工人日报》2022年8月14日头版" in text
    assert "示例" in text


def is_right(number: str) -> bool:
    return (
        CHECKS[sum(int(digit) * weight for digit, weight in zip(number[:17], WEIGHTS, strict=True)) % 11] == number[17]
    )


def test_the_list_for_officers_has_everything_that_needs_a_person(
    demo: Demo, roster: list[Row], claims: list[Row]
) -> None:
    listed = sheet_rows(demo.folder / "for-officers.xlsx")[1:]
    times = Counter(row["identity_number"] for row in roster)
    expected = Counter(
        ("roster.xlsx", number)
        for number, row in enumerate(roster, 2)
        if row["identity_number"] is not None
        and (not is_right(row["identity_number"]) or times[row["identity_number"]] > 1)
    )
    expected += Counter(("roster.xlsx", n) for n, row in enumerate(roster, 2) if row["outcome"] == "undetermined")
    expected += Counter(
        ("claims.parquet", number)
        for number, row in enumerate(claims, 1)
        if row["outcome"] in ("undetermined", "refused")
        or (row["outcome"] == "granted" and row["payable_fen"] < row["assessed_fen"])
    )
    assert Counter((file, row) for file, row, *_ in listed) == expected
    assert all(why and needs for _, _, _, why, needs, _ in listed)
    assert f"要人处理的 {len(listed):,} 项" in demo.out


def test_the_list_for_officers_shows_no_identity_number(demo: Demo) -> None:
    numbers = [row[2] for row in sheet_rows(demo.folder / "for-officers.xlsx") if row[0] == "roster.xlsx"]
    assert numbers
    assert all(number.startswith("*" * 14) and len(number) == 18 for number in numbers)


def test_the_decided_roster_is_a_sheet_with_the_rows_of_the_roster(demo: Demo, roster: list[Row]) -> None:
    names, *rows = sheet_rows(demo.folder / "roster-decided.xlsx")
    decided = [dict(zip(names, row, strict=True)) for row in rows]
    assert [row["outcome"] for row in decided] == [row["outcome"] for row in roster]
    assert [row["identity_number"] for row in decided] == [row["identity_number"] for row in roster]
    assert [";".join(row["reasons"]) or None for row in roster] == [row["reasons"] for row in decided]


def test_the_report_is_one_page_in_chinese_with_the_figures(demo: Demo, roster: list[Row], claims: list[Row]) -> None:
    page = (demo.folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert '<html lang="zh' in page
    assert page.count("<svg") >= 4
    for rows in (roster, claims):
        for count in Counter(row["outcome"] for row in rows).values():
            assert f"{count:,}" in page


def test_what_the_demo_decided_can_be_decided_again(demo: Demo) -> None:
    names = ("claims-decided.parquet", "roster-decided.parquet", "roster-decided.xlsx")
    said = huzhu("policy", "replay", *(demo.folder / name for name in names), "--json")
    assert said.code == 0
    assert [(found["rows"], found["differences"]) for found in said.json] == [(60_000, 0), (20_000, 0), (20_000, 0)]


def test_each_step_is_announced_on_stderr(demo: Demo) -> None:
    assert [line[:2] for line in demo.err.splitlines()] == ["一、", "二、", "三、"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    said = huzhu("demo", "--no-site", "-o", tmp_path / "file")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{tmp_path / 'file'}: cannot be used: File exists")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.slow
def test_another_run_in_another_process_gives_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONHASHSEED": "1", "HUZHU_LANG": "zh"}
    with child("demo", "--no-site", "-o", tmp_path / "again", env=env) as process:
        process.communicate(timeout=300)
    assert process.returncode == 0
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (demo.folder / name).read_bytes(), name
