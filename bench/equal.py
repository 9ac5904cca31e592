"""Counts the rows in which two Parquet files differ, column by column: `python -m bench.equal A B COLUMN...`."""

from __future__ import annotations

import json
import sys

import duckdb


def differences(a: str, b: str, columns: list[str]) -> dict[str, int]:
    """Rows that differ in each column, row by row in file order; a file with other rows differs in all."""
    con = duckdb.connect()
    counts = {con.execute(f"SELECT count(*) FROM '{file}'").fetchall()[0][0] for file in (a, b)}
    if len(counts) > 1:
        raise SystemExit(f"{a} and {b} do not have as many rows")
    counted = ", ".join(f"count(*) FILTER (WHERE a.{name} IS DISTINCT FROM b.{name})" for name in columns)
    found = con.execute(f"SELECT {counted} FROM '{a}' a POSITIONAL JOIN '{b}' b").fetchall()[0]
    return dict(zip(columns, found, strict=True))


if __name__ == "__main__":
    print(json.dumps(differences(sys.argv[1], sys.argv[2], sys.argv[3:])))
