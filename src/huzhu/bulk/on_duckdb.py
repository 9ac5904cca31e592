"""Decides a file on DuckDB, the default: streaming, in bounded memory, spilling to disk, in the input's row order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from huzhu.bulk import faults, staged
from huzhu.bulk.decoded import codes_list
from huzhu.bulk.inputs import Table
from huzhu.bulk.lowering import Form
from huzhu.bulk.one_file import parquet
from huzhu.bulk.plan import Plan, lower
from huzhu.bulk.results import result_kinds
from huzhu.bulk.sql_steps import select_steps
from huzhu.bulk.steps import Step
from huzhu.bulk.typed import INVALID, Reading, fact_sql, literal, quoted, select_facts, sql_type
from huzhu.rules.kinds import Kind
from huzhu.rules.program import CAP_EXHAUSTED, Program

BAD = "huzhu: bad input"


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
        return cls(con, program, lower(program, native_dates=True), table, readings)

    def portable(self) -> Run:
        """The same run with a plan that any engine can carry out."""
        return replace(self, plan=lower(self.program))

    def kept(self) -> list[str]:
        return self.table.kept(set(result_kinds(self.program)))

    def select(self, *, work: Path, progress: staged.Progress | None = None) -> str:
        """SQL of the decided rows in row order. A bad value makes it fail with `BAD`; events are checked and staged here."""
        self.check_unique()
        if self.program.events is None:
            return self._plain()
        return self._events(work, progress)

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
            source=self.table.source(),
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
        found = {"__g": self._hashed(widest), "__g2": self._hashed(widest, "huzhu")}
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

    def _events(self, work: Path, progress: staged.Progress | None) -> str:
        one = self.staged(work / "staged.parquet")
        names = [*self.extra(), *(name for name in self.wanted() if name not in ("__outcome", "__broken"))]
        query = f"SELECT {self._guarded('__outcome')} AS __outcome, {', '.join(names)} FROM ({self._decided([])})"
        try:
            self.con.execute(f"COPY ({query}) TO {literal(str(one.path))} (FORMAT parquet, COMPRESSION lz4)")
        except duckdb.Error as error:
            raise self.guard(error) from None
        drawn = work / "drawn.parquet"
        one.draw(into=drawn, progress=progress)
        return self._joined(one.path, drawn)

    def staged(self, path: Path) -> staged.Staged:
        """Where the rows wait for the caps, and how they are laid out there."""
        assert self.program.events is not None
        numbers, text = staged.order_facts(self.program)
        named = tuple(f"__n{number}" for number in range(len(numbers)))
        return staged.Staged(
            self.con, path, self.program.events, self.table.rows, named, text is not None, self._inner()
        )

    def _joined(self, path: Path, drawn: Path) -> str:
        plan, events = self.plan, self.program.events
        assert events is not None
        granted = "__outcome = 'granted'"
        exhausted = f"({granted} AND __paid = 0)"
        bit = len(plan.failed_codes)
        failed = f"(CASE WHEN {exhausted} THEN {1 << bit} ELSE __failed END)"
        columns = [f"i.{quoted(name, 'duckdb')}" for name in self.kept()]
        columns += [
            f"CASE WHEN {exhausted} THEN 'refused' ELSE __outcome END AS outcome",
            f"{codes_list(failed, (*plan.failed_codes, CAP_EXHAUSTED))} AS reasons",
            *self._common(),
            "CASE WHEN __outcome <> 'settled' THEN __assessed END AS assessed_fen",
            "CASE WHEN __drawn > 0 THEN __paid WHEN __outcome = 'refused' THEN 0 END AS payable_fen",
            f"{codes_list('__bound', tuple(cap.name for cap in events.caps))} AS limited_by",
            f"(__illustrative OR ({granted} AND __illustrative_caps)) AS illustrative",
        ]
        sources = f"{self.table.source()} i POSITIONAL JOIN {parquet(path)} s"
        return f"SELECT {', '.join(columns)} FROM {sources} POSITIONAL JOIN {parquet(drawn)} d"


def _decoded(column: str, kind: Kind, codes: tuple[str, ...]) -> str:
    if kind is Kind.CODES:
        return codes_list(column, codes)
    return f"(DATE '1970-01-01' + CAST({column} AS INTEGER))" if kind is Kind.DATE else column


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, path: Path, *, metadata: Mapping[str, str]) -> None:
    """Write a query's rows, in order, with key-value metadata."""
    pairs = ", ".join(f"{key}: {literal(value)}" for key, value in metadata.items())
    con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{pairs}}})")
