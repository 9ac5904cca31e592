"""The same rules as the best DuckDB SQL we could write by hand for these files, and the floor: reading and writing alone.

Written for the files of `data.py` as a hand-written query would be: benefit, cover_since and cover_until are never null there, and
nothing is checked, while Huzhu refuses a file with a single bad value. Everything Huzhu gives is given, in the same order.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from huzhu.bulk.on_duckdb import PARQUET

Conditions = dict[str, str]
# The same settings as Huzhu's own files have, so that the query alone is compared.
COPY = f"COPY ({{query}}) TO '{{path}}' ({PARQUET})"


def any_of(column: str, *values: str) -> str:
    """An OR chain: DuckDB turns a long IN into a join, and a join loses the order of the rows."""
    return "(" + " OR ".join(f"{column} = '{value}'" for value in values) + ")"


def mask(conditions: Conditions) -> str:
    return " + ".join(f"CASE WHEN {when} THEN {1 << bit} ELSE 0 END" for bit, when in enumerate(conditions.values()))


def codes(mask_: str, conditions: Conditions) -> str:
    """The list of a mask's codes: a constant for none or one of them, which is nearly every row."""
    one = " ".join(f"WHEN {1 << bit} THEN ['{code}']" for bit, code in enumerate(conditions))
    each = ", ".join(f"CASE WHEN ({mask_} >> {bit}) & 1 = 1 THEN '{code}' END" for bit, code in enumerate(conditions))
    return f"CASE {mask_} WHEN 0 THEN []::VARCHAR[] {one} ELSE list_filter([{each}], lambda x: x IS NOT NULL) END"


# Enrolment

CATEGORIES = ("ride_hailing", "food_delivery", "instant_delivery", "same_city_freight", "express")
ENROL_NEEDED = (
    "birth_date", "work_region", "platform_registered", "in_platform_name", "uses_vehicle", "work_category", "paid",
    "union_member", "applied_on",
)  # fmt: skip
ENROL_FAILED = {
    "before_plan_start": "applied_on < DATE '2022-07-01'",
    "age_60_or_over": "birth_date + INTERVAL 60 YEAR <= applied_on",  # 60 years after a leap day is a leap day
    "not_in_shanghai": "NOT prefix(work_region, '31')",
    "not_registered": "NOT platform_registered",
    "not_in_platform_name": "NOT in_platform_name",
    "no_vehicle": "NOT uses_vehicle",
    "category_not_listed": f"NOT {any_of('work_category', *CATEGORIES)}",
    "unpaid": "NOT paid",
    "not_union_member": "NOT union_member",
}
ENROL_MISSING = {name: f"{name} IS NULL" for name in ENROL_NEEDED}


def enrol(source: str) -> str:
    return f"""
    SELECT * EXCLUDE (failed, lacking, outcome, since), outcome, {codes("failed", ENROL_FAILED)} AS reasons,
      {codes("lacking", ENROL_MISSING)} AS missing, ['under_min_age'] AS not_tested, since,
      CAST(CASE WHEN month(since) = 2 AND day(since) = 29 THEN since + 366 ELSE since + INTERVAL 1 YEAR END AS DATE) AS until,
      CASE WHEN outcome = 'granted' THEN 7200::BIGINT END AS premium_fen
    FROM (
      SELECT * REPLACE (CASE WHEN failed = 0 THEN lacking ELSE 0 END AS lacking),
        CASE WHEN failed <> 0 THEN 'refused' WHEN lacking <> 0 THEN 'undetermined' ELSE 'granted' END AS outcome,
        CASE WHEN failed = 0 AND lacking = 0 THEN greatest(applied_on + 1, covered_until) END AS since
      FROM (SELECT *, {mask(ENROL_FAILED)} AS failed, {mask(ENROL_MISSING)} AS lacking FROM {source}))"""


# Claims with nested caps, under the overlay `demo`

