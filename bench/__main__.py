"""`python -m bench` (what `make bench` runs): measures Huzhu beside its peers and prints ratios, each with the figure to reach.

Nothing fails for being slow; a peer that does not give Huzhu's answers, row for row, ends the run.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import jobs
from bench.jobs import BY_HAND, FLOOR, HUZHU, OPENFISCA, TITLES, ZEN_BATCH, ZEN_SINGLE
from bench.measure import Runs, interleaved, python, run
from bench.tables import Goal, Table

ROWS, SMALL_ROWS, ZEN_ROWS = 10_000_000, 1_000_000, 100_000
QUICK_DIVISOR = 10
SECTIONS = ("decision", "enrol", "claims")


def tell(line: str) -> None:
    """Progress goes to stderr; what is printed is the tables alone."""
    print(line, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--times", type=int, default=3, help="runs of each, taken in turn (3)")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="one part; repeatable")
    parser.add_argument("--data", type=Path, help="keep the files here, and use those that are there")
    return parser.parse_args()


class Bench:
    """The files of one session and what is measured on them."""

    def __init__(self, folder: Path, *, times: int, divisor: int) -> None:
        self.folder, self.times = folder, times
        self.rows, self.small, self.zen_rows = (n // divisor for n in (ROWS, SMALL_ROWS, ZEN_ROWS))

    def source(self, kind: str, rows: int) -> Path:
        path = self.folder / f"{kind}-{rows}.parquet"
        if not path.exists():
            tell(f"making {path.name}")
            run(python("bench.data", kind, rows, path), Runs())
        return path

    def output(self, name: str) -> Path:
        return self.folder / f"out-{name}.parquet"

    def decision(self) -> Table:
        tell("one decision")
        timed = Runs()
        run(python("bench.one_decision", max(3, self.times), 0.5), timed)
        found: dict[str, float] = json.loads(timed.said)
        plain, explained = "Huzhu, enrol, facts already read", "Huzhu, enrol, with its explanation"
        table = Table("One decision, warm", ("", "microseconds", "times Huzhu, enrol"))
        for name, microseconds in found.items():
            table.row(name, f"{microseconds:,.1f}", f"{microseconds / found['Huzhu, enrol']:,.2f}")
        table.goal(Goal("without explanation, microseconds", found[plain], at_most=5))
        table.goal(Goal("with its full explanation, microseconds", found[explained], at_most=100))
        claim = "Huzhu, claims, with its explanation"
        table.goal(Goal("a claim with its full explanation, microseconds", found[claim], at_most=100))
        return table

    def files(self, kind: str) -> Table:
        source, small = self.source(kind, self.rows), self.source(kind, self.small)
        decided = self.output(kind)
        tell(f"{kind}: are the answers the same?")
        run(jobs.huzhu(kind, source, decided), Runs())
        commands = {
            HUZHU: jobs.huzhu(kind, source, decided),
            BY_HAND: jobs.by_hand(kind, source, self.output(f"{kind}-hand")),
            FLOOR: jobs.floor(decided, self.output(f"{kind}-floor")),
            OPENFISCA: jobs.openfisca(kind, source, self.output(f"{kind}-openfisca")),
            "Huzhu, a tenth of the rows": jobs.huzhu(kind, small, self.output(f"{kind}-small")),
        }
        for name, path in ((BY_HAND, f"{kind}-hand"), (OPENFISCA, f"{kind}-openfisca")):
            run(commands[name], Runs())
            self.must_equal(name, decided, self.output(path), jobs.MUST_EQUAL[kind])
        tell(f"{kind}: {self.rows:,} rows, {self.times} times in turn")
        runs = interleaved(commands, times=self.times, tell=tell)
        return self.shown(kind, runs | self.zen(kind))

    def zen(self, kind: str) -> dict[str, Runs]:
        """zen is too slow for the whole file: a file of its own, scaled up by rows."""
        source, decided = self.source(kind, self.zen_rows), self.output(f"{kind}-zen-huzhu")
        run(jobs.huzhu(kind, source, decided), Runs())
        found = {}
        for name, way in ((ZEN_BATCH, "batch"), (ZEN_SINGLE, "single")):
            runs, output = Runs(), self.output(f"{kind}-zen")
            for _ in range(self.times):
                run(jobs.zen(kind, way, source, output), runs, clock="its")
                tell(f"  {name}, {self.zen_rows:,} rows: {runs.seconds[-1]:.2f} s")
            self.must_equal(name, decided, output, jobs.ZEN_EQUALS[kind])
            found[f"{name} (scaled up from {self.zen_rows:,} rows)"] = runs.scaled(self.rows / self.zen_rows)
        return found

    def must_equal(self, name: str, decided: Path, other: Path, columns: tuple[str, ...]) -> None:
        compared = Runs()
        run(python("bench.equal", decided, other, *columns), compared)
        differing = {column: rows for column, rows in json.loads(compared.said).items() if rows}
        if differing:
            raise SystemExit(f"{name} does not give Huzhu's answers; rows that differ: {differing}")
        tell(f"  {name}: the same in every row ({', '.join(columns)})")

    def shown(self, kind: str, runs: dict[str, Runs]) -> Table:
        title = f"{TITLES[kind]}, {self.rows:,} rows, Parquet to Parquet"
        table = Table(title, ("", "seconds", "processor seconds", "times Huzhu", "peak MB"))
        huzhu = runs[HUZHU]
        for name, one in runs.items():
            ratio = f"{one.over(huzhu):,.2f}"
            table.row(name, f"{one.median:,.2f}", f"{one.median_processor:,.2f}", ratio, f"{one.peak:,.0f}")
        growth = huzhu.over(runs["Huzhu, a tenth of the rows"])
        by_hand, openfisca = huzhu.over(runs[BY_HAND]), runs[OPENFISCA].over(huzhu)
        if kind == "enrol":
            table.goal(Goal("Huzhu / DuckDB by hand", by_hand, at_most=1.1))
            table.goal(Goal("Huzhu / floor", huzhu.over(runs[FLOOR]), at_most=2))
            table.goal(Goal("OpenFisca-Core / Huzhu", openfisca, at_least=4))
            table.goal(Goal("peak memory, MB", huzhu.peak, at_most=500))
        else:
            table.goal(Goal("Huzhu / DuckDB windows by hand", by_hand, at_most=0.7))
            table.goal(Goal("OpenFisca-Core / Huzhu", openfisca, at_least=5))
            single = next(one for name, one in runs.items() if name.startswith(ZEN_SINGLE))
            table.goal(Goal("zen-engine, a call a row / Huzhu", single.over(huzhu), at_least=1000))
        table.goal(Goal("time of ten times the rows", growth, at_most=10.5))
        return table


@contextmanager
def folder_of(chosen: Path | None) -> Iterator[Path]:
    if chosen is None:
        with tempfile.TemporaryDirectory(prefix="huzhu-bench-") as made:
            yield Path(made)
    else:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen


def main() -> None:
    chosen = arguments()
    with folder_of(chosen.data) as folder:
        bench = Bench(folder, times=max(1, chosen.times), divisor=QUICK_DIVISOR if chosen.quick else 1)
        for section in chosen.only or SECTIONS:
            table = bench.decision() if section == "decision" else bench.files(section)
            print(table.markdown(), flush=True)


if __name__ == "__main__":
    main()
