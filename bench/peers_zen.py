"""The same rules in zen-engine (GoRules): one expression node a decision, dates as yyyymmdd, nulls asked for in every expression.

zen decides one record and keeps nothing between two, so what a cover has used is handed in with each claim.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zen

Row = dict[str, Any]
Ask = Callable[[list[Row]], list[Row]]
Asked = Callable[[dict[str, str]], Ask]
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


# Claims: one record is one claim, with what its cover has used so far.

ACCIDENT_ONLY = "['death_accident', 'disability_accident', 'injury_consolation']"
ILLNESS_ONLY = "['death_illness', 'critical_illness', 'critical_illness_hospital']"
CLAIM_FAILED = {
    "outside_cover": "event_date != null and (event_date < cover_since or event_date >= cover_until)",
    "waiting_period": "cause == 'illness' and event_date != null and waits_until != null and event_date < waits_until",
    "filed_late": "event_date != null and filed_on != null and "
    "filed_on > (event_date % 10000 == 229 ? event_date + 19999 : event_date + 20000)",
    "wrong_cause": f"cause == 'illness' and benefit in {ACCIDENT_ONLY} or cause == 'accident' and benefit in {ILLNESS_ONLY}",
    "has_disability_grade": "benefit == 'injury_consolation' and disability_grade != null and disability_grade > 0",
    "no_disability_grade": "benefit == 'disability_accident' and disability_grade == 0",
}
CLAIM_MISSING = {
    "cover_id": "cover_id == null",
    "continuous_since": "waits_until == null and "
    f"(cause == 'illness' or cause == null and not(benefit in {ACCIDENT_ONLY}))",
    "cause": "cause == null and (benefit != 'hospital_allowance' or event_date == null or waits_until == null or "
    "event_date < waits_until)",
    "event_date": "event_date == null",
    "filed_on": "filed_on == null",
    "hospital_days": "hospital_days == null and benefit == 'hospital_allowance'",
    "disability_grade": "disability_grade == null and benefit in ['injury_consolation', 'disability_accident']",
    "expense_fen": "expense_fen == null and benefit == 'critical_illness_hospital'",
}
AMOUNT = """benefit == 'injury_consolation' ? 50000 :
  benefit == 'hospital_allowance' ? (hospital_days == null ? null : hospital_days * 30000) :
  benefit == 'critical_illness' ? 2000000 : benefit == 'death_illness' ? 10000000 : benefit == 'death_accident' ? 50000000 :
  benefit == 'critical_illness_hospital' ? (expense_fen == null ? null : floor(expense_fen * 500 / 1000)) :
  disability_grade == null ? null : disability_grade == 0 ? 0 : 5000000 * (11 - disability_grade)"""
OWN_LIMIT = """benefit == 'hospital_allowance' ? 180 : benefit == 'critical_illness' ? 2000000 :
  benefit == 'critical_illness_hospital' ? 4000000 : benefit == 'death_illness' ? 10000000 :
  benefit == 'injury_consolation' ? 600000 : 50000000"""
CLAIMS = {
    "failed": listed(CLAIM_FAILED),
    "lacking": listed(CLAIM_MISSING),
    "assessed_fen": AMOUNT,
    "is_drawn": "len($.failed) == 0 and len($.lacking) == 0 and $.assessed_fen > 0",
    "own_left": f"max([0, ({OWN_LIMIT}) - used_own])",
    "days": "benefit == 'hospital_allowance' and $.is_drawn ? min([hospital_days, $.own_left]) : 0",
    "own_fen": "not($.is_drawn) ? 0 : benefit == 'hospital_allowance' ? $.days * 30000 : min([$.assessed_fen, $.own_left])",
    "paid_fen": "min([$.own_fen, max([0, 72000000 - used_fen])])",
    "reasons": "len($.failed) > 0 ? $.failed : $.assessed_fen == 0 ? ['nothing_to_pay'] : "
    "$.is_drawn and $.paid_fen == 0 ? ['cap_exhausted'] : []",
    "outcome": "len($.reasons) > 0 ? 'refused' : $.is_drawn ? 'granted' : 'undetermined'",
    "missing": "$.outcome == 'undetermined' ? $.lacking : []",
    "payable_fen": "$.outcome == 'undetermined' ? null : $.paid_fen",
}


def as_number(day: date | None) -> int | None:
    """zen reads dates slowly: whole numbers yyyymmdd compare the same."""
    return None if day is None else day.year * 10_000 + day.month * 100 + day.day


def asked_in_batches(expressions: dict[str, str]) -> Ask:
    """zen's fastest way: many records a call, which must not depend on each other."""
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rule": graph(expressions)}}})

    def ask(records: list[Row]) -> list[Row]:
        answers: list[Row] = []
        for start in range(0, len(records), CHUNK):
            asked = [{"key": "rule", "context": record} for record in records[start : start + CHUNK]]
            answers += [one["data"]["result"] for one in engine.evaluate_batch(asked)]
        return answers

    return ask


