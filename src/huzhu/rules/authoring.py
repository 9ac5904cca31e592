"""How a policy is written: facts, named steps, ordered tests, results and caps, each a function of the record `r`.

    Rule("age_60_or_over", lambda r: years(r.birth_date, r.applied_on) < r.value("age_limit", on=r.plan_date), ...)

`r.name` is a fact or a step, `r.value(key, on=...)` a parameter as of a date. The functions run once, when the policy is
loaded; what they build is checked there and then, and an error names the rule it stands in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from huzhu.rules.checking import check_fact, check_program
from huzhu.rules.errors import RuleError
from huzhu.rules.expressions import Node, as_node, when
from huzhu.rules.kinds import LIMITS, Kind
from huzhu.rules.parameters import Parameters, Source
from huzhu.rules.program import Cap, Check, Events, Fact, Op, Program, Result, Test, below
from huzhu.rules.texts import Text

Expression = Callable[["Record"], Node]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def fact(
    name: str, kind: Kind | str, zh: str, en: str, *, low: int | None = None, high: int | None = None,
    choices: tuple[str, ...] = (), digits: int = 0, unit: str = "", optional: bool = False, required: bool = False,
    words: Mapping[str, Text] | None = None,
) -> Fact:  # fmt: skip
    """Declare a fact; bounds not given are those of its kind."""
    kind = Kind(kind)
    bounds = LIMITS.get(kind, (None, None))
    declared = Fact(
        name,
        kind,
        Text(zh, en),
        unit,
        bounds[0] if low is None else low,
        bounds[1] if high is None else high,
        choices,
        digits,
        optional,
        required,
        dict(words or {}),
    )
    check_fact(declared)
    return declared


@dataclass(frozen=True, slots=True)
class Rule:
    """A test as written: `passes` must hold, `says` is the sentence when it does not, figures in {braces}."""

    code: str
    passes: Expression
    title: Text
    says: Text
    source: str
    restriction: bool = False


@dataclass(frozen=True, slots=True)
class Gives:
    """A result as written."""

    name: str
    label: Text
    value: Expression | None = None
    codes: Mapping[str, Expression] = field(default_factory=dict)
    needed: bool = True
    source: str = ""
    words: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap as written. With `counts`, it limits that count, each worth `each`; otherwise it limits money."""

    name: str
    label: Text
    applies: Expression
    limit: Expression
    per: tuple[str, ...]
    counts: Expression | None = None
    each: Expression | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class EventRules:
    """How events are assessed and limited, as written; limits stand inner first."""

    assessed: Expression
    limits: tuple[Limit, ...]
    settled_order: str
    settled_amount: str
    order: tuple[str, ...]
    nothing_to_pay: Text
    cap_exhausted: Text
    source: str = ""