ACCIDENT_ONLY = any_of("benefit", "death_accident", "disability_accident", "injury_consolation")
ILLNESS_ONLY = any_of("benefit", "death_illness", "critical_illness", "critical_illness_hospital")
GRADED = any_of("benefit", "injury_consolation", "disability_accident")
CLAIM_FAILED = {
    "outside_cover": "event_date < cover_since OR event_date >= cover_until",
    "waiting_period": "cause = 'illness' AND event_date < continuous_since + 30",
    "filed_late": "filed_on > event_date + INTERVAL 2 YEAR",
    "wrong_cause": f"CASE cause WHEN 'illness' THEN {ACCIDENT_ONLY} WHEN 'accident' THEN {ILLNESS_ONLY} END",
    "has_disability_grade": "benefit = 'injury_consolation' AND disability_grade <> 0",
    "no_disability_grade": "benefit = 'disability_accident' AND disability_grade = 0",
    "nothing_to_pay": "FALSE",  # 64, once the amount is known
    "cap_exhausted": "FALSE",  # 128, after the caps
}
WAITING_COUNTS = f"cause = 'illness' OR (cause IS NULL AND NOT {ACCIDENT_ONLY})"
CLAIM_MISSING = {
    "cover_id": "cover_id IS NULL",
    "continuous_since": f"continuous_since IS NULL AND ({WAITING_COUNTS})",
    "cause": "cause IS NULL AND (benefit <> 'hospital_allowance' OR (event_date >= continuous_since + 30) IS NOT TRUE)",
    "event_date": "event_date IS NULL",
    "filed_on": "filed_on IS NULL",
    "hospital_days": "hospital_days IS NULL AND benefit = 'hospital_allowance'",
    "disability_grade": f"disability_grade IS NULL AND {GRADED}",
    "expense_fen": "expense_fen IS NULL AND benefit = 'critical_illness_hospital'",
}
ASSESSED = """CAST(CASE benefit WHEN 'injury_consolation' THEN 50000 WHEN 'hospital_allowance' THEN 30000 * hospital_days
  WHEN 'critical_illness' THEN 2000000 WHEN 'critical_illness_hospital' THEN expense_fen * 500 // 1000
  WHEN 'death_illness' THEN 10000000 WHEN 'death_accident' THEN 50000000
  ELSE 5000000 * CASE WHEN disability_grade = 0 THEN 0 ELSE 11 - disability_grade END END AS BIGINT)"""
KIND = f"CASE WHEN {any_of('benefit', 'death_accident', 'disability_accident')} THEN 'accident' ELSE benefit END"
LIMITS = {  # by kind of benefit: the limit's name and size, days for the hospital allowance and else fen
    "hospital_allowance": ("hospital_allowance_days", 180),
    "critical_illness": ("critical_illness_limit", 2_000_000),
    "critical_illness_hospital": ("critical_illness_hospital_limit", 4_000_000),
    "death_illness": ("death_illness_limit", 10_000_000),
    "accident": ("accident_limit", 50_000_000),
    "injury_consolation": ("injury_consolation_limit", 600_000),
}
LIMIT = "CASE kind " + " ".join(f"WHEN '{kind}' THEN {size}" for kind, (_, size) in LIMITS.items()) + " END"
OWN = "CASE kind " + " ".join(f"WHEN '{kind}' THEN '{name}'" for kind, (name, _) in LIMITS.items()) + " END"
NOT_TESTED = f"""CASE WHEN settled_seq IS NOT NULL THEN []::VARCHAR[]
  WHEN {any_of("benefit", "critical_illness", "critical_illness_hospital")} THEN ['illness_not_listed']
  WHEN benefit = 'injury_consolation' THEN ['below_consolation_standard']
  WHEN benefit = 'disability_accident' THEN ['disability_scale'] ELSE []::VARCHAR[] END"""
WIDEST = 72_000_000
IN_ORDER = "ORDER BY settled_seq NULLS LAST, event_date, claim_id ROWS UNBOUNDED PRECEDING"


def assessed(source: str, keep: str) -> str:
    """Every claim by itself: its masks, its amount, and whether it may draw."""
    return f"""
    SELECT {keep}, CASE WHEN settled_seq IS NOT NULL THEN 'settled' WHEN failed <> 0 OR amount = 0 THEN 'refused'
      WHEN lacking <> 0 THEN 'undetermined' ELSE 'granted' END AS state
    FROM (SELECT *, {mask(CLAIM_FAILED)} AS failed, {mask(CLAIM_MISSING)} AS lacking, {ASSESSED} AS amount,
      {KIND} AS kind FROM {source})"""


