"""One small process over others: starts them, starts again what dies, and stops all of them when told to."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from huzhu.rules import Text

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
SETTLED_AFTER_S = 60.0
STOPS_WITHIN_S = 8.0
LOOK_EVERY_S = 0.2
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A program that has to run, what it runs with, and how often it has just died."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    not_before: float = 0.0


class Supervisor:
    """`run` returns when told to stop by SIGTERM or SIGINT: 0 when all went by themselves, 1 when one had to be killed."""

    def __init__(self, *, children: Sequence[Child], tell: Callable[[Text], None]) -> None:
        self._children = children
        self._tell = tell
        self._is_stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._is_stopping:
            for child in self._children:
                self._look_after(child)
            time.sleep(LOOK_EVERY_S)
        return self._end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            status = child.process.poll()
            if status is None:
                return
            _kill_group(child.process.pid)  # what it started itself would keep its port
            child.process = None
            if now - child.began >= SETTLED_AFTER_S:
                child.pause_s = FIRST_PAUSE_S
            child.not_before = now + child.pause_s
            self._tell(
                Text(
                    f"{child.name} 已退出（{status}），{child.pause_s:g} 秒后重新启动",
                    f"{child.name} ended ({status}); starting it again in {child.pause_s:g} s",
                )
            )
            child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)
        if now >= child.not_before and not self._is_stopping:
            child.process = _started(child)
            child.began = now

    def _end(self) -> int:
        """All are asked at once, and share one limit of time."""
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        until = time.monotonic() + STOPS_WITHIN_S
        status = 0
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                status = 1
            _kill_group(process.pid)
            process.wait()
        return status


def _started(child: Child) -> subprocess.Popen[bytes]:
    """In a group of its own, so that a Ctrl-C reaches it through us alone and nothing it started outlives it."""
    return subprocess.Popen(
        child.words,
        env={**os.environ, **child.environment},
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  no threads here
    )


def _die_with_parent() -> None:
    """Linux tells the child when we are gone, even when we were killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
