"""Hypothesis strategies for whole decisions: random facts, dated parameters, typed expressions, tests and results, with
rows of facts to decide. Small enough to shrink to the one operator that differs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from huzhu.rules import (
    Draft,
    EventRules,
    Gives,
    Limit,
    Node,
    Record,
    Rule,
    RuleError,
    Text,
    add_months,
    add_years,
    const,
    divide,
    fact,
    fact_or,
    fen,
    greatest,
    known,
    least,
    month_of,
    months,
    prefix,
    share,
    switch,
    when,
    years,
)
from huzhu.rules.kinds import Kind
from huzhu.rules.parameters import UNPUBLISHED, Parameter, Parameters, Source, Value
from huzhu.rules.program import Fact, Program

Row = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
Expression = Callable[[Record], Node]

WORD = Text("甲", "a")
SOURCES = {"text": Source("text", WORD)}
DATES = [
    dt.date(1900, 1, 1), dt.date(1960, 2, 29), dt.date(1999, 12, 31), dt.date(2000, 2, 28), dt.date(2000, 2, 29),
    dt.date(2000, 3, 1), dt.date(2001, 2, 28), dt.date(2019, 12, 31), dt.date(2020, 1, 31), dt.date(2020, 2, 29),
    dt.date(2100, 2, 28), dt.date(2200, 12, 31),
]  # fmt: skip
TEXTS = ["31", "310000", "北京", "\U00020000x", "é", "e\u0301", "a'b", 'a"b', "A", "a"]
CHOICES = ("31", "310000", "a'b", "A")
WHOLE_BOUNDS = {Kind.INT: (-9, 9), Kind.MONEY: (-2_000, 2_000), Kind.DAYS: (-40, 800), Kind.PER_MILLE: (0, 2_000)}
FACTS = (
    fact("b1", "bool", "甲", "a"),
    fact("b2", "bool", "甲", "a", required=True),
    fact("i1", "int", "甲", "a", low=-9, high=9),
    fact("i2", "int", "甲", "a", low=-9, high=9, optional=True),
    fact("m1", "money", "甲", "a", low=-2_000, high=2_000),
    fact("m2", "money", "甲", "a", low=0, high=10_000_000_000),
    fact("n1", "days", "甲", "a", low=-40, high=800),
    fact("p1", "per_mille", "甲", "a"),
    fact("d1", "date", "甲", "a"),
    fact("d2", "date", "甲", "a", optional=True),
    fact("d3", "date", "甲", "a", required=True),
    fact("t1", "text", "甲", "a", choices=CHOICES),
    fact("t2", "text", "甲", "a"),
)
KINDS = [Kind.BOOL, Kind.INT, Kind.MONEY, Kind.DAYS, Kind.PER_MILLE, Kind.DATE, Kind.TEXT]


def fact_value(one: Fact) -> st.SearchStrategy[Any]:
    """A value the fact may hold, null among them unless it is required."""
    values: st.SearchStrategy[Any]
    if one.kind is Kind.BOOL:
        values = st.booleans()
    elif one.kind is Kind.DATE:
        values = st.sampled_from(DATES) | st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31))
    elif one.kind is Kind.TEXT:
        values = st.sampled_from(one.choices or TEXTS)
    else:
        assert one.low is not None
        assert one.high is not None
        values = st.sampled_from([one.low, one.high]) | st.integers(max(one.low, -20), min(one.high, 2_000))
    return values if one.required else st.none() | values | values


def constant(draw: Draw, kind: Kind) -> Any:
    if kind is Kind.BOOL:
        return draw(st.booleans())
    if kind is Kind.DATE:
        return draw(st.sampled_from(DATES))
    if kind is Kind.TEXT:
        return draw(st.sampled_from(TEXTS))
    return draw(st.integers(*WHOLE_BOUNDS[kind]))


@st.composite
def parameters(draw: Draw, key: str, kind: Kind) -> Parameter:
    """Values with gaps, ends and unpublished stretches; keyed by nothing, a whole number or a text."""
    by = draw(st.sampled_from([None, None, Kind.INT, Kind.TEXT]))
    keys: list[Any] = [None] if by is None else [-1, 0, 7] if by is Kind.INT else ["31", "A", "a'b"]
    values: list[Value] = []
    for one in keys[: draw(st.integers(1, len(keys)))]:
        starts = sorted(draw(st.sets(st.sampled_from(DATES), min_size=1, max_size=3)))
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            until = draw(st.sampled_from([following, start + dt.timedelta(1)]))
            published = draw(st.sampled_from([True, True, False]))
            value = constant(draw, kind) if published else UNPUBLISHED
            values.append(Value(start, value, "text", "seed", until, one, illustrative=draw(st.booleans())))
    return Parameter(key, kind, WORD, tuple(values), "", by)


@dataclass
class Writer:
    """Writes random expressions over the facts and parameters there are."""

    draw: Draw
    facts: tuple[Fact, ...]
    parameters: dict[str, Parameter]

    def expression(self, kind: Kind, depth: int) -> Expression:
        leaf = depth == 0 or self.draw(st.integers(0, 5)) == 0
        return self.leaf(kind) if leaf else self.inner(kind, depth - 1)

    def leaf(self, kind: Kind) -> Expression:
        facts = [one.name for one in self.facts if one.kind is kind]
        keys = [key for key, one in self.parameters.items() if one.kind is kind]
        pick = self.draw(st.sampled_from(["constant", *["fact"] * 4 * bool(facts), *["parameter"] * 3 * bool(keys)]))
        if pick == "fact":
            name = self.draw(st.sampled_from(facts))
            return lambda r: getattr(r, name)
        if pick == "parameter":
            return self.parameter(self.draw(st.sampled_from(keys)))
        value = constant(self.draw, kind)
        return lambda _: Node("const", kind, (), value)

    def parameter(self, key: str) -> Expression:
        on = self.expression(Kind.DATE, self.draw(st.sampled_from([0, 0, 1])))
        by_kind = self.parameters[key].by
        if by_kind is None:
            return lambda r: r.value(key, on=on(r))
        by = self.expression(by_kind, 0)
        return lambda r: r.value(key, on=on(r), by=by(r))

    def inner(self, kind: Kind, depth: int) -> Expression:
        shared: list[Callable[[Kind, int], Expression]] = [self.when, self.switch, self.fact_or]
        own: dict[Kind, list[Callable[[Kind, int], Expression]]] = {
            Kind.BOOL: [
                self.logic,
                self.logic,
                self.inverted,
                self.compared,
                self.compared,
                self.compared,
                self.among,
                self.known,
            ],
            Kind.INT: [self.sum, self.product, self.extreme, self.divided, self.apart, self.month],
            Kind.MONEY: [self.sum, self.product, self.extreme, self.divided, self.share],
            Kind.DAYS: [self.sum, self.product, self.extreme, self.divided, self.days_apart],
            Kind.PER_MILLE: [self.extreme, self.divided],
            Kind.DATE: [self.moved, self.moved, self.moved, self.extreme],
            Kind.TEXT: [self.prefix],
        }
        write: Callable[[Kind, int], Expression] = self.draw(st.sampled_from(own[kind] + shared))
        return write(kind, depth)

    def two(self, kind: Kind, depth: int) -> tuple[Expression, Expression]:
        return self.expression(kind, depth), self.expression(kind, depth)

    def when(self, kind: Kind, depth: int) -> Expression:
        condition, (a, b) = self.expression(Kind.BOOL, depth), self.two(kind, depth)
        return lambda r: when(condition(r), a(r), b(r))

    def switch(self, kind: Kind, depth: int) -> Expression:
        subject, (a, b) = self.expression(Kind.TEXT, 0), self.two(kind, depth)
        return lambda r: switch(subject(r), {"31": a(r), "A": b(r)}, a(r))

    def fact_or(self, kind: Kind, depth: int) -> Expression:
        names = [one.name for one in self.facts if one.kind is kind and one.optional]
        if not names:
            return self.leaf(kind)
        name, default = self.draw(st.sampled_from(names)), self.expression(kind, depth)
        return lambda r: fact_or(getattr(r, name), default(r))

    def logic(self, kind: Kind, depth: int) -> Expression:
        a, b = self.two(kind, depth)
        return (lambda r: a(r) & b(r)) if self.draw(st.booleans()) else (lambda r: a(r) | b(r))

    def inverted(self, kind: Kind, depth: int) -> Expression:
        a = self.expression(kind, depth)
        return lambda r: ~a(r)

    def known(self, kind: Kind, depth: int) -> Expression:  # noqa: ARG002  # as all of them are called
        name = self.draw(st.sampled_from([one.name for one in self.facts]))
        return lambda r: known(getattr(r, name))

    def compared(self, kind: Kind, depth: int) -> Expression:  # noqa: ARG002  # as above
        of = self.draw(st.sampled_from([one for one in KINDS if one is not Kind.BOOL]))
        a, b = self.two(of, depth)
        signs: list[Callable[[Node, Node], Node]] = [lambda x, y: x == y, lambda x, y: x != y]
        if of is not Kind.TEXT:
            signs += [lambda x, y: x < y, lambda x, y: x <= y, lambda x, y: x > y, lambda x, y: x >= y]
        sign = self.draw(st.sampled_from(signs))
        return lambda r: sign(a(r), b(r))

    def among(self, kind: Kind, depth: int) -> Expression:  # noqa: ARG002  # as above
        of = self.draw(st.sampled_from([Kind.INT, Kind.TEXT]))
        a, choices = self.expression(of, depth), [constant(self.draw, of) for _ in range(3)]
        return lambda r: a(r).is_in(choices)

    def sum(self, kind: Kind, depth: int) -> Expression:
        a, b = self.two(kind, depth)
        return (lambda r: a(r) + b(r)) if self.draw(st.booleans()) else (lambda r: a(r) - b(r))

    def product(self, kind: Kind, depth: int) -> Expression:
        a, b = self.expression(kind, depth), self.expression(Kind.INT, 0)
        return (lambda r: a(r) * b(r)) if self.draw(st.booleans()) else (lambda r: b(r) * a(r))

    def extreme(self, kind: Kind, depth: int) -> Expression:
        a, b = self.two(kind, depth)
        c = self.leaf(kind)
        return (lambda r: least(a(r), b(r), c(r))) if self.draw(st.booleans()) else (lambda r: greatest(a(r), b(r)))

    def divided(self, kind: Kind, depth: int) -> Expression:
        a, by = self.expression(kind, depth), self.draw(st.sampled_from([1, 2, 3, 7, 1000]))
        rounding = self.draw(st.sampled_from(["down", "up", "half_up"]))
        return lambda r: divide(a(r), by, rounding=rounding)

    def share(self, kind: Kind, depth: int) -> Expression:  # noqa: ARG002  # as above
        rate, extra = self.expression(Kind.PER_MILLE, 0), self.draw(st.integers(0, 999))
        rounding = self.draw(st.sampled_from(["down", "up", "half_up"]))
        return lambda r: share(r.m2 + fen(extra), rate(r), rounding=rounding)

    def apart(self, kind: Kind, depth: int) -> Expression:  # noqa: ARG002  # as above
        a, b = self.two(Kind.DATE, depth)
        return (lambda r: years(a(r), b(r))) if self.draw(st.booleans()) else (lambda r: months(a(r), b(r)))

    def days_apart(self, kind: Kind, depth: int) -> Expression:  # noqa: ARG002  # as above
        a, b = self.two(Kind.DATE, depth)
        return lambda r: a(r) - b(r)

    def month(self, kind: Kind, depth: int) -> Expression:  # noqa: ARG002  # as above
        a = self.expression(Kind.DATE, depth)
        return lambda r: month_of(a(r))

    def prefix(self, kind: Kind, depth: int) -> Expression:
        a, length = self.expression(kind, depth), self.draw(st.integers(1, 3))
        return lambda r: prefix(a(r), length)

    def moved(self, kind: Kind, depth: int) -> Expression:
        a = self.expression(kind, depth)
        how = self.draw(st.integers(0, 2))
        if how == 0:
            count, sign = self.expression(Kind.DAYS, 0), self.draw(st.booleans())
            return lambda r: a(r) + count(r) if sign else a(r) - count(r)
        by = self.expression(Kind.INT, 0)
        if how == 1:
            leap = self.draw(st.sampled_from(["feb28", "mar1"]))
            return lambda r: add_years(a(r), by(r), leap=leap)
        end = self.draw(st.sampled_from(["down", "up"]))
        return lambda r: add_months(a(r), by(r), month_end=end)


@st.composite
def decisions(draw: Draw, *, depth: int = 3) -> Program:
    """A random decision about one record."""
    writer = _writer(draw, FACTS)
    rules = _rules(writer, depth)
    gives = []
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(KINDS))
        needed = draw(st.booleans())
        gives.append(Gives(f"r{number}", WORD, writer.expression(kind, depth), needed=needed))
    if draw(st.integers(0, 2)) == 0:
        codes = {f"code{number}": writer.expression(Kind.BOOL, 2) for number in range(draw(st.integers(1, 10)))}
        gives.append(Gives("codes", WORD, codes=codes, needed=draw(st.booleans())))
    return built(Draft("random", "decision", WORD, FACTS, rules, tuple(gives)), writer)


def _writer(draw: Draw, facts: tuple[Fact, ...]) -> Writer:
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=4))
    found = {f"k{number}": draw(parameters(f"k{number}", kind)) for number, kind in enumerate(kinds)}
    return Writer(draw, facts, found)


def _rules(writer: Writer, depth: int) -> tuple[Rule, ...]:
    return tuple(
        Rule(f"test{number}", writer.expression(Kind.BOOL, depth), WORD, WORD, "text", writer.draw(st.booleans()))
        for number in range(writer.draw(st.integers(0, 3)))
    )


def built(draft: Draft, writer: Writer) -> Program:
    """The draft's program; what could leave 64 bits or the calendar is refused and drawn again."""
    try:
        return draft.build(Parameters.of(writer.parameters.values()), SOURCES)
    except RuleError as error:
        if "declare narrower bounds" in str(error):
            reject()
        raise


