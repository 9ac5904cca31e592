"""One decision for one person: facts in, result out, with or without its explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from huzhu.rules.caps import apply_caps
from huzhu.rules.documents import document, version
from huzhu.rules.explain import compile_explain
from huzhu.rules.program import Program
from huzhu.rules.records import Reader
from huzhu.rules.scalar import compile_decide

Facts = Mapping[str, object]
Answer = dict[str, Any]


class Decider:
    """A program compiled for single records. Reusable and free of state between calls."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.reader = Reader(program)
        self.decide_read = compile_decide(program)

    @cached_property
    def version(self) -> str:
        """The policy version: the hash of everything this decision can read."""
        return version(document(self.program))

    @cached_property
    def explain_read(self) -> Any:
        return compile_explain(self.program)

    def decide(self, facts: Facts) -> Answer:
        """The result for one record (for events: a cover with this one event). FactError names what cannot be used."""
        return self.decide_all([facts])[0]

    def decide_all(self, records: Sequence[Facts]) -> list[Answer]:
        """Results for records, in their order; for events, the records are taken together and draw on shared caps."""
        rows = self.reader.many(records)
        answers = [self.decide_read(row) for row in rows]
        if self.program.events is None:
            return answers
        answers = apply_caps(self.program.events, rows, answers)
        for answer in answers:
            answer.pop("cap_steps", None)
        return answers

    def explain_all(self, records: Sequence[Facts]) -> list[Answer]:
        """As `decide_all`, each result with its `explanation` (data, see `explain.py`) and the `policy_version`."""
        rows = self.reader.many(records)
        answers = [self.decide_read(row) for row in rows]
        if self.program.events is not None:
            answers = apply_caps(self.program.events, rows, answers)
        for answer, row in zip(answers, rows, strict=True):
            steps = answer.pop("cap_steps", [])
            answer["explanation"] = self.explain_read(row, answer, steps)
            answer["policy_version"] = self.version
        return answers

    def explain(self, facts: Facts) -> Answer:
        return self.explain_all([facts])[0]
