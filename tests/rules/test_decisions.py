"""Outcomes in their order, what stands in an answer and what does not, skipped restrictions, and illustrative values."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from huzhu.rules import Gives, Limit, Program, Valid, const, fen, when, years
from huzhu.rules.decider import Decider
from huzhu.rules.errors import FactError
from huzhu.rules.parameters import UNPUBLISHED, Overlay, Parameters
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

P, Q, X, ON = a("p", "bool"), a("q", "bool"), a("x", "int"), a("on", "date")
NEW_YEAR = dt.date(2022, 1, 1)
NEW = parameter("new", "int", value(NEW_YEAR, 5))
NEVER = parameter("never", "int", value(LONG_AGO, UNPUBLISHED))
BEFORE, AFTER = NEW_YEAR - dt.timedelta(1), NEW_YEAR


def answer(program: Program, **row: Any) -> dict[str, Any]:
    return Decider(program).decide(row)


def outcome(program: Program, **row: Any) -> tuple[str, list[str], list[str]]:
    found = answer(program, **row)
    return found["outcome"], found["reasons"], found["missing"]


TWO = decision(P, Q, rules=(rule("second", lambda r: r.q), rule("first", lambda r: r.p)))


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        (True, True, ("granted", [], [])),
        (False, True, ("refused", ["first"], [])),
        (False, False, ("refused", ["second", "first"], [])),
        (None, True, ("undetermined", [], ["p"])),
        (None, False, ("refused", ["second"], [])),
        (None, None, ("undetermined", [], ["p", "q"])),
    ],
)
def test_refused_with_every_failing_test_then_undetermined_then_granted(p: Any, q: Any, expected: Any) -> None:
    """Reasons stand in the order of the tests, missing facts in that of the facts."""
    assert outcome(TWO, p=p, q=q) == expected


def test_a_decision_without_tests_grants() -> None:
    assert outcome(decision(X)) == ("granted", [], [])


def test_a_failing_test_outweighs_a_missing_rule_and_that_outweighs_an_unknown_fact() -> None:
    rules = (rule("old_enough", lambda r: r.x >= r.value("new", on=r.on)), rule("member", lambda r: r.p))
    program = decision(X, P, ON, rules=rules, parameters=(NEW,))
    assert outcome(program, x=9, p=True, on=BEFORE) == ("no_rule", [], [])
    assert outcome(program, x=9, p=None, on=BEFORE) == ("no_rule", [], [])
    assert outcome(program, x=None, p=None, on=BEFORE) == ("no_rule", [], [])
    assert outcome(program, x=9, p=False, on=BEFORE) == ("refused", ["member"], [])
    assert outcome(program, x=9, p=True, on=AFTER) == ("granted", [], [])
    assert outcome(program, x=9, p=True, on=None) == ("undetermined", [], ["on"])


def test_where_a_decision_tests_the_date_itself_the_test_refuses() -> None:
    rules = (
        rule("before_the_rule", lambda r: r.on >= const(NEW_YEAR)),
        rule("old_enough", lambda r: r.x >= r.value("new", on=r.on)),
    )
    assert outcome(decision(X, ON, rules=rules, parameters=(NEW,)), x=9, on=BEFORE) == (
        "refused",
        ["before_the_rule"],
        [],
    )


def test_a_missing_rule_matters_only_on_the_branch_that_is_taken() -> None:
    program = decision(
        P, ON, results=(gives("sum", lambda r: when(r.p, r.value("new", on=r.on), 0)),), parameters=(NEW,)
    )
    assert outcome(program, p=True, on=BEFORE)[0] == "no_rule"
    assert outcome(program, p=False, on=BEFORE)[0] == "granted"
    assert outcome(program, p=None, on=BEFORE) == ("undetermined", [], ["p"])


def test_a_missing_rule_for_what_is_not_needed_is_no_outcome() -> None:
    program = decision(ON, results=(gives("sum", lambda r: r.value("new", on=r.on), needed=False),), parameters=(NEW,))
    assert answer(program, on=BEFORE) == {
        "outcome": "granted",
        "reasons": [],
        "missing": [],
        "not_tested": [],
        "sum": None,
    }


def test_a_definite_and_decides_whatever_rule_is_missing() -> None:
    program = decision(
        P, ON, X, rules=(rule("both", lambda r: r.p & (r.x < r.value("new", on=r.on))),), parameters=(NEW,)
    )
    assert outcome(program, p=False, on=BEFORE, x=1) == ("refused", ["both"], [])
    assert outcome(program, p=True, on=BEFORE, x=1) == ("no_rule", [], [])


# What an answer holds


RESULTS = (
    gives("sum", lambda r: r.x + 1),
    gives("maybe", lambda r: r.y, needed=False),
    Gives(
        "codes",
        WORD,
        codes={"late": lambda r: r.x > 5, "early": lambda r: r.x < 9, "other": lambda r: r.p},
        needed=False,
    ),
)


def test_results_are_null_and_lists_empty_unless_granted() -> None:
    program = decision(P, X, a("y", "date"), rules=(rule("one", lambda r: r.p),), results=RESULTS)
    nothing: dict[str, Any] = {"sum": None, "maybe": None, "codes": []}
    for row in ({"p": False, "x": 7, "y": NEW_YEAR}, {"x": 7, "y": NEW_YEAR}, {"p": True, "y": NEW_YEAR}):
        found = answer(program, **row)
        assert found["outcome"] != "granted"
        assert {name: found[name] for name in nothing} == nothing
    assert answer(program, p=True, x=7, y=NEW_YEAR) == {
        "outcome": "granted", "reasons": [], "missing": [], "not_tested": [],
        "sum": 8, "maybe": NEW_YEAR, "codes": ["late", "early", "other"],
    }  # fmt: skip


@pytest.mark.parametrize(("x", "codes"), [(5, ["early"]), (6, ["late", "early"]), (9, ["late"]), (None, [])])
def test_a_list_of_codes_holds_those_whose_condition_is_true_in_the_order_declared(
    x: int | None, codes: list[str]
) -> None:
    program = decision(P, X, a("y", "date"), results=RESULTS[2:])
    assert answer(program, p=False, x=x)["codes"] == codes


def test_an_answer_is_nobody_elses() -> None:
    decider = Decider(TWO)
    first = decider.decide({"p": False, "q": False})
    first["reasons"].append("spoiled")
    first["missing"].append("spoiled")
    assert decider.decide({"p": False, "q": False})["reasons"] == ["second", "first"]
    assert decider.decide({"p": True, "q": True})["missing"] == []


def test_the_facts_given_are_left_as_they_were() -> None:
    row = {"p": True, "strange": [1], "q": None}
    Decider(TWO).decide_all([row, row])
    assert row == {"p": True, "strange": [1], "q": None}


def test_many_records_are_decided_in_their_order() -> None:
    rows = [{"p": p, "q": q} for p, q in product((True, False, None), repeat=2)]
    decider = Decider(TWO)
    assert decider.decide_all(rows) == [decider.decide(row) for row in rows]
    assert decider.decide_all([]) == []


# Restrictions that were never published


def restricted(*values: Any, restriction: bool = True) -> Program:
    late = rule("late", lambda r: r.x <= r.value("limit", on=r.on), restriction=restriction)
    return decision(
        X, ON, P, rules=(late, rule("member", lambda r: r.p)), parameters=(parameter("limit", "int", *values),)
    )


UNKNOWN_UNTIL_2022 = (value(LONG_AGO, UNPUBLISHED, NEW_YEAR), value(NEW_YEAR, 5))


def test_a_restriction_that_was_never_published_is_skipped_and_listed() -> None:
    found = answer(restricted(*UNKNOWN_UNTIL_2022), x=9, on=BEFORE, p=True)
    assert (found["outcome"], found["not_tested"], found["missing"]) == ("granted", ["late"], [])


def test_it_is_listed_beside_a_refusal_and_beside_what_is_missing() -> None:
    program = restricted(*UNKNOWN_UNTIL_2022)
    found = [answer(program, x=9, on=BEFORE, p=p) for p in (False, None)]
    assert [(one["outcome"], one["reasons"], one["missing"], one["not_tested"]) for one in found] == [
        ("refused", ["member"], [], ["late"]),
        ("undetermined", [], ["p"], ["late"]),
    ]


def test_from_the_day_it_has_a_value_it_is_tested() -> None:
    program = restricted(*UNKNOWN_UNTIL_2022)
    assert answer(program, x=9, on=AFTER, p=True)["reasons"] == ["late"]
    assert answer(program, x=5, on=AFTER, p=True) == {
        "outcome": "granted",
        "reasons": [],
        "missing": [],
        "not_tested": [],
    }


def test_a_restriction_whose_facts_are_unknown_is_not_skipped_for_that() -> None:
    found = answer(restricted(value(LONG_AGO, 5)), x=None, on=AFTER, p=True)
    assert (found["outcome"], found["missing"], found["not_tested"]) == ("undetermined", ["x"], [])


def test_a_test_that_is_no_restriction_is_never_skipped() -> None:
    found = answer(restricted(*UNKNOWN_UNTIL_2022, restriction=False), x=9, on=BEFORE, p=True)
    assert (found["outcome"], found["missing"], found["not_tested"]) == ("undetermined", ["parameter:limit"], [])


def test_a_restriction_that_could_not_matter_is_not_listed() -> None:
    illness = rule("waiting", lambda r: r.p | (r.x > r.value("never", on=r.on)), restriction=True)
    program = decision(P, X, ON, rules=(illness,), parameters=(NEVER,))
    assert answer(program, p=True, x=1, on=AFTER)["not_tested"] == []
    assert answer(program, p=False, x=1, on=AFTER)["not_tested"] == ["waiting"]
    assert answer(program, p=None, x=1, on=AFTER)["not_tested"] == ["waiting"]


def test_a_restriction_before_its_first_day_is_no_rule_and_not_skipped() -> None:
    program = decision(
        X, ON, rules=(rule("late", lambda r: r.x <= r.value("new", on=r.on), restriction=True),), parameters=(NEW,)
    )
    assert (answer(program, x=1, on=BEFORE)["outcome"], answer(program, x=1, on=BEFORE)["not_tested"]) == (
        "no_rule",
        [],
    )


# Illustrative values


def shown(write: Expression, *, tests: tuple[Expression, ...] = (), **row: Any) -> Any:
    """The `illustrative` of a decision over `made_up`, an illustrative value of 5, and `real`, one that was published."""
    laid = Overlay("demo", {"made_up": (value(LONG_AGO, 5),)}, illustrative=True)
    base = Parameters.of(
        [parameter("made_up", "int", value(LONG_AGO, UNPUBLISHED)), parameter("real", "int", value(LONG_AGO, 5))]
    )
    rules = tuple(rule(f"test{n}", test) for n, test in enumerate(tests))
    program = decision(
        P, X, ON, rules=rules, results=(gives("sum", write),), parameters=tuple(base.with_overlay(laid).values())
    )
    return answer(program, **{"on": AFTER, "p": True, "x": 1} | row)["illustrative"]


def made_up(r: Any) -> Any:
    return r.value("made_up", on=r.on)


def test_a_result_that_read_an_illustrative_value_is_marked() -> None:
    assert shown(lambda r: r.x + made_up(r)) is True
    assert shown(lambda r: r.x + r.value("real", on=r.on) + when(r.p, 0, made_up(r))) is False


def test_of_a_when_the_condition_and_the_branch_that_was_taken_count() -> None:
    assert shown(lambda r: when(r.p, made_up(r), r.x)) is True
    assert shown(lambda r: when(r.p, made_up(r), r.x), p=False) is False
    assert shown(lambda r: when(made_up(r) > 1, r.x, r.x)) is True


def test_of_a_refusal_the_failing_tests_alone_count() -> None:
    fails: Expression = lambda r: r.x > 5  # noqa: E731  # as a rule is written
    fails_on_it: Expression = lambda r: r.x > made_up(r)  # noqa: E731  # as above
    passes_on_it: Expression = lambda r: r.x < made_up(r)  # noqa: E731  # as above
    assert shown(made_up, tests=(fails,)) is False
    assert shown(lambda r: r.x, tests=(fails, passes_on_it)) is False
    assert shown(lambda r: r.x, tests=(fails_on_it,)) is True
    assert shown(lambda r: r.x, tests=(fails_on_it, fails)) is True
    assert shown(lambda r: r.x, tests=(passes_on_it,)) is True


def test_of_an_or_that_holds_only_what_made_it_hold_counts() -> None:
    either: Expression = lambda r: r.p | (r.x < made_up(r))  # noqa: E731  # as above
    assert shown(lambda r: r.x, tests=(lambda r: r.p | (r.x > made_up(r)),)) is False
    assert shown(lambda r: r.x, tests=(either,), p=False) is True
    assert shown(lambda r: r.x, tests=(lambda r: r.p & (r.x < made_up(r)),), p=False) is False
    assert shown(lambda r: r.x, tests=(lambda r: r.p & (r.x > made_up(r)),), p=False) is True


def test_without_any_illustrative_value_nothing_is_said_of_it() -> None:
    assert "illustrative" not in answer(decision(X, results=(gives("sum", lambda r: r.x),)), x=1)


def test_before_the_overlay_begins_the_result_is_not_marked() -> None:
    laid = Overlay("demo", {"rate": (value(NEW_YEAR, 7),)}, illustrative=True)
    base = Parameters.of([parameter("rate", "int", value(LONG_AGO, 5))]).with_overlay(laid)
    program = decision(ON, results=(gives("sum", lambda r: r.value("rate", on=r.on)),), parameters=tuple(base.values()))
    assert [(answer(program, on=on)["sum"], answer(program, on=on)["illustrative"]) for on in (BEFORE, AFTER)] == [
        (5, False),
        (7, True),
    ]


def test_a_cap_that_is_illustrative_marks_what_reaches_it() -> None:
    ceiling = parameter("ceiling", "money", replace(value(LONG_AGO, 50), illustrative=True))
    cap = Limit("most", WORD, lambda _: const(True), lambda r: r.value("ceiling", on=r.on), ("cover",))
    program = events(cap, rules=(rule("counted", lambda r: r.count > 0),), parameters=(ceiling,))
    rows = [
        event("1", 30, count=1),
        event("2", 30, count=0),
        event("3", 0, count=1),
        event("4", 30),
        event("5", 30, count=1, seq=1, paid=3),
    ]
    found = Decider(program).decide_all(rows)
    assert [(one["outcome"], one["illustrative"]) for one in found] == [
        ("granted", True), ("refused", False), ("refused", False), ("undetermined", False), ("settled", False),
    ]  # fmt: skip


def test_a_count_worth_an_illustrative_amount_marks_what_it_cuts() -> None:
    worth = parameter("worth", "money", replace(value(LONG_AGO, 10), illustrative=True))
    cap = Limit(
        "days",
        WORD,
        lambda _: const(True),
        lambda _: const(2),
        ("cover",),
        counts=lambda r: r.count,
        each=lambda r: r.value("worth", on=r.on),
    )
    found = Decider(events(cap, parameters=(worth,))).decide(event("1", 90, count=5))
    assert (found["payable_fen"], found["limited_by"], found["illustrative"]) == (20, ["days"], True)


# Checks on valid input


def test_what_valid_input_never_holds_is_bad_input_and_no_refusal() -> None:
    born = Valid("on", lambda r: r.on <= r.end, WORD)
    program = decision(ON, a("end", "date"), results=(gives("age", lambda r: years(r.on, r.end)),), valid=(born,))
    with pytest.raises(FactError):
        answer(program, on=AFTER, end=BEFORE)
    assert outcome(program, on=AFTER, end=AFTER)[0] == "granted"
    # What is unknown breaks no check.
    assert outcome(program, on=AFTER)[0] == "undetermined"


def test_money_is_whole_fen_to_the_last() -> None:
    program = decision(a("m", "money"), results=(gives("sum", lambda r: r.m + fen(1)),))
    assert answer(program, m=99_999_999_999)["sum"] == 100_000_000_000
    assert type(answer(program, m=1)["sum"]) is int
