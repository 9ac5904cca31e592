"""Decides a file on DuckDB, the default: streaming, in bounded memory, spilling to disk, in the input's row order."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from huzhu.bulk import faults, staged
from huzhu.bulk.columns import with_steps
from huzhu.bulk.decoded import codes_list
from huzhu.bulk.inputs import Table
from huzhu.bulk.plan import Form, Plan, Step, fact_column, lower
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.typed import INVALID, Reading, literal, quoted, select_facts
from huzhu.rules.kinds import Kind
from huzhu.rules.program import CAP_EXHAUSTED, Program
from huzhu.rules.texts import Text

BAD = "huzhu: bad input"
COMMON = ("outcome", "reasons", "missing", "not_tested")


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
    return con


def result_kinds(program: Program) -> dict[str, Kind]:
    """The result columns a run adds, in order, and what they hold."""
    found = {"outcome": Kind.TEXT, "reasons": Kind.CODES, "missing": Kind.CODES, "not_tested": Kind.CODES}
    found |= {result.name: result.kind for result in program.results}
    if program.events:
        found |= {"assessed_fen": Kind.MONEY, "payable_fen": Kind.MONEY, "limited_by": Kind.CODES, "illustrative": Kind.BOOL}
    elif any(value.illustrative for parameter in program.parameters.values() for value in parameter.values):
        found["illustrative"] = Kind.BOOL
    return found


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
        return cls(con, program, lower(program), table, readings)

    def kept(self) -> list[str]:
        return self.table.kept(set(result_kinds(self.program)))

    def select(self, *, work: Path, progress: staged.Progress | None = None) -> str:
        """SQL of the decided rows in row order. A bad value makes it fail with `BAD`; events are checked and staged here."""
        self._check_unique()
        if self.program.events is None:
            return self._plain()
        return self._events(work, progress)

    def guard(self, error: duckdb.Error) -> Exception:
        """What to raise for an error of `select`'s query: the input's faults where it was those."""
        if BAD not in str(error):
            return error
        return faults.refusal(self.con, self.program, self.plan, self.table, self.readings) or error

    def _check_unique(self) -> None:
        for names in self.program.unique:
            if faults.has_repeats(self.con, self.table, self.readings, names):
                refused = faults.refusal(self.con, self.program, self.plan, self.table, self.readings)
                if refused is not None:
                    raise refused

    def _frame(
        self, wanted: Mapping[str, Step], keep: list[str], *, forms: frozenset[tuple[str, Form]], extra: list[str] | None = None
    ) -> Any:
        facts = select_facts(
            self.program, self.readings, forms, source=self.table.source(), dialect="duckdb",
            keep=[*(quoted(name, "duckdb") for name in keep), *(extra or [])],
        )  # fmt: skip
        names = [one.rpartition(" AS ")[2].strip('"') for one in extra or []]
        return with_steps(nw.from_native(self.con.sql(facts)), wanted, keep=[*keep, *names, INVALID]).to_native()

    def _bad(self) -> str:
        return f"{INVALID} OR __broken" if self.plan.broken is not None else INVALID

    def _guarded(self, outcome: str) -> str:
        return f"CASE WHEN {self._bad()} THEN error({literal(BAD)}) ELSE {outcome} END"

    def _wanted(self) -> dict[str, Step]:
        plan = self.plan
        wanted = {"__outcome": plan.outcome, "__failed": plan.failed, "__missing": plan.missing, "__skipped": plan.skipped}
        if plan.broken is not None:
            wanted["__broken"] = plan.broken
        return wanted

    def _common(self) -> list[str]:
        plan = self.plan
        return [
            f"{codes_list('__missing', plan.missing_codes)} AS missing",
            f"{codes_list('__skipped', plan.skipped_codes)} AS not_tested",
        ]

    def _plain(self) -> str:
        plan, keep = self.plan, self.kept()
        wanted = self._wanted() | {f"__r_{name}": step for name, (_, step, _) in plan.results.items()}
        if plan.illustrative is not None:
            wanted["__illustrative"] = plan.illustrative
        frame = self._frame(wanted, keep, forms=plan.forms)
        columns = [quoted(name, "duckdb") for name in keep]
        columns += [f"{self._guarded('__outcome')} AS outcome", f"{codes_list('__failed', plan.failed_codes)} AS reasons"]
        columns += self._common()
        columns += [f"{_decoded(f'__r_{name}', kind, codes)} AS {name}" for name, (kind, _, codes) in plan.results.items()]
        if plan.illustrative is not None:
            columns.append("__illustrative AS illustrative")
        return f"SELECT {', '.join(columns)} FROM ({frame.sql_query()})"

    # Decisions on events: assessed and staged, drawn, then put beside the input's columns again.

    def _events(self, work: Path, progress: staged.Progress | None) -> str:
        if importlib.util.find_spec("numba") is None:
            raise BadInput(file=self.table.file, problems=[Problem(_needs_fast())])
        one = self._stage(work)
        drawn = work / "drawn.parquet"
        one.draw(into=drawn, progress=progress)
        return self._joined(one.path, drawn)

    def _stage(self, work: Path) -> staged.Staged:
        plan, events = self.plan, self.program.events
        assert events is not None
        numbers, text = staged.order_keys(self.program)
        wanted = self._wanted() | staged.steps_for_caps(self.program, plan)
        assert plan.illustrative is not None
        assert plan.illustrative_caps is not None
        wanted |= {"__illustrative": plan.illustrative, "__illustrative_caps": plan.illustrative_caps}
        inner = tuple(dict.fromkeys(cap.per for cap in events.caps if cap.per != events.caps[-1].per))
        extra = self._keys(events.caps[-1].per, inner, text)
        frame = self._frame(wanted, [], forms=plan.forms, extra=[*extra, *self._order_columns()])
        path = work / "staged.parquet"
        columns = [f"{self._guarded('__outcome')} AS __outcome"]
        rest = [name for name in frame.columns if name not in ("__outcome", INVALID, "__broken")]
        query = f"SELECT {', '.join([*columns, *(quoted(name, 'duckdb') for name in rest)])} FROM ({frame.sql_query()})"
        try:
            self.con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION lz4)")
        except duckdb.Error as error:
            raise self.guard(error) from None
        return staged.Staged(self.con, path, events, self.table.rows, tuple(f"__n{n}" for n in range(len(numbers))), text is not None, inner)

    def _value(self, name: str) -> str:
        return self.readings[name].value if name in self.readings else "NULL"

    def _keys(self, widest: tuple[str, ...], inner: tuple[tuple[str, ...], ...], text: str | None) -> list[str]:
        def hashed(names: tuple[str, ...], salt: str = "") -> str:
            return f"hash({', '.join([self._value(name) for name in names] + ([literal(salt)] if salt else []))})"

        events = self.program.events
        assert events is not None
        extra = [f"{hashed(widest)} AS __g", f"{hashed(widest, 'huzhu')} AS __g2"]
        extra += [f"{hashed(names)} AS __inner{number}" for number, names in enumerate(inner)]
        extra += [f"CAST({self._value(events.settled_order)} AS BIGINT) AS __seq"]
        extra += [f"CAST({self._value(events.settled_amount)} AS BIGINT) AS __settled_amount"]
        extra += [f"CAST({self._value(text)} AS VARCHAR) AS __text"] if text else []
        return extra

    def _order_columns(self) -> list[str]:
        events = self.program.events
        assert events is not None
        found = []
        names = [name for name in events.order if self.program.fact(name).kind is not Kind.TEXT]
        for number, name in enumerate(names):
            value = self._value(name)
            if self.program.fact(name).kind is Kind.DATE:
                value = f"CAST({value} - DATE '1970-01-01' AS BIGINT)" if value != "NULL" else "CAST(NULL AS BIGINT)"
            found.append(f"{value} AS __n{number}")
        return found

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
        sources = f"{self.table.source()} i POSITIONAL JOIN read_parquet({literal(str(path))}) s"
        return f"SELECT {', '.join(columns)} FROM {sources} POSITIONAL JOIN read_parquet({literal(str(drawn))}) d"


def _needs_fast() -> Text:
    return Text(
        "按事件封顶需要 Numba：pip install 'huzhu[fast]'，或用 --engine polars", "caps need Numba: pip install 'huzhu[fast]'"
    )


def _decoded(column: str, kind: Kind, codes: tuple[str, ...]) -> str:
    if kind is Kind.CODES:
        return codes_list(column, codes)
    return f"(DATE '1970-01-01' + CAST({column} AS INTEGER))" if kind is Kind.DATE else column


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, path: Path, *, metadata: Mapping[str, str]) -> None:
    """Write a query's rows, in order, with key-value metadata."""
    pairs = ", ".join(f"{key}: {literal(value)}" for key, value in metadata.items())
    con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{pairs}}})")


def metadata(document: Mapping[str, Any], version: str) -> dict[str, str]:
    return {"huzhu_policy": json.dumps(document, ensure_ascii=False), "huzhu_policy_version": version}


__all__ = ["BAD", "COMMON", "Run", "connect", "fact_column", "metadata", "result_kinds", "write_parquet"]
