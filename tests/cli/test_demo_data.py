from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from huzhu.cli.demo.claims import write_claims
from huzhu.cli.demo.identity import check_character, has_valid_check_character, identity_number
from huzhu.cli.demo.roster import Courier, roster, write_roster
from tests.oracles import shanghai_claims, shanghai_enrol

COVERS = 2_000_000
COLUMNS = [
    *("name", "identity_number", "phone", "birth_date", "work_region", "platform_registered", "in_platform_name"),
    *("uses_vehicle", "work_category", "paid", "union_member", "applied_on", "covered_until"),
]
Row = dict[str, Any]


@pytest.fixture(scope="module")
def couriers() -> list[Courier]:
    return roster(couriers=20_000, seed=20220701)


@pytest.fixture(scope="module")
def claims_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "claims.parquet"
    assert write_claims(path=path) == 60_000
    return path


@pytest.fixture(scope="module")
def claims(claims_file: Path) -> list[Row]:
    rows: list[Row] = pq.read_table(claims_file).to_pylist()
    return rows


@pytest.fixture(scope="module")
def decided(claims: list[Row]) -> list[Row]:
    """Each claim with what the plain oracle decides about it under the illustrative values."""
    results = shanghai_claims.claims(claims, demo=True)
    return [claim | result for claim, result in zip(claims, results, strict=True)]


@pytest.mark.parametrize("published", ["11010519491231002X", "53010219200508011X"])
def test_the_check_character_of_published_samples(published: str) -> None:
    assert check_character(first_17=published[:17]) == published[17]
    assert has_valid_check_character(number=published)


def test_an_invented_number_is_in_region_00_and_holds_the_birth_date() -> None:
    # 7x0 9x0 10x0 5x1 8x2 4x3 2x1 1x9 6x8 3x8 7x0 9x2 10x2 5x9 8x0 4x0 2x7 = 213; 213 mod 11 = 4, which stands for 8.
    assert identity_number(county=123, birth_date=date(1988, 2, 29), sequence=7) == "000123198802290078"


@pytest.mark.parametrize("number", ["", "00012319880229007", "000123198802290070", "00012319880229007９", "x" * 18])
def test_a_number_of_another_length_check_or_alphabet_is_not_valid(number: str) -> None:
    assert not has_valid_check_character(number=number)


def test_the_same_roster_every_time(tmp_path: Path) -> None:
    files = [tmp_path / "one.xlsx", tmp_path / "two.xlsx", tmp_path / "other.xlsx"]
    write_roster(path=files[0], couriers=50)
    write_roster(path=files[1], couriers=50)
    write_roster(path=files[2], couriers=50, seed=1)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes() != files[2].read_bytes()


