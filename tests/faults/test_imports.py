"""Imports whose worker is killed again and again lose no row and double none; files made to hurt a worker hurt none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.faults import importing
from tests.site.rosters.test_hostile_rosters import MAKERS, READABLE, TEXTS

KILLS = 200
ROSTERS_AT_MOST = 10
LONG = 10  # one turn in so many is long enough for the longest step
pytestmark = pytest.mark.faults


class Site:
    """A site with a database and files of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        env = {
            **os.environ, "HUZHU_ENV": "test", "HUZHU_DATABASE_URL": url, "HUZHU_HOME": str(folder / "home"),
            "DJANGO_SETTINGS_MODULE": "huzhu.config.settings",
        }  # fmt: skip
        (folder / "home").mkdir()
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.importing", str(folder)], env=env, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def start(self, *words: str) -> int:
        """The id of the process that does it."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self._figure()

    def ended(self) -> int:
        """Its status, once it is over: minus nine where it was killed."""
        return self._figure()

    def do(self, *words: str) -> Any:
        self.start(*words)
        assert self.ended() == 0, (self.folder / "log").read_text()[-3_000:]
        return self.said()

    def said(self) -> Any:
        return json.loads((self.folder / "said.json").read_text())

    def _figure(self) -> int:
        """Whatever else the processes print goes by."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            if line.strip().lstrip("-").isdigit():
                return int(line)
        raise AssertionError((self.folder / "log").read_text()[-3_000:])

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.log.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'union.sqlite3'}"
        if os.environ.get("HUZHU_TEST_DATABASE") == "postgresql":
            from tests.site.postgres import started

            url = stack.enter_context(started())
        found = Site(tmp_path, url)
        stack.callback(found.close)
        found.do("prepare")
        yield found


def killed(site: Site, seconds: float) -> bool:
    """Let a worker work so long; whether it had to be killed."""
    pid = site.start("work")
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    status = site.ended()
    assert status in (0, -signal.SIGKILL), (site.folder / "log").read_text()[-3_000:]
    return status != 0


def import_under_fire(site: Site, rng: Random) -> tuple[int, int]:
    """Rosters, one after another, until enough workers were killed over them: how many were killed, and over how many rosters."""
    kills = rosters = 0
    while kills < KILLS and rosters < ROSTERS_AT_MOST:
        site.do("feed", str(rosters))
        rosters += 1
        states = ["checking"]
        while set(states) != {"done"}:
            if kills == KILLS:
                states = site.do("work")["states"]
            elif killed(site, rng.uniform(0.5, 4) if rng.randrange(LONG) == 0 else rng.uniform(0.02, 0.5)):
                kills += 1
            else:
                states = site.said()["states"]
    return kills, rosters


def test_two_hundred_kills_lose_no_row_and_double_none(site: Site) -> None:
    kills, rosters = import_under_fire(site, Random(20261102))
    assert kills == KILLS
    found = site.do("account")
    print(f"{kills} kills over {rosters} rosters of {importing.ROWS} rows")
    people = importing.expected_people(rosters)
    assert Counter(found["people"]) == Counter(dict.fromkeys(people, 1))
    assert found["numbers"] == found["works"] == len(people)
    assert found["fault"] is None
    assert found["acts"] == {f"roster.{act}": rosters for act in ("uploaded", "confirmed", "merged")}
    known: set[str] = set()
    for number, (rows, figures) in enumerate(zip(found["rows"], found["figures"], strict=True)):
        lines = list(importing.lines(number))
        assert [row[0] for row in rows] == list(range(2, len(lines) + 2))
        assert [row[1] for row in rows] == [code for code, _ in lines]
        good = [line[1] for code, line in lines if not code]
        results = ["unchanged" if identity in known else "created" for identity in good]
        assert [row[3] for row in rows if row[2] == "accepted"] == results
        assert {row[3] for row in rows if row[2] != "accepted"} == {""}
        known |= set(good)
        told = Counter(results)
        states = Counter(row[2] for row in rows)
        assert figures == {
            "state": "done", "total": len(lines), "accepted": len(good), "doubtful": states["doubtful"], "refused": states["refused"],
            "created": told["created"], "updated": 0, "unchanged": told["unchanged"], "file": "",
        }  # fmt: skip
    assert found["kept"] == 0, "what merged rows say is forgotten"
    assert found["left"] == ["tmp/.gate"], "nothing in clear, and no sealed file, is left on the disk"


def test_sixty_hostile_files_are_refused_in_words_and_no_worker_dies(site: Site, tmp_path: Path) -> None:
    assert len(MAKERS) + len(TEXTS) >= 60
    made = []
    for make in MAKERS:
        path = tmp_path / f"{make.__name__}.xlsx"
        make(path)
        made.append((make.__name__, path, make.__name__ == "long_numbers"))
    for number, (name, content) in enumerate(TEXTS.items()):
        path = tmp_path / f"text-{number}.csv"
        path.write_bytes(content)
        made.append((name, path, name in READABLE))
    wrong = {}
    for name, path, is_readable in made:
        site.start("upload", str(path))
        status = site.ended()
        found = site.said() if status == 0 else {}
        is_refused = (
            found.get("state") == "refused"
            and found["problems"]
            and all(one["zh"] and one["en"] for one in found["problems"])
        )
        is_read = found.get("state") in ("ready", "done") and is_readable
        if status != 0 or found["job"] != "done" or found["file"] or not (is_refused or is_read):
            wrong[name] = (status, found)
    assert wrong == {}
    assert site.do("account")["people"] == []
