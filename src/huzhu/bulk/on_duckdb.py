"""Decides a file on DuckDB, the default: streaming, in bounded memory, spilling to disk, in the input's row order."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb.func import PythonUDFType

from huzhu.bulk import faults, staged
from huzhu.bulk.decoded import codes_list
from huzhu.bulk.inputs import Table, known
from huzhu.bulk.lowering import Form
from huzhu.bulk.one_file import parquet
from huzhu.bulk.packed import Packed
from huzhu.bulk.plan import Plan, lower
from huzhu.bulk.results import result_kinds
from huzhu.bulk.sql_steps import select_steps
from huzhu.bulk.staged import Array, Staged
from huzhu.bulk.steps import Step
from huzhu.bulk.typed import INVALID, Reading, fact_sql, literal, quoted, select_facts, sql_type
from huzhu.rules.kinds import Kind
from huzhu.rules.program import CAP_EXHAUSTED, Program

BAD = "huzhu: bad input"
FOUND = "huzhu_found"  # SQL function of a row's number: what was found of it before the caps, and what it drew
OUTCOMES = ("granted", "refused", "undetermined", "no_rule", "settled")


def connect(work: Path, *, memory: str = "768MB") -> duckdb.DuckDBPyConnection:
    """A private in-memory database that spills into `work`; no extension is ever fetched."""
    con = duckdb.connect(
        config={
            "temp_directory": str(work / "spill"),
            "memory_limit": memory,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    con.execute("SET preserve_insertion_order = true")
    # This optimizer turns IN over five or more constants into a join, and rows behind a join are written in any order.
    con.execute("SET disabled_optimizers = 'in_clause'")
    return con


@dataclass(frozen=True, slots=True)
class Run:
    """One run over one table: `select` is the query of the decided rows, ready to be written or read."""

    con: duckdb.DuckDBPyConnection
    program: Program
    plan: Plan
    table: Table
    readings: Mapping[str, Reading]

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, program: Program, table: Table, readings: Mapping[str, Reading]) -> Run:
        plan = lower(program, native_dates=True, known=known(con, table, readings))
        return cls(con, program, plan, table, readings)

    def portable(self) -> Run:
        """The same run with a plan that any engine can carry out."""
        return replace(self, plan=lower(self.program))

    def kept(self) -> list[str]:
        return self.table.kept(set(result_kinds(self.program)))

    def select(self, *, work: Path) -> str:
        """SQL of the decided rows in row order. A bad value makes it fail with `BAD`; events are checked and staged here."""
        self.check_unique()
        if self.program.events is None:
            return self._plain()
        return self._events(work)

    def guard(self, error: duckdb.Error) -> Exception:
        """What to raise for an error of `select`'s query: the input's faults where it was those."""
        if BAD not in str(error):
            return error
        return faults.refusal(self.con, self.program, self.plan, self.table, self.readings) or AssertionError(
            f"{self.table.file}: a bad value that no row explains"
        )

    def check_unique(self) -> None:
        """Raises BadInput where values that must be unique together are not."""
        for names in self.program.unique:
            if faults.has_repeats(self.con, self.table, self.readings, names):
                refused = faults.refusal(self.con, self.program, self.plan, self.table, self.readings)
                if refused is not None:
                    raise refused

    def facts_query(self) -> str:
        """The user's columns, those the caps need, the facts as the plan reads them, and the flag of bad values."""
        names = [quoted(name, "duckdb") for name in self.kept()]
        made = [f"{value} AS {name}" for name, value in self.extra().items()]
        return select_facts(
            self.program,
            self.readings,
            self.plan.forms,
            source=parquet(self.table.parquet, numbered=self.program.events is not None),
            dialect="duckdb",
            keep=[*names, *made],
        )

    def wanted(self) -> dict[str, Step]:
        """Every step a run needs, by the name of its column."""
        plan = self.plan
        wanted = {
            "__outcome": plan.outcome,
            "__failed": plan.failed,
            "__missing": plan.missing,
            "__skipped": plan.skipped,
        }
        wanted |= {f"__r_{name}": step for name, (_, step, _) in plan.results.items()}
        if plan.broken is not None:
            wanted["__broken"] = plan.broken
        if plan.illustrative is not None:
            wanted["__illustrative"] = plan.illustrative
        if plan.illustrative_caps is not None:
            wanted |= {"__illustrative_caps": plan.illustrative_caps} | staged.steps_for_caps(plan)
        return wanted

    def extra(self) -> dict[str, str]:
        """SQL of the columns the caps need that are no steps: keys as hashes, what was settled, and the order."""
        events = self.program.events
        if events is None:
            return {}
        widest = events.caps[-1].per
        found = {"__place": "file_row_number", "__g": self._hashed(widest), "__g2": self._hashed(widest, "huzhu")}
        found |= {f"__inner{number}": self._hashed(names) for number, names in enumerate(self._inner())}
        found["__seq"] = f"CAST({self._value(events.settled_order)} AS BIGINT)"
        found["__settled_amount"] = f"CAST({self._value(events.settled_amount)} AS BIGINT)"
        numbers, text = staged.order_facts(self.program)
        for number, name in enumerate(numbers):
            form: Form = "days" if self.program.fact(name).kind is Kind.DATE else "plain"
            found[f"__n{number}"] = fact_sql(self._value(name), form, "duckdb")
        return found | ({"__text": f"CAST({self._value(text)} AS VARCHAR)"} if text else {})

    def _inner(self) -> tuple[tuple[str, ...], ...]:
        events = self.program.events
        assert events is not None
        return tuple(dict.fromkeys(cap.per for cap in events.caps if cap.per != events.caps[-1].per))

    def _hashed(self, names: tuple[str, ...], *salt: str) -> str:
        return f"hash({', '.join([*(self._value(name) for name in names), *map(literal, salt)])})"

    def _value(self, name: str) -> str:
        if name in self.readings:
            return self.readings[name].value
        return f"CAST(NULL AS {sql_type(self.program.fact(name).kind, 'duckdb')})"

    def _decided(self, keep: list[str]) -> str:
        names = [quoted(name, "duckdb") for name in keep]
        return select_steps(
            self.facts_query(), self.wanted(), keep=[*names, *self.extra(), INVALID], seldom=["__missing"]
        )

    def _guarded(self, outcome: str) -> str:
        bad = f"{INVALID} OR __broken" if self.plan.broken is not None else INVALID
        return f"CASE WHEN {bad} THEN error({literal(BAD)}) ELSE {outcome} END"

    def _common(self) -> list[str]:
        plan = self.plan
        return [
            f"{codes_list('__missing', plan.missing_codes)} AS missing",
            f"{codes_list('__skipped', plan.skipped_codes)} AS not_tested",
        ]

    def _plain(self) -> str:
        plan, keep = self.plan, self.kept()
        columns = [quoted(name, "duckdb") for name in keep]
        columns += [
            f"{self._guarded('__outcome')} AS outcome",
            f"{codes_list('__failed', plan.failed_codes)} AS reasons",
        ]
        columns += self._common()
        columns += [
            f"{_decoded(f'__r_{name}', kind, codes)} AS {name}" for name, (kind, _, codes) in plan.results.items()
        ]
        if plan.illustrative is not None:
            columns.append("__illustrative AS illustrative")
        return f"SELECT {', '.join(columns)} FROM ({self._decided(keep)})"

    # Decisions on events: assessed and staged, drawn, then put beside the input's columns again.

    def _events(self, work: Path) -> str:
        one, packed = self.staged(work / "staged.parquet"), self._packed()
        cases = " ".join(f"WHEN {literal(word)} THEN {code}" for code, word in enumerate(OUTCOMES))
        fields = {
            "outcome": f"CASE {self._guarded('__outcome')} {cases} END",
            "failed": "__failed",
            "missing": "__missing",
            "skipped": "__skipped",
            "illustrative": "__illustrative",
            "illustrative_caps": "__illustrative_caps",
            "is_assessed": "__assessed IS NOT NULL",
        }
        beside = packed.words(fields) | {"__assessed": "COALESCE(__assessed, 0)"}
        try:
            found = one.write(self._decided([]), beside=beside)
        except duckdb.Error as error:
            raise self.guard(error) from None
        one.draw(into=work / "drawn.parquet")
        self._give(found, pq.read_table(work / "drawn.parquet"))
        return self._joined(packed)

    def _packed(self) -> Packed:
        plan = self.plan
        masks = {"failed": plan.failed_codes, "missing": plan.missing_codes, "skipped": plan.skipped_codes}
        flags = ("illustrative", "illustrative_caps", "is_assessed")
        widths = {name: len(codes) for name, codes in masks.items()} | dict.fromkeys(flags, 1)
        return Packed.of({"outcome": len(OUTCOMES).bit_length()} | widths)

    def staged(self, path: Path) -> Staged:
        """Where the rows wait for the caps, and how they are laid out there."""
        assert self.program.events is not None
        numbers, text = staged.order_facts(self.program)
        named = tuple(f"__n{number}" for number in range(len(numbers)))
        constants = staged.constants_for_caps(self.plan)
        return Staged(
            self.con, path, self.program.events, self.table.rows, constants, named, text is not None, self._inner()
        )

    def _give(self, found: Mapping[str, Array], drawn: pa.Table) -> None:
        """Make `FOUND`. A join by row number would keep no order, and one by position would take one processor; a function
        of the row's number is worked out wherever DuckDB reads that row."""
        columns = {name: pa.array(array) for name, array in found.items()}
        columns |= {name: drawn[name].combine_chunks() for name in drawn.column_names}
        rows = pa.StructArray.from_arrays(list(columns.values()), list(columns))
        fields = {name: "INTEGER" if column.type == pa.int32() else "BIGINT" for name, column in columns.items()}

        def of(places: pa.ChunkedArray) -> pa.Array:
            return rows.take(places.combine_chunks())

        self.forget()
        kept = duckdb.struct_type({name: duckdb.sqltype(type_) for name, type_ in fields.items()})
        self.con.create_function(FOUND, of, [duckdb.sqltype("BIGINT")], kept, type=PythonUDFType.ARROW)

    def forget(self) -> None:
        """Let go of what `select` keeps for its query."""
        with contextlib.suppress(duckdb.InvalidInputException):
            self.con.remove_function(FOUND)

    def _joined(self, packed: Packed) -> str:
        plan, events = self.plan, self.program.events
        assert events is not None
        field = {name: packed.field(name, "found") for name in packed.places}
        fields = ", ".join(f"{sql} AS __{name}" for name, sql in field.items())
        outcome = {word: f"__outcome = {code}" for code, word in enumerate(OUTCOMES)}
        exhausted = f"({outcome['granted']} AND __paid = 0)"
        words = " ".join(f"WHEN {code} THEN {literal(word)}" for code, word in enumerate(OUTCOMES))
        failed = f"(CASE WHEN {exhausted} THEN {1 << len(plan.failed_codes)} ELSE __failed END)"
        kept = [quoted(name, "duckdb") for name in self.kept()]
        columns = [
            *kept,
            f"CASE WHEN {exhausted} THEN 'refused' ELSE CASE __outcome {words} END END AS outcome",
            f"{codes_list(failed, (*plan.failed_codes, CAP_EXHAUSTED))} AS reasons",
            *self._common(),
            f"CASE WHEN NOT ({outcome['settled']}) AND __is_assessed = 1 THEN __assessed END AS assessed_fen",
            f"CASE WHEN {outcome['granted']} OR {outcome['settled']} THEN __paid WHEN {outcome['refused']} THEN 0 END AS payable_fen",
            f"{codes_list('__bound', tuple(cap.name for cap in events.caps))} AS limited_by",
            f"(__illustrative = 1 OR ({outcome['granted']} AND __illustrative_caps = 1)) AS illustrative",
        ]
        source = f"SELECT *, {FOUND}(file_row_number) AS found FROM {parquet(self.table.parquet, numbered=True)}"
        opened = f"SELECT {', '.join(kept)}, found.__assessed, found.__paid, found.__bound, {fields} FROM ({source})"
        return f"SELECT {', '.join(columns)} FROM ({opened})"


def _decoded(column: str, kind: Kind, codes: tuple[str, ...]) -> str:
    if kind is Kind.CODES:
        return codes_list(column, codes)
    return f"(DATE '1970-01-01' + CAST({column} AS INTEGER))" if kind is Kind.DATE else column


# A file of decisions comes out as small with these as with DuckDB's own settings, and takes a fifth less time: the lowest level
# of zstd, and no dictionary for columns where nearly every value is another.
PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000"


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, path: Path, *, metadata: Mapping[str, str]) -> None:
    """Write a query's rows, in order, with key-value metadata."""
    pairs = ", ".join(f"{key}: {literal(value)}" for key, value in metadata.items())
    con.execute(f"COPY ({query}) TO {literal(str(path))} ({PARQUET}, KV_METADATA {{{pairs}}})")