EVENT_FACTS = (
    fact("id", "text", "甲", "a", required=True),
    fact("cover", "text", "甲", "a"),
    fact("person", "text", "甲", "a"),
    fact("on", "date", "甲", "a"),
    fact("rank", "int", "甲", "a", low=-9, high=9),
    fact("amount", "money", "甲", "a", low=0, high=1_000),
    fact("count", "int", "甲", "a", low=0, high=20),
    fact("worth", "money", "甲", "a", low=0, high=100, required=True),
    fact("b1", "bool", "甲", "a"),
    fact("t1", "text", "甲", "a", choices=CHOICES),
    fact("seq", "int", "甲", "a", low=0, optional=True),
    fact("paid", "money", "甲", "a", low=0, optional=True),
)
CEILINGS = {Kind.MONEY: [0, 1, 50, 90, 100, 150, 300], Kind.INT: [0, 1, 4, 6, 9]}
KEYS = (("cover", "person", "t1"), ("cover", "person"), ("cover",))


@st.composite
def event_decisions(draw: Draw) -> Program:
    """A random decision on events, with caps that nest: inner ones per more keys, counted or in money."""
    found = {"k0": draw(ceilings("k0", Kind.MONEY)), "k1": draw(ceilings("k1", Kind.INT))}
    writer = Writer(draw, tuple(one for one in EVENT_FACTS if one.name not in ("seq", "paid")), found)
    limits = tuple(_limit(writer, f"cap{number}", keys) for number, keys in enumerate(_nested(draw)))
    amount: Expression = lambda r: r.amount  # noqa: E731  # a rule is written so
    assessed = draw(
        st.sampled_from([amount, lambda r: when(r.b1, r.amount, r.worth), lambda r: r.worth * greatest(r.count, 1)])
    )
    order = draw(st.sampled_from([("on", "id"), ("rank", "on", "id"), ("id",), ("on", "rank", "id")]))
    events = EventRules(assessed, limits, "seq", "paid", order, WORD, WORD)
    unique = (("id",), ("cover", "seq"))
    rules = _rules(writer, 1)[:1] if draw(st.integers(0, 3)) == 0 else ()
    return built(Draft("random", "events", WORD, EVENT_FACTS, rules, events=events, unique=unique), writer)


