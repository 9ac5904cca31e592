"""Made-up applications and claims as Parquet, the same on every run of one DuckDB version: what happens in real files,
nulls and mistakes included, with enough events on a cover for every limit to bind.

Run as a child: `python -m bench.data KIND ROWS FILE`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

KINDS = ("enrol", "claims")


def draw(sides: int, purpose: int, of: str = "i") -> str:
    """SQL of a number from 0 to sides - 1, drawn anew for each purpose."""
    return f"CAST(hash({of}, {purpose}) % {sides} AS INTEGER)"


def once_in(sides: int, purpose: int, of: str = "i") -> str:
    return f"({draw(sides, purpose, of)} = 0)"


def yes_mostly(no_in: int, null_in: int, purpose: int) -> str:
    return f"CASE WHEN NOT {once_in(null_in, purpose)} THEN NOT {once_in(no_in, purpose + 1)} END"


def enrol(rows: int) -> str:
    """Two years of applications; about three in four are granted, most others lack one thing."""
    return f"""
    SELECT 'A' || lpad(CAST(i AS VARCHAR), 9, '0') AS applicant_id,
      CASE WHEN NOT {once_in(80, 1)} THEN DATE '1962-01-01' + {draw(15_700, 2)} END AS birth_date,
      CASE WHEN {once_in(150, 3)} THEN NULL WHEN {once_in(40, 4)} THEN '320500' WHEN {once_in(60, 5)} THEN '330400'
        ELSE '3101' || lpad(CAST({draw(16, 6)} + 1 AS VARCHAR), 2, '0') END AS work_region,
      {yes_mostly(60, 50, 10)} AS platform_registered, {yes_mostly(80, 200, 12)} AS in_platform_name,
      {yes_mostly(70, 200, 14)} AS uses_vehicle,
      CASE WHEN {once_in(200, 16)} THEN NULL WHEN {once_in(50, 17)} THEN 'livestream'
        ELSE ['food_delivery', 'food_delivery', 'ride_hailing', 'instant_delivery', 'express', 'same_city_freight']
          [1 + {draw(6, 18)}] END AS work_category,
      {yes_mostly(150, 300, 19)} AS paid, {yes_mostly(25, 60, 21)} AS union_member,
      CASE WHEN NOT {once_in(500, 23)} THEN DATE '2024-01-01' + {draw(731, 24)} END AS applied_on,
      CASE WHEN {draw(3, 25)} = 0 THEN DATE '2024-01-01' + {draw(900, 26)} END AS covered_until
    FROM range({rows}) t(i)"""


def claims(rows: int) -> str:
    """Claims as they come in, not sorted by cover. Nine in ten belong to small covers (3.6 events each on average), the rest
    to one cover in a hundred (40 each); one in ten is settled. Far more than a real year brings, so that limits bind."""
    small, large = max(1, rows // 4), max(1, rows // 400)
    cover = f"CASE WHEN {once_in(10, 30)} THEN {small} + {draw(large, 31)} ELSE {draw(small, 32)} END"
    numbered = f"SELECT i, {cover} AS k FROM range({rows}) t(i)"
    covered = f"""
      SELECT i, k, DATE '2023-01-01' + {draw(600, 33, "k")} AS since, {draw(4, 34, "k")} * 365 AS earlier,
        list_extract(['hospital_allowance', 'critical_illness', 'critical_illness_hospital', 'death_illness',
          'death_accident', 'disability_accident', 'injury_consolation'],
          CAST(list_extract([1,1,1,1,1,1,1,1, 2,2, 3,3, 4, 5, 6,6, 7,7,7,7,7,7,7,7], 1 + {draw(24, 35)}) AS BIGINT))
          AS benefit,
        {once_in(10, 36)} AS is_settled FROM ({numbered})"""
    settled = f"CAST(CASE WHEN {once_in(25, 57)} THEN 45_000_000 ELSE {draw(40, 56)} * 25_000 END AS BIGINT)"
    dated = f"""
      SELECT *, since + {draw(365, 37)} + CASE WHEN {once_in(60, 38)} THEN 200 ELSE 0 END AS event
      FROM ({covered})"""
    return f"""
    SELECT 'C' || lpad(CAST(i AS VARCHAR), 9, '0') AS claim_id, 'M' || lpad(CAST(k AS VARCHAR), 8, '0') AS member_id,
      CASE WHEN is_settled OR NOT {once_in(1000, 40)} THEN 'K' || lpad(CAST(k AS VARCHAR), 8, '0') END AS cover_id,
      since AS cover_since, CAST(since + INTERVAL 1 YEAR AS DATE) AS cover_until,
      CASE WHEN NOT {once_in(200, 41)} THEN since - earlier END AS continuous_since, benefit,
      CASE WHEN {once_in(40, 42)} THEN NULL WHEN {once_in(50, 43)} THEN 'accident'
        WHEN benefit IN ('death_accident', 'disability_accident', 'injury_consolation') THEN 'accident'
        WHEN benefit = 'hospital_allowance' AND {draw(2, 44)} = 0 THEN 'accident' ELSE 'illness' END AS cause,
      CASE WHEN NOT {once_in(300, 45)} THEN event END AS event_date,
      CASE WHEN NOT {once_in(300, 46)} THEN event + {draw(90, 47)} + CASE WHEN {once_in(80, 48)} THEN 700 ELSE 0 END END
        AS filed_on,
      CASE WHEN benefit = 'hospital_allowance' AND NOT {once_in(60, 49)} THEN CAST({draw(45, 50)} AS BIGINT) END
        AS hospital_days,
      CAST(CASE WHEN {once_in(80, 51)} THEN NULL WHEN benefit = 'disability_accident' THEN {draw(11, 52)}
        WHEN benefit = 'injury_consolation' THEN CASE WHEN {once_in(40, 53)} THEN 9 ELSE 0 END END AS BIGINT)
        AS disability_grade,
      CASE WHEN benefit = 'critical_illness_hospital' AND NOT {once_in(50, 54)}
        THEN CAST({draw(8_000_000, 55)} AS BIGINT) END AS expense_fen,
      CASE WHEN is_settled THEN CAST(i AS BIGINT) END AS settled_seq,
      CASE WHEN is_settled THEN {settled} END AS settled_fen
    FROM ({dated})"""


def write(*, kind: str, rows: int, path: Path) -> None:
    con = duckdb.connect()
    query = enrol(rows) if kind == "enrol" else claims(rows)
    con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    write(kind=sys.argv[1], rows=int(sys.argv[2]), path=Path(sys.argv[3]))
