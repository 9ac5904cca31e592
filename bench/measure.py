"""Runs commands as children, in turn (A B A B ...), and takes the median time and the highest peak memory of each.

This process stays small and imports nothing heavy: a child's peak memory, as the system reports it, is never below its parent's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Command = Sequence[str]


@dataclass(slots=True)
class Runs:
    """What the runs of one command took: seconds by the clock, seconds of processor, and peak memory in MB."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    said: str = ""  # what the last run printed

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def median_processor(self) -> float:
        return statistics.median(self.processor)

    @property
    def peak(self) -> float:
        return max(self.peak_mb)

    def over(self, other: Runs) -> float:
        """How many times as long as `other`: the median over the turns, in each of which both ran close together."""
        return statistics.median(a / b for a, b in zip(self.seconds, other.seconds, strict=True))

    def scaled(self, factor: float) -> Runs:
        """As if `factor` times as many rows had been run, by the seconds each run printed; memory stays as measured."""
        return Runs(
            [second * factor for second in self.seconds], [one * factor for one in self.processor], self.peak_mb
        )


def python(module: str, *arguments: object) -> Command:
    return [sys.executable, "-m", module, *map(str, arguments)]


def run(command: Command, into: Runs, *, clock: str = "ours") -> None:
    """One run. With `clock="its"`, the seconds are those the child prints. Raises where the child fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        said = child.stdout.read() if child.stdout else ""
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {child.returncode}")
    into.said = said
    into.seconds.append(float(said) if clock == "its" else seconds)
    into.processor.append(usage.ru_utime + usage.ru_stime)
    into.peak_mb.append(usage.ru_maxrss / 1024)


def interleaved(commands: Mapping[str, Command], *, times: int, tell: Callable[[str], None]) -> dict[str, Runs]:
    """Every command `times` times, in turn."""
    runs = {name: Runs() for name in commands}
    for turn in range(times):
        for name, command in commands.items():
            run(command, runs[name])
            tell(f"  {turn + 1}/{times} {name}: {runs[name].seconds[-1]:.2f} s")
    return runs
