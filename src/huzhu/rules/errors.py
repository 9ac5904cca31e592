"""What the engine says when a rule, a parameter or a fact cannot be used: what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

from huzhu.rules.texts import Lang, Text


class RuleError(Exception):
    """A rule or parameter is wrong as written; found when the policy is loaded, before any record is decided."""


class FactError(Exception):
    """Facts that cannot be used. `problems` holds (index of the record, fact, value, what is expected)."""

    def __init__(self, problems: Sequence[tuple[int, str, object, Text]]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.text("en"))

    def text(self, lang: Lang) -> str:
        return "\n".join(f"{name}: {value!r}: {expected.get(lang)}" for _, name, value, expected in self.problems)
