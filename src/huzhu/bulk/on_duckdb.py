"""Decides a file on DuckDB, the default: streaming, in bounded memory, spilling to disk, in the input's row order."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from huzhu.bulk import faults, staged
from huzhu.bulk.decoded import codes_list
from huzhu.bulk.inputs import Table
from huzhu.bulk.plan import Form, Plan, Step, lower
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.sql_steps import select_steps
from huzhu.bulk.typed import INVALID, Reading, fact_sql, literal, quoted, select_facts, sql_type
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
        found |= {
            "assessed_fen": Kind.MONEY,
            "payable_fen": Kind.MONEY,
            "limited_by": Kind.CODES,
            "illustrative": Kind.BOOL,
        }
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

    def _steps(self, wanted: Mapping[str, Step], keep: list[str], *, extra: Mapping[str, str] | None = None) -> str:
        """A query of the kept raw columns, the extra ones (SQL by name), the flag of bad values, and the wanted steps."""
        names = [quoted(name, "duckdb") for name in keep]
        made = [f"{value} AS {name}" for name, value in (extra or {}).items()]
        facts = select_facts(
            self.program,
            self.readings,
            self.plan.forms,
            source=self.table.source(),
            dialect="duckdb",
            keep=[*names, *made],
        )
        return select_steps(facts, wanted, keep=[*names, *(extra or {}), INVALID])

    def _bad(self) -> str:
        return f"{INVALID} OR __broken" if self.plan.broken is not None else INVALID

    def _guarded(self, outcome: str) -> str:
        return f"CASE WHEN {self._bad()} THEN error({literal(BAD)}) ELSE {outcome} END"

    def _wanted(self) -> dict[str, Step]:
        plan = self.plan
        wanted = {
            "__outcome": plan.outcome,
            "__failed": plan.failed,
            "__missing": plan.missing,
            "__skipped": plan.skipped,
        }
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
        decided = self._steps(wanted, keep)
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
        return f"SELECT {', '.join(columns)} FROM ({decided})"

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
        extra = self._keys(events.caps[-1].per, inner, text) | self._order_columns()
        decided = self._steps(wanted, [], extra=extra)
        rest = [*extra, *(name for name in wanted if name not in ("__outcome", "__broken"))]
        path = work / "staged.parquet"
        query = f"SELECT {self._guarded('__outcome')} AS __outcome, {', '.join(rest)} FROM ({decided})"
        try:
            self.con.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION lz4)")
        except duckdb.Error as error:
            raise self.guard(error) from None
        return staged.Staged(
            self.con,
            path,
            events,
            self.table.rows,
            tuple(f"__n{n}" for n in range(len(numbers))),
            text is not None,
            inner,
        )

    def _value(self, name: str) -> str:
        if name in self.readings:
            return self.readings[name].value
        return f"CAST(NULL AS {sql_type(self.program.fact(name).kind, 'duckdb')})"

    def _keys(self, widest: tuple[str, ...], inner: tuple[tuple[str, ...], ...], text: str | None) -> dict[str, str]:
        def hashed(names: tuple[str, ...], *salt: str) -> str:
            return f"hash({', '.join([*(self._value(name) for name in names), *map(literal, salt)])})"

        events = self.program.events
        assert events is not None
        extra = {"__g": hashed(widest), "__g2": hashed(widest, "huzhu")}
        extra |= {f"__inner{number}": hashed(names) for number, names in enumerate(inner)}
        extra["__seq"] = f"CAST({self._value(events.settled_order)} AS BIGINT)"
        extra["__settled_amount"] = f"CAST({self._value(events.settled_amount)} AS BIGINT)"
        return extra | ({"__text": f"CAST({self._value(text)} AS VARCHAR)"} if text else {})

    def _order_columns(self) -> dict[str, str]:
        events = self.program.events
        assert events is not None
        names = [name for name in events.order if self.program.fact(name).kind is not Kind.TEXT]
        found = {}
        for number, name in enumerate(names):
            form: Form = "days" if self.program.fact(name).kind is Kind.DATE else "plain"
            found[f"__n{number}"] = fact_sql(self._value(name), form, "duckdb")
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
        "按事件封顶需要 Numba：pip install 'huzhu[fast]'，或用 --engine polars",
        "caps need Numba: pip install 'huzhu[fast]'",
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


__all__ = ["BAD", "COMMON", "Run", "connect", "metadata", "result_kinds", "write_parquet"]