@dataclass(frozen=True, slots=True)
class Valid:
    """What valid input always satisfies, as written; `fact` is the column to look at when it does not."""

    fact: str
    holds: Expression
    says: Text


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision as written; `build` checks it and makes it a `Program`."""

    policy: str
    name: str
    title: Text
    facts: tuple[Fact, ...]
    rules: tuple[Rule, ...]
    gives: tuple[Gives, ...] = ()
    steps: Mapping[str, tuple[Text, Expression]] = field(default_factory=dict)
    events: EventRules | None = None
    valid: tuple[Valid, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    date_fact: str | None = None
    advice: tuple[Text, ...] = ()

    def build(self, parameters: Parameters, sources: Mapping[str, Source]) -> Program:
        """Raises RuleError naming the policy, the decision and the rule, with what to write instead."""
        return _Builder(self, parameters, dict(sources)).program()


class Record:
    """The record a rule is written about: facts and steps as attributes, parameters by `value`."""

    def __init__(self, builder: _Builder) -> None:
        self._builder = builder

    def __getattr__(self, name: str) -> Node:
        return self._builder.named(name)

    def value(self, key: str, *, on: Node | dt.date, by: Node | str | int | None = None) -> Node:
        """Parameter `key` as of a date; a table is read `by` a key."""
        parameter = self._builder.parameters[key]
        on, by = as_node(on), None if by is None else as_node(by)
        if on.kind is not Kind.DATE:
            raise RuleError(f"value({key!r}, on=...) needs a date, not {on.kind.value}")
        if (by.kind if by is not None else None) is not parameter.by:
            wanted = f"by=<{parameter.by.value}>" if parameter.by else "no `by`"
            raise RuleError(f"value({key!r}) needs {wanted}")
        return Node("param", parameter.kind, (on,) if by is None else (on, by), key)


class _Builder:
    def __init__(self, draft: Draft, parameters: Parameters, sources: dict[str, Source]) -> None:
        self.draft, self.parameters, self.sources = draft, parameters, sources
        self.facts = {one.name: one for one in draft.facts}
        self.built: dict[str, Node] = {}
        self.building: list[str] = []
        self.ops: list[Op] = []
        self.numbers: dict[Op, int] = {}
        self.numbered: dict[int, tuple[Node, int]] = {}  # the node is kept, so that its id is not given to another
        self.record = Record(self)

    def named(self, name: str) -> Node:
        if name in self.facts:
            return Node("fact", self.facts[name].kind, (), name)
        if name not in self.draft.steps:
            near = ", ".join([*self.facts, *self.draft.steps])
            raise RuleError(f"no fact or step {name!r}; there are: {near}")
        if name in self.building:
            raise RuleError(f"the rule is cyclic: {' -> '.join([*self.building[self.building.index(name) :], name])}")
        if name not in self.built:
            self.building.append(name)
            self.built[name] = self.draft.steps[name][1](self.record)
            self.building.pop()
        return self.built[name]

    def node(self, where: str, write: Expression, kind: Kind | None = None) -> int:
        """Build one rule's expression and number it; errors name the rule."""
        try:
            node = write(self.record)
            if not isinstance(node, Node):
                raise RuleError(f"an expression is needed, not {node!r}; a constant is written const({node!r})")
            if kind is not None and node.kind is not kind:
                raise RuleError(f"must be {kind.value}, not {node.kind.value}")
            return self.number(node)
        except (RuleError, TypeError, AttributeError, ValueError) as error:
            self.building.clear()
            raise RuleError(f"{self.draft.policy}/{self.draft.name}, {where}: {error}") from None

    def number(self, node: Node) -> int:
        """Hash-consing: the same expression, written twice, is one operator."""
        if id(node) in self.numbered:
            return self.numbered[id(node)][1]
        op = Op(node.op, node.kind, tuple(self.number(arg) for arg in node.args), node.value)
        if op not in self.numbers:
            self.numbers[op] = len(self.ops)
            self.ops.append(op)
        self.numbered[id(node)] = (node, self.numbers[op])
        return self.numbers[op]

    def program(self) -> Program:
        draft = self.draft
        steps = {
            name: (self.node(f"step {name}", lambda r, name=name: getattr(r, name)), label)  # type: ignore[misc]
            for name, (label, _) in draft.steps.items()
        }
        tests = tuple(self.test(rule) for rule in draft.rules)
        results = tuple(self.result(gives) for gives in draft.gives)
        events = self.events(draft.events) if draft.events else None
        checks = tuple(
            Check(self.node(f"check of {valid.fact}", valid.holds, Kind.BOOL), valid.says, valid.fact)
            for valid in draft.valid
        )
        read = {str(op.value) for op in self.ops if op.op == "param"}
        program = Program(
            policy=draft.policy, name=draft.name, title=draft.title, facts=draft.facts, nodes=tuple(self.ops), tests=tests,
            results=results, parameters={key: self.parameters[key] for key in self.parameters if key in read},
            sources=self.cited(tests, results, read), overlays=self.parameters.overlays, events=events, checks=checks,
            unique=draft.unique, steps=steps, date_fact=draft.date_fact, advice=draft.advice,
        )  # fmt: skip
        check_program(program)
        return program

    def test(self, rule: Rule) -> Test:
        where = f"test {rule.code}"
        passes = self.node(where, rule.passes, Kind.BOOL)
        return Test(
            rule.code,
            passes,
            rule.title,
            rule.says,
            rule.source,
            rule.restriction,
            self.figures(where, passes, rule.says),
        )

    def figures(self, where: str, passes: int, says: Text) -> dict[str, int]:
        """What stands in braces in a sentence: a fact, a step, or a parameter that the test itself reads."""
        names = {name for text in (says.zh, says.en) for name in _PLACEHOLDER.findall(text)}
        found: dict[str, int] = {}
        for name in sorted(names):
            if name in self.facts or name in self.draft.steps:
                found[name] = self.node(where, lambda r, name=name: getattr(r, name))  # type: ignore[misc]
                continue
            reads = [n for n in below(self.ops, passes) if self.ops[n].op == "param" and self.ops[n].value == name]
            if len(reads) != 1:
                raise RuleError(
                    f"{self.draft.policy}/{self.draft.name}, {where}: the sentence names {{{name}}}, which is no fact, no step "
                    "and no parameter the test reads once"
                )
            found[name] = reads[0]
        return found

    def result(self, gives: Gives) -> Result:
        where, words = f"result {gives.name}", dict(gives.words)
        if (gives.value is None) == (not gives.codes):
            raise RuleError(f"{self.draft.policy}/{self.draft.name}, {where}: gives either a value or codes")
        if gives.value is not None:
            node = self.node(where, gives.value)
            return Result(gives.name, self.ops[node].kind, gives.label, node, (), gives.needed, gives.source, words)
        codes = tuple((code, self.node(f"{where}, {code}", write, Kind.BOOL)) for code, write in gives.codes.items())
        return Result(gives.name, Kind.CODES, gives.label, None, codes, gives.needed, gives.source, words)

    def events(self, rules: EventRules) -> Events:
        caps = tuple(self.cap(limit) for limit in rules.limits)
        for name in (
            rules.settled_order,
            rules.settled_amount,
            *rules.order,
            *(n for limit in rules.limits for n in limit.per),
        ):
            self.node("order of events", lambda r, name=name: getattr(r, name))  # type: ignore[misc]
        for inner, outer in pairwise(caps):
            if not set(outer.per) <= set(inner.per):
                raise RuleError(
                    f"{self.draft.policy}/{self.draft.name}: caps must nest, inner first: {outer.name} (per {', '.join(outer.per)}) "
                    f"cannot stand after {inner.name} (per {', '.join(inner.per)})"
                )
        return Events(
            self.node("assessed amount", rules.assessed, Kind.MONEY), caps, rules.settled_order, rules.settled_amount,
            rules.order, rules.nothing_to_pay, rules.cap_exhausted, rules.source,
        )  # fmt: skip

    def cap(self, limit: Limit) -> Cap:
        where = f"cap {limit.name}"
        applies = self.node(where, limit.applies, Kind.BOOL)
        ceiling = self.where_applies(where, limit, limit.limit)
        if (limit.counts is None) != (limit.each is None):
            raise RuleError(f"{self.draft.policy}/{self.draft.name}, {where}: `counts` and `each` go together")
        counts = self.where_applies(where, limit, limit.counts) if limit.counts else None
        each = self.where_applies(where, limit, limit.each, Kind.MONEY) if limit.each else None
        counted = Kind.MONEY if counts is None else self.ops[counts].kind
        if self.ops[ceiling].kind is not counted:
            raise RuleError(
                f"{self.draft.policy}/{self.draft.name}, {where}: the limit is {self.ops[ceiling].kind.value}, "
                f"what it limits is {counted.value}"
            )
        return Cap(limit.name, limit.label, applies, ceiling, limit.per, counts, each, limit.source)

    def where_applies(self, where: str, limit: Limit, write: Expression, kind: Kind | None = None) -> int:
        """Read only where the cap applies, so that a row of another benefit never lacks this cap's values."""

        def guarded(r: Record) -> Node:
            node, applies = write(r), limit.applies(r)
            return node if applies.op == "const" else when(applies, node, Node("const", node.kind, (), 0))

        return self.node(where, guarded, kind)

    def cited(self, tests: Iterable[Test], results: Iterable[Result], read: set[str]) -> dict[str, Source]:
        names = {test.source for test in tests} | {result.source for result in results if result.source}
        names |= {value.source for key in read for value in self.parameters[key].values}
        names |= {cap.source for cap in self.draft.events.limits if cap.source} if self.draft.events else set()
        names |= {self.draft.events.source} if self.draft.events and self.draft.events.source else set()
        unknown = sorted(names - set(self.sources))
        if unknown:
            raise RuleError(
                f"{self.draft.policy}/{self.draft.name}: sources cited but not listed in policy.toml: {', '.join(unknown)}"
            )
        return {name: self.sources[name] for name in sorted(names)}
