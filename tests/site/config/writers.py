"""Processes that write one SQLite database as fast as they can, each started afresh and each with its own Django."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from queue import Empty

SPAWN = get_context("spawn")


@dataclass(frozen=True)
class Tally:
    commits: int
    worst_wait_s: float
    errors: tuple[str, ...]


def opened(database: Path) -> None:
    import django
    from django.conf import settings

    from huzhu.config.databases import sqlite

    settings.configure(DATABASES={"default": sqlite(path=database)})
    django.setup()


def made() -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE balance (id INTEGER PRIMARY KEY, fen INTEGER NOT NULL)")
        cursor.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, balance INTEGER REFERENCES balance, fen INTEGER)")
        cursor.executemany("INSERT INTO balance VALUES (%s, 0)", [(1,), (2,)])


def post() -> None:
    """Reads, then writes: two entries and two balances."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for number, fen in ((1, 100), (2, -100)):
            cursor.execute("SELECT fen FROM balance WHERE id = %s", [number])
            (before,) = cursor.fetchone()
            cursor.execute("INSERT INTO entry (balance, fen) VALUES (%s, %s)", [number, fen])
            cursor.execute("UPDATE balance SET fen = %s WHERE id = %s", [before + fen, number])


def write_for(seconds: float) -> Tally:
    from django.db import OperationalError

    commits, worst, errors = 0, 0.0, []
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        try:
            post()
            commits += 1
        except OperationalError as error:
            errors.append(str(error))
        worst = max(worst, time.monotonic() - began)
    return Tally(commits, worst, tuple(errors))


def writer(database: Path, barrier: object, answers: object, seconds: float) -> None:
    opened(database)
    from django.db import connection

    connection.ensure_connection()
    barrier.wait()  # type: ignore[attr-defined]
    answers.put(write_for(seconds))  # type: ignore[attr-defined]
    connection.close()


def run(*, database: Path, writers: int, seconds: float) -> list[Tally]:
    barrier, answers = SPAWN.Barrier(writers), SPAWN.Queue()
    processes = [SPAWN.Process(target=writer, args=(database, barrier, answers, seconds)) for _ in range(writers)]
    for process in processes:
        process.start()
    tallies = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=20)
    return tallies


def hold(database: Path, started: object) -> None:
    """Takes the pen in the middle of a transaction and never puts it down."""
    opened(database)
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE balance SET fen = fen + 7")
        started.put(os.getpid())  # type: ignore[attr-defined]
        time.sleep(600)


def prepare(database: Path, done: object) -> None:
    opened(database)
    made()
    from django.db import connection

    connection.close()
    done.put(True)  # type: ignore[attr-defined]


def prepared(database: Path) -> None:
    done = SPAWN.Queue()
    process = SPAWN.Process(target=prepare, args=(database, done))
    process.start()
    try:
        done.get(timeout=30)
    except Empty:
        raise AssertionError(f"no database after 30 s; exit status {process.exitcode}") from None
    process.join(timeout=20)
