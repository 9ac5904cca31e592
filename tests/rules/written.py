"""Writes small decisions in a line or two, for the tests of the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from huzhu.rules import Draft, EventRules, Gives, Limit, Node, Rule, RuleError, Text, fact
from huzhu.rules.decider import Decider
from huzhu.rules.kinds import Kind, Scalar
from huzhu.rules.parameters import Parameter, Parameters, Source, Unpublished, Value
from huzhu.rules.program import Fact, Program

Row = dict[str, Any]
Expression = Callable[[Any], Any]  # a function of the record; what is refused has no type
WORD = Text("词", "word")
SOURCES = {"text": Source("text", WORD, "Art. 1"), "other": Source("other", WORD)}
LONG_AGO = dt.date(1900, 1, 1)

EVERY_KIND = tuple(
    fact(name, kind, "词", "word", **more)
    for name, kind, more in (
        ("truth", "bool", {}),
        ("number", "int", {"low": -1_000, "high": 1_000}),
        ("money", "money", {"low": 0, "high": 1_000_000}),
        ("length", "days", {}),
        ("rate", "per_mille", {}),
        ("on", "date", {}),
        ("end", "date", {"optional": True}),
        ("word", "text", {}),
    )
)


def a(name: str, kind: str, **more: Any) -> Fact:
    return fact(name, kind, "词", name, **more)


def rule(code: str, passes: Expression, *, restriction: bool = False, says: Text = WORD) -> Rule:
    return Rule(code, passes, WORD, says, "text", restriction)


def gives(name: str, value: Expression, *, needed: bool = True) -> Gives:
    return Gives(name, WORD, value, needed=needed)


def value(
    since: dt.date,
    what: Scalar | Unpublished,
    until: dt.date | None = None,
    *,
    key: str | int | None = None,
    confidence: Any = "confirmed",
    illustrative: bool = False,
) -> Value:
    return Value(since, what, "text", confidence, until, key, illustrative=illustrative)


def parameter(key: str, kind: str, *values: Value, by: str | None = None) -> Parameter:
    return Parameter(key, Kind(kind), WORD, values, "", Kind(by) if by else None)


def decision(
    *facts: Fact,
    rules: tuple[Rule, ...] = (),
    results: tuple[Gives, ...] = (),
    parameters: tuple[Parameter, ...] = (),
    **more: Any,
) -> Program:
    """A checked program of the facts given, or of a fact of every kind."""
    draft = Draft("test", "decision", WORD, facts or EVERY_KIND, rules, results, **more)
    return draft.build(Parameters.of(parameters), SOURCES)


def computed(write: Expression, *facts: Fact, parameters: tuple[Parameter, ...] = (), **given: Any) -> Any:
    """What one expression gives for some facts; None where that is unknown."""
    program = decision(*facts, results=(gives("result", write, needed=False),), parameters=parameters)
    return Decider(program).decide(given)["result"]


def refusal(write: Expression, *, parameters: tuple[Parameter, ...] = ()) -> str:
    """What is said of an expression that cannot be written, as the result `sum` of a decision over every kind of fact."""
    with pytest.raises(RuleError) as error:
        decision(results=(gives("sum", write),), parameters=parameters)
    return str(error.value)


def constant(kind: Kind | str, what: Scalar) -> Node:
    return Node("const", Kind(kind), (), what)


EVENT_FACTS = (
    a("id", "text", required=True),
    a("cover", "text"),
    a("on", "date"),
    a("amount", "money", low=0, high=1_000_000),
    a("count", "int", low=0, high=1_000),
    a("kind", "text"),
    a("seq", "int", low=0, optional=True),
    a("paid", "money", low=0, optional=True),
)


def events(
    *limits: Limit, rules: tuple[Rule, ...] = (), assessed: Expression = lambda r: r.amount, **more: Any
) -> Program:
    """A decision on events of a cover, limited as given, inner first."""
    written = EventRules(assessed, limits, "seq", "paid", ("on", "id"), WORD, WORD)
    facts = (*EVENT_FACTS, *more.pop("facts", ()))
    return decision(*facts, rules=rules, events=written, unique=(("id",), ("cover", "seq")), **more)


def event(name: str, amount: int | None = None, **more: Any) -> Row:
    return {"id": name, "cover": "K", "on": dt.date(2024, 1, 1), "amount": amount, "kind": "any"} | more
