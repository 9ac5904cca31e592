"""The queue before the one pen that SQLite has: whoever asks first writes first, in every process and thread.

SQLite itself lets waiting writers sleep and look again, which starves some of them for seconds and fails others.
"""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHORTEST_NAP_S, LONGEST_NAP_S = 0.0002, 0.002


class GateClosed(Exception):
    """Nobody ahead put the pen down in time."""


class Gate:
    """Two locks on two files beside the database. `pen` is held by who writes, `next` by who will write next.

    To take the pen one must hold `next`, and lets go of it only with the pen in hand; so a writer that has just finished
    queues behind the one that waits, and the kernel keeps the order of those behind. Locks belong to open files: they end
    with the process that held them, however it ended. One Gate serves one connection.
    """

    def __init__(self, *, database: Path, timeout_s: float) -> None:
        self._names = (f"{database}.gate", f"{database}.gate-next")
        self._timeout_s = timeout_s
        self._pen: int | None = None
        self._next: int | None = None
        self.is_held = False
        _open_gates.add(self)

    def enter(self) -> None:
        """Waits for its turn. Raises GateClosed when the time is over, OSError when the files cannot be made."""
        began = time.monotonic()
        pen, following = self._files()
        # Those at the head give up in time, so everybody behind them comes to the head in time and gives up at once.
        fcntl.flock(following, fcntl.LOCK_EX)
        try:
            _take(pen, until=began + self._timeout_s)
        finally:
            fcntl.flock(following, fcntl.LOCK_UN)
        self.is_held = True

    def leave(self) -> None:
        if self.is_held and self._pen is not None:
            self.is_held = False
            fcntl.flock(self._pen, fcntl.LOCK_UN)

    def close(self) -> None:
        """Lets go of everything. The gate may be entered again."""
        self.is_held = False
        for handle in (self._pen, self._next):
            if handle is not None:
                os.close(handle)
        self._pen = self._next = None

    @contextmanager
    def held(self) -> Iterator[None]:
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def _files(self) -> tuple[int, int]:
        # Group members may write a database they share, and then need its gate too: the umask decides, as for SQLite's files.
        if self._pen is None or self._next is None:
            self._pen, self._next = (
                os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666) for name in self._names
            )
        return self._pen, self._next

    def __del__(self) -> None:
        self.close()


def _take(handle: int, *, until: float) -> None:
    """Only the head of the queue comes here, so that looking again and again costs one process a little, and nobody's turn."""
    nap_s = SHORTEST_NAP_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise GateClosed from None
            time.sleep(nap_s)
            nap_s = min(nap_s * 2, LONGEST_NAP_S)
        else:
            return


_open_gates: weakref.WeakSet[Gate] = weakref.WeakSet()


def _forget_gates_of_parent() -> None:
    """A forked child shares its parent's open files, and would keep the lock alive after the parent's death."""
    for gate in list(_open_gates):
        gate.close()


os.register_at_fork(after_in_child=_forget_gates_of_parent)
