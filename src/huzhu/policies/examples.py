"""Runs a policy's worked examples: what the texts say should come out, against what the rules give."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huzhu.policies.loading import Policy
from huzhu.rules.decider import Decider
from huzhu.rules.errors import FactError, RuleError

_WORDS = {"name", "decision", "overlay", "given", "expect", "source"}


@dataclass(frozen=True, slots=True)
class Failure:
    """One value that differs from what an example expects."""

    example: str
    key: str
    expected: object
    found: object

    def __str__(self) -> str:
        return f"{self.example}: {self.key} is {self.found!r}, the example says {self.expected!r}"


@dataclass(frozen=True, slots=True)
class Report:
    policy: str
    examples: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence, the facts, and what comes out; for decisions on events, lists of both."""

    name: str
    decision: str
    overlay: str | None
    given: tuple[Mapping[str, Any], ...]
    expect: tuple[Mapping[str, Any], ...]


def read(policy: Policy) -> list[Example]:
    """The examples of a policy. RuleError names the file and the example that cannot be used."""
    path = policy.folder / "examples.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(f"{path}: {error}") from None
    entries = table.pop("example", [])
    if table or not isinstance(entries, list):
        raise RuleError(f"{path}: holds [[example]] tables and nothing else, not {sorted(table) or '[example]'}")
    found = [_example(policy, path, entry) for entry in entries]
    twice = [name for name, times in Counter(example.name for example in found).items() if times > 1]
    if twice:
        raise RuleError(f"{path}, example {twice[0]!r}: a sentence names one example")
    return found


def _example(policy: Policy, path: Path, entry: Mapping[str, Any]) -> Example:
    name = str(entry.get("name", "?"))
    strange = sorted(set(entry) - _WORDS)
    absent = sorted({"name", "decision", "given", "expect", "source"} - set(entry))
    if strange or absent:
        raise RuleError(f"{path}, example {name!r}: unknown words {strange}, missing words {absent}")
    if entry["decision"] not in policy.drafts:
        raise RuleError(f"{path}, example {name!r}: no decision {entry['decision']!r}")
    if not all(isinstance(one, dict) for key in ("given", "expect") for one in _many(entry[key])):
        raise RuleError(f"{path}, example {name!r}: `given` and `expect` are tables, or lists of them for events")
    given, expect = _many(entry["given"]), _many(entry["expect"])
    if len(given) != len(expect):
        raise RuleError(f"{path}, example {name!r}: {len(given)} given, {len(expect)} expected")
    return Example(name, entry["decision"], entry.get("overlay"), given, expect)


def _many(entry: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(entry) if isinstance(entry, list) else (entry,)


def check(policy: Policy) -> Report:
    """Run every example."""
    found = read(policy)
    return Report(policy.id, len(found), tuple(failure for example in found for failure in failures(policy, example)))


def failures(policy: Policy, example: Example) -> list[Failure]:
    """What one example expects and does not get."""
    decider = _decider(policy.folder, policy, example.decision, example.overlay)
    strange = {name for given in example.given for name in given} - {fact.name for fact in decider.program.facts}
    if strange:
        return [Failure(example.name, "given", "facts of the decision", sorted(strange))]
    try:
        answers: Sequence[Mapping[str, Any]] = decider.decide_all(example.given)
    except FactError as error:
        return [Failure(example.name, "given", "facts that can be used", error.text("en"))]
    return [
        Failure(example.name, key, wanted, answer.get(key, "no such result"))
        for answer, expect in zip(answers, example.expect, strict=True)
        for key, wanted in expect.items()
        if key not in answer or not _same(answer[key], wanted)
    ]


def _same(found: object, wanted: object) -> bool:
    """Equal to the kind: to Python, true equals 1."""
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


_deciders: dict[tuple[Path, str, str | None], Decider] = {}


def _decider(folder: Path, policy: Policy, decision: str, overlay: str | None) -> Decider:
    key = (folder, decision, overlay)
    if key not in _deciders:
        _deciders[key] = Decider(policy.program(decision, overlay=overlay))
    return _deciders[key]
