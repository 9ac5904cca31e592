"""What is missing is what could change the answer and nothing else: by brute force over small worlds, and edge by edge."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from huzhu.rules import Gives, Limit, Program, const, fact_or, fen, known, least, when
from huzhu.rules.decider import Decider
from huzhu.rules.parameters import UNPUBLISHED
from tests.rules.written import (
    LONG_AGO,
    WORD,
    Expression,
    a,
    decision,
    event,
    events,
    gives,
    parameter,
    rule,
    value,
)

Row = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
BOOLS, INTS = tuple(f"b{n}" for n in range(6)), tuple(f"i{n}" for n in range(4))
FACTS = (*(a(name, "bool") for name in BOOLS), *(a(name, "int", low=0, high=2) for name in INTS))
WORLD: dict[str, list[Any]] = {**{name: [False, True] for name in BOOLS}, **{name: [0, 1, 2] for name in INTS}}


class Grower:
    """Grows expressions; with `once`, every fact stands in one place of the whole decision."""

    def __init__(self, draw: Draw, *, once: bool) -> None:
        self.draw, self.once = draw, once
        self.free = {"bool": list(BOOLS), "int": list(INTS)}

    def leaf(self, kind: str) -> Expression:
        names = self.free[kind]
        if not names:
            return (lambda _: const(True)) if kind == "bool" else (lambda _: const(0))
        name = self.draw(st.sampled_from(names))
        if self.once:
            names.remove(name)
        return lambda r: getattr(r, name)

    def truth(self, depth: int) -> Expression:
        how = self.draw(st.integers(0, 5 if self.once else 6)) if depth else 0
        if how == 0:
            return self.leaf("bool")
        if how == 1:
            one = self.truth(depth - 1)
            return lambda r: ~one(r)
        if how == 2:
            # Whatever one of the two is, the other can still make it 2 or not.
            number = self.number(min(depth - 1, 1) if self.once else depth - 1)
            return lambda r: number(r) == 2
        if how == 6:
            condition, one, other = self.truth(depth - 1), self.truth(depth - 1), self.truth(depth - 1)
            return lambda r: when(condition(r), one(r), other(r))
        one, other = self.truth(depth - 1), self.truth(depth - 1)
        return (lambda r: one(r) & other(r)) if how < 4 else (lambda r: one(r) | other(r))

    def number(self, depth: int) -> Expression:
        how = self.draw(st.integers(0, 1 if self.once else 2)) if depth else 0
        if how == 0:
            return self.leaf("int")
        if how == 2:
            condition, one, other = self.truth(depth - 1), self.number(depth - 1), self.number(depth - 1)
            return lambda r: when(condition(r), one(r), other(r))
        one, other = self.number(depth - 1), self.number(depth - 1)
        return lambda r: one(r) + other(r)


@st.composite
def grown(draw: Draw, *, once: bool) -> Program:
    grower = Grower(draw, once=once)
    rules = tuple(rule(f"test{n}", grower.truth(3)) for n in range(draw(st.integers(1, 2))))
    results = tuple(gives(f"sum{n}", grower.number(1)) for n in range(draw(st.integers(0, 1))))
    return decision(*FACTS, rules=rules, results=results)


ROWS = st.fixed_dictionaries({name: st.sampled_from([None, *values]) for name, values in WORLD.items()})


def read_by(program: Program) -> list[str]:
    return [str(op.value) for op in program.nodes if op.op == "fact"]


def completions(row: Row, names: list[str]) -> Iterator[Row]:
    for values in product(*(WORLD[name] for name in names)):
        yield row | dict(zip(names, values, strict=True))


def said(answer: Row) -> tuple[Any, ...]:
    """What a decision comes to; further reasons are not part of it."""
    return (answer["outcome"], *(value for name, value in answer.items() if name.startswith("sum")))


@settings(max_examples=150)
@given(st.data())
def test_a_fact_is_missing_exactly_where_some_values_of_it_would_change_the_answer(data: st.DataObject) -> None:
    program = data.draw(grown(once=True))
    row = data.draw(ROWS)
    decider = Decider(program)
    found = decider.decide(row)
    unknown = [name for name in read_by(program) if row[name] is None]
    answers = {
        tuple(world[name] for name in unknown): said(decider.decide(world)) for world in completions(row, unknown)
    }
    matters = {name for place, name in enumerate(unknown) if _matters(place, answers)}
    assert (found["outcome"] == "undetermined") == (len(set(answers.values())) > 1)
    assert set(found["missing"]) == matters


def _matters(place: int, answers: dict[tuple[Any, ...], Any]) -> bool:
    by_others: dict[tuple[Any, ...], set[Any]] = {}
    for values, answer in answers.items():
        by_others.setdefault(values[:place] + values[place + 1 :], set()).add(answer)
    return any(len(found) > 1 for found in by_others.values())


@settings(max_examples=150)
@given(st.data())
def test_nothing_but_what_is_missing_can_decide_and_all_of_it_does(data: st.DataObject) -> None:
    program = data.draw(grown(once=False))
    row = data.draw(ROWS)
    decider = Decider(program)
    found = decider.decide(row)
    for _ in FACTS:
        unknown = {name for name in WORLD if row[name] is None}
        assert set(found["missing"]) <= unknown & set(read_by(program))
        assert bool(found["missing"]) == (found["outcome"] == "undetermined")
        others = sorted(unknown - set(found["missing"]))
        rest = row | {name: data.draw(st.sampled_from(WORLD[name])) for name in others}
        if not found["missing"]:
            break
        # Whatever else becomes known, the answer stays open.
        assert decider.decide(rest)["outcome"] == "undetermined"
        row = row | {name: data.draw(st.sampled_from(WORLD[name])) for name in found["missing"]}
        found = decider.decide(row)
    # What was never asked for has no say.
    assert said(decider.decide(rest)) == said(found)


# Edge by edge


X, Y, P = a("x", "int"), a("y", "int"), a("p", "bool")
ON = a("on", "date")
NEVER = parameter("never", "int", value(LONG_AGO, UNPUBLISHED))
SINCE_2022 = parameter("new", "int", value(dt.date(2022, 1, 1), 5))


def missing(program: Program, **row: Any) -> tuple[str, list[str]]:
    answer = Decider(program).decide(row)
    return answer["outcome"], answer["missing"]


def test_a_condition_is_asked_for_before_its_branches() -> None:
    program = decision(X, Y, P, results=(gives("sum", lambda r: when(r.p, r.x, r.y)),))
    assert missing(program) == ("undetermined", ["p"])
    assert missing(program, p=True) == ("undetermined", ["x"])
    assert missing(program, p=False) == ("undetermined", ["y"])
    assert missing(program, p=False, y=1) == ("granted", [])


def test_a_refusal_lacks_nothing() -> None:
    program = decision(
        X,
        Y,
        P,
        rules=(rule("one", lambda r: r.p), rule("two", lambda r: r.x > 0)),
        results=(gives("sum", lambda r: r.y),),
    )
    assert missing(program, p=False) == ("refused", [])
    assert missing(program, x=0) == ("refused", [])
    assert missing(program, p=True) == ("undetermined", ["x", "y"])


def test_what_is_missing_stands_in_the_order_of_the_facts_and_then_by_the_parameters_names() -> None:
    other = parameter("also", "int", value(LONG_AGO, UNPUBLISHED))

    def both(r: Any) -> Any:
        return r.value("never", on=LONG_AGO) + r.value("also", on=LONG_AGO) + r.y + r.x

    assert missing(decision(X, Y, results=(gives("sum", both),), parameters=(NEVER, other)))[1] == [
        "x",
        "y",
        "parameter:also",
        "parameter:never",
    ]


def test_a_fact_is_named_once_however_often_it_is_read() -> None:
    program = decision(
        X,
        rules=(rule("one", lambda r: r.x > 0), rule("two", lambda r: r.x < 9)),
        results=(gives("sum", lambda r: r.x + r.x),),
    )
    assert missing(program) == ("undetermined", ["x"])


def test_the_least_of_a_known_and_an_unknown_asks_for_the_unknown() -> None:
    assert missing(decision(X, Y, results=(gives("sum", lambda r: least(r.x, r.y)),)), x=-5) == ("undetermined", ["y"])


def test_an_unpublished_value_is_missing_only_on_the_branch_that_is_taken() -> None:
    def amount(r: Any) -> Any:
        return when(r.p, r.value("never", on=r.on), 7)

    program = decision(P, ON, results=(gives("sum", amount),), parameters=(NEVER,))
    assert missing(program, on=LONG_AGO, p=True) == ("undetermined", ["parameter:never"])
    assert missing(program, on=LONG_AGO, p=False) == ("granted", [])
    assert missing(program, on=LONG_AGO) == ("undetermined", ["p"])
    assert missing(program, p=True) == ("undetermined", ["parameter:never"])


def test_a_value_that_is_not_in_force_is_not_missing() -> None:
    program = decision(
        X, ON, results=(gives("sum", lambda r: r.x + r.value("new", on=r.on)),), parameters=(SINCE_2022,)
    )
    assert missing(program, on=dt.date(2021, 12, 31)) == ("no_rule", [])
    assert missing(program, on=dt.date(2022, 1, 1)) == ("undetermined", ["x"])
    assert missing(program) == ("undetermined", ["x", "on"])


def test_an_optional_fact_is_missing_only_where_it_is_read_as_it_stands() -> None:
    optional = a("x", "int", optional=True)
    assert missing(decision(optional, results=(gives("sum", lambda r: fact_or(r.x, 1)),))) == ("granted", [])
    assert missing(decision(optional, Y, results=(gives("sum", lambda r: fact_or(r.x, r.y)),))) == (
        "undetermined",
        ["y"],
    )
    assert missing(decision(optional, results=(gives("sum", lambda r: r.x),))) == ("undetermined", ["x"])


def test_what_is_only_asked_whether_it_is_known_is_not_missing() -> None:
    program = decision(X, Y, rules=(rule("one", lambda r: known(r.x) | (r.y > 0)),))
    assert missing(program) == ("undetermined", ["y"])
    assert missing(program, x=0) == ("granted", [])


def test_a_result_that_is_not_needed_asks_for_nothing() -> None:
    program = decision(
        X,
        results=(
            gives("sum", lambda r: r.x, needed=False),
            Gives("codes", WORD, codes={"a": lambda r: r.x > 0}, needed=False),
        ),
    )
    assert Decider(program).decide({}) == {
        "outcome": "granted", "reasons": [], "missing": [], "not_tested": [], "sum": None, "codes": [],
    }  # fmt: skip


def test_each_code_of_a_needed_list_asks_for_its_own_facts() -> None:
    program = decision(X, Y, results=(Gives("codes", WORD, codes={"a": lambda r: r.x > 0, "b": lambda r: r.y > 0}),))
    assert missing(program) == ("undetermined", ["x", "y"])
    assert missing(program, x=1) == ("undetermined", ["y"])


def test_a_restriction_that_was_never_published_asks_for_nothing_and_its_facts_neither() -> None:
    rules = (rule("late", lambda r: r.x < r.value("never", on=LONG_AGO), restriction=True), rule("one", lambda r: r.p))
    program = decision(X, P, rules=rules, parameters=(NEVER,))
    assert missing(program, p=True) == ("granted", [])
    assert missing(program) == ("undetermined", ["p"])


def test_a_restriction_with_a_value_asks_for_its_facts() -> None:
    program = decision(
        X,
        ON,
        rules=(rule("late", lambda r: r.x < r.value("new", on=r.on), restriction=True),),
        parameters=(SINCE_2022,),
    )
    assert missing(program, on=dt.date(2022, 1, 1)) == ("undetermined", ["x"])


# Events


def always(_: Any) -> Any:
    return const(True)


def test_events_lack_what_their_order_and_their_caps_are_per() -> None:
    program = events(
        Limit("kinds", WORD, always, lambda _: fen(5), ("cover", "kind")),
        Limit("all", WORD, always, lambda _: fen(9), ("cover",)),
    )
    assert missing(program, **event("1", 3)) == ("granted", [])
    assert missing(program, **event("1", 3, cover=None, kind=None, on=None)) == (
        "undetermined",
        ["cover", "on", "kind"],
    )


def test_a_cap_that_does_not_apply_lacks_nothing() -> None:
    never = parameter("never", "money", value(LONG_AGO, UNPUBLISHED))
    program = events(
        Limit("one", WORD, lambda r: r.kind == "one", lambda r: r.value("never", on=r.on), ("cover",)),
        Limit(
            "days",
            WORD,
            lambda r: r.kind == "days",
            lambda _: const(5),
            ("cover",),
            counts=lambda r: r.count,
            each=lambda _: fen(1),
        ),
        parameters=(never,),
    )
    assert missing(program, **event("1", 3)) == ("granted", [])
    assert missing(program, **event("1", 3, kind="one")) == ("undetermined", ["parameter:never"])
    assert missing(program, **event("1", 3, kind="days")) == ("undetermined", ["count"])
    assert missing(program, **event("1", 3, kind=None)) == ("undetermined", ["kind"])


def test_what_each_of_a_count_is_worth_may_be_missing() -> None:
    never = parameter("never", "money", value(LONG_AGO, UNPUBLISHED))
    cap = Limit(
        "days",
        WORD,
        always,
        lambda _: const(5),
        ("cover",),
        counts=lambda r: r.count,
        each=lambda r: r.value("never", on=r.on),
    )
    assert missing(events(cap, parameters=(never,)), **event("1", 3, count=2)) == ("undetermined", ["parameter:never"])


def test_an_unknown_amount_does_not_ask_for_the_caps() -> None:
    never = parameter("never", "money", value(LONG_AGO, UNPUBLISHED))
    program = events(Limit("one", WORD, always, lambda r: r.value("never", on=r.on), ("cover",)), parameters=(never,))
    assert missing(program, **event("1")) == ("undetermined", ["amount"])


def test_an_amount_of_0_lacks_nothing() -> None:
    program = events(
        Limit("one", WORD, always, lambda _: fen(5), ("cover",)), rules=(rule("test", lambda r: r.count > 0),)
    )
    answer = Decider(program).decide(event("1", 0, cover=None))
    assert (answer["outcome"], answer["reasons"], answer["missing"]) == ("refused", ["nothing_to_pay"], [])
