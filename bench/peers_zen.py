"""The same rules in zen-engine (GoRules): one expression node a decision, dates as ISO text, nulls asked for in every expression.

zen decides one record and keeps nothing between two, so what a cover has used is handed in with each claim.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zen

Row = dict[str, Any]
CHUNK = 10_000


def listed(codes: dict[str, str]) -> str:
    """A list of the codes whose condition holds."""
    return f"filter([{', '.join(f'{when} ? {code!r} : null' for code, when in codes.items())}], # != null)"


def is_false(name: str) -> str:
    return f"{name} == false"


ENROL_FAILED = {
    "before_plan_start": "applied_on != null and applied_on < 20220701",
    "age_60_or_over": "birth_date != null and applied_on != null and applied_on - birth_date >= 600000",
    "not_in_shanghai": "work_region != null and not(startsWith(work_region, '31'))",
    "not_registered": is_false("platform_registered"),
    "not_in_platform_name": is_false("in_platform_name"),
    "no_vehicle": is_false("uses_vehicle"),
    "category_not_listed": "work_category != null and not(work_category in "
    "['ride_hailing', 'food_delivery', 'instant_delivery', 'same_city_freight', 'express'])",
    "unpaid": is_false("paid"),
    "not_union_member": is_false("union_member"),
}
ENROL_NEEDED = (
    "birth_date", "work_region", "platform_registered", "in_platform_name", "uses_vehicle", "work_category", "paid",
    "union_member", "applied_on",
)  # fmt: skip
ENROL = {
    "reasons": listed(ENROL_FAILED),
    "lacking": listed({name: f"{name} == null" for name in ENROL_NEEDED}),
    "outcome": "len($.reasons) > 0 ? 'refused' : len($.lacking) > 0 ? 'undetermined' : 'granted'",
    "missing": "$.outcome == 'undetermined' ? $.lacking : []",
    "not_tested": "['under_min_age']",
    "next_day": "$.outcome != 'granted' ? null : applied_on % 100 < 28 ? applied_on + 1 : "
    "number(d(string(applied_on)).add('1d').format('%Y%m%d'))",
    "since": "$.next_day != null and covered_until != null ? max([$.next_day, covered_until]) : $.next_day",
    "until": "$.since == null ? null : $.since % 10000 == 229 ? $.since + 10072 : $.since + 10000",
    "premium_fen": "$.outcome == 'granted' ? 7200 : null",
}

def graph(expressions: dict[str, str]) -> dict[str, Any]:
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "rule", "name": "rule", "type": "expressionNode", "content": {
            "expressions": [{"id": key, "key": key, "value": value} for key, value in expressions.items()]}},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]  # fmt: skip
    edges = [{"id": f"{a}-{b}", "sourceId": a, "targetId": b} for a, b in (("in", "rule"), ("rule", "out"))]
    return {"nodes": nodes, "edges": edges}
