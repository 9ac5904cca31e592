"""The rows of a decision on events between their assessment and the caps: a narrow Parquet file, in the input's row order,
taken shard by shard through the compiled loop. Memory is bounded by a shard whatever the file's length.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huzhu.bulk.one_file import parquet
from huzhu.bulk.plan import DRAWN, SETTLED, Plan
from huzhu.bulk.steps import Step, Steps, mask
from huzhu.rules.kinds import Kind
from huzhu.rules.program import Cap, Events, Program

SHARD_ROWS = (
    2_000_000  # shards come out even: a 300 MB CSV file of 2.3 million rows is two of half that, and within 1 GiB
)
SLICE_ROWS = 500_000
Progress = Callable[[int], None]


def steps_for_caps(plan: Plan) -> dict[str, Step]:
    """The columns a staged file needs besides the outcome: what each cap reads, packed where it can be."""
    steps = Steps()
    assert plan.assessed is not None
    assert plan.settled is not None
    granted = steps.compare("eq", plan.outcome, "granted")
    drawn = steps.choose(
        plan.settled, steps.number(SETTLED), steps.choose(granted, steps.number(DRAWN), steps.number(0))
    )
    found = {
        "__drawn": drawn,
        "__assessed": plan.assessed,
        "__applies": mask(steps, [cap.applies for cap in plan.caps]),
    }
    for number, cap in enumerate(plan.caps):
        found[f"__limit{number}"] = cap.limit
        if cap.counts is not None and cap.each is not None:
            found[f"__counts{number}"] = cap.counts
            found[f"__each{number}"] = cap.each
    return found


def order_facts(program: Program) -> tuple[list[str], str | None]:
    """The whole-number facts and the one text that put unsettled events in order."""
    events = program.events
    assert events is not None
    texts = [name for name in events.order if program.fact(name).kind is Kind.TEXT]
    if len(texts) > 1 or (texts and events.order[-1] != texts[0]):
        raise AssertionError(
            f"{program.id}: at most one text may order events, the last key; found {', '.join(events.order)}"
        )
    return [name for name in events.order if name not in texts], texts[0] if texts else None


@dataclass(frozen=True, slots=True)
class Staged:
    """A staged file and how its caps are laid out."""

    con: duckdb.DuckDBPyConnection
    path: Path
    events: Events
    rows: int
    numbers: tuple[str, ...]  # order keys that are whole numbers
    text: bool
    inner: tuple[tuple[str, ...], ...]  # key sets other than the widest cap's

    @property
    def source(self) -> str:
        return parquet(self.path)

    def draw(
        self, *, into: Path, progress: Progress | None = None, plan: Literal["loop", "windows"] | None = None
    ) -> None:
        """Write what each row is paid and which caps bound it, in row order, as Parquet beside the staged file. The plan is
        the compiled loop where Numba is installed (extra `fast`), else windows."""
        if plan == "windows" or (plan is None and importlib.util.find_spec("numba") is None):
            self._draw_by_windows(into)
            return
        limits = self._constant_limits()
        shards = max(1, -(-self.rows // SHARD_ROWS))
        paid = self._result_array(into, "paid", np.int64)
        bound = self._result_array(into, "bound", np.int32)
        for shard in range(shards):
            rows, shard_paid, shard_bound = self._shard(shard, shards, limits)
            paid[rows], bound[rows] = shard_paid, shard_bound
            if progress is not None:
                progress(self.rows * (shard + 1) // shards)
        self._write(into, paid, bound)

    def _draw_by_windows(self, into: Path) -> None:
        import narwhals as nw  # these take a moment to load, and with Numba at hand nothing needs them
        import polars as pl

        from huzhu.bulk.caps_windows import with_draws

        def keys(cap: Cap) -> list[str]:
            return [f"__inner{self.inner.index(cap.per)}"] if cap.per in self.inner else ["__g", "__g2"]

        frame = nw.from_native(pl.scan_parquet(self.path))
        order = [*self.numbers, *(["__text"] if self.text else [])]
        drawn = with_draws(frame, self.events, keys=keys, order=order).select(
            nw.col("__paid").cast(nw.Int64()), nw.col("__bound").cast(nw.Int32())
        )
        drawn.collect().to_native().write_parquet(into)

    def _result_array(self, into: Path, name: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
        """An array over all rows, on disk when it would be large."""
        if self.rows <= 4 * SHARD_ROWS:
            return np.zeros(self.rows, dtype)
        return np.memmap(into.with_suffix(f".{name}"), dtype, "w+", shape=(self.rows,))

    def _constant_limits(self) -> list[int | None]:
        """A cap's limit where it is the same for every row that reaches it, else None."""
        parts = []
        for number in range(len(self.events.caps)):
            reached = f"FILTER (WHERE (__applies >> {number}) & 1 = 1 AND __drawn = {DRAWN})"
            parts += [f"min(__limit{number}) {reached}", f"max(__limit{number}) {reached}"]
        found = self.con.execute(f"SELECT {', '.join(parts)} FROM {self.source}").fetchall()[0]
        pairs = zip(found[::2], found[1::2], strict=True)
        return [(low or 0) if low == high else None for low, high in pairs]

    def _shard(
        self, shard: int, shards: int, limits: list[int | None]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        from huzhu.bulk import caps_kernel  # Numba comes with the extra `fast`, and takes a second to load

        table = self._read(shard, shards)
        count = table.num_rows

        def column(name: str) -> npt.NDArray[Any]:
            found = table.column(name).to_numpy()
            return np.ascontiguousarray(found)

        counted = [number for number, cap in enumerate(self.events.caps) if cap.counts is not None]
        constant = all(limit is not None for limit in limits)
        offsets, text = (
            _text(table.column("text")) if self.text else (np.zeros(count + 1, np.int64), np.zeros(0, np.uint8))
        )
        finer = [self.inner.index(cap.per) if cap.per in self.inner else -1 for cap in self.events.caps]
        codes = [np.unique(column(f"inner{n}"), return_inverse=True)[1] for n in range(len(self.inner))]
        paid, bound = caps_kernel.draw(
            caps_kernel.Events(
                group=column("g"),
                group_check=column("g2"),
                settled=column("settled"),
                order=np.column_stack([column(f"key{n}") for n in range(max(1, len(self.numbers)))]),
                text=text,
                offsets=offsets,
                amount=column("amount"),
                applies=column("applies"),
                limits=np.array([[limit] for limit in limits], np.int64)
                if constant
                else np.stack([column(f"limit{n}") for n in range(len(limits))]),
                counts=_stacked([column(f"counts{n}") for n in counted], count),
                each=_stacked([column(f"each{n}") for n in counted], count),
                counted=np.array([counted.index(n) if n in counted else -1 for n in range(len(limits))]),
                codes=_stacked(codes, count),
                coded=np.array(finer),
            )
        )
        return column("row"), paid, bound

    def _read(self, shard: int, shards: int) -> pa.Table:
        caps = self.events.caps
        keys = [f"CASE WHEN __drawn = {SETTLED} THEN __seq ELSE {self.numbers[0] if self.numbers else 0} END AS key0"]
        keys += [f"COALESCE({name}, 0) AS key{n}" for n, name in enumerate(self.numbers) if n]
        columns = [
            "file_row_number AS row", "__g AS g", "__g2 AS g2", f"__drawn = {SETTLED} AS settled", *keys,
            f"CASE WHEN __drawn = {SETTLED} THEN __settled_amount ELSE __assessed END AS amount", "__applies AS applies",
        ]  # fmt: skip
        columns += ["__text AS text"] if self.text else []
        columns += [f"COALESCE(__limit{n}, 0) AS limit{n}" for n in range(len(caps))]
        for number, cap in enumerate(caps):
            if cap.counts is not None:
                columns += [
                    f"COALESCE(__counts{number}, 0) AS counts{number}",
                    f"COALESCE(__each{number}, 0) AS each{number}",
                ]
        columns += [f"__inner{n} AS inner{n}" for n in range(len(self.inner))]
        where = f"__drawn > 0 AND __g % {shards} = {shard}" if shards > 1 else "__drawn > 0"
        query = f"SELECT {', '.join(columns)} FROM {parquet(self.path, numbered=True)} WHERE {where}"
        return self.con.sql(query).to_arrow_table()

    def _write(self, into: Path, paid: npt.NDArray[np.int64], bound: npt.NDArray[np.int32]) -> None:
        schema = pa.schema([("__paid", pa.int64()), ("__bound", pa.int32())])
        with pq.ParquetWriter(into, schema, compression="none") as writer:
            for start in range(0, self.rows, SLICE_ROWS):
                part = slice(start, start + SLICE_ROWS)
                writer.write_table(pa.table({"__paid": paid[part], "__bound": bound[part]}, schema=schema))


def _stacked(columns: list[npt.NDArray[Any]], count: int) -> npt.NDArray[np.int64]:
    return np.stack(columns).astype(np.int64) if columns else np.zeros((0, count), np.int64)


def _text(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Offsets and bytes of a text column; nulls (settled rows without one) are empty."""
    array = pc.fill_null(column.combine_chunks().cast(pa.large_string()), "")
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8)
    return starts, np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
