"""Every operator on the edges of what its operands may be, on every engine: to the value, nulls included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import cycle, islice, product
from typing import Any

import pytest

from huzhu.rules import (
    Draft,
    Gives,
    Node,
    Record,
    Text,
    add_months,
    add_years,
    const,
    days,
    divide,
    fact,
    fact_or,
    fen,
    greatest,
    known,
    least,
    month_of,
    months,
    per_mille,
    prefix,
    share,
    switch,
    when,
    years,
)
from huzhu.rules.checking import _AGAIN as OPERATORS
from huzhu.rules.kinds import FIRST_DATE, LAST_DATE, Kind
from huzhu.rules.parameters import UNPUBLISHED, Parameter, Parameters, Source, Value
from huzhu.rules.program import Program
from tests.conformance.engines import decide_with
from tests.conformance.plain import decide_plainly

Row = dict[str, Any]
WORD = Text("词", "word")
BILLION, HUNDRED_BILLION = 10**9, 10**11
LEAP, COMMON = dt.date(2024, 2, 29), dt.date(2023, 2, 28)

FACTS = tuple(
    fact(name, kind, "词", "word", **more)
    for name, kind, more in (
        ("x", "bool", {}), ("y", "bool", {}), ("i", "int", {}), ("j", "int", {}), ("small", "int", {"low": -1_000, "high": 1_000}),
        ("m", "money", {}), ("n", "money", {}), ("sum", "money", {"low": 0}), ("rate", "per_mille", {}),
        ("a", "days", {}), ("b", "days", {}), ("d", "date", {}), ("e", "date", {}), ("o", "date", {"optional": True}),
        ("years_on", "int", {"low": -150, "high": 150}), ("months_on", "int", {"low": -1_500, "high": 1_500}),
        ("s", "text", {}), ("t", "text", {}), ("p", "int", {"optional": True}), ("q", "text", {"optional": True}),
    )
)  # fmt: skip
NUMBERS = [None, 0, 1, -1, 2, -2, 7, -7, 999, -999, 1_000, -1_000]
SMALL = [None, 0, 1, -1, 4, -4, 99, 100, 150, -150]
LARGE = [*NUMBERS, BILLION, -BILLION, BILLION - 1]
MONEY = [*NUMBERS, 499, 500, 501, 1_499, 1_500, HUNDRED_BILLION, -HUNDRED_BILLION, HUNDRED_BILLION - 1]
DAYS = [None, 0, 1, -1, 28, 29, 365, 366, -366, 36_600, -36_600]
DATES = [
    None, FIRST_DATE, dt.date(1900, 2, 28), dt.date(1900, 3, 1), dt.date(1969, 12, 31), dt.date(1970, 1, 1),
    dt.date(1999, 12, 31), dt.date(2000, 2, 29), dt.date(2000, 3, 1), dt.date(2023, 1, 31), COMMON, dt.date(2023, 3, 1),
    dt.date(2024, 2, 28), LEAP, dt.date(2024, 3, 31), dt.date(2024, 12, 1), dt.date(2100, 2, 28), dt.date(2100, 3, 1),
    dt.date(2200, 12, 30), LAST_DATE,
]  # fmt: skip
TEXTS = [
    None,
    "x",
    "X",
    " ",
    "　",
    "31",
    "310115",
    "外卖",
    "\U00020000\U00020001",
    "é",
    "e\u0301",
    "a'b",
    'a"b',
    "a;b",
    "a\nb",
    "0",
    "\u200b",
]
EDGES: dict[str, list[Any]] = {
    "x": [True, False, None],
    "y": [True, False, None],
    "i": LARGE,
    "j": LARGE,
    "small": SMALL,
    "m": MONEY,
    "n": MONEY,
    "sum": [None, *(value for value in MONEY if value is not None and value >= 0)],
    "rate": [None, 0, 1, 333, 499, 500, 501, 999, 1_000, 1_001, 10_000],
    "a": DAYS,
    "b": DAYS,
    "d": DATES,
    "e": DATES,
    "o": [None, LEAP],
    "years_on": SMALL,
    "months_on": [None, 0, 1, -1, 11, 12, 13, -13, 1_500, -1_500],
    "s": TEXTS,
    "t": TEXTS,
    "p": [None, 3, -3],
    "q": [None, "31"],
}

Expression = Callable[[Record], Node]
COMPARED: dict[str, Callable[[Node, Node], Node]] = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
}
PAIRS = {"int": ("i", "j"), "money": ("m", "n"), "days": ("a", "b"), "date": ("d", "e"), "text": ("s", "t")}


def compared() -> Iterator[tuple[str, Expression]]:
    for kind, (a, b) in PAIRS.items():
        for sign, compare in COMPARED.items():
            if kind != "text" or sign in ("eq", "ne"):
                yield f"{kind}_{sign}", lambda r, a=a, b=b, compare=compare: compare(getattr(r, a), getattr(r, b))  # type: ignore[misc]


def rounded() -> Iterator[tuple[str, Expression]]:
    for rounding in ("down", "up", "half_up"):
        yield f"share_{rounding}", lambda r, how=rounding: share(r.sum, r.rate, rounding=how)  # type: ignore[misc]
        for by in (1, 2, 3, 7, 1_000, BILLION):
            yield f"divide_{by}_{rounding}", lambda r, by=by, how=rounding: divide(r.m, by, rounding=how)  # type: ignore[misc]
            yield f"divide_int_{by}_{rounding}", lambda r, by=by, how=rounding: divide(r.i, by, rounding=how)  # type: ignore[misc]
        yield f"divide_days_{rounding}", lambda r, how=rounding: divide(r.a, 7, rounding=how)  # type: ignore[misc]


EXPRESSIONS: dict[str, Expression] = {
    **dict(compared()),
    **dict(rounded()),
    "and": lambda r: r.x & r.y,
    "or": lambda r: r.x | r.y,
    "not": lambda r: ~r.x,
    "and_not": lambda r: ~(r.x & ~r.y),
    "known_date": lambda r: known(r.d),
    "known_text": lambda r: known(r.s) & ~known(r.x),
    "const": lambda _: const(LEAP),
    "fact": lambda r: r.d,
    "fact_text": lambda r: r.s,
    "fact_bool": lambda r: r.x,
    "int_add": lambda r: r.i + r.j,
    "int_sub": lambda r: r.i - r.j,
    "int_mul": lambda r: r.i * r.j,
    "money_add": lambda r: r.m + r.n,
    "money_sub": lambda r: r.m - r.n,
    "money_mul": lambda r: r.m * r.small,
    "mul_money": lambda r: r.small * r.m,
    "money_days": lambda r: r.m * r.a,
    "days_money": lambda r: r.a * r.m,
    "days_add": lambda r: r.a + r.b,
    "days_sub": lambda r: r.a - r.b,
    "days_mul": lambda r: r.a * r.small,
    "mul_days": lambda r: r.small * r.a,
    "date_add": lambda r: r.d + r.a,
    "date_sub": lambda r: r.d - r.a,
    "date_apart": lambda r: r.d - r.e,
    "least_int": lambda r: least(r.i, r.j),
    "greatest_int": lambda r: greatest(r.i, r.j, 0),
    "least_date": lambda r: least(r.d, r.e),
    "greatest_date": lambda r: greatest(r.d, r.e, LEAP),
    "least_money": lambda r: least(r.m, r.n, fen(500)),
    "greatest_days": lambda r: greatest(r.a, r.b, days(1)),
    "least_rate": lambda r: least(r.rate, per_mille(500)),
    "years": lambda r: years(r.d, r.e),
    "months": lambda r: months(r.d, r.e),
    "month_of": lambda r: month_of(r.d),
    "add_years_feb28": lambda r: add_years(r.d, r.years_on, leap="feb28"),
    "add_years_mar1": lambda r: add_years(r.d, r.years_on, leap="mar1"),
    "add_years_back": lambda r: add_years(r.d, -3, leap="mar1"),
    "add_years_back_feb28": lambda r: add_years(r.d, -1, leap="feb28"),
    "add_months_back": lambda r: add_months(r.d, -1, month_end="up"),
    "add_months_down": lambda r: add_months(r.d, r.months_on, month_end="down"),
    "add_months_up": lambda r: add_months(r.d, r.months_on, month_end="up"),
    # Dates come in two forms on columns: every way from one into the other.
    "moved_apart": lambda r: add_years(r.d, 1, leap="mar1") - r.e,
    "moved_twice": lambda r: add_months(r.d + r.a, 1, month_end="down") + days(1),
    "moved_compared": lambda r: add_years(r.d, 2, leap="feb28") <= r.e,
    "moved_equal": lambda r: r.d + days(1) == add_months(r.e, -1, month_end="up"),
    "least_of_forms": lambda r: least(r.d + r.a, add_months(r.e, 1, month_end="up"), r.e),
    "years_of_sums": lambda r: years(r.d - r.a, r.e + r.b),
    "month_of_sum": lambda r: month_of(r.d + r.a),
    "when_forms": lambda r: when(r.x, r.d + days(1), add_years(r.e, 1, leap="feb28")),
    "when_bool": lambda r: when(r.x, r.y, r.m > r.n),
    "when_int": lambda r: when(r.i < r.j, r.i, 5),
    "when_text": lambda r: when(r.x, r.s, r.t),
    "when_null": lambda r: when(r.x & r.y, r.m, r.n),
    "switch": lambda r: switch(r.s, {"31": const(1), "外卖": r.i, "a'b": r.j}, -1),
    "fact_or_date": lambda r: fact_or(r.o, r.d),
    "fact_or_int": lambda r: fact_or(r.p, r.i),
    "fact_or_text": lambda r: fact_or(r.q, "none"),
    "fact_or_moved": lambda r: fact_or(r.o, add_years(r.d, 1, leap="mar1")),
    "in_text": lambda r: r.s.is_in(["31", "外卖", "a'b", " ", "é", "\U00020000\U00020001"]),
    "in_int": lambda r: r.i.is_in((0, -1, BILLION)),
    "prefix_1": lambda r: prefix(r.s, 1),
    "prefix_2": lambda r: prefix(r.s, 2),
    "prefix_is": lambda r: prefix(r.t, 2) == "31",
    "param": lambda r: r.value("dated", on=r.d),
    "param_moved": lambda r: r.value("dated", on=add_years(r.d, 1, leap="mar1")),
    "param_date": lambda r: r.value("day", on=r.d) + days(1),
    "param_text": lambda r: r.value("by_text", on=r.d, by=r.s),
    "param_int": lambda r: r.value("by_int", on=r.d, by=r.small),
    "param_bool": lambda r: r.value("flag", on=r.d) & r.x,
}


def value(since: dt.date, what: Any, until: dt.date | None = None, key: Any = None) -> Value:
    return Value(since, what, "text", "confirmed", until, key)


MIDDLE, END = dt.date(2000, 3, 1), dt.date(2100, 2, 28)
CHANGES = (
    value(dt.date(1970, 1, 1), 5, MIDDLE),
    value(MIDDLE, UNPUBLISHED, COMMON),
    value(COMMON, -7, LEAP),
    value(dt.date(2024, 3, 31), 9, END),
)
A_TABLE = (
    value(FIRST_DATE, "x", MIDDLE, "31"),
    value(LEAP, "a'b", None, "31"),
    value(FIRST_DATE, UNPUBLISHED, None, "a'b"),
)
NUMBERED = (value(FIRST_DATE, 1, None, -1), value(LEAP, 2, None, 0), value(FIRST_DATE, 3, MIDDLE, 4))
PARAMETERS = Parameters.of(
    [
        Parameter("dated", Kind.MONEY, WORD, CHANGES),
        Parameter("day", Kind.DATE, WORD, (value(FIRST_DATE, LEAP, MIDDLE), value(MIDDLE, COMMON))),
        Parameter("by_text", Kind.TEXT, WORD, A_TABLE, by=Kind.TEXT),
        Parameter("by_int", Kind.INT, WORD, NUMBERED, by=Kind.INT),
        Parameter("flag", Kind.BOOL, WORD, (value(FIRST_DATE, True, MIDDLE), value(MIDDLE, False))),
    ]
)


def program() -> Program:
    gives = tuple(Gives(name, WORD, write, needed=False) for name, write in EXPRESSIONS.items())
    return Draft("operators", "all", WORD, FACTS, (), gives).build(PARAMETERS, {"text": Source("text", WORD)})


def rows() -> list[Row]:
    """Every pair of edges of two facts of a kind, and of facts that operators join; other columns go round by themselves."""
    joined = [*PAIRS.values(), ("x", "y"), ("sum", "rate"), ("m", "small"), ("m", "a"), ("d", "a"), ("d", "years_on")]
    joined += [("d", "months_on"), ("d", "o"), ("d", "s"), ("d", "small")]
    found: list[Row] = []
    for number, (first, second) in enumerate(joined):
        pairs = list(product(EDGES[first], EDGES[second]))
        columns = {name: list(islice(cycle(edges), number, number + len(pairs))) for name, edges in EDGES.items()}
        columns |= {first: [pair[0] for pair in pairs], second: [pair[1] for pair in pairs]}
        found += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return found


ROWS = rows()
EXPECTED = decide_plainly(program(), ROWS)


def test_no_operator_is_left_out() -> None:
    assert {op.op for op in program().nodes} == {*OPERATORS, "fact", "const", "param"}


def test_every_operator_is_known_and_unknown_somewhere() -> None:
    for name in EXPRESSIONS:
        found = {row[name] is None for row in EXPECTED}
        assert found == ({False} if name in ("const", "known_date", "known_text", "fact_or_text") else {True, False}), (
            name
        )


@pytest.mark.parametrize("engine", ["scalar", "duckdb", "polars", pytest.param("spark", marks=pytest.mark.spark)])
def test_every_operator_means_the_same_on(engine: str) -> None:
    assert differences(decide_with(engine, program(), ROWS)) == []


def differences(found: list[Row]) -> list[tuple[str, Row, Any, Any]]:
    """Result, the facts, what was found and what is right; the first few."""
    assert len(found) == len(EXPECTED)
    wrong = (
        (name, row, a[name], b[name])
        for row, a, b in zip(ROWS, found, EXPECTED, strict=True)
        if a != b
        for name in b
        if a.get(name) != b[name] or type(a[name]) is not type(b[name])
    )
    return list(islice(wrong, 5))