def test_the_spreadsheet_holds_text_dates_and_booleans_as_such(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    write_roster(path=path, couriers=300)
    head, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert head == COLUMNS
    assert len(rows) == 300
    kinds: defaultdict[str, set[type]] = defaultdict(set)
    for row in rows:
        for name, value in zip(COLUMNS, row, strict=True):
            if value != "":
                kinds[name].add(type(value))
    dates = {"birth_date", "applied_on", "covered_until"}
    booleans = {"platform_registered", "in_platform_name", "uses_vehicle", "paid", "union_member"}
    assert kinds == {name: {date if name in dates else bool if name in booleans else str} for name in COLUMNS}


def test_the_spreadsheet_says_what_the_rows_say(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    write_roster(path=path, couriers=100, seed=5)
    _, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    expected = [list(asdict(courier).values()) for courier in roster(couriers=100, seed=5)]
    assert [[None if value == "" else value for value in row] for row in rows] == expected


def test_no_row_of_the_roster_is_bad_input(couriers: list[Courier]) -> None:
    for courier in couriers:
        assert courier.birth_date is None or courier.applied_on is None or courier.birth_date < courier.applied_on
        assert courier.work_region is None or (len(courier.work_region) == 6 and courier.work_region.isdecimal())


def test_identity_numbers_and_phones_belong_to_nobody_and_fit_the_birth_date(couriers: list[Courier]) -> None:
    for courier in couriers:
        assert courier.identity_number.startswith("00")
        assert courier.phone.startswith("100")
        assert len(courier.phone) == 11
        if courier.birth_date is not None:
            assert courier.identity_number[6:14] == f"{courier.birth_date:%Y%m%d}"


def test_some_numbers_are_mistyped_and_some_people_stand_twice(couriers: list[Courier]) -> None:
    times = Counter(courier.identity_number for courier in couriers)
    # 1 in 100 of 20,000 rows repeats a person; 6 in 1,000 of the 19,800 people have a wrong character.
    assert Counter(times.values()) == {1: 19_600, 2: 200}
    assert sum(not has_valid_check_character(number=number) for number in times) == 118
    people = {(courier.name, courier.phone) for courier in couriers}
    assert len(people) == 19_800


def test_the_roster_reaches_every_answer_about_joining(couriers: list[Courier]) -> None:
    results = [shanghai_enrol.enrol(asdict(courier)) for courier in couriers]
    outcomes = Counter(result["outcome"] for result in results)
    assert set(outcomes) == {"granted", "refused", "undetermined"}
    assert outcomes["granted"] > 16_000
    assert {reason for result in results for reason in result["reasons"]} == {
        *("before_plan_start", "age_60_or_over", "not_in_shanghai", "not_registered", "not_in_platform_name"),
        *("no_vehicle", "category_not_listed", "unpaid", "not_union_member"),
    }
    assert {fact for result in results for fact in result["missing"]} == {
        *("birth_date", "work_region", "platform_registered", "in_platform_name", "uses_vehicle", "work_category"),
        *("paid", "union_member", "applied_on"),
    }
    assert 1 <= sum("before_plan_start" in result["reasons"] for result in results) <= 5


def test_the_roster_has_the_days_on_which_people_go_wrong(couriers: list[Courier]) -> None:
    known = [
        (courier.birth_date, courier.applied_on)
        for courier in couriers
        if courier.birth_date is not None and courier.applied_on is not None
    ]
    # Days from the sixtieth birthday to the application; a birthday on 29 February has its sixtieth in a leap year.
    days = Counter((applied - birth.replace(year=birth.year + 60)).days for birth, applied in known)
    assert all(days[day] for day in (-1, 0, 1))
    assert sum((birth.month, birth.day) == (2, 29) for birth, _ in known) >= 25
    assert any((applied.month, applied.day) == (2, 29) for _, applied in known)
    assert all(date(2024, 1, 1) <= applied <= date(2025, 12, 31) for _, applied in known if applied.year > 2022)
    ends = [(one.covered_until, one.applied_on) for one in couriers if one.covered_until and one.applied_on]
    assert sum(until > applied for until, applied in ends) > 5_000
    assert sum(until <= applied for until, applied in ends) > 2_000


@pytest.mark.parametrize("couriers", [1, 2, 10])
def test_a_small_roster_has_the_rows_asked_for(couriers: int) -> None:
    assert len(roster(couriers=couriers, seed=1)) == couriers


def test_the_same_claims_every_time(tmp_path: Path) -> None:
    files = [tmp_path / "one.parquet", tmp_path / "two.parquet", tmp_path / "other.parquet"]
    assert write_claims(path=files[0], covers=10_000) == 300
    write_claims(path=files[1], covers=10_000)
    write_claims(path=files[2], covers=10_000, seed=1)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes() != files[2].read_bytes()


@pytest.mark.parametrize(("covers", "rows"), [(0, 0), (100, 3), (1_000, 30), (2_500, 75)])
def test_a_small_year_of_claims_is_three_per_hundred_covers(tmp_path: Path, covers: int, rows: int) -> None:
    assert write_claims(path=tmp_path / "claims.parquet", covers=covers) == rows


def test_the_columns_are_those_of_the_decision_and_the_district(claims_file: Path) -> None:
    texts = ("claim_id", "member_id", "cover_id", "benefit", "cause", "district")
    dates = ("cover_since", "cover_until", "continuous_since", "event_date", "filed_on")
    numbers = ("hospital_days", "disability_grade", "expense_fen", "settled_seq", "settled_fen")
    assert {field.name: field.type for field in pq.read_schema(claims_file)} == (
        dict.fromkeys(texts, pa.string()) | dict.fromkeys(dates, pa.date32()) | dict.fromkeys(numbers, pa.int64())
    )


def test_no_claim_is_bad_input(claims: list[Row]) -> None:
    assert len({claim["claim_id"] for claim in claims}) == 60_000
    assert len({claim["district"] for claim in claims}) == 16
    settled: defaultdict[str, list[int]] = defaultdict(list)
    for claim in claims:
        assert claim["cover_since"] < claim["cover_until"]
        assert claim["filed_on"] is None or claim["event_date"] is None or claim["event_date"] <= claim["filed_on"]
        assert claim["disability_grade"] is None or 0 <= claim["disability_grade"] <= 10
        assert claim["hospital_days"] is None or claim["hospital_days"] >= 0
        assert claim["expense_fen"] is None or claim["expense_fen"] > 0
        assert (claim["settled_seq"] is None) == (claim["settled_fen"] is None)
        if claim["settled_seq"] is not None:
            settled[claim["cover_id"]].append(claim["settled_seq"])
    assert sum(map(len, settled.values())) > 1_000
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in settled.values())


def test_a_cover_says_the_same_in_each_of_its_claims(claims: list[Row]) -> None:
    covers: defaultdict[str, set[tuple[object, ...]]] = defaultdict(set)
    for claim in claims:
        covers[claim["cover_id"]].add(
            (claim["member_id"], claim["cover_since"], claim["cover_until"], claim["district"])
        )
    assert all(len(facts) == 1 for facts in covers.values())
    since, until = next(
        (cover[1], cover[2]) for one in covers.values() for cover in one if cover[1] == date(2024, 2, 29)
    )
    assert (since, until) == (date(2024, 2, 29), date(2025, 3, 1))


def test_claims_are_as_frequent_as_stated(decided: list[Row]) -> None:
    """In good order, before caps: the shares of the two million covers, to the claim."""
    reached = [row for row in decided if _reached_caps(row)]
    assert Counter(row["benefit"] for row in reached) - Counter(_filed_again(reached)) == {
        "injury_consolation": 40_000,  # 2 %
        "hospital_allowance": 16_000,  # .8 %
        "critical_illness": 1_000,  # .05 %
        "critical_illness_hospital": 800,  # .04 %
        "death_illness": 160,  # .008 %
        "disability_accident": 200,  # .01 %
        "death_accident": 40,  # .002 %
    }


def test_claims_cost_about_64_yuan_a_cover(decided: list[Row]) -> None:
    """By hand: 10 + 14.4 + 10 + 3.2 + 8 + 10 + 8 = 63.6 yuan. What caps cut and long stays add is within a yuan."""
    paid_fen = sum(row["payable_fen"] or 0 for row in decided)
    assert 63 * 100 * COVERS <= paid_fen <= 65 * 100 * COVERS


def test_what_a_stay_a_grade_and_a_bill_cost_on_average(decided: list[Row]) -> None:
    reached = [row for row in decided if _reached_caps(row)]
    days = [row["hospital_days"] for row in reached if row["benefit"] == "hospital_allowance"]
    assert 16_000 * 6 <= sum(days) <= 16_000 * 6 * 103 // 100
    # 200 disabilities of 80,000 yuan on average: four decks dealt to the last card, so exactly.
    grades = [row["disability_grade"] for row in reached if row["benefit"] == "disability_accident"]
    assert sum((11 - grade) * 5_000_000 for grade in grades) == 200 * 8_000_000
    # 800 subsidies of half the bill, 8,000 yuan on average; the odd fen differ by up to 1 in 100.
    bills = [row["expense_fen"] // 2 for row in reached if row["benefit"] == "critical_illness_hospital"]
    assert abs(sum(bills) - 800 * 800_000) * 100 <= 800 * 800_000


def test_the_claims_reach_every_answer(decided: list[Row]) -> None:
    assert {row["outcome"] for row in decided} == {"settled", "granted", "refused", "undetermined"}
    assert {reason for row in decided for reason in row["reasons"]} == {
        *("outside_cover", "waiting_period", "filed_late", "wrong_cause", "has_disability_grade"),
        *("no_disability_grade", "cap_exhausted", "nothing_to_pay"),
    }
    assert {fact for row in decided for fact in row["missing"]} == {
        *("disability_grade", "hospital_days", "cause", "expense_fen", "filed_on", "continuous_since", "event_date"),
    }
    assert {cap for row in decided for cap in row["limited_by"]} >= {
        *("hospital_allowance_days", "injury_consolation_limit", "critical_illness_limit"),
        *("critical_illness_hospital_limit", "death_illness_limit", "accident_limit"),
    }


def test_the_last_day_to_file_and_the_end_of_a_cover_occur(decided: list[Row]) -> None:
    filed = [row for row in decided if row["event_date"] is not None and row["filed_on"] is not None]
    # The same day two years later, or the day after it (29 February, which has no such day, left aside).
    days_late: defaultdict[int, set[str]] = defaultdict(set)
    for row in filed:
        event = row["event_date"]
        if (event.month, event.day) != (2, 29):
            days_late[(row["filed_on"] - event.replace(year=event.year + 2)).days].add(row["outcome"])
    assert "granted" in days_late[0]
    assert days_late[1] == {"refused"}
    assert any(row["event_date"] == row["cover_until"] for row in filed)


def _reached_caps(row: Row) -> bool:
    return row["outcome"] in ("granted", "settled") or row["reasons"] == ["cap_exhausted"]


def _filed_again(rows: list[Row]) -> list[str]:
    """The benefit of each second filing: a rare benefit whose event stands under an earlier claim of the cover."""
    events: set[tuple[str, str, datetime]] = set()
    again = []
    for row in sorted(rows, key=lambda row: str(row["claim_id"])):
        event = (row["cover_id"], row["benefit"], row["event_date"])
        if event in events and row["benefit"] in ("critical_illness", "death_illness"):
            again.append(row["benefit"])
        events.add(event)
    return again