@st.composite
def ceilings(draw: Draw, key: str, kind: Kind) -> Parameter:
    """A limit that changes on the second of the two days on which most events are."""
    before, after = draw(st.tuples(*[st.sampled_from([*CEILINGS[kind], UNPUBLISHED])] * 2))
    change = DATES[4]
    values = (Value(DATES[0], before, "text", "seed", change), Value(change, after, "text", "seed", illustrative=True))
    return Parameter(key, kind, WORD, values)


def _nested(draw: Draw) -> list[tuple[str, ...]]:
    """The keys of one to four caps, inner first."""
    places = sorted(draw(st.lists(st.integers(0, len(KEYS) - 1), min_size=1, max_size=4)))
    return [KEYS[place] for place in places]


def _limit(writer: Writer, name: str, keys: tuple[str, ...]) -> Limit:
    draw = writer.draw
    always: Expression = lambda _: const(True)  # noqa: E731  # as above
    applies = draw(st.sampled_from([always, lambda r: r.b1, lambda r: r.t1 == "31", lambda r: known(r.count)]))
    each: Expression = lambda r: r.worth  # noqa: E731  # as above
    kind = draw(st.sampled_from([Kind.MONEY, Kind.MONEY, Kind.INT]))
    keyed = "k0" if kind is Kind.MONEY else "k1"
    ceiling = draw(st.sampled_from(CEILINGS[kind]))
    limit: Expression = lambda _: Node("const", kind, (), ceiling)  # noqa: E731  # as above
    if draw(st.integers(0, 3)) == 0:
        limit = lambda r: r.value(keyed, on=r.on)  # noqa: E731  # as above
    counts: Expression = lambda r: r.count  # noqa: E731  # as above
    return Limit(name, WORD, applies, limit, keys, *((counts, each) if kind is Kind.INT else ()))


