"""The second step: reads the file a thousand rows at a time and writes down what each row says and what is wrong with it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings

from huzhu.apps.members.names import Name, read_name, same_person_key
from huzhu.apps.registers.indexes import identity_index, phone_index
from huzhu.apps.rosters import sheets
from huzhu.apps.rosters.checks import Checker, RosterRow, RowProblem
from huzhu.apps.rosters.mending import NEEDED, check, lacking, told
from huzhu.apps.rosters.models import Roster, Row
from huzhu.apps.rosters.packing import pack
from huzhu.apps.rosters.sheets import SheetRow
from huzhu.apps.unions.models import Employer, new_id
from huzhu.apps.vault import files
from huzhu.apps.vault.fields import index_of
from huzhu.bulk.problems import BadInput
from huzhu.ui.clock import day_of

Checked = tuple[SheetRow, RosterRow | None, list[RowProblem]]


class Reading:
    """An open roster: the sealed file in clear for as long as this process reads it, and the checker with its memory of the file."""

    def __init__(self, roster: Roster, *, progress: Any = None) -> None:
        self._stack = ExitStack()
        try:
            path: Path = self._stack.enter_context(files.opened(roster.file, roster.place))
            self.sheet = sheets.open_roster(path=path, work=path.parent, needed=NEEDED, progress=progress)
            problem = lacking(self.sheet.columns)
            if problem is not None:
                raise BadInput(file=roster.file_name, problems=[problem])
            self.checker = checker_for(roster)
            self._chunks: Iterator[list[SheetRow]] = self.sheet.chunks()
        except BaseException:
            self._stack.close()
            raise

    def chunk(self) -> list[Checked] | None:
        """The next rows, checked; None at the end."""
        rows = next(self._chunks, None)
        return None if rows is None else [(row, *check(self.checker, row)) for row in rows]

    def close(self) -> None:
        self._stack.close()


def checker_for(roster: Roster) -> Checker:
    """The same for the same roster whenever it is made, so that reading from the start again finds the same."""
    named = Employer.objects.exclude(platform=None).values_list("platform", "name")
    return Checker(
        on=day_of(roster.uploaded_at),
        key=index_of(str(roster.pk), purpose="rosters.duplicates"),
        needed=NEEDED,
        made_up=settings.HUZHU_MADE_UP_PEOPLE,
        platforms=frozenset(word for pair in named for word in pair if word) or None,
    )


def rows_of(*, roster: Roster, checked: list[Checked]) -> tuple[list[Row], Counter[str], Counter[str]]:
    """Rows to be stored; how many of each state, and of each first problem."""
    rows, states, codes = [], Counter[str](), Counter[str]()
    for sheet_row, said, problems in checked:
        row = Row(id=new_id(), roster_id=roster.pk, number=sheet_row.number, state=Row.State.ACCEPTED)
        if said is not None:
            row.name = said.name or ""
            row.name_key = same_person_key(name=row.name)[:100]
            if said.identity_number is not None:
                row.identity_index = identity_index(number=said.identity_number)
            if said.phone is not None:
                row.phone_index = phone_index(phone=said.phone)
            row.plan = Row.Result.CREATED
        if problems:
            row.state = Row.State.REFUSED if said is None else Row.State.DOUBTFUL
            row.code = problems[0].code
            row.problems = [told(problem) for problem in problems]
            row.name = row.name or _safe_name(sheet_row)
            codes[row.code] += 1
        row.data = pack(row=said, cells=sheet_row.cells if problems else None)
        states[row.state] += 1
        rows.append(row)
    return rows, states, codes


def _safe_name(row: SheetRow) -> str:
    """A refused row is named only where that cell is a name: people put numbers in the wrong column."""
    found = read_name(text=row.cells.get("name", ""))
    return found.text if isinstance(found, Name) else ""


def file_problems(error: BadInput) -> list[dict[str, Any]]:
    """Why the whole file cannot be used, without the values that it had."""
    return [
        {"row": problem.row, "column": problem.column or "", "zh": problem.expected.zh, "en": problem.expected.en}
        for problem in error.problems
    ]


def since(at: dt.datetime, seconds: float) -> dt.datetime:
    """A moment some time after `at`, for a step that is long at work: it reads no clock."""
    return at + dt.timedelta(seconds=seconds)
