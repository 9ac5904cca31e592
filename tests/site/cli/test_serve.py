from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

HUZHU = [sys.executable, "-m", "huzhu"]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HUZHU_ENV": "test", "HUZHU_HOME": str(home), "HUZHU_DATABASE_URL": "", "HUZHU_LANG": "en"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def health(port: int) -> dict[str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
        found: dict[str, str] = json.loads(answer.read())
        return found


def wait_for(port: int, **expected: str) -> None:
    end = time.monotonic() + 40
    while time.monotonic() < end:
        try:
            if health(port) == expected:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"no {expected} after 40 s")


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def family(pid: int) -> list[int]:
    return [one for child in children(pid) for one in (child, *family(child))]


def words_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    subprocess.run([*HUZHU, "migrate"], env=environment(tmp_path), check=True, capture_output=True)
    port = free_port()
    process = subprocess.Popen(
        [*HUZHU, "serve", "--port", str(port), "--workers", "2"],
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(port, database="ok", worker="ok")
        yield process, port
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_web_server_comes_back_when_killed_and_all_end_at_a_signal(site: tuple[subprocess.Popen[str], int]) -> None:
    process, port = site
    (web,) = [pid for pid in children(process.pid) if "granian" in words_of(pid)]
    os.kill(web, signal.SIGKILL)
    time.sleep(0.5)
    wait_for(port, database="ok", worker="ok")
    (again,) = [pid for pid in children(process.pid) if "granian" in words_of(pid)]
    assert again != web
    everybody = family(process.pid)
    assert len(everybody) >= 4  # the server, two web processes, the worker
    began = time.monotonic()
    process.terminate()
    assert process.wait(12) == 0
    assert time.monotonic() - began < 10
    assert [pid for pid in everybody if Path(f"/proc/{pid}").exists()] == []


def test_a_port_in_use_is_told_and_nothing_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*HUZHU, "serve", "--port", str(port)],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr


def test_a_database_that_is_not_up_to_date_is_told_with_the_command_to_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [*HUZHU, "serve", "--port", str(free_port())],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "huzhu migrate" in done.stderr
