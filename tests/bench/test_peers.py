"""A benchmark against a wrong peer says nothing: those that need no extra install are held to the plan's plain oracles here, the
others to Huzhu's answers in `python -m bench` itself."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from bench import data, peers_duckdb, peers_python
from bench.tables import Goal
from tests.oracles.shanghai_cases import random_enrol_case
from tests.oracles.shanghai_claims import claims
from tests.oracles.shanghai_enrol import enrol

ROWS = 4_000
Row = dict[str, Any]


def comparable(row: Row) -> Row:
    return {**row, "missing": set(row["missing"])}


@pytest.fixture(scope="module", params=data.KINDS)
def decided(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[Row], list[Row]]:
    """The kind, the made-up rows, and what the hand-written SQL makes of them."""
    kind: str = request.param
    folder: Path = tmp_path_factory.mktemp(kind)
    data.write(kind=kind, rows=ROWS, path=folder / "in.parquet")
    peers_duckdb.run(kind, folder / "in.parquet", folder / "out.parquet")
    return kind, pq.read_table(folder / "in.parquet").to_pylist(), pq.read_table(folder / "out.parquet").to_pylist()


def test_the_hand_written_sql_gives_the_plans_answers(decided: tuple[str, list[Row], list[Row]]) -> None:
    kind, rows, answers = decided
    expected = [enrol(row) for row in rows] if kind == "enrol" else claims(rows, demo=True)
    for row, answer, right in zip(rows, answers, expected, strict=True):
        # Telescoping windows do not know which inner limits bound once the widest is used up.
        names = [name for name in right if name != "limited_by"]
        assert {name: comparable(answer)[name] for name in names} == {
            name: comparable(right)[name] for name in names
        }, row


def test_the_made_up_files_have_every_outcome(decided: tuple[str, list[Row], list[Row]]) -> None:
    kind, _, answers = decided
    outcomes = {"granted", "refused", "undetermined"} | ({"settled"} if kind == "claims" else set())
    assert {answer["outcome"] for answer in answers} == outcomes


def test_every_limit_binds_somewhere_in_the_made_up_claims(decided: tuple[str, list[Row], list[Row]]) -> None:
    kind, _, answers = decided
    if kind == "claims":
        bound = {name for answer in answers for name in answer["limited_by"]}
        assert bound == {name for name, _ in peers_duckdb.LIMITS.values()} | {"overall_limit"}


def test_the_same_file_is_made_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        data.write(kind="claims", rows=ROWS, path=tmp_path / name)
    assert pq.read_table(tmp_path / "one").equals(pq.read_table(tmp_path / "two"))


def test_the_hand_written_python_gives_the_plans_answers() -> None:
    rng = Random(20220701)
    for _ in range(2_000):
        facts = random_enrol_case(rng)
        assert comparable(peers_python.enrol(facts)) == comparable(enrol(facts))


def test_a_figure_is_reached_on_the_limit_and_not_past_it() -> None:
    assert Goal("", 1.1, at_most=1.1).is_met
    assert not Goal("", 1.11, at_most=1.1).is_met
    assert Goal("", 4.0, at_least=4).is_met
    assert not Goal("", 3.99, at_least=4).is_met
