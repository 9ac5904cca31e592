"""A decision made ready to be compiled: plain data, operators numbered so that each comes after what it needs.

Every compiler (one record, columns, explanation) reads this and nothing else, and it has one JSON form
(`documents.py`), so a stored decision can be evaluated later without today's Python rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from huzhu.rules.kinds import Kind, Scalar
from huzhu.rules.parameters import Parameter, Source
from huzhu.rules.texts import Text

Outcome = Literal["granted", "refused", "undetermined", "no_rule", "settled"]
OUTCOMES: tuple[Outcome, ...] = ("granted", "refused", "undetermined", "no_rule", "settled")

NOTHING_TO_PAY = "nothing_to_pay"
CAP_EXHAUSTED = "cap_exhausted"


@dataclass(frozen=True, slots=True)
class Fact:
    """What a decision needs to know. Null means "not known", unless the fact is `optional`: then it means "none"."""

    name: str
    kind: Kind
    label: Text
    unit: str = ""
    low: int | None = None  # dates as proleptic ordinals
    high: int | None = None
    choices: tuple[str, ...] = ()
    digits: int = 0  # a text of exactly so many digits
    optional: bool = False
    required: bool = False  # null is bad input: a name, not a fact
    words: dict[str, Text] = field(default_factory=dict)  # what its codes are called


@dataclass(frozen=True, slots=True)
class Op:
    """One operator: its operands are indices of earlier operators."""

    op: str
    kind: Kind
    args: tuple[int, ...] = ()
    value: Scalar | tuple[Scalar, ...] | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """A named condition that must hold. A `restriction` whose value was never published is skipped, not held against anyone."""

    __test__ = False  # not a test case

    code: str
    passes: int
    title: Text
    says: Text
    source: str
    restriction: bool = False
    figures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A value the decision gives. A `needed` one that is unknown leaves the decision undetermined. With `codes`, a list
    of those whose condition holds."""

    name: str
    kind: Kind
    label: Text
    node: int | None = None
    codes: tuple[tuple[str, int], ...] = ()
    needed: bool = True
    source: str = ""
    words: dict[str, Text] = field(default_factory=dict)  # what its codes are called


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit on what events draw together: money, or a count (`counts`, each worth `each`) such as days."""

    name: str
    label: Text
    applies: int
    limit: int
    per: tuple[str, ...]
    counts: int | None = None
    each: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Events:
    """How a decision on a list of events assesses and limits them. Caps stand inner first; the last one is the widest."""

    assessed: int
    caps: tuple[Cap, ...]
    settled_order: str  # fact: null for what is not yet settled
    settled_amount: str
    order: tuple[str, ...]
    nothing_to_pay: Text
    cap_exhausted: Text
    source: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What valid input always satisfies; a record for which it is definitely false is bad input, not a refusal."""

    holds: int
    says: Text
    fact: str


@dataclass(frozen=True, slots=True)
class Program:
    """One decision of one policy, with every parameter value it may read."""

    policy: str
    name: str
    title: Text
    facts: tuple[Fact, ...]
    nodes: tuple[Op, ...]
    tests: tuple[Test, ...]
    results: tuple[Result, ...]
    parameters: dict[str, Parameter]
    sources: dict[str, Source]
    overlays: tuple[str, ...] = ()
    events: Events | None = None
    checks: tuple[Check, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    steps: dict[str, tuple[int, Text]] = field(default_factory=dict)
    date_fact: str | None = None
    advice: tuple[Text, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.policy}/{self.name}"

    def fact(self, name: str) -> Fact:
        return next(fact for fact in self.facts if fact.name == name)

    def labels(self) -> dict[str, Text]:
        """The words for every code this decision can give. A reason is named by the condition that was not met."""
        words = {code: text for fact in self.facts for code, text in fact.words.items()}
        words |= {code: text for result in self.results for code, text in result.words.items()}
        words |= {test.code: test.title for test in self.tests}
        words |= {fact.name: fact.label for fact in self.facts}
        words |= {f"parameter:{key}": parameter.label for key, parameter in self.parameters.items()}
        if self.events:
            words |= {cap.name: cap.label for cap in self.events.caps}
            words[NOTHING_TO_PAY] = Text("按规则有可支付的金额", "there is something to pay")
            words[CAP_EXHAUSTED] = Text("限额还有剩余", "the limits leave something")
        return words


def below(ops: list[Op] | tuple[Op, ...], root: int) -> list[int]:
    """The operators an expression is made of, itself last, each once, in number order."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            waiting.extend(ops[number].args)
    return sorted(seen)


def holder(program: Program, number: int) -> str:
    """The first part of a program, in words, that an operator belongs to."""
    parts = {f"test {test.code}": test.passes for test in program.tests}
    parts |= {f"step {name}": node for name, (node, _) in program.steps.items()}
    parts |= {f"result {result.name}": result.node for result in program.results if result.node is not None}
    parts |= {f"result {result.name}, {code}": node for result in program.results for code, node in result.codes}
    if program.events:
        parts["assessed amount"] = program.events.assessed
        for cap in program.events.caps:
            parts |= {f"cap {cap.name}": cap.limit, f"cap {cap.name}, applies": cap.applies}
            parts |= {f"cap {cap.name}, counts": cap.counts} if cap.counts is not None else {}
            parts |= {f"cap {cap.name}, each": cap.each} if cap.each is not None else {}
    parts |= {f"check of {check.fact}": check.holds for check in program.checks}
    return next((part for part, root in parts.items() if number in below(program.nodes, root)), f"operator {number}")
