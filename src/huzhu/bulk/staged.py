"""The rows of a decision on events between their assessment and the caps: those that reach the caps go to files on the disk, a
shard of the groups in each, and shard by shard through the compiled loop. Memory is bounded by a few shards, and a few bytes
a row, whatever the file's length.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huzhu.bulk.plan import DRAWN, SETTLED, Plan
from huzhu.bulk.steps import Step, Steps, mask
from huzhu.bulk.streams import streamed
from huzhu.rules.kinds import Kind
from huzhu.rules.program import Cap, Events, Program

SHARD_ROWS = 1_000_000
SHARDS_AT_ONCE = 2  # the loop holds no lock of Python's
SLICE_ROWS = 500_000
IN_MEMORY_ROWS = 8_000_000
Array = npt.NDArray[Any]


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


def constants_for_caps(plan: Plan) -> dict[str, int]:
    """Those of the columns that are one number wherever they are known, as they are in every row that a cap cuts."""
    found = {name: _constant(step) for name, step in steps_for_caps(plan).items() if name != "__drawn"}
    return {name: value for name, value in found.items() if value is not None}


def _constant(step: Step) -> int | None:
    if step.op == "if":
        known = [_constant(arg) for arg in step.args[1:] if arg.op != "null"]
        return known[0] if len(known) == 1 else None
    return step.value if step.op == "lit" and isinstance(step.value, int) else None


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
    """The shards of a table and how its caps are laid out. The shards lie beside `path`, with a number in their names."""

    con: duckdb.DuckDBPyConnection
    path: Path
    events: Events
    rows: int
    constants: Mapping[str, int]  # what a cap reads, by its column's name, where it is the same in every row
    numbers: tuple[str, ...]  # order keys that are whole numbers
    text: bool
    inner: tuple[tuple[str, ...], ...]  # key sets other than the widest cap's

    def columns(self) -> dict[str, str]:
        """SQL of the columns of a shard, from those of `extra` and `wanted`."""
        settled = f"__drawn = {SETTLED}"
        first = self.numbers[0] if self.numbers else "0"
        found = {
            "__place": "__place", "__g": "__g", "__g2": "__g2", "__drawn": "CAST(__drawn AS TINYINT)",
            "__key0": f"COALESCE(CASE WHEN {settled} THEN __seq ELSE {first} END, 0)",
        }  # fmt: skip
        found |= {f"__key{n}": f"COALESCE({name}, 0)" for n, name in enumerate(self.numbers) if n}
        found |= {"__text": "__text"} if self.text else {}
        found |= {"__amount": f"COALESCE(CASE WHEN {settled} THEN __settled_amount ELSE __assessed END, 0)"}
        found |= {name: f"COALESCE({name}, 0)" for name in self._cap_columns() if name not in self.constants}
        return found | {f"__inner{n}": f"__inner{n}" for n in range(len(self.inner))}

    def _cap_columns(self) -> list[str]:
        counted = [number for number, cap in enumerate(self.events.caps) if cap.counts is not None]
        limits = [f"__limit{number}" for number in range(len(self.events.caps))]
        return ["__applies", *limits, *(f"{name}{number}" for number in counted for name in ("__counts", "__each"))]

    @property
    def _shards(self) -> list[Path]:
        count = max(1, -(-self.rows // SHARD_ROWS))
        return [self.path.with_suffix(f".{shard}.arrow") for shard in range(count)]

    def write(self, source: str, *, beside: Mapping[str, str] | None = None) -> dict[str, Array]:
        """Write the shards from a query of assessed rows. `beside` names SQL of whole numbers that are never null: of these
        an array over all rows comes back."""
        columns, beside = self.columns(), beside or {}
        made = ", ".join(f"{value} AS {name}" for name, value in {**columns, **beside}.items())
        arrays = {name: self._array(name) for name in beside}
        with ExitStack() as stack, streamed(self.con, f"SELECT {made} FROM ({source})") as reader:
            schema = pa.schema([reader.schema.field(name) for name in columns])
            writers = [stack.enter_context(pa.ipc.new_file(str(shard), schema)) for shard in self._shards]
            for batch in reader:
                row = batch["__place"].to_numpy()
                for name, array in arrays.items():
                    array[row] = batch[name].to_numpy()
                _scatter(batch.select(list(columns)), writers)
        return arrays

    def draw(self, *, into: Path, plan: Literal["loop", "windows"] | None = None) -> None:
        """Write what each row is paid and which caps bound it, in row order, as Parquet. The plan is the compiled loop where
        Numba is installed (extra `fast`), else windows."""
        paid, bound = self._array("paid"), self._array("bound", np.int32)
        is_loop = plan != "windows" and (plan is not None or importlib.util.find_spec("numba") is not None)
        for row, shard_paid, shard_bound in self._by_loop() if is_loop else self._by_windows():
            paid[row], bound[row] = shard_paid, shard_bound
        schema = pa.schema([("__paid", pa.int64()), ("__bound", pa.int32())])
        with pq.ParquetWriter(into, schema, compression="none") as writer:
            for start in range(0, self.rows, SLICE_ROWS):
                part = slice(start, start + SLICE_ROWS)
                writer.write_table(pa.table({"__paid": paid[part], "__bound": bound[part]}, schema=schema))

    def _array(self, name: str, dtype: type[np.generic] = np.int64) -> Array:
        """An array over all rows, on disk when it would be large."""
        if self.rows <= IN_MEMORY_ROWS:
            return np.zeros(self.rows, dtype)
        return np.memmap(self.path.with_suffix(f".{name}"), dtype, "w+", shape=(self.rows,))

    def _by_windows(self) -> Iterator[tuple[Array, Array, Array]]:
        import narwhals as nw  # these take a moment to load, and with Numba at hand nothing needs them
        import polars as pl

        from huzhu.bulk.caps_windows import with_draws

        def keys(cap: Cap) -> list[str]:
            return [f"__inner{self.inner.index(cap.per)}"] if cap.per in self.inner else ["__g", "__g2"]

        given = {name: pl.lit(value, pl.Int64) for name, value in self.constants.items()}
        amount = pl.col("__amount")
        frame = pl.scan_ipc(self._shards).with_columns(**given, __assessed=amount, __settled_amount=amount)
        order = [*(f"__key{n}" for n in range(len(self.numbers))), *(["__text"] if self.text else [])]
        lazy: Any = with_draws(nw.from_native(frame), self.events, keys=keys, order=order).to_native()
        drawn = lazy.select("__place", "__paid", "__bound").collect()
        yield drawn["__place"].to_numpy(), drawn["__paid"].to_numpy(), drawn["__bound"].to_numpy()

    def _by_loop(self) -> Iterator[tuple[Array, Array, Array]]:
        from huzhu.bulk import caps_kernel  # noqa: F401 - compiled code is loaded once, before the threads that use it

        with ThreadPoolExecutor(SHARDS_AT_ONCE) as pool:
            yield from pool.map(self._draw_shard, self._shards)

    def _draw_shard(self, shard: Path) -> tuple[Array, Array, Array]:
        from huzhu.bulk import caps_kernel  # Numba comes with the extra `fast`, and takes a second to load

        with _mapped(shard) as table:
            count = table.num_rows

            def column(name: str) -> Array:
                if name in self.constants:
                    return np.full(count, self.constants[name], np.int64)
                return np.ascontiguousarray(table.column(name).to_numpy())

            caps = range(len(self.events.caps))
            counted = [number for number in caps if self.events.caps[number].counts is not None]
            finer = [self.inner.index(cap.per) if cap.per in self.inner else -1 for cap in self.events.caps]
            codes = [np.unique(column(f"__inner{n}"), return_inverse=True)[1] for n in range(len(self.inner))]
            drawn, applies = column("__drawn"), column("__applies")
            paid, bound = caps_kernel.draw(
                caps_kernel.Events(
                    group=column("__g"),
                    group_check=column("__g2"),
                    settled=drawn == SETTLED,
                    order=np.column_stack([column(f"__key{n}") for n in range(max(1, len(self.numbers)))]),
                    **_text(table.column("__text") if self.text else pa.chunked_array([pa.nulls(count, pa.string())])),
                    amount=column("__amount"),
                    applies=applies,
                    limits=_limits([column(f"__limit{n}") for n in caps], applies, drawn == DRAWN),
                    counts=_stacked([column(f"__counts{n}") for n in counted], count),
                    each=_stacked([column(f"__each{n}") for n in counted], count),
                    counted=np.array([counted.index(n) if n in counted else -1 for n in caps]),
                    codes=_stacked(codes, count),
                    coded=np.array(finer),
                )
            )
            return column("__place"), paid, bound


def _scatter(batch: pa.RecordBatch, writers: list[pa.ipc.RecordBatchFileWriter]) -> None:
    """Write each row that reaches the caps to the shard of its group."""
    rows = np.flatnonzero(batch["__drawn"].to_numpy())
    shard = (batch["__g"].to_numpy()[rows] % len(writers)).astype(np.uint16)
    counts = np.bincount(shard, minlength=len(writers))
    batch = batch.take(pa.array(rows[np.argsort(shard, kind="stable")]))
    for writer, stop, count in zip(writers, np.cumsum(counts), counts, strict=True):
        writer.write_batch(batch.slice(stop - count, count))


@contextmanager
def _mapped(shard: Path) -> Iterator[pa.Table]:
    with pa.memory_map(str(shard)) as file:
        yield pa.ipc.open_file(file).read_all()


def _limits(limits: list[Array], applies: Array, drawn: Array) -> Array:
    """One limit a cap where that is the same for every event that it cuts, else one a cap and event."""
    constant = []
    for cap, limit in enumerate(limits):
        reached = limit[drawn & ((applies >> cap) & 1 == 1)]
        if reached.size and reached.min() != reached.max():
            return np.stack(limits)
        constant.append([reached[0] if reached.size else 0])
    return np.array(constant, np.int64)


def _stacked(columns: list[Array], count: int) -> npt.NDArray[np.int64]:
    return np.stack(columns).astype(np.int64) if columns else np.zeros((0, count), np.int64)


def _text(column: pa.ChunkedArray) -> dict[str, Array]:
    """Offsets and bytes of a text column; nulls (settled rows without one) are empty."""
    array = column.combine_chunks().cast(pa.large_string()).fill_null("")
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8)
    return {"offsets": starts, "text": np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)}
