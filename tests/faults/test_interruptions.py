"""A run stopped at any moment, or a disk that fills at any moment: the old output stays, and nothing is left beside it."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path

import pytest

from tests.faults.desk import CLAIMS, SUFFIXES, child, claims, write

pytestmark = pytest.mark.faults

STOPPED = {130, -signal.SIGINT}  # the second: before the command itself had begun


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_interrupted_at_any_moment_leaves_nothing(suffix: str, engine: str, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    source, output = write(tmp_path / "in.csv", claims(60_000, a_cover=3)), tmp_path / f"out{suffix}"
    output.write_text("old")
    env = {**os.environ, "TMPDIR": str(temporary)}
    codes = []
    for tenths in range(4, 60, 4):
        command = ("policy", "run", CLAIMS, source, "-o", output, "--engine", engine, "--overlay", "demo")
        with child(*command, env=env) as process:
            time.sleep(tenths / 10)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        codes.append(process.returncode)
        if codes[-1] == 0:
            break
        assert codes[-1] in STOPPED, err
        assert list(temporary.iterdir()) == []
        if output.read_bytes() != b"old":  # it was done, and had only to say so
            break
        assert sorted(tmp_path.iterdir()) == [source, output, temporary]
    assert 130 in codes


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_disk_that_fills_at_any_moment_leaves_the_old_file(suffix: str, engine: str, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    source, output = write(tmp_path / "in.csv", claims(20_000)), tmp_path / f"out{suffix}"
    output.write_text("old")
    env = {**os.environ, "TMPDIR": str(temporary)}
    codes = []
    for most_bytes in (0, 1_000, 30_000, 100_000, 200_000, 400_000, 1_000_000):

        def limit(most_bytes: int = most_bytes) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

        command = ("policy", "run", CLAIMS, source, "-o", output, "--engine", engine, "--lang", "en")
        with child(*command, env=env, preexec_fn=limit) as process:
            _, err = process.communicate(timeout=60)
        codes.append(process.returncode)
        if codes[-1] == 0:
            break
        assert codes[-1] == 2, err
        assert err.endswith("\nNothing was written.\n")
        assert most_bytes == 0 or "cannot be used: File too large" in err
        assert output.read_text() == "old"
        assert sorted(tmp_path.iterdir()) == [source, output, temporary]
        assert list(temporary.iterdir()) == []
    assert len(codes) > 2
