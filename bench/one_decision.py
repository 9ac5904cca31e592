"""One decision for one person, warm, in microseconds: everybody in one process, taken in turn. Prints JSON.

Run as a child: `python -m bench.one_decision TIMES SECONDS`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import zen

from bench import peers_openfisca, peers_python, peers_zen
from huzhu import policies
from huzhu.rules import render
from huzhu.rules.decider import Decider

POLICY = "shanghai-gig-mutual-aid"
APPLICANT: dict[str, Any] = {
    "birth_date": date(1991, 5, 17), "work_region": "310115", "platform_registered": True, "in_platform_name": True,
    "uses_vehicle": True, "work_category": "food_delivery", "paid": True, "union_member": True, "applied_on": date(2025, 3, 4),
    "covered_until": date(2025, 4, 1),
}  # fmt: skip
CLAIM: dict[str, Any] = {
    "claim_id": "C1", "member_id": "M1", "cover_id": "K1", "cover_since": date(2024, 4, 1), "cover_until": date(2025, 4, 1),
    "continuous_since": date(2023, 4, 1), "benefit": "hospital_allowance", "cause": "accident", "event_date": date(2024, 9, 9),
    "filed_on": date(2024, 10, 1), "hospital_days": 16, "disability_grade": None, "expense_fen": None, "settled_seq": None,
    "settled_fen": None,
}  # fmt: skip
Call = Callable[[], object]


def huzhu_calls() -> dict[str, Call]:
    """`read`: facts already checked, as a batch of records has them. The others check the facts first."""
    enrol = Decider(policies.get(POLICY).program("enrol"))
    claims = Decider(policies.get(POLICY).program("claims", overlay="demo"))
    explained = enrol.explain(APPLICANT)
    row = enrol.reader.many([APPLICANT])[0]
    return {
        "Huzhu, enrol, facts already read": lambda: enrol.decide_read(row),
        "Huzhu, enrol": lambda: enrol.decide(APPLICANT),
        "Huzhu, enrol, with its explanation": lambda: enrol.explain(APPLICANT),
        "Huzhu, enrol, the explanation as text": lambda: render.text(explained["explanation"], lang="zh"),
        "Huzhu, claims": lambda: claims.decide(CLAIM),
        "Huzhu, claims, with its explanation": lambda: claims.explain(CLAIM),
    }


def peer_calls() -> dict[str, Call]:
    record = {
        name: peers_zen.as_number(value) if isinstance(value, date) else value for name, value in APPLICANT.items()
    }
    decision = zen.ZenEngine().create_decision(json.dumps(peers_zen.graph(peers_zen.ENROL)))
    ask = peers_zen.asked_in_batches(peers_zen.ENROL)
    thousand = [record] * 1_000
    system = peers_openfisca.enrol_system()
    inputs = {
        name: np.array([value], "datetime64[D]" if isinstance(value, date) else np.int32)
        for name, value in {**APPLICANT, "work_region": 310_115, "work_category": 1}.items()
    }

    def openfisca() -> list[object]:
        made = peers_openfisca.simulation(system, inputs)
        return [
            made.calculate(name, peers_openfisca.PERIOD) for name in ("outcome", "failed", "lacking", "since", "until")
        ]

    return {
        "plain Python by hand, enrol": lambda: peers_python.enrol(APPLICANT),
        "zen-engine, enrol": lambda: decision.evaluate(record),
        "zen-engine, enrol, a thousand in one call, each": lambda: ask(thousand),
        "OpenFisca-Core, enrol, one person": openfisca,
    }


def same_answers() -> None:
    """Raises where a peer does not give Huzhu's answer."""
    huzhu = Decider(policies.get(POLICY).program("enrol")).decide(APPLICANT)
    assert peers_python.enrol(APPLICANT) == huzhu, "the plain Python answers otherwise"
    calls = peer_calls()
    zens: Any = calls["zen-engine, enrol"]()
    assert (zens["result"]["since"], zens["result"]["until"]) == (20250401, 20260401), "zen answers otherwise"
    assert huzhu["since"] == date(2025, 4, 1), "the answer is not the one worked out by hand"
    since, until = calls["OpenFisca-Core, enrol, one person"]()[3:]  # type: ignore[index]  # a list, as above
    assert (since[0], until[0]) == (np.datetime64("2025-04-01"), np.datetime64("2026-04-01")), (
        "OpenFisca answers otherwise"
    )


def microseconds(call: Call, *, seconds: float) -> float:
    """The mean over as many calls as fit into `seconds`."""
    calls, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for _ in range(10):
            call()
        calls += 10
    return elapsed / calls * 1e6


def main(times: int, seconds: float) -> None:
    same_answers()
    calls = huzhu_calls() | peer_calls()
    found: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(times):
        for name, call in calls.items():
            each = 1_000 if "thousand" in name else 1
            found[name].append(microseconds(call, seconds=seconds) / each)
    print(json.dumps({name: statistics.median(values) for name, values in found.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
