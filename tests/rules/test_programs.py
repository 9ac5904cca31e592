"""Decisions that cannot be used are refused when they are loaded: cycles, names, sentences, sources, facts, caps, and numbers
that could leave 64 bits or the calendar.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest

from huzhu.rules import (
    Gives,
    Limit,
    RuleError,
    Text,
    Valid,
    add_months,
    add_years,
    const,
    days,
    divide,
    fen,
    greatest,
    least,
    per_mille,
    share,
)
from huzhu.rules.kinds import LIMITS, Kind
from huzhu.rules.parameters import UNPUBLISHED
from tests.rules.written import (
    LONG_AGO,
    WORD,
    Expression,
    a,
    computed,
    decision,
    events,
    gives,
    parameter,
    rule,
    value,
)

X = a("x", "int")
ALWAYS: Expression = lambda _: const(True)  # noqa: E731  # as a rule is written


def refused(said: str, *facts: Any, **more: Any) -> str:
    with pytest.raises(RuleError, match=said) as error:
        decision(*facts, **more)
    assert str(error.value).startswith("test/decision")
    return str(error.value)


# Cycles


def test_a_step_that_needs_itself_is_cyclic() -> None:
    refused(r"step one: the rule is cyclic: one -> one$", X, steps={"one": (WORD, lambda r: r.one + r.x)})


def test_a_cycle_is_named_from_step_to_step() -> None:
    steps = {"one": (WORD, lambda r: r.two), "two": (WORD, lambda r: r.three), "three": (WORD, lambda r: r.one)}
    refused("the rule is cyclic: one -> two -> three -> one$", X, steps=steps)


def test_a_cycle_that_is_entered_from_outside_is_named_without_the_way_there() -> None:
    steps = {"first": (WORD, lambda r: r.one), "one": (WORD, lambda r: r.two), "two": (WORD, lambda r: r.one + r.x)}
    refused("step first: the rule is cyclic: one -> two -> one$", X, steps=steps)


def test_a_step_used_by_two_others_is_no_cycle() -> None:
    steps = {"left": (WORD, lambda r: r.top), "right": (WORD, lambda r: r.top + r.left), "top": (WORD, lambda r: r.x)}
    assert len(decision(X, steps=steps).nodes) == 2


# Names


@pytest.mark.parametrize("name", ["per-day", "Sum", "1st", "", "a b", "sum;", "é", "_sum", 'a"b'])
def test_a_name_that_is_no_plain_word_is_refused(name: str) -> None:
    for more in (
        {"results": (gives(name, lambda r: r.x),)},
        {"rules": (rule(name, lambda r: r.x > 0),)},
        {"steps": {name: (WORD, lambda r: r.x)}},
        {
            "parameters": (parameter(name, "int", value(LONG_AGO, 1)),),
            "results": (gives("y", lambda r: r.value(name, on=LONG_AGO)),),
        },
    ):
        assert repr(name) in refused("a name is small letters, digits and _", X, **more)
    with pytest.raises(RuleError, match="a name is small letters"):
        a(name, "int")


@pytest.mark.parametrize(
    "name", ["outcome", "reasons", "missing", "not_tested", "illustrative", "payable_fen", "explanation", "row"]
)
def test_a_result_may_not_take_the_name_of_what_every_decision_gives(name: str) -> None:
    refused(f"result {name}: every decision already gives one of that name", X, results=(gives(name, lambda r: r.x),))


@pytest.mark.parametrize("code", ["nothing_to_pay", "cap_exhausted"])
def test_a_test_may_not_take_the_name_of_a_reason_the_engine_gives(code: str) -> None:
    refused(code, X, rules=(rule(code, lambda r: r.x > 0),))


def test_a_fact_called_value_could_not_be_read() -> None:
    with pytest.raises(RuleError, match="value"):
        a("value", "int")


def test_nothing_is_declared_twice() -> None:
    one, two = rule("one", lambda r: r.x > 0), rule("one", lambda r: r.x > 1)
    refused("fact declared twice: x", X, a("x", "date"))
    refused("test declared twice: one", X, rules=(one, two))
    refused("result declared twice: y", X, results=(gives("y", lambda r: r.x), gives("y", lambda r: r.x)))
    refused("declared twice: x", X, steps={"x": (WORD, lambda _: const(1))})
    limits = [Limit("most", WORD, ALWAYS, lambda _: fen(1), ("cover",)) for _ in range(2)]
    with pytest.raises(RuleError, match="cap declared twice: most"):
        events(*limits)


def test_what_is_mentioned_must_be_a_fact() -> None:
    step = {"s": (WORD, lambda r: r.x)}
    refused("no such fact: y", X, unique=(("x", "y"),))
    refused("no such fact: s", X, unique=(("s",),), steps=step)
    refused("no such fact: on", X, date_fact="on")
    refused("no such fact: y", X, valid=(Valid("y", lambda r: r.x > 0, WORD),))
    with pytest.raises(RuleError, match="no fact or step 'person'"):
        events(Limit("most", WORD, ALWAYS, lambda _: fen(1), ("person",)))


# Sentences and sources


def test_a_sentence_may_name_a_fact_a_step_and_a_parameter_the_test_reads() -> None:
    says = Text("{x}、{twice} 大于 {limit}", "{x} and {twice} above {limit}")
    one = rule("one", lambda r: r.twice < r.value("limit", on=LONG_AGO), says=says)
    program = decision(
        X,
        rules=(one,),
        steps={"twice": (WORD, lambda r: r.x * 2)},
        parameters=(parameter("limit", "int", value(LONG_AGO, 5)),),
    )
    assert {name: program.nodes[node].op for name, node in program.tests[0].figures.items()} == {
        "x": "fact",
        "twice": "mul",
        "limit": "param",
    }


@pytest.mark.parametrize("says", [Text("{limit}", "the limit"), Text("限额", "{limit}"), Text("{zzz}", "{zzz}")])
def test_a_sentence_that_names_what_its_test_does_not_read_is_refused(says: Text) -> None:
    limit = parameter("limit", "int", value(LONG_AGO, 5))
    other = rule("other", lambda r: r.x < r.value("limit", on=LONG_AGO))
    refused(
        "test one: the sentence names {",
        X,
        rules=(rule("one", lambda r: r.x > 0, says=says), other),
        parameters=(limit,),
    )


def test_a_sentence_that_could_mean_two_readings_is_refused() -> None:
    limit = parameter("limit", "int", value(LONG_AGO, 5))

    def twice(r: Any) -> Any:
        return r.value("limit", on=r.d) < r.value("limit", on=LONG_AGO)

    refused(
        "the test reads once",
        a("d", "date"),
        rules=(rule("one", twice, says=Text("{limit}", "")),),
        parameters=(limit,),
    )


def test_a_source_that_is_not_listed_is_refused() -> None:
    one = rule("one", lambda r: r.x > 0)
    refused("sources cited but not listed in policy.toml: hearsay", X, rules=(replace(one, source="hearsay"),))
    refused("hearsay", X, results=(Gives("y", WORD, lambda r: r.x, source="hearsay"),))
    cited = replace(value(LONG_AGO, 1), source="hearsay")
    refused(
        "hearsay",
        X,
        results=(gives("y", lambda r: r.value("k", on=LONG_AGO)),),
        parameters=(parameter("k", "int", cited),),
    )


def test_a_program_holds_what_it_reads_and_no_more() -> None:
    read, other = (
        parameter("read", "int", value(LONG_AGO, 1)),
        parameter("other", "int", replace(value(LONG_AGO, 1), source="other")),
    )
    program = decision(X, results=(gives("y", lambda r: r.x + r.value("read", on=LONG_AGO)),), parameters=(read, other))
    assert (list(program.parameters), list(program.sources)) == (["read"], ["text"])


# Facts


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("int", {"low": 5, "high": 2}, "low to high"),
        ("int", {"low": 0.5}, "whole numbers"),
        ("int", {"high": True}, "whole numbers"),
        ("int", {"high": 10**19}, "within"),
        ("per_mille", {"low": -1}, "within"),
        ("date", {"low": 0}, "within"),
        ("bool", {"low": 0, "high": 1}, "a bool has no bounds"),
        ("text", {"high": 3}, "a text has no bounds"),
        ("int", {"choices": ("1",)}, "only a text has choices"),
        ("text", {"choices": (1, 2)}, "choices are texts"),
        ("int", {"digits": 6}, "only a text"),
        ("text", {"digits": "6"}, "digits a number"),
        ("text", {"digits": -1}, "digits a number"),
        ("codes", {}, "no list of codes"),
        ("int", {"optional": True, "required": True}, "optional and required"),
    ],
)
def test_a_fact_declared_amiss_is_refused(kind: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleError, match=said) as error:
        a("x", kind, **more)
    assert str(error.value).startswith("fact x: ")


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="float"):
        a("x", "float")


# Caps


def most(name: str, *per: str, limit: Expression = lambda _: fen(1), **more: Any) -> Limit:
    return Limit(name, WORD, more.pop("applies", ALWAYS), limit, per, **more)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((), "a decision on events needs a cap"),
        (
            (most("wide", "cover"), most("narrow", "cover", "kind")),
            "caps must nest, inner first: narrow .* cannot stand after wide",
        ),
        ((most("one", "cover"), most("two", "kind")), "caps must nest"),
        ((most("one", "cover", limit=lambda _: const(5)),), "cap one: the limit is int, what it limits is money"),
        (
            (most("one", "cover", counts=lambda r: r.count, each=lambda r: r.amount),),
            "the limit is money, what it limits is int",
        ),
        ((most("one", "cover", counts=lambda r: r.count),), "`counts` and `each` go together"),
        (
            (most("one", "cover", limit=lambda _: const(5), counts=lambda r: r.count, each=lambda r: r.count),),
            "must be money, not int",
        ),
        ((most("one", "cover", applies=lambda r: r.count),), "cap one: must be bool, not int"),
        ((most("one", "cover", limit=lambda r: r.amount - fen(1)),), "could be negative: the limit one"),
        (
            (most("one", "cover", limit=lambda _: const(5), counts=lambda r: r.count - 1, each=lambda r: r.amount),),
            "could be negative: what one counts",
        ),
        (
            (
                most(
                    "one", "cover", limit=lambda _: const(5), counts=lambda r: r.count, each=lambda r: r.amount - fen(1)
                ),
            ),
            "each of one is worth",
        ),
    ],
)
def test_caps_that_cannot_be_drawn_are_refused(limits: tuple[Limit, ...], said: str) -> None:
    with pytest.raises(RuleError, match=said):
        events(*limits)


def test_an_amount_that_could_be_negative_is_refused() -> None:
    with pytest.raises(RuleError, match="could be negative: the assessed amount; declare low=0"):
        events(most("one", "cover"), assessed=lambda r: r.amount - fen(1))
    assert events(most("one", "cover"), assessed=lambda r: greatest(r.amount - fen(1), fen(0))).events is not None


# 64 bits and the calendar


BILLIONS = a("m", "money", low=0, high=8 * 10**14)
D = a("d", "date")


@pytest.mark.parametrize(
    ("write", "facts"),
    [
        (lambda r: r.x * r.x * r.x, (X,)),
        (lambda r: r.m * r.n, (a("m", "money"), a("n", "int"))),
        (lambda r: r.x + r.x, (a("x", "int", low=0, high=2**62),)),
        (lambda r: fen(0) - r.m - r.m - r.m, (a("m", "money", low=0, high=2**62),)),
        (lambda r: share(r.m, per_mille(10_000), rounding="half_up"), (BILLIONS,)),
        (lambda r: divide(r.m, 3, rounding="half_up"), (a("m", "money", low=0, high=2**62),)),
        (lambda r: r.d + r.n, (D, a("n", "days", low=0, high=10**7))),
        (lambda r: r.d - r.n, (D, a("n", "days", low=0, high=10**6))),
        (lambda r: add_years(r.d, 8_000, leap="mar1"), (D,)),
        (lambda r: add_years(r.d, r.x, leap="mar1"), (D, a("x", "int", low=-1_900, high=0))),
        (lambda r: add_months(r.d, r.x, month_end="up"), (D, a("x", "int", low=0, high=10**6))),
        (lambda r: r.d + divide(r.n, 2, rounding="down"), (D, a("n", "days", low=0, high=10**7))),
    ],
)
def test_what_could_leave_64_bits_or_the_calendar_is_refused(write: Expression, facts: tuple[Any, ...]) -> None:
    refused("declare narrower bounds on its facts", *facts, results=(gives("y", write),))


def test_a_refusal_for_size_names_the_rule() -> None:
    said = refused("narrower bounds", X, results=(gives("cube", lambda r: r.x * r.x * r.x),))
    assert "cube" in said


def test_constants_have_the_bounds_of_their_kind() -> None:
    highest = LIMITS[Kind.MONEY][1]
    assert computed(lambda _: fen(highest)) == highest
    for write in (lambda _: fen(highest + 1), lambda _: const(10**30), lambda _: per_mille(-1), lambda _: days(10**6)):
        assert re.search(r"outside what a \w+ may be", refused("outside", results=(gives("y", write),)))


def test_what_cannot_be_negative_may_be_shared() -> None:
    amount = a("m", "money", low=-100, high=100)
    refused("could be negative", amount, results=(gives("y", lambda r: share(r.m, per_mille(1), rounding="down")),))
    assert computed(lambda r: share(greatest(r.m, fen(0)), per_mille(500), rounding="up"), amount, m=-7) == 0
    assert computed(lambda r: share(greatest(r.m, fen(0)), per_mille(500), rounding="up"), amount, m=7) == 4


def test_the_widest_facts_of_each_kind_may_be_added_compared_and_shared() -> None:
    money = a("m", "money", low=0)
    assert computed(lambda r: share(r.m, per_mille(10_000), rounding="half_up"), money, m=10**11) == 10**12
    assert computed(lambda r: least(r.m * 1_000, r.m + r.m), money, m=10**11) == 2 * 10**11


# A value is never taken for one that is always in force when the date it is read on can lie before it.


@pytest.mark.parametrize(
    ("write", "first_read"),
    [
        (lambda r: add_months(r.d, 1_200, month_end="down"), dt.date(2000, 1, 1)),
        (lambda r: add_years(r.d, 600, leap="mar1"), dt.date(2500, 1, 1)),
        (lambda _: add_years(const(dt.date(2000, 2, 29)), 1, leap="feb28"), dt.date(2001, 2, 28)),
        (lambda _: add_months(const(dt.date(2001, 1, 31)), 1, month_end="down"), dt.date(2001, 2, 28)),
        (lambda r: r.d + days(100), dt.date(1900, 4, 11)),
        (lambda r: least(r.d, const(dt.date(1950, 1, 1))), LONG_AGO),
    ],
)
def test_a_value_from_the_day_after_the_first_reading_is_not_read_on_the_day_before(
    write: Expression, first_read: dt.date
) -> None:
    def read(r: Any) -> Any:
        return r.value("k", on=write(r))

    for since, found in ((first_read, 7), (first_read + dt.timedelta(1), None)):
        limit = parameter("k", "int", value(since, 7))
        assert computed(read, D, parameters=(limit,), d=LONG_AGO) == found


def test_a_date_that_was_never_published_is_unknown_and_not_out_of_the_calendar() -> None:
    never = parameter("day", "date", value(LONG_AGO, UNPUBLISHED))
    assert computed(lambda r: r.value("day", on=r.d) + days(1), D, parameters=(never,), d=LONG_AGO) is None
