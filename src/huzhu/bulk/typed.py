"""Reads raw columns as facts, in SQL that DuckDB and Spark both speak: each fact's value, and whether the raw value cannot be
meant. The same bounds as `huzhu.rules.records` holds one record to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from huzhu.bulk.lowering import Form, fact_column
from huzhu.rules.kinds import Kind
from huzhu.rules.program import Fact, Program

Dialect = Literal["duckdb", "spark"]
INVALID = "__invalid"
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "INT", "LONG", "SHORT", "BYTE")
_WIDE = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT")
_TRUE = "'true', 't', 'yes', 'y', '1', '是'"
_FALSE = "'false', 'f', 'no', 'n', '0', '否'"


def quoted(name: str, dialect: Dialect) -> str:
    mark = '"' if dialect == "duckdb" else "`"
    return mark + name.replace(mark, mark * 2) + mark


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Reading:
    """How one fact is read from its raw column: SQL for its value (a DATE for dates) and for "this cannot be meant"."""

    fact: Fact
    value: str
    invalid: str

    def raw_invalid(self) -> bool:
        return self.invalid != "FALSE"


def reading(fact: Fact, raw: str, raw_type: str, dialect: Dialect) -> Reading:
    """In a column of a type that can never hold the fact every value is wrong; an empty one of any type is empty."""
    value = _value(fact, raw, raw_type.upper(), dialect)
    if value is None:
        value = f"CAST(NULL AS {sql_type(fact.kind, dialect)})"
    wrong = [] if value == raw else [f"({raw} IS NOT NULL AND {value} IS NULL)"]
    wrong += _out_of_bounds(fact, value, dialect)
    if fact.required:
        wrong.append(f"({raw} IS NULL)")
    return Reading(fact, value, " OR ".join(wrong) or "FALSE")


def _value(fact: Fact, raw: str, raw_type: str, dialect: Dialect) -> str | None:
    base = raw_type.partition("(")[0]
    text = base in ("VARCHAR", "STRING", "CHAR", "TEXT")
    if base in ("NULL", '"NULL"', "VOID"):
        return f"CAST(NULL AS {sql_type(fact.kind, dialect)})"
    if fact.kind is Kind.TEXT:
        return raw if text else f"CAST({raw} AS {sql_type(Kind.TEXT, dialect)})" if base in (*_WHOLE, *_WIDE) else None
    if fact.kind is Kind.BOOL:
        return _bool(raw, base, text=text)
    if fact.kind is Kind.DATE:
        return _date(raw, base, dialect, text=text)
    return _whole(raw, base, dialect, text=text)


def sql_type(kind: Kind, dialect: Dialect) -> str:
    names = {Kind.TEXT: "VARCHAR" if dialect == "duckdb" else "STRING", Kind.BOOL: "BOOLEAN", Kind.DATE: "DATE"}
    return names.get(kind, "BIGINT")


def _bool(raw: str, base: str, *, text: bool) -> str | None:
    if base == "BOOLEAN":
        return raw
    if text:
        return f"CASE WHEN lower({raw}) IN ({_TRUE}) THEN TRUE WHEN lower({raw}) IN ({_FALSE}) THEN FALSE END"
    return f"CASE {raw} WHEN 1 THEN TRUE WHEN 0 THEN FALSE END" if base in _WHOLE else None


def _date(raw: str, base: str, dialect: Dialect, *, text: bool) -> str | None:
    if base == "DATE":
        return raw
    if text:
        # Only the one written form: cast and written again it must be the same.
        kind = sql_type(Kind.TEXT, dialect)
        # A moment at midnight is how a data frame writes a day.
        is_midnight = (
            f"length({raw}) = 19 AND substring({raw}, 12) = '00:00:00' AND substring({raw}, 11, 1) IN ('T', ' ')"
        )
        day = f"CASE WHEN {is_midnight} THEN substring({raw}, 1, 10) ELSE {raw} END"
        return f"CASE WHEN CAST(TRY_CAST({day} AS DATE) AS {kind}) = {day} THEN TRY_CAST({day} AS DATE) END"
    if base.startswith("TIMESTAMP"):
        return f"CASE WHEN {raw} = date_trunc('day', {raw}) THEN CAST({raw} AS DATE) END"
    return None


def _whole(raw: str, base: str, dialect: Dialect, *, text: bool) -> str | None:
    if base == "BIGINT":
        return raw
    if base in _WHOLE:
        return f"CAST({raw} AS BIGINT)"
    if base in _WIDE:
        return f"TRY_CAST({raw} AS BIGINT)"
    if base in ("DOUBLE", "FLOAT", "DECIMAL"):
        return f"CASE WHEN {raw} = floor({raw}) AND abs({raw}) < 9007199254740992 THEN CAST({raw} AS BIGINT) END"
    if not text:
        return None
    number, kind = f"TRY_CAST({raw} AS BIGINT)", sql_type(Kind.TEXT, dialect)
    whole = f"split_part({raw}, '.', 1)"
    # A spreadsheet or a data frame with empty cells writes 12 as 12.0.
    zeros = f"replace(split_part({raw}, '.', 2), '0', '') = '' AND split_part({raw}, '.', 3) = ''"
    return (
        f"CASE WHEN CAST({number} AS {kind}) = {raw} THEN {number} "
        f"WHEN {zeros} AND CAST(TRY_CAST({whole} AS BIGINT) AS {kind}) = {whole} THEN TRY_CAST({whole} AS BIGINT) END"
    )


def _out_of_bounds(fact: Fact, value: str, dialect: Dialect) -> list[str]:
    wrong = []
    if fact.choices:
        wrong.append(f"({value} NOT IN ({', '.join(map(literal, fact.choices))}))")
    elif fact.digits:
        # Cutting all digits off the left is ten times faster than a regular expression.
        cut = f"ltrim({value}, '0123456789')" if dialect == "duckdb" else f"ltrim('0123456789', {value})"
        wrong.append(f"(length({value}) <> {fact.digits})")
        wrong.append(f"({cut} <> '')")
    elif fact.kind is Kind.TEXT:
        wrong.append(f"({value} = '')")
    elif fact.low is not None and fact.high is not None:
        low, high = str(fact.low), str(fact.high)
        if fact.kind is Kind.DATE:
            low, high = (f"DATE '{dt.date.fromordinal(n).isoformat()}'" for n in (fact.low, fact.high))
        # One comparison a bound: where a file's statistics show that it holds, it costs nothing.
        wrong += [f"({value} < {low})", f"({value} > {high})"]
    return wrong


def fact_sql(value: str, form: Form, dialect: Dialect) -> str:
    """The column a plan reads: a date as days since 1970 or as yyyymmdd."""
    if form == "plain":
        return value
    if form == "days":
        return (
            f"CAST({value} - DATE '1970-01-01' AS BIGINT)"
            if dialect == "duckdb"
            else f"CAST(unix_date({value}) AS BIGINT)"
        )
    return f"CAST(year({value}) AS BIGINT) * 10000 + month({value}) * 100 + day({value})"


def select_facts(
    program: Program, readings: Mapping[str, Reading], forms: Iterable[tuple[str, Form]], *, source: str, keep: Iterable[str],
    dialect: Dialect,
) -> str:  # fmt: skip
    """SELECT of the kept raw columns, the fact columns in the forms asked for, and one flag for bad input."""
    columns = list(keep)
    for name, form in sorted(forms):
        fact = program.fact(name)
        value = readings[name].value if name in readings else f"CAST(NULL AS {sql_type(fact.kind, dialect)})"
        columns.append(f"{fact_sql(value, form, dialect)} AS {quoted(fact_column(name, form), dialect)}")
    invalid = [one.invalid for one in readings.values() if one.raw_invalid()]
    columns.append(f"COALESCE({' OR '.join(invalid) or 'FALSE'}, FALSE) AS {INVALID}")
    return f"SELECT {', '.join(columns)} FROM {source}"
