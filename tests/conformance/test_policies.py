"""Every decision of every policy on random valid facts, on every engine, row by row: 20,000 cases here, a million of each
with `make conformance`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Any

import pytest

from huzhu import policies
from huzhu.rules.program import Program
from tests.conformance.engines import decide_with
from tests.conformance.facts import Facts
from tests.conformance.plain import decide_plainly
from tests.oracles.shanghai_cases import random_claims_batch

Row = dict[str, Any]
CASES, PLAIN_CASES = 20_000, 2_000
MILLION, CHUNK = 1_000_000, 50_000
ON_FILES = ("duckdb", "polars")


def decisions() -> Iterator[tuple[str, str, str | None]]:
    """Policy, decision, overlay: each overlay where the decision reads any of its values."""
    for policy_id in policies.POLICIES:
        policy = policies.get(policy_id)
        for name in policy.drafts:
            yield policy_id, name, None
            read = policy.program(name).parameters
            yield from ((policy_id, name, one.name) for one in policy.overlays.values() if set(one.values) & set(read))


DECISIONS = list(decisions())
each_decision = pytest.mark.parametrize(
    ("policy_id", "name", "overlay"), DECISIONS, ids=["/".join(filter(None, one)) for one in DECISIONS]
)


def chunks(program: Program, rng: Random, size: int) -> Iterator[list[Row]]:
    """Endless batches of cases. Claims come in two kinds in turn: any facts at all, and covers whose limits are reached."""
    facts = Facts(program, rng)
    for number in count():
        is_cover = program.id == "shanghai-gig-mutual-aid/claims" and number % 2 == 0
        yield random_claims_batch(rng, size, unknown_covers=True) if is_cover else facts.rows(size)


def differences(found: list[Row], expected: list[Row], rows: list[Row]) -> list[tuple[Row, Row]]:
    """The first few rows that differ: their facts and, by result, what was found and what is right."""
    assert len(found) == len(expected) == len(rows)
    wrong = [number for number in range(len(rows)) if found[number] != expected[number]]
    return [
        (rows[n], {key: (found[n].get(key), right) for key, right in expected[n].items() if found[n].get(key) != right})
        for n in wrong[:3]
    ]


def hold(cases: int, chunk: int, program: Program, engines: tuple[str, ...], *, tell: Callable[[str], None]) -> None:
    """So many cases on one record and on the engines, in chunks."""
    outcomes: dict[str, int] = {}
    batches = chunks(program, Random(program.id), chunk)
    for done in range(chunk, cases + 1, chunk):
        rows = next(batches)
        expected = decide_with("scalar", program, rows)
        for engine in engines:
            assert differences(decide_with(engine, program, rows), expected, rows) == [], engine
        for answer in expected:
            outcomes[answer["outcome"]] = outcomes.get(answer["outcome"], 0) + 1
        tell(f"{program.id} {' '.join(program.overlays)}: {done:,} cases alike on {', '.join(engines)}; {outcomes}")


@each_decision
def test_columns_decide_as_one_record_is_decided(policy_id: str, name: str, overlay: str | None) -> None:
    program = policies.get(policy_id).program(name, overlay=overlay)
    hold(CASES, CASES // 2, program, ON_FILES, tell=lambda _: None)


@each_decision
def test_one_record_is_decided_as_the_rules_are_written(policy_id: str, name: str, overlay: str | None) -> None:
    program = policies.get(policy_id).program(name, overlay=overlay)
    for rows, _ in zip(chunks(program, Random(policy_id), PLAIN_CASES // 2), range(2), strict=False):
        assert differences(decide_with("scalar", program, rows), decide_plainly(program, rows), rows) == []


@pytest.mark.conformance
@each_decision
def test_a_million_cases_are_alike_on_one_machine(
    policy_id: str, name: str, overlay: str | None, capsys: pytest.CaptureFixture
) -> None:
    program = policies.get(policy_id).program(name, overlay=overlay)
    hold(MILLION, CHUNK, program, ON_FILES, tell=_printer(capsys))


@pytest.mark.conformance
@pytest.mark.spark
@each_decision
def test_a_million_cases_are_alike_on_spark(
    policy_id: str, name: str, overlay: str | None, capsys: pytest.CaptureFixture
) -> None:
    program = policies.get(policy_id).program(name, overlay=overlay)
    hold(MILLION, 4 * CHUNK, program, ("spark",), tell=_printer(capsys))


def _printer(capsys: pytest.CaptureFixture) -> Callable[[str], None]:
    def tell(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    return tell
