"""Problems of rows as they are told, and the spreadsheet of rows to mend, which can be fed again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow

from huzhu.apps.rosters.checks import Checker, RosterRow, RowProblem
from huzhu.apps.rosters.headings import COLUMNS
from huzhu.apps.rosters.sheets import SheetRow
from huzhu.bulk.problems import Problem
from huzhu.bulk.writers import batches_of, write_xlsx
from huzhu.rules.texts import Lang, Text

WITHOUT_NUMBER = Text("没有身份证号", "there is no identity number")
LOOK_FOR = Text(
    "请填写 18 位身份证号，或在存疑队列里选出是哪一位会员",
    "enter the 18 characters, or choose in the queue which member it is",
)
NO_COLUMN = Text(
    "缺少“身份证号”这一列（至少要有身份证号或手机号）",
    "the column “identity number” is missing (there must be identity numbers, or phone numbers at least)",
)
# Headings that mean none of our columns, so that what stands under them is left out when the file is fed again.
EXTRA = (
    Text("原行号", "row before"), Text("问题（上传时忽略）", "what is wrong (ignored)"),
    Text("怎么改（上传时忽略）", "how to mend it (ignored)"),
)  # fmt: skip
Told = dict[str, str]
NEEDED = ("name",)


def check(checker: Checker, row: SheetRow) -> tuple[RosterRow | None, list[RowProblem]]:
    """As the checker says; and without a number a person has to say who it is, unless phone and name do."""
    said, problems = checker.check(row)
    if said is not None and said.identity_number is None:
        doubt = RowProblem(row.number, "identity_number", "identity_missing", WITHOUT_NUMBER, LOOK_FOR, is_doubt=True)
        problems = [doubt, *problems]
    return said, problems


def lacking(columns: Sequence[str]) -> Problem | None:
    """Why a file with these columns cannot be a roster: nobody could be told from anybody."""
    return None if {"identity_number", "phone"} & set(columns) else Problem(NO_COLUMN, row=1, column="identity_number")


def told(problem: RowProblem) -> Told:
    """A problem as it is kept: its words never repeat what the cell holds."""
    return {
        "column": problem.column or "", "code": problem.code,
        "zh": problem.what.zh, "en": problem.what.en, "fix_zh": problem.fix.zh, "fix_en": problem.fix.en,
    }  # fmt: skip


def write(
    *, rows: Iterable[tuple[int, Mapping[str, str], Sequence[Told]]], columns: Sequence[str], path: Path, lang: Lang
) -> None:
    """A workbook of rows, given as number, cells and problems; every cell is a text, so that no number loses its last digits."""
    known = [column for column in columns if column in COLUMNS]
    names = [COLUMNS[column][0].get(lang) for column in known] + [extra.get(lang) for extra in EXTRA]
    schema = pyarrow.schema([(name, pyarrow.string()) for name in names])
    lines = (_line(row, known, lang) for row in rows)
    write_xlsx(batches=batches_of(rows=lines, schema=schema), schema=schema, path=path, title="roster")


def _line(row: tuple[int, Mapping[str, str], Sequence[Told]], columns: Sequence[str], lang: Lang) -> list[str | None]:
    number, cells, problems = row
    what = "；".join(_where(problem, lang) + problem[lang] for problem in problems)
    fix = "；".join(problem[f"fix_{lang}"] for problem in problems)
    return [*(_writable(cells.get(column, "")) for column in columns), str(number), what, fix]


def _writable(text: str) -> str | None:
    """A sheet holds no control characters and no broken ones, and no endless text; the row says what was wrong with them."""
    kept = "".join(character for character in text.encode("utf-8", "replace").decode() if character >= " ")
    return kept[:1000] or None


def _where(problem: Told, lang: Lang) -> str:
    label = COLUMNS.get(problem["column"])
    return "" if label is None else f"{label[0].get(lang)}: "
