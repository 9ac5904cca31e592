"""Turns masks of codes into lists of codes in DuckDB, fast enough that a list costs little more than a number."""

from __future__ import annotations

from huzhu.bulk.typed import literal

EMPTY = "[]::VARCHAR[]"
TABLE_CODES = 8


def codes_list(mask: str, codes: tuple[str, ...]) -> str:
    """SQL for the list of those codes whose bit is set, in order."""
    if not codes:
        return EMPTY
    if len(codes) <= TABLE_CODES:
        # One constant list of all lists, indexed by the mask.
        table = ", ".join(_list(codes, chosen) for chosen in range(1 << len(codes)))
        return f"list_extract([{table}], CAST({mask} AS BIGINT) + 1)"
    single = " ".join(f"WHEN {1 << bit} THEN {_list(codes, 1 << bit)}" for bit in range(len(codes)))
    each = ", ".join(f"CASE WHEN ({mask} >> {bit}) & 1 = 1 THEN {literal(code)} END" for bit, code in enumerate(codes))
    return f"CASE {mask} WHEN 0 THEN {EMPTY} {single} ELSE list_filter([{each}], lambda code: code IS NOT NULL) END"


def _list(codes: tuple[str, ...], chosen: int) -> str:
    held = [literal(code) for bit, code in enumerate(codes) if chosen >> bit & 1]
    return f"[{', '.join(held)}]" if held else EMPTY
