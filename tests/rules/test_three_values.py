"""True, false and unknown: what each operator gives when something is not known, and what whole numbers become."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.rules import const, days, divide, fact_or, fen, greatest, known, least, prefix, share, switch, when
from tests.rules.written import Expression, a, computed, decision, gives

U = None  # unknown
P, Q = a("p", "bool"), a("q", "bool")
X, Y = a("x", "int", low=-1_000, high=1_000), a("y", "int", low=-1_000, high=1_000)
M = a("m", "money", low=0, high=10**9)
TABLES: dict[str, dict[tuple[Any, Any], Any]] = {
    "and": {
        (True, True): True, (True, False): False, (True, U): U, (False, True): False, (False, False): False, (False, U): False,
        (U, True): U, (U, False): False, (U, U): U,
    },
    "or": {
        (True, True): True, (True, False): True, (True, U): True, (False, True): True, (False, False): False, (False, U): U,
        (U, True): True, (U, False): U, (U, U): U,
    },
}  # fmt: skip


@pytest.mark.parametrize(("p", "q"), TABLES["and"])
def test_and_or_and_not_by_kleenes_tables(p: bool | None, q: bool | None) -> None:
    assert computed(lambda r: r.p & r.q, P, Q, p=p, q=q) is TABLES["and"][p, q]
    assert computed(lambda r: r.p | r.q, P, Q, p=p, q=q) is TABLES["or"][p, q]
    assert computed(lambda r: ~r.p, P, Q, p=p, q=q) is {True: False, False: True, U: U}[p]
    # De Morgan holds for three values, the excluded third does not.
    assert computed(lambda r: ~(r.p & r.q), P, Q, p=p, q=q) is computed(lambda r: ~r.p | ~r.q, P, Q, p=p, q=q)
    assert computed(lambda r: r.p | ~r.p, P, Q, p=p) is (U if p is U else True)


@pytest.mark.parametrize(("p", "q"), TABLES["and"])
def test_a_fact_that_is_always_known_gives_the_same_tables(p: bool | None, q: bool | None) -> None:
    if p is not None:
        assert computed(lambda r: r.p & r.q, a("p", "bool", required=True), Q, p=p, q=q) is TABLES["and"][p, q]
        assert computed(lambda r: r.q | r.p, a("p", "bool", required=True), Q, p=p, q=q) is TABLES["or"][q, p]


STRICT: dict[str, Expression] = {
    "+": lambda r: r.x + r.y, "-": lambda r: r.x - r.y, "*": lambda r: r.x * r.y, "<": lambda r: r.x < r.y, "<=": lambda r: r.x <= r.y,
    ">": lambda r: r.x > r.y, ">=": lambda r: r.x >= r.y, "==": lambda r: r.x == r.y, "!=": lambda r: r.x != r.y,
    "least": lambda r: least(r.x, r.y), "greatest": lambda r: greatest(r.x, r.y, 5),
    "least with a constant": lambda r: least(-2_000, r.x, r.y),
}  # fmt: skip


@pytest.mark.parametrize("name", STRICT)
def test_arithmetic_and_comparison_with_an_unknown_are_unknown(name: str) -> None:
    for x, y in ((1, U), (U, 1), (U, U), (0, U)):
        assert computed(STRICT[name], X, Y, x=x, y=y) is None
    assert computed(STRICT[name], X, Y, x=1, y=2) is not None


def test_a_product_with_0_and_an_unknown_is_unknown() -> None:
    assert computed(lambda r: r.x * 0, X, x=U) is None


@pytest.mark.parametrize(
    ("condition", "then", "otherwise", "found"),
    [(True, 1, U, 1), (False, U, 2, 2), (U, 1, 2, U), (U, 1, 1, U), (True, U, 2, U), (False, 1, U, U)],
)
def test_when_takes_one_branch_and_is_unknown_where_its_condition_is(
    condition: Any, then: Any, otherwise: Any, found: Any
) -> None:
    assert computed(lambda r: when(r.p, r.x, r.y), P, X, Y, p=condition, x=then, y=otherwise) == found


@pytest.mark.parametrize(("word", "found"), [("a", 1), ("b", 2), ("c", 3), (U, U)])
def test_switch_takes_the_case_of_its_subject(word: str | None, found: int | None) -> None:
    assert computed(lambda r: switch(r.t, {"a": const(1), "b": const(2)}, 3), a("t", "text"), t=word) == found


@pytest.mark.parametrize(("word", "found"), [("a", True), ("A", False), ("aa", False), ("a'b", True), (U, U)])
def test_is_in_is_unknown_for_what_is_not_known(word: str | None, found: bool | None) -> None:
    assert computed(lambda r: r.t.is_in(["a", "a'b"]), a("t", "text"), t=word) is found


def test_known_is_never_unknown() -> None:
    assert [computed(lambda r: known(r.x), X, x=x) for x in (0, U)] == [True, False]
    assert [computed(lambda r: known(r.p) & ~r.p, P, p=p) for p in (True, False, U)] == [False, True, False]


def test_the_absence_of_an_optional_fact_is_an_answer() -> None:
    optional = a("x", "int", optional=True)
    assert [computed(lambda r: fact_or(r.x, 7), optional, x=x) for x in (0, 3, U)] == [0, 3, 7]
    assert [computed(lambda r: fact_or(r.x, r.y), optional, Y, x=x, y=y) for x, y in ((1, U), (U, 2), (U, U))] == [
        1,
        2,
        U,
    ]
    assert computed(lambda r: r.x, optional) is None


def divided(by: int, how: Any) -> Expression:
    return lambda r: divide(r.x, by, rounding=how)


def shared(how: Any) -> Expression:
    return lambda r: share(r.m, r.rate, rounding=how)


@pytest.mark.parametrize(
    ("amount", "by", "down", "up", "half_up"),
    [
        (7, 2, 3, 4, 4), (-7, 2, -4, -3, -3), (-5, 10, -1, 0, 0), (5, 10, 0, 1, 1), (4, 10, 0, 1, 0), (-4, 10, -1, 0, 0),
        (-6, 10, -1, 0, -1), (0, 3, 0, 0, 0), (6, 3, 2, 2, 2), (-6, 3, -2, -2, -2), (-1, 1, -1, -1, -1),
    ],
)  # fmt: skip
def test_division_rounds_as_stated_below_zero_too(amount: int, by: int, down: int, up: int, half_up: int) -> None:
    """`down` is towards the smaller number, `half_up` a half towards the larger."""
    found = {how: computed(divided(by, how), X, x=amount) for how in ("down", "up", "half_up")}
    assert found == {"down": down, "up": up, "half_up": half_up}


@given(x=st.integers(-1_000, 1_000), m=st.integers(0, 10**9), rate=st.integers(0, 10_000), by=st.integers(1, 2_000))
def test_divisions_and_shares_are_those_of_exact_fractions(x: int, m: int, rate: int, by: int) -> None:
    exact = {"down": floor, "up": ceil, "half_up": lambda fraction: floor(fraction + Fraction(1, 2))}
    for how, rounded in exact.items():
        assert computed(divided(by, how), X, x=x) == rounded(Fraction(x, by))
        assert computed(shared(how), M, a("rate", "per_mille"), m=m, rate=rate) == rounded(Fraction(m * rate, 1_000))


@given(x=st.integers(-1_000, 1_000), y=st.integers(-1_000, 1_000))
def test_whole_numbers_are_pythons(x: int, y: int) -> None:
    def found(write: Expression) -> Any:
        return computed(write, X, Y, x=x, y=y)

    assert [found(STRICT[sign]) for sign in ("+", "-", "*")] == [x + y, x - y, x * y]
    assert [found(STRICT[sign]) for sign in ("<", "<=", ">", ">=", "==", "!=")] == [
        x < y,
        x <= y,
        x > y,
        x >= y,
        x == y,
        x != y,
    ]
    assert [found(STRICT["least"]), found(STRICT["greatest"])] == [min(x, y), max(x, y, 5)]


def test_money_keeps_its_kind_through_arithmetic() -> None:
    more = {
        "plus": lambda r: r.m + fen(1),
        "times": lambda r: 2 * r.m,
        "by_days": lambda r: r.m * r.n,
        "least": lambda r: least(r.m, fen(5)),
    }
    program = decision(M, a("n", "days"), results=tuple(gives(name, write) for name, write in more.items()))
    assert {result.kind.value for result in program.results} == {"money"}


def test_days_between_dates_and_days_of_a_count_are_days() -> None:
    more: dict[str, Expression] = {
        "apart": lambda r: r.d - r.e,
        "times": lambda r: days(3) * r.x,
        "sum": lambda r: r.d - r.e + days(1),
    }
    program = decision(
        a("d", "date"), a("e", "date"), X, results=tuple(gives(name, write) for name, write in more.items())
    )
    assert {result.kind.value for result in program.results} == {"days"}


@pytest.mark.parametrize(
    ("word", "found"),
    [("310115", "31"), ("3", "3"), ("外卖员", "外卖"), ("\U00020000\U00020001x", "\U00020000\U00020001"), (U, U)],
)
def test_prefix_counts_characters(word: str | None, found: str | None) -> None:
    assert computed(lambda r: prefix(r.t, 2), a("t", "text"), t=word) == found
