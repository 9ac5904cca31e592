"""What a process shows of itself: its steps, how far it is, what an act would change, and what to do when there is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.forms import Form

Tone = Literal["plain", "info", "good", "warn", "bad"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Empty:
    """A list without rows: why, and the next thing to do."""

    title: str
    hint: str = ""
    url: str = ""
    act: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    label: str
    state: Literal["done", "now", "next", "failed"]
    url: str = ""
    note: str = ""


def steps(
    *, labels: Sequence[str], now: int, urls: Mapping[int, str] | None = None, failed: bool = False
) -> list[Step]:
    """Steps counted from 1; those before `now` are done. `now` one past the end means that all are done."""
    here: Literal["now", "failed"] = "failed" if failed else "now"
    return [
        Step(
            label=label,
            state="done" if number < now else here if number == now else "next",
            url=(urls or {}).get(number, ""),
        )
        for number, label in enumerate(labels, start=1)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    label: str
    number: int
    tone: Tone = "plain"
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Long work as it stands; `asking` waits for a person's yes. `url` answers with this same component; it is asked every two
    seconds while work goes on."""

    key: str
    label: str
    state: Literal["waiting", "running", "asking", "idle", "done", "failed"]
    done: int = 0
    total: int | None = None
    url: str = ""
    note: str = ""
    counts: Sequence[Count] = ()

    @property
    def is_moving(self) -> bool:
        return self.state in {"waiting", "running"}

    @property
    def tone(self) -> Tone:
        tones: dict[str, Tone] = {"done": "good", "failed": "bad", "asking": "warn", "idle": "plain"}
        return tones.get(self.state, "info")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing an act would change; `before` and `after` as they would be read."""

    what: str
    before: Any = ""
    after: Any = ""


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """An act, shown before it is done. `hidden` is posted back (a list becomes repeated fields); `form` asks for a reason."""

    title: str
    act: str
    back_url: str
    changes: Sequence[Change] = ()
    total: int | None = None
    intro: str = ""
    warning: str = ""
    action: str = ""
    is_grave: bool = False
    hidden: Mapping[str, Any] = field(default_factory=dict)
    form: Form | None = None

    @property
    def kept(self) -> list[tuple[str, Any]]:
        return [
            (name, value)
            for name, values in self.hidden.items()
            for value in (values if isinstance(values, list | tuple) else [values])
        ]

    @property
    def unseen_count(self) -> int:
        return (self.total or 0) - len(self.changes)
