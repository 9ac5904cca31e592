from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# A supervisor over two children. Each writes its process id, and that of a grandchild, before it sleeps.
PROGRAM = """
import sys
from huzhu.cli.site.supervisor import Child, Supervisor
child = '''
import os, pathlib, signal, subprocess, sys, time
if sys.argv[2] == "deaf": signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1], "a") as file: file.write(f"{os.getpid()} {grandchild.pid}\\\\n")
time.sleep(600)
'''
folder, manner = sys.argv[1:]
children = [Child(name, [sys.executable, "-c", child, f"{folder}/{name}", manner]) for name in ("web", "worker")]
sys.exit(Supervisor(children=children, tell=lambda text: print(text.en, flush=True)).run())
"""


def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "did not come about in time"
        time.sleep(0.05)


def born(path: Path) -> list[tuple[int, int]]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(line.split()[0]), int(line.split()[1])) for line in lines]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def supervisor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    manner = getattr(request, "param", "polite")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), manner], stdout=subprocess.PIPE, text=True
    )
    until(lambda: all(born(tmp_path / name) for name in ("web", "worker")))
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    for pid, grandchild in [*born(tmp_path / "web"), *born(tmp_path / "worker")]:
        for one in (pid, grandchild):
            if is_alive(one):
                os.kill(one, signal.SIGKILL)


def test_a_killed_child_comes_back_and_what_it_had_started_is_gone(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    del supervisor
    pid, grandchild = born(tmp_path / "web")[0]
    os.kill(pid, signal.SIGKILL)
    until(lambda: len(born(tmp_path / "web")) == 2)
    assert not is_alive(grandchild)
    assert is_alive(born(tmp_path / "web")[1][0])
    assert len(born(tmp_path / "worker")) == 1


def test_each_death_in_a_row_makes_the_next_start_wait_longer(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    gaps = []
    for number in range(3):
        began = time.monotonic()
        os.kill(born(tmp_path / "web")[number][0], signal.SIGKILL)
        until(lambda number=number: len(born(tmp_path / "web")) == number + 2)  # type: ignore[misc]
        gaps.append(time.monotonic() - began)
    supervisor.terminate()
    said = supervisor.communicate(timeout=15)[0]
    assert [line.rpartition(" in ")[2] for line in said.splitlines()] == ["0.5 s", "1 s", "2 s"]
    assert 0.5 <= gaps[0] < 1.5
    assert 2 <= gaps[2] < 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_in_time(supervisor: subprocess.Popen[str], tmp_path: Path, number: signal.Signals) -> None:
    began = time.monotonic()
    supervisor.send_signal(number)
    assert supervisor.wait(10) == 0
    assert time.monotonic() - began < 10
    assert not any(is_alive(pid) for name in ("web", "worker") for pair in born(tmp_path / name) for pid in pair)


@pytest.mark.parametrize("supervisor", ["deaf"], indirect=True)
def test_a_child_that_does_not_listen_is_killed_within_ten_seconds(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    began = time.monotonic()
    supervisor.terminate()
    assert supervisor.wait(12) == 1
    assert 8 <= time.monotonic() - began < 10
    assert not any(is_alive(pid) for name in ("web", "worker") for pair in born(tmp_path / name) for pid in pair)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_children_do_not_outlive_a_killed_supervisor(supervisor: subprocess.Popen[str], tmp_path: Path) -> None:
    supervisor.kill()
    until(lambda: not any(is_alive(born(tmp_path / name)[0][0]) for name in ("web", "worker")))
