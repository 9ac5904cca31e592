from __future__ import annotations

from pathlib import Path

import pytest

from huzhu.apps.rosters.checks import Checker
from huzhu.apps.rosters.sheets import open_roster
from tests.site.rosters.broken import KINDS, ON, PLATFORMS, broken, write_csv, write_xlsx

WRITERS = {"csv": write_csv, "xlsx": write_xlsx}


def of(kind: str) -> int:
    return len([one for one in KINDS if kind in one.formats])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_ten_thousand_broken_rows_are_all_reported_and_every_good_one_is_kept(kind: str, tmp_path: Path) -> None:
    """250 rows of each of more than 40 kinds among 20,000 good ones."""
    assert of(kind) >= 40
    made = broken(format=kind, good=20_000, each=250, seed=20261101)
    path = tmp_path / f"roster.{kind}"
    WRITERS[kind](path, made)
    checker = Checker(on=ON, key=b"a file's own", oldest=70, made_up=True, platforms=frozenset(PLATFORMS))
    reported: dict[int, list[tuple[str | None, str]]] = {}
    kept = []
    for chunk in open_roster(path=path, work=tmp_path).chunks():
        for row in chunk:
            found, problems = checker.check(row)
            if problems:
                reported[row.number] = [(problem.column, problem.code) for problem in problems]
                assert all(problem.row == row.number and problem.what.zh and problem.fix.en for problem in problems)
            if found is not None:
                kept.append(found.number)
    assert reported == {number: [said] for number, said in made.expected.items()}
    assert len(reported) == 250 * of(kind)
    assert kept == [number for number in range(2, len(made.rows) + 2) if number not in made.expected]
