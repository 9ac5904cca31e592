"""Caps on what events draw together, as a plain loop over one set of events: the plan that every faster one must equal.

Settled events come first, in the order they were settled, and use what they were paid even past a limit; then the others
in the program's order. An event that gets nothing uses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from huzhu.rules.program import CAP_EXHAUSTED, Events

Row = dict[str, Any]


def apply_caps(events: Events, facts: Sequence[Mapping[str, Any]], assessed: Sequence[Row]) -> list[Row]:
    """Results of all events, in the order given, from their facts and their assessment before caps."""
    results: list[Row] = [dict(row) for row in assessed]
    used: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for index in sorted(range(len(facts)), key=lambda i: _order(events, facts[i], results[i])):
        row = results[index]
        if row["outcome"] in ("settled", "granted"):
            _draw(events, facts[index], row, used)
        else:
            row["payable_fen"] = 0 if row["outcome"] == "refused" else None
            row["limited_by"] = []
    for row in results:
        del row["caps"], row["illustrative_caps"]
    return results


def _order(events: Events, facts: Mapping[str, Any], row: Row) -> tuple[Any, ...]:
    if row["outcome"] == "settled":
        return (0, facts[events.settled_order])
    if row["outcome"] == "granted":
        # Only an event whose order is known gets here: an unknown key leaves it undetermined.
        return (1, *(facts[name] for name in events.order))
    return (2,)


def _draw(events: Events, facts: Mapping[str, Any], row: Row, used: defaultdict[tuple[Any, ...], int]) -> None:
    settled = row["outcome"] == "settled"
    amount = facts[events.settled_amount] if settled else row["assessed_fen"]
    drawn: dict[tuple[Any, ...], int | None] = {}  # a count, or None where the cap is on money
    bound: list[str] = []
    steps: list[Row] = []
    for number, (cap, (applies, limit, counts, each)) in enumerate(zip(events.caps, row["caps"], strict=True)):
        if not applies:
            continue
        key = (number, *(facts[name] for name in cap.per))
        counted = (counts or 0) if cap.counts is not None else None
        if not settled:
            left = max(0, limit - used[key])
            before = amount
            if counted is not None:
                counted = min(counted, left)
                amount = min(amount, counted * each)
            else:
                amount = min(amount, left)
            if amount < before:
                bound.append(cap.name)
            steps.append(
                {"cap": cap.name, "limit": limit, "used": used[key], "left": left, "before": before, "after": amount}
            )
        drawn[key] = counted
    row["limited_by"], row["payable_fen"], row["cap_steps"] = bound, amount, steps
    if settled or amount > 0:
        for key, counted in drawn.items():
            used[key] += amount if counted is None else counted
    if not settled:
        row["illustrative"] = row["illustrative"] or row["illustrative_caps"]
        if amount == 0:
            row["outcome"], row["reasons"] = "refused", [CAP_EXHAUSTED]
