from __future__ import annotations

import threading
from pathlib import Path

import pysqlite3

from tests.site.config import writers

COPIES, WRITERS = 5, 4


def test_every_copy_made_while_four_write_is_whole(tmp_path: Path, monkeypatch: object) -> None:
    """Each posting moves a hundred fen from one balance to the other with two entries: a copy holds whole postings alone."""
    from huzhu.cli.site import sqlite_copy

    monkeypatch.setattr(sqlite_copy, "_driver", lambda: pysqlite3)  # type: ignore[attr-defined]  # it would open the site
    database = tmp_path / "site.sqlite3"
    writers.prepared(database)
    tallies: list[writers.Tally] = []
    load = threading.Thread(target=lambda: tallies.extend(writers.run(database=database, writers=WRITERS, seconds=6)))
    load.start()
    while load.is_alive() and not postings(database):  # on a busy machine they take a while to begin
        load.join(0.1)
    counts: list[int] = []
    while len(counts) < COPIES and load.is_alive():
        copy = tmp_path / f"copy-{len(counts)}.sqlite3"
        sqlite_copy.copy(source=database, target=copy)
        sqlite_copy.settle(path=copy)
        counts.append(whole(copy))
        load.join(0.7)
    load.join()
    assert len(counts) == COPIES
    assert counts == sorted(counts)
    assert counts[-1] > 0
    assert all(tally.errors == () and tally.commits > 0 for tally in tallies)


def postings(database: Path) -> int:
    connection = pysqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM entry").fetchone()[0])
    finally:
        connection.close()


def whole(copy: Path) -> int:
    """The number of postings in a copy that is whole."""
    connection = pysqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT sum(fen) FROM balance").fetchone() == (0,)
        entries, positive = connection.execute("SELECT count(*), sum(max(fen, 0)) FROM entry").fetchone()
        assert connection.execute("SELECT fen FROM balance WHERE id = 1").fetchone() == (positive or 0,)
    finally:
        connection.close()
    assert entries % 2 == 0
    return int(entries) // 2