def rows_of(program: Program, *, least_rows: int = 1, most: int = 30) -> st.SearchStrategy[list[Row]]:
    return st.lists(
        st.fixed_dictionaries({one.name: fact_value(one) for one in program.facts}), min_size=least_rows, max_size=most
    )


@st.composite
def event_rows(draw: Draw, program: Program) -> list[Row]:
    """Events crowded into few covers on few days, some of them settled."""
    small: dict[str, list[Any]] = {
        "cover": ["K1", "K2"], "person": ["P1", "P2"], "t1": ["31", "A"], "rank": [0, 1], "on": DATES[3:5],
        "amount": [1, 30, 60, 60, 100], "count": [1, 2, 3, 5], "b1": [True, True, False],
    }  # fmt: skip
    values = {one.name: fact_value(one) for one in program.facts}
    values |= {name: st.sampled_from([*some * 20, None]) for name, some in small.items()}
    values["worth"] = st.sampled_from([1, 10, 30])
    rows: list[Row] = draw(st.lists(st.fixed_dictionaries(values), min_size=4, max_size=12))
    ids = draw(st.permutations([f"{head}{n}" for head in ("", "C", "案", "\U00020000") for n in range(3)]))
    for number, row in enumerate(rows):
        row["id"] = ids[number]
        row["seq"] = draw(st.sampled_from([None] * 5 + [100 - number]))
        row["paid"] = None if row["seq"] is None else draw(st.sampled_from([0, 1, 40, 100, 400]))
    return rows
