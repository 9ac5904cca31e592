"""Geometry for charts, codes and cards, worked out here so that templates place plain SVG attributes and no styles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from huzhu.ui.flow import Tone
from huzhu.ui.formats import share_percent

WIDTH = 1000
QUIET_ZONE = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    label: str
    value: int
    target: int | None = None
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Horizontal bars on one scale, each with an optional target. Values are counts, or fen where `kind` is money."""

    key: str
    caption: str
    rows: Sequence[Bar]
    value_label: str
    target_label: str = ""
    label_label: str = ""
    kind: Literal["count", "money"] = "count"
    source: str = ""

    @property
    def longest(self) -> int:
        return max((number for bar in self.rows for number in (bar.value, bar.target or 0)), default=0)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Bars with widths in thousandths of the longest. Anything above nothing is at least a hair wide."""
        scale = self.longest or 1
        return [
            {
                "bar": bar,
                "width": max(bar.value * WIDTH // scale, 3 if bar.value > 0 else 0),
                "mark": None if bar.target is None else min(bar.target * WIDTH // scale, WIDTH - 1),
                "percent": None if bar.target is None else share_percent(part=bar.value, whole=bar.target),
                "short": None if bar.target is None else max(bar.target - bar.value, 0),
            }
            for bar in self.rows
        ]

    @property
    def has_targets(self) -> bool:
        return any(bar.target is not None for bar in self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Qr:
    """A code as one path in a square of `size` modules, its quiet zone included."""

    size: int
    path: str


def qr(*, matrix: Iterable[Iterable[int]]) -> Qr:
    """A code from its modules, row by row, truthy for dark; neighbours in a row become one rectangle."""
    rows = [list(row) for row in matrix]
    parts = []
    for y, row in enumerate(rows, start=QUIET_ZONE):
        start: int | None = None
        for x, is_dark in enumerate([*row, 0]):
            if is_dark and start is None:
                start = x
            elif not is_dark and start is not None:
                parts.append(f"M{start + QUIET_ZONE} {y}h{x - start}v1h-{x - start}z")
                start = None
    return Qr(size=len(rows) + 2 * QUIET_ZONE, path="".join(parts))


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A member's card: who, where, since when, whether it holds; and a code that anyone can check."""

    name: str
    number: str
    organisation: str
    status: str
    tone: Tone = "good"
    facts: Sequence[tuple[str, Any]] = ()
    qr: Qr | None = None
    qr_label: str = ""
