"""Power that is cut while four processes write: the database opens, is sound, and holds every commit that was acknowledged."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pysqlite3
import pytest

from tests.faults.power import commits, cut, torn, writing

CUTS, TEARS, WRITERS = 60, 5, 4
pytestmark = pytest.mark.faults


def held(path: Path) -> tuple[dict[int, int], int]:
    """How many commits of each writer a sound database holds, and how many it counts itself."""
    connection = pysqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = connection.execute("SELECT writer, count(*), max(n) FROM told GROUP BY writer").fetchall()
        assert all(many == last + 1 for _, many, last in rows), (
            "one writer's commits are there in their order, without a gap"
        )
        (total,) = connection.execute("SELECT n FROM total").fetchone()
    finally:
        connection.close()
    return {writer: many for writer, many, _ in rows}, total


def test_what_was_acknowledged_outlives_the_power(tmp_path: Path) -> None:
    rng, database = Random(20261124), tmp_path / "union.sqlite3"
    lost, found, in_the_log, tears = [], [], 0, 0
    with writing(database, tmp_path, many=WRITERS) as processes:
        for number in range(CUTS):
            time.sleep(rng.uniform(0.02, 0.25))
            copy = tmp_path / f"copy-{number}.sqlite3"
            found.append((copy, cut(processes, database, copy)))
    for copy, told in found:
        log_path = Path(f"{copy}-wal")
        data, log = copy.read_bytes(), log_path.read_bytes()
        in_the_log += len(commits(log)) > 0
        rows, total = held(copy)
        assert sum(rows.values()) == total
        lost += [(copy.name, writer) for writer, orders in told.items() if rows.get(writer, 0) < len(orders)]
        last = max(max(orders, default=0) for orders in told.values())
        assert total <= sum(map(len, told.values())) + WRITERS, "a writer is at most one commit ahead of its note"
        for n in range(TEARS):
            tears += 1
            copy.write_bytes(data)
            log_path.write_bytes(torn(log, total - last, rng))
            Path(f"{copy}-shm").unlink(missing_ok=True)
            rows, total_then = held(copy)
            assert sum(rows.values()) == total_then <= total
            lost += [
                (f"{copy.name} torn {n}", writer)
                for writer, orders in told.items()
                if rows.get(writer, 0) < len(orders)
            ]
    acknowledged = sum(map(len, found[-1][1].values()))
    print(
        f"\n{CUTS} cuts, {tears} torn logs, {in_the_log} with commits in the log alone; {acknowledged} acknowledged, {len(lost)} lost"
    )
    assert lost == []
    assert in_the_log > CUTS // 2
    assert acknowledged > 500


def test_a_log_that_lost_what_was_acknowledged_is_seen(tmp_path: Path) -> None:
    """That the test above can fail: the same with the end of the log gone, as without a sync at each commit."""
    rng, database, copy = Random(1), tmp_path / "union.sqlite3", tmp_path / "copy.sqlite3"
    short = 0
    with writing(database, tmp_path, many=2) as processes:
        for _ in range(5):
            time.sleep(0.3)
            told = cut(processes, database, copy)
            log_path = Path(f"{copy}-wal")
            log = log_path.read_bytes()
            if len(commits(log)) > 10:
                log_path.write_bytes(log[: rng.randrange(commits(log)[0], commits(log)[-8])])
                short += sum(held(copy)[0].values()) < sum(map(len, told.values()))
            for end in ("", "-wal", "-shm"):
                Path(f"{copy}{end}").unlink(missing_ok=True)
    assert short > 0
