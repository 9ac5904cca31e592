"""What cannot be written in a rule is refused when the policy is loaded: the message names the rule and says what to write."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest

from huzhu.rules import (
    RuleError,
    add_months,
    add_years,
    const,
    days,
    divide,
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
from tests.rules.written import LONG_AGO, WORD, Expression, a, decision, gives, parameter, refusal, rule, value

OWN = 0.1  # a float, to be refused
RATES = (
    parameter("limit", "money", value(LONG_AGO, 5)),
    parameter("table", "int", value(LONG_AGO, 1, key="31"), by="text"),
)

MIXED: dict[str, tuple[Expression, str]] = {
    "money and a number": (lambda r: r.money + 1, r"money 'money' \+ int 1; write fen"),
    "a number and money": (lambda r: 1 + r.money, r"int 1 \+ money 'money'; write fen"),
    "money compared with a number": (lambda r: r.money < 100, r"money 'money' < int 100; write fen"),
    "money times money": (lambda r: r.money * r.money, "money times money has no meaning"),
    "money times a rate": (lambda r: r.money * r.rate, "write share"),
    "a rate and a rate": (lambda r: r.rate + r.rate, "write share"),
    "a date and a number": (lambda r: r.on + 1, "write days.*add_years"),
    "a date less a number": (lambda r: r.on - 30, "write days"),
    "two dates added": (lambda r: r.on + r.end, "cannot compute"),
    "days less a date": (lambda r: r.length - r.on, "cannot compute"),
    "a date compared with a text": (lambda r: r.on < "2024-01-01", "cannot compare date 'on' < text '2024-01-01'"),
    "days compared with a number": (lambda r: r.on - r.end >= 30, "cannot compare days >= int 30"),
    "texts in order": (lambda r: r.word < "b", "cannot compare text"),
    "texts added": (lambda r: r.word + "b", "cannot compute text"),
    "truths compared": (lambda r: r.truth == True, "use the bool itself, or ~ for not"),  # noqa: E712  # what is refused
    "truths added": (lambda r: r.truth + r.truth, "cannot compute bool"),
    "a number for a truth": (lambda r: r.number & r.truth, "and needs two bools.*put comparisons in brackets"),
    "a comparison without brackets": (lambda r: r.truth & r.number == 1, "and needs two bools|cannot compare"),
    "a number inverted": (lambda r: ~r.number, "~ needs a bool, not int 'number'"),
    "branches of two kinds": (lambda r: when(r.truth, r.number, r.money), "when: both branches need one kind"),
    "a condition that is no truth": (lambda r: when(r.number, 1, 2), "when needs bool, not int 'number'"),
    "the least of two kinds": (
        lambda r: least(r.number, r.money),
        "least needs two or more values of one ordered kind",
    ),
    "the greatest of one": (lambda r: greatest(r.number), "two or more"),
    "the least of texts": (lambda r: least(r.word, r.word), "ordered kind"),
    "a share of a number": (lambda r: share(r.number, r.rate, rounding="down"), "share needs money, not int 'number'"),
    "a share by a number": (lambda r: share(r.money, 500, rounding="down"), "share needs per_mille, not int 500"),
    "a text divided": (lambda r: divide(r.word, 2, rounding="down"), "divide needs a whole number"),
    "a division by a fact": (lambda r: divide(r.money, r.number, rounding="down"), "positive constant"),
    "a division by nothing": (lambda r: divide(r.money, 0, rounding="down"), "positive constant.*0"),
    "a division by less than nothing": (lambda r: divide(r.money, -3, rounding="down"), "positive constant"),
    "years of a number": (lambda r: years(r.number, r.on), "years needs date, not int 'number'"),
    "months of a text": (lambda r: months(r.on, r.word), "months needs date, not text 'word'"),
    "the month of a number": (lambda r: month_of(r.number), "month_of needs date"),
    "years added to a number": (lambda r: add_years(r.number, 1, leap="mar1"), "add_years needs date"),
    "days added as years": (lambda r: add_years(r.on, r.length, leap="mar1"), "add_years needs int, not days 'length'"),
    "the beginning of a number": (lambda r: prefix(r.number, 2), "prefix needs text"),
    "a beginning of no length": (lambda r: prefix(r.word, 0), "positive length, not 0"),
    "numbers among texts": (lambda r: r.word.is_in([1, 2]), "is_in needs a list of text constants"),
    "nothing to be among": (lambda r: r.word.is_in([]), "is_in needs a list"),
    "money among numbers": (lambda r: r.money.is_in([1]), "is_in needs a list of money constants"),
    "a text for a list": (lambda r: r.word.is_in("31"), "needs a list or a tuple"),
    "a set, which has no order": (lambda r: r.word.is_in({"31"}), "needs a list or a tuple"),
    "facts to be among": (lambda r: r.number.is_in([r.number]), "is_in needs a list of int constants"),
    "whether a sum is known": (lambda r: known(r.number + 1), "known needs a fact"),
    "whether a constant is known": (lambda _: known(True), "known needs a fact"),  # type: ignore[arg-type]
    "a default of another kind": (lambda r: fact_or(r.end, 5), "fact_or needs a fact and a value of its kind"),
    "a default for a sum": (lambda r: fact_or(r.on + r.length, LONG_AGO), "fact_or needs a fact"),
    "a default for what must stay unknown": (lambda r: fact_or(r.on, LONG_AGO), "a missing fact must stay unknown"),
    "a switch on a number by texts": (
        lambda r: switch(r.number, {"1": const(1)}, 2),
        "cannot compare int 'number' == text '1'",
    ),
    "a bool among days": (lambda _: days(True), "days needs a whole number, not True"),
    "nothing": (lambda r: r.number == None, "a rule cannot hold a NoneType"),  # noqa: E711  # what is refused
    "a moment": (lambda r: r.on < dt.datetime(2024, 1, 1), "a rule cannot hold a datetime"),  # noqa: DTZ001  # as above
    "a decimal": (lambda r: r.number * Decimal(1), "a rule cannot hold a Decimal"),
    "a plain constant for an expression": (lambda _: 5, r"a constant is written const\(5\)"),
    "no expression at all": (lambda _: None, "an expression is needed, not None"),
    "a value that is no parameter": (
        lambda r: r.value("limits", on=r.on),
        "no parameter 'limits'; there are: limit, table",
    ),
    "a value as of a number": (lambda r: r.value("limit", on=r.number), "needs a date, not int"),
    "a value of no table by a key": (lambda r: r.value("limit", on=r.on, by=r.word), "needs no `by`"),
    "a table without a key": (lambda r: r.value("table", on=r.on), "needs by=<text>"),
    "a table by another kind of key": (lambda r: r.value("table", on=r.on, by=r.number), "needs by=<text>"),
    "a fact that is not there": (lambda r: r.nubmer, "no fact or step 'nubmer'; there are: truth, number"),
    "a part of a date": (lambda r: r.on.year, "year"),
    "a rounding that does not exist": (
        lambda r: share(r.money, r.rate, rounding="even"),  # type: ignore[arg-type]
        "must be 'down' or 'up' or 'half_up'",
    ),
    "no rounding": (lambda r: share(r.money, r.rate), "rounding"),  # type: ignore[call-arg]
    "a leap day left open": (lambda r: add_years(r.on, 1, leap="error"), "must be 'feb28' or 'mar1'"),  # type: ignore[arg-type]
    "a month's end left open": (lambda r: add_months(r.on, 1, month_end=""), "must be 'down' or 'up'"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", MIXED)
def test_what_has_no_meaning_is_refused_with_what_to_write(what: str) -> None:
    write, said = MIXED[what]
    message = refusal(write, parameters=RATES)
    assert message.startswith("test/decision, result sum: ")
    assert re.search(said, message)


FLOATS: dict[str, Expression] = {
    "added": lambda r: r.money + OWN,
    "in front": lambda r: OWN * r.money,
    "compared": lambda r: r.money > OWN,
    "in a branch": lambda r: when(r.truth, r.number, 1.0),
    "as a constant": lambda _: const(OWN),  # type: ignore[arg-type]
    "as an amount": lambda _: fen(12.5),  # type: ignore[arg-type]
    "as whole fen all the same": lambda _: fen(12.0),  # type: ignore[arg-type]
    "as a rate": lambda r: share(r.money, per_mille(333.3), rounding="down"),  # type: ignore[arg-type]
    "in a list": lambda r: r.number.is_in([1.0]),
    "as the least": lambda r: least(r.number, 1.0),
    "as a divisor": lambda r: divide(r.money, 2.0, rounding="down"),  # type: ignore[arg-type]
    "as a length": lambda r: prefix(r.word, 2.0),  # type: ignore[arg-type]
    "as years": lambda r: add_years(r.on, 1.0, leap="mar1"),
    "as not a number": lambda r: r.number + float("nan"),
}


@pytest.mark.parametrize("where", FLOATS)
def test_a_float_is_refused(where: str) -> None:
    message = refusal(FLOATS[where])
    assert message.startswith("test/decision, result sum: ")
    assert "float" in message or "whole" in message or "length" in message or "constant" in message


@pytest.mark.parametrize(
    "write",
    [
        lambda r: r.truth and r.truth,
        lambda r: r.truth or r.truth,
        lambda r: not r.truth,
        lambda r: r.number if r.truth else 0,
        lambda r: 0 < r.number < 5,
        lambda r: r.number in (1, 2),
        lambda r: r.word not in ("a",),
        lambda r: min(r.number, 5),
        lambda r: max(r.number, r.number),
        lambda r: any([r.truth, r.truth]),
    ],
    ids=["and", "or", "not", "if", "chained comparison", "in", "not in", "min", "max", "any"],
)
def test_pythons_own_logic_is_refused_with_what_stands_for_it(write: Any) -> None:
    message = refusal(write)
    assert message.startswith("test/decision, result sum: a rule has no truth value while it is being written")
    for instead in ("& for and", "| for or", "~ for not", "when(condition, this, that) for if", "(a < b) & (b < c)"):
        assert instead in message


@pytest.mark.parametrize(
    "write",
    [
        lambda r: r.money / 2,
        lambda r: r.money // 2,
        lambda r: r.money % 2,
        lambda r: 2 / r.money,
        lambda r: 7 // r.number,
        lambda r: 7 % r.number,
    ],
)
def test_division_must_state_its_rounding(write: Any) -> None:
    assert "division must state its rounding: write share(amount, per_mille, rounding=...) or divide" in refusal(write)


@pytest.mark.parametrize(
    "write",
    [
        lambda r: -r.number,
        lambda r: +r.number,
        lambda r: abs(r.number),
        lambda r: r.number**2,
        lambda r: 2**r.number,
        lambda r: int(r.number),
        lambda r: float(r.number),
        lambda r: round(r.number),
        lambda r: len(r.word),
        lambda r: r.word[:2],
        lambda r: [one for one in r.word][0],  # noqa: C416, RUF015  # a loop, which is refused
        lambda r: range(r.number),
        lambda r: "a" in r.word,
    ],
    ids=[
        "minus",
        "plus",
        "abs",
        "power",
        "power of",
        "int",
        "float",
        "round",
        "len",
        "slice",
        "loop",
        "range",
        "contains",
    ],
)
def test_what_rules_do_not_have_is_refused_with_the_rules_name(write: Any) -> None:
    assert refusal(write).startswith("test/decision, result sum: ")


def both(write: Expression, other: Expression) -> None:
    """Both ways of writing are one and the same program."""
    assert decision(results=(gives("sum", write),)) == decision(results=(gives("sum", other),))


def test_a_constant_may_stand_in_front() -> None:
    both(lambda r: 5 + r.number, lambda r: const(5) + r.number)
    both(lambda r: 5 - r.number, lambda r: const(5) - r.number)
    both(lambda r: 5 * r.money, lambda r: const(5) * r.money)
    both(lambda r: True & r.truth, lambda r: const(True) & r.truth)
    both(lambda r: False | r.truth, lambda r: const(False) | r.truth)
    both(lambda r: dt.date(2024, 1, 1) - r.on, lambda r: const(dt.date(2024, 1, 1)) - r.on)
    both(lambda r: sum([r.number, r.number]), lambda r: const(0) + r.number + r.number)
    both(lambda r: 5 < r.number, lambda r: r.number > 5)  # noqa: SIM300  # the way that is tested
    both(lambda r: when(True, r.number, 5), lambda r: when(const(True), r.number, const(5)))  # type: ignore[arg-type]


def test_the_same_expression_written_twice_is_one_operator() -> None:
    program = decision(
        rules=(rule("one", lambda r: r.number + 1 > 2), rule("two", lambda r: (r.number + 1 > 2) & r.truth))
    )
    assert [op.op for op in program.nodes] == ["fact", "const", "add", "const", "gt", "fact", "and"]
    assert [test.passes for test in program.tests] == [4, 6]


def test_true_and_1_are_two_constants() -> None:
    program = decision(results=(gives("one", lambda _: const(1)), gives("two", lambda _: const(True))))
    assert [(op.kind.value, op.value) for op in program.nodes] == [("int", 1), ("bool", True)]


def test_fifty_steps_that_each_use_the_one_before_twice_are_built_at_once() -> None:
    steps: dict[str, Any] = {"s0": (WORD, lambda r: r.number)}
    for number in range(1, 50):
        steps[f"s{number}"] = (WORD, lambda r, before=f"s{number - 1}": least(getattr(r, before), getattr(r, before)))
    program = decision(a("number", "int"), results=(gives("last", lambda r: r.s49),), steps=steps)
    assert len(program.nodes) == 50


def test_an_error_in_a_step_names_the_step_and_one_in_a_test_the_test() -> None:
    def bad(r: Any) -> Any:
        return r.number + r.money

    with pytest.raises(RuleError, match=r"^test/decision, step total: cannot compute"):
        decision(steps={"total": (WORD, bad)})
    with pytest.raises(RuleError, match=r"^test/decision, test first: cannot compute"):
        decision(rules=(rule("first", bad),))


def test_a_test_must_be_true_or_false() -> None:
    with pytest.raises(RuleError, match=r"^test/decision, test first: must be bool, not int"):
        decision(rules=(rule("first", lambda r: r.number),))
