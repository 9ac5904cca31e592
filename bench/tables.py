"""Tables as the terminal and `docs/performance.md` show them, and the figures to reach beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach: at most or at least so much."""

    name: str
    measured: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_met(self) -> bool:
        return self.measured <= self.at_most if self.at_most is not None else self.measured >= (self.at_least or 0)

    @property
    def wanted(self) -> str:
        return f"at most {self.at_most:,g}" if self.at_most is not None else f"at least {self.at_least:,g}"


@dataclass(slots=True)
class Table:
    """A titled table: the first column names, the others count."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)

    def row(self, *cells: str) -> None:
        self.rows.append(cells)

    def goal(self, goal: Goal) -> None:
        self.goals.append(goal)

    def markdown(self) -> str:
        lines = [f"### {self.title}", "", *_grid(self.headings, self.rows), ""]
        if self.goals:
            rows = [
                (goal.name, f"{goal.measured:,.2f}", goal.wanted, "yes" if goal.is_met else "no") for goal in self.goals
            ]
            lines += [*_grid(("figure", "measured", "to reach", "reached"), rows), ""]
        return "\n".join(lines)


def _grid(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    rule = "|".join([":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])])
    lines = [_line(headings, widths), f"|{rule}|"]
    return lines + [_line(row, widths) for row in rows]


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        cells[0].ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)),
    ]
    return f"| {' | '.join(padded)} |"
