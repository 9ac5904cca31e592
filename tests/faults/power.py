"""Processes that write one SQLite database and note each commit once it is acknowledged; stopped all at once, what lies on the disk
is what a machine leaves whose power is cut at that moment, but for what it had not synced, which `torn` takes away."""

from __future__ import annotations

import os
import shutil
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from tests.site.config import writers

HEAD_BYTES, FRAME_HEAD_BYTES = 32, 24  # of SQLite's log: https://www.sqlite.org/fileformat2.html#walformat


def write(database: Path, notes: Path, number: int, started: object) -> None:
    """Until it is killed. Each row is a page or so, so that the log is moved into the database again and again."""
    writers.opened(database)
    from django.db import connection, transaction

    note, n = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 0
    rng = Random(number)
    started.put(number)  # type: ignore[attr-defined]
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE total SET n = n + 1")
            order = cursor.execute("SELECT n FROM total").fetchone()[0]
            cursor.execute("INSERT INTO told VALUES (%s, %s, %s)", [number, n, rng.randbytes(rng.randrange(6_000))])
        os.write(note, struct.pack(">I", order))  # from here on it may not be lost
        n += 1


def prepare(database: Path, done: object) -> None:
    writers.opened(database)
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE told (writer INTEGER, n INTEGER, filling BLOB, PRIMARY KEY (writer, n)) WITHOUT ROWID"
        )
        cursor.execute("CREATE TABLE total (n INTEGER NOT NULL)")
        cursor.execute("INSERT INTO total VALUES (0)")
    connection.close()
    done.put(True)  # type: ignore[attr-defined]


@contextmanager
def writing(database: Path, folder: Path, *, many: int) -> Iterator[list[BaseProcess]]:
    done = writers.SPAWN.Queue()
    first = writers.SPAWN.Process(target=prepare, args=(database, done))
    first.start()
    done.get(timeout=60)
    first.join(20)
    processes = [
        writers.SPAWN.Process(target=write, args=(database, folder / f"notes-{n}", n, done)) for n in range(many)
    ]
    for process in processes:
        process.start()
    try:
        for _ in processes:
            done.get(timeout=60)
        yield list(processes)
    finally:
        for process in processes:
            process.kill()
            process.join()


def cut(processes: list[BaseProcess], database: Path, target: Path) -> dict[int, list[int]]:
    """Stop them in whatever they are doing, copy what lies there, let them go on: which commits each was told of, by their
    order among all."""
    pids = [process.pid or 0 for process in processes]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        for pid in pids:
            _, status = os.waitpid(pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                raise AssertionError(f"a writer ended by itself: {status}")
        for end in ("", "-wal"):  # the third file, of locks, lies in memory and is made anew
            if Path(f"{database}{end}").exists():
                shutil.copyfile(f"{database}{end}", f"{target}{end}")
        notes = database.parent.glob("notes-*")
        return {
            int(path.name.removeprefix("notes-")): [order for (order,) in struct.iter_unpack(">I", path.read_bytes())]
            for path in notes
        }
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def commits(log: bytes) -> list[int]:
    """Where each commit of the log ends, in bytes; the log's own frames only, not those of a round before."""
    if len(log) < HEAD_BYTES:
        return []
    page_bytes = struct.unpack(">I", log[8:12])[0]
    ends, frame_bytes = [], FRAME_HEAD_BYTES + page_bytes
    for at in range(HEAD_BYTES, len(log) - frame_bytes + 1, frame_bytes):
        if log[at + 8 : at + 16] != log[16:24]:
            break
        if struct.unpack(">I", log[at + 4 : at + 8])[0]:
            ends.append(at + frame_bytes)
    return ends


def torn(log: bytes, unacknowledged: int, rng: Random) -> bytes:
    """The log without a part, from somewhere on, of what nobody was told of: cut off, or half of a sector of something else."""
    ends = commits(log)
    kept = ends[-1 - unacknowledged] if len(ends) > unacknowledged else HEAD_BYTES if ends else len(log)
    at = rng.randint(kept, max(kept, ends[-1] if ends else kept))
    return log[:at] + (rng.randbytes(512 - at % 512) + log[at + 512 - at % 512 :] if rng.random() < 0.5 else b"")