def drawn(source: str) -> str:
    """What each claim draws, by telescoping: first its own limit (days, a benefit's, the shared one), then the overall one.
    The settled come first and draw what they were paid."""
    asked = "CASE state WHEN 'settled' THEN settled_fen WHEN 'granted' THEN amount ELSE 0 END"
    days = "CASE WHEN state IN ('settled', 'granted') THEN coalesce(hospital_days, 0) ELSE 0 END"
    return f"""
    SELECT *, CASE WHEN state = 'granted' THEN least(so_far, {WIDEST}) - least(so_far - own, {WIDEST}) ELSE 0 END AS paid
    FROM (SELECT *, CAST(sum(own) OVER (PARTITION BY cover_id {IN_ORDER}) AS BIGINT) AS so_far
    FROM (SELECT *, CASE WHEN state = 'granted' THEN CASE WHEN kind = 'hospital_allowance' THEN 30000 ELSE 1 END
        * (least(units_so_far, {LIMIT}) - least(units_so_far - units, {LIMIT})) ELSE asked END AS own
    FROM (SELECT *, CAST(sum(units) OVER (PARTITION BY cover_id, kind {IN_ORDER}) AS BIGINT) AS units_so_far
    FROM (SELECT *, CASE WHEN kind = 'hospital_allowance' THEN {days} ELSE asked END AS units
    FROM (SELECT *, {asked} AS asked FROM ({source}))))))"""


def decided(source: str) -> str:
    """The result columns, from claims with what they asked for, their own limit left (`own`), and what they are paid."""
    exhausted = "state = 'granted' AND paid = 0"
    failed = f"""CASE WHEN state = 'settled' THEN 0 WHEN failed <> 0 THEN failed WHEN amount = 0 THEN 64
      WHEN {exhausted} THEN 128 ELSE 0 END"""
    bound = "CASE WHEN state = 'granted' THEN (own < asked)::INT + 2 * (paid < own)::INT ELSE 0 END"
    return f"""
    SELECT claim_id, member_id, cover_id, cover_since, cover_until, continuous_since, benefit, cause, event_date, filed_on,
      hospital_days, disability_grade, expense_fen, settled_seq, settled_fen, outcome, {codes("reason", CLAIM_FAILED)} AS reasons,
      {codes("lacking", CLAIM_MISSING)} AS missing, {NOT_TESTED} AS not_tested,
      CASE WHEN state <> 'settled' THEN amount END AS assessed_fen,
      CASE WHEN state = 'settled' THEN settled_fen WHEN state <> 'undetermined' THEN paid END AS payable_fen,
      CASE bound WHEN 0 THEN []::VARCHAR[] WHEN 1 THEN [{OWN}] WHEN 2 THEN ['overall_limit'] ELSE [{OWN}, 'overall_limit'] END
        AS limited_by,
      state <> 'settled' AND (failed = 0 OR failed & 6 <> 0) AS illustrative
    FROM (SELECT * REPLACE (CASE WHEN state = 'undetermined' THEN lacking ELSE 0 END AS lacking), {failed} AS reason,
      {bound} AS bound, CASE WHEN {exhausted} THEN 'refused' ELSE state END AS outcome FROM ({source}))"""


def run_claims(con: duckdb.DuckDBPyConnection, source: Path, output: Path) -> None:
    """The fastest of the forms tried: narrow windows into a table sorted back into row order, put beside the input again.
    One single query, which has to sort all columns twice, takes a third more processor time and twice the memory."""
    file = f"read_parquet('{source}', file_row_number = true)"
    narrow = "file_row_number, cover_id, claim_id, settled_seq, event_date, settled_fen, hospital_days, kind, amount"
    con.execute(
        f"CREATE TEMP TABLE drawn AS SELECT asked, own, paid FROM ({drawn(assessed(file, narrow))}) ORDER BY file_row_number"
    )
    beside = f"SELECT a.*, d.asked, d.own, d.paid FROM ({assessed(file, '*')}) a POSITIONAL JOIN drawn d"
    con.execute(COPY.format(query=decided(beside), path=output))


def run(what: str, source: Path, output: Path) -> None:
    con = duckdb.connect()
    if what == "claims":
        run_claims(con, source, output)
        return
    file = f"read_parquet('{source}')"
    query = enrol(file) if what == "enrol" else f"SELECT * FROM {file}"
    con.execute(COPY.format(query=query, path=output))


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
