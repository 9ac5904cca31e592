"""What is wrong with an input file: where, which value, and what was expected, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from huzhu.rules.texts import Lang, Text

SHOWN_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `row` counts as the person who made the file counts: a spreadsheet's own row number (the header is
    row 1), the same for CSV; for Parquet, which has no header row, the first record is row 1."""

    expected: Text
    row: int | None = None
    column: str | None = None
    value: str | None = None
    is_quoted: bool = True  # how the value is shown; JSON brings its own quotes, or none

    def line(self, lang: Lang) -> str:
        row, column, value = ("行", "列", "值") if lang == "zh" else ("row", "column", "value")
        where = [f"{row} {self.row}"] if self.row is not None else []
        where += [f"{column} {self.column}"] if self.column is not None else []
        where += (
            [f"{value} {self.value!r}" if self.is_quoted else f"{value} {self.value}"] if self.value is not None else []
        )
        head = ", ".join(where)
        return f"{head}: {self.expected.get(lang)}" if head else self.expected.get(lang)


class BadInput(Exception):
    """The input cannot be used; nothing was written. Carries at most `SHOWN_AT_MOST` problems and how many there are."""

    def __init__(self, *, file: str, problems: Sequence[Problem], total: int | None = None) -> None:
        self.file = file
        self.problems = tuple(problems[:SHOWN_AT_MOST])
        self.total = len(problems) if total is None else total
        super().__init__(self.text("en"))

    def text(self, lang: Lang) -> str:
        lines = [f"{self.file}: {problem.line(lang)}" for problem in self.problems]
        if self.total > 1:
            lines.append(
                f"共 {self.total} 处问题，显示了 {len(self.problems)} 处。没有写入任何文件。"
                if lang == "zh"
                else f"{self.total} problems in all, {len(self.problems)} shown. Nothing was written."
            )
        else:
            lines.append("没有写入任何文件。" if lang == "zh" else "Nothing was written.")
        return "\n".join(lines)