def asked_one_by_one(expressions: dict[str, str]) -> Ask:
    """zen's plain way: a call a record."""
    decision = zen.ZenEngine().create_decision(json.dumps(graph(expressions)))
    return lambda records: [decision.evaluate(record)["result"] for record in records]


def enrol_records(table: pa.Table) -> list[Row]:
    records: list[Row] = table.to_pylist()
    for record in records:
        for name in ("birth_date", "applied_on", "covered_until"):
            record[name] = as_number(record[name])
    return records


def as_date(number: float | None) -> date | None:
    return None if number is None else date(int(number) // 10_000, int(number) // 100 % 100, int(number) % 100)


def run_enrol(table: pa.Table, asked: Asked) -> pa.Table:
    answers = asked(ENROL)(enrol_records(table))
    for name in ("outcome", "reasons", "missing", "not_tested"):
        table = table.append_column(name, pa.array([answer[name] for answer in answers]))
    for name in ("since", "until"):
        table = table.append_column(name, pa.array([as_date(answer.get(name)) for answer in answers], pa.date32()))
    return table.append_column("premium_fen", pa.array([answer.get("premium_fen") for answer in answers], pa.int64()))


def claim_records(table: pa.Table) -> list[Row]:
    records: list[Row] = table.to_pylist()
    for record in records:
        waited = record["continuous_since"]
        record["waits_until"] = None if waited is None else as_number(waited + timedelta(days=30))
        for name in ("cover_since", "cover_until", "continuous_since", "event_date", "filed_on"):
            record[name] = as_number(record[name])
    return records


def rounds(records: list[Row]) -> Iterator[list[int]]:
    """First every cover's first claim to be drawn, then every second one, so that a round's claims do not depend on each other."""
    covers: defaultdict[str | None, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        if record["settled_seq"] is None:
            covers[record["cover_id"]].append(index)
    for claims in covers.values():
        claims.sort(key=lambda index: (records[index]["event_date"] or 0, records[index]["claim_id"]))
    # Without a cover nothing is drawn, and all of them can be asked at once.
    loose = covers.pop(None, [])
    waiting = sorted(covers.values(), key=len, reverse=True)
    for position in range(len(waiting[0])):
        yield [claims[position] for claims in waiting if len(claims) > position] + (loose if position == 0 else [])


def own_key(record: Row) -> tuple[str, str]:
    shared = record["benefit"] in ("death_accident", "disability_accident")
    return record["cover_id"], "accident" if shared else record["benefit"]


def run_claims(table: pa.Table, asked: Asked) -> pa.Table:
    """The host keeps what each cover has used, as zen cannot."""
    ask, records = asked(CLAIMS), claim_records(table)
    used_own: defaultdict[tuple[str, str], int] = defaultdict(int)
    used: defaultdict[str, int] = defaultdict(int)
    answers: list[Row] = [{} for _ in records]
    for index, record in enumerate(records):
        if record["settled_seq"] is not None:
            days = (
                (record["hospital_days"] or 0) if record["benefit"] == "hospital_allowance" else record["settled_fen"]
            )
            used_own[own_key(record)] += days
            used[record["cover_id"]] += record["settled_fen"]
            answers[index] = {"outcome": "settled", "payable_fen": record["settled_fen"], "reasons": [], "missing": []}
    for round_ in rounds(records):
        for index in round_:
            records[index] |= {
                "used_own": used_own[own_key(records[index])],
                "used_fen": used[records[index]["cover_id"]],
            }
        for index, answer in zip(round_, ask([records[index] for index in round_]), strict=True):
            answers[index] = answer
            if answer["outcome"] == "granted":
                own = answer["days"] if records[index]["benefit"] == "hospital_allowance" else answer["paid_fen"]
                used_own[own_key(records[index])] += int(own)
                used[records[index]["cover_id"]] += int(answer["paid_fen"])
    for name in ("outcome", "reasons", "missing"):
        table = table.append_column(name, pa.array([answer[name] for answer in answers]))
    return table.append_column("payable_fen", pa.array([answer.get("payable_fen") for answer in answers], pa.int64()))


def main(kind: str, way: str, source: str, output: str) -> None:
    """Prints the seconds of the work itself: scaled up, the start of the process would count a hundred times."""
    run = run_enrol if kind == "enrol" else run_claims
    start = time.perf_counter()
    pq.write_table(run(pq.read_table(source), WAYS[way]), output, compression="zstd")
    print(time.perf_counter() - start)


WAYS: dict[str, Asked] = {"batch": asked_in_batches, "single": asked_one_by_one}

if __name__ == "__main__":
    main(*sys.argv[1:])
