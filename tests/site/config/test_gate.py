from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pysqlite3
import pytest

from tests.site.config import writers


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "site.sqlite3"
    writers.prepared(path)
    return path


def balances(database: Path) -> tuple[int, int, int]:
    """The two balances, and how many entries there are."""
    with pysqlite3.connect(str(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (first,), (second,) = connection.execute("SELECT fen FROM balance ORDER BY id")
        (entries,) = connection.execute("SELECT count(*) FROM entry").fetchone()
    connection.close()
    return first, second, entries


@pytest.mark.parametrize("count", [4, 8])
def test_every_writer_gets_its_turn_and_none_is_turned_away(database: Path, count: int) -> None:
    tallies = writers.run(database=database, writers=count, seconds=3)
    commits = [tally.commits for tally in tallies]
    worst = max(tally.worst_wait_s for tally in tallies)
    print(
        f"{count} writers: {sum(commits) / 3:.0f} tx/s, min/max {min(commits) / max(commits):.2f}, worst {worst:.3f} s"
    )
    assert [tally.errors for tally in tallies] == [()] * count
    assert worst <= 1
    assert min(commits) / max(commits) >= 0.5
    assert balances(database) == (100 * sum(commits), -100 * sum(commits), 2 * sum(commits))


def test_others_go_on_when_a_writer_is_killed_in_its_transaction(database: Path) -> None:
    started = writers.SPAWN.Queue()
    holder = writers.SPAWN.Process(target=writers.hold, args=(database, started))
    holder.start()
    pid = started.get(timeout=30)
    os.kill(pid, signal.SIGKILL)
    holder.join(timeout=10)
    (tally,) = writers.run(database=database, writers=1, seconds=0.3)
    assert tally.errors == ()
    assert tally.commits > 0
    assert tally.worst_wait_s < 1
    assert balances(database)[0] == 100 * tally.commits  # nothing of the killed one's seven fen


def test_threads_of_one_process_queue_as_processes_do(tmp_path: Path) -> None:
    from threading import Thread

    from huzhu.config.sqlite.gate import Gate

    order: list[int] = []
    first = Gate(database=tmp_path / "site", timeout_s=5)
    first.enter()

    def wait(number: int) -> None:
        with Gate(database=tmp_path / "site", timeout_s=5).held():
            order.append(number)

    threads = [Thread(target=wait, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    first.leave()
    first.enter()  # queues behind all of them
    order.append(99)
    first.close()
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3, 4, 5, 99]


def test_a_gate_that_stays_shut_is_given_up_in_time_by_all_who_wait(tmp_path: Path) -> None:
    from threading import Thread

    from huzhu.config.sqlite.gate import Gate, GateClosed

    holder = Gate(database=tmp_path / "site", timeout_s=5)
    holder.enter()
    waits: list[float] = []

    def wait() -> None:
        began = time.monotonic()
        with pytest.raises(GateClosed):
            Gate(database=tmp_path / "site", timeout_s=0.3).enter()
        waits.append(time.monotonic() - began)

    threads = [Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    holder.close()
    assert len(waits) == 4
    assert all(0.3 <= waited < 0.8 for waited in waits)


def test_a_forked_child_does_not_keep_its_parents_pen(tmp_path: Path) -> None:
    from huzhu.config.sqlite.gate import Gate

    gate = Gate(database=tmp_path / "site", timeout_s=1)
    gate.enter()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # lives until the parent has looked
        os._exit(0)
    gate.close()
    with Gate(database=tmp_path / "site", timeout_s=1).held():
        pass
    os.close(read)
    os.close(write)
    assert os.waitpid(child, 0)[1] == 0
