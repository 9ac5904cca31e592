"""A Spark standalone cluster on loopback, a master and two workers of one core, out of the pip package."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

SECONDS_TO_START = 60
LOOPBACK = "127.0.0.1"


@contextmanager
def cluster(folder: Path, *, workers: int = 2) -> Iterator[str]:
    """The cluster's address; everything is stopped with the block."""
    with ExitStack() as stack:
        log = folder / "master.log"
        stack.enter_context(
            _running(folder, log, "master.Master", "--host", LOOPBACK, "--port", "0", "--webui-port", "0")
        )
        address = _wait_for(log, r"Starting Spark master at (spark://[\d.]+:\d+)")
        for number in range(workers):
            log = folder / f"worker{number}.log"
            work = folder / f"worker{number}"
            options = (
                "--host",
                LOOPBACK,
                "--webui-port",
                "0",
                "--cores",
                "1",
                "--memory",
                "1g",
                "--work-dir",
                str(work),
            )
            stack.enter_context(_running(folder, log, "worker.Worker", *options, address))
            _wait_for(log, r"(Successfully registered with master)")
        yield address


@contextmanager
def _running(folder: Path, log: Path, role: str, *options: str) -> Iterator[None]:
    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *options]
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOOPBACK, "SPARK_LOCAL_DIRS": str(folder)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found.group(1)
        time.sleep(0.1)
    raise TimeoutError(
        f"{pattern} did not come within {SECONDS_TO_START} s:\n{log.read_text(errors='replace')[-2000:]}"
    )
