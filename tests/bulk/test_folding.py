"""What a plan leaves out because it is known beforehand changes no answer: rule by rule, and decision by decision."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huzhu import policies
from huzhu.bulk import inputs, on_duckdb
from huzhu.bulk.lowering import Known
from huzhu.bulk.plan import lower
from huzhu.bulk.sharing import shared_steps
from huzhu.bulk.steps import Step, Steps
from huzhu.rules.kinds import Kind
from huzhu.rules.program import Program
from tests.oracles.shanghai_cases import random_claims_batch, random_enrol_case

Truth = bool | None
Row = Mapping[str, Any]
TYPES = {Kind.TEXT: pa.string(), Kind.BOOL: pa.bool_(), Kind.DATE: pa.date32()}
CLAIMS = policies.get("shanghai-gig-mutual-aid").program("claims", overlay="demo")
ENROL = policies.get("shanghai-gig-mutual-aid").program("enrol")


def both(a: Truth, b: Truth) -> Truth:
    return False if a is False or b is False else None if a is None or b is None else True


def opposite(a: Truth) -> Truth:
    return None if a is None else not a


def either(a: Truth, b: Truth) -> Truth:
    return opposite(both(opposite(a), opposite(b)))


def worked_out(step: Step, row: Row) -> Any:
    """A step's value, by what its operator means and nothing else."""
    if step.op == "column":
        return row[str(step.value)]
    if step.op in ("lit", "null"):
        return step.value
    if step.op == "if":
        return worked_out(step.args[1 if worked_out(step.args[0], row) else 2], row)
    args = [worked_out(arg, row) for arg in step.args]
    match step.op:
        case "and":
            return both(args[0], args[1])
        case "or":
            return either(args[0], args[1])
        case "is_null":
            return args[0] is None
    if None in args:
        return None
    plain: dict[str, Callable[..., Any]] = {
        "not": lambda a: not a, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b,
        "ge": lambda a, b: a >= b, "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "add": lambda a, b: a + b,
        "mod": lambda a, b: a % b,
    }  # fmt: skip
    return plain[step.op](*args)


class Formulas:
    """Random formulas, each as the step that was made for it and as what it means, side by side."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.steps = rng, Steps()
        self.numbers = {"n": (True, 1, 3), "m": (False, 3, 5)}  # may it be null, and its bounds
        self.truths = {"a": True, "b": True, "c": False}

    def rows(self) -> list[Row]:
        values: dict[str, list[Any]] = {
            name: [*range(low, high + 1), *([None] if maybe else [])]
            for name, (maybe, low, high) in self.numbers.items()
        }
        values |= {name: [True, False, *([None] if maybe else [])] for name, maybe in self.truths.items()}
        return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]

    def number(self) -> tuple[Step, Callable[[Row], Any]]:
        match self.rng.randrange(4):
            case 0:
                value = self.rng.randrange(7)
                return self.steps.number(value), lambda _: value
            case 1:
                (a, meant), more = self.number(), self.rng.randrange(4)
                return self.steps.arith("add", a, more), lambda row: None if meant(row) is None else meant(row) + more
        name = self.rng.choice(list(self.numbers))
        maybe, low, high = self.numbers[name]
        return self.steps.column(name, "int", maybe=maybe, low=low, high=high), lambda row: row[name]

    def truth(self, depth: int) -> tuple[Step, Callable[[Row], Truth]]:
        steps = self.steps
        if depth == 0:
            return self._leaf()
        (a, x), (b, y), (c, z) = (self.truth(depth - 1) for _ in range(3))
        match self.rng.randrange(8):
            case 0:
                return steps.both(a, b, c), lambda row: both(both(x(row), y(row)), z(row))
            case 1:
                return steps.either(a, b, c), lambda row: either(either(x(row), y(row)), z(row))
            case 2:
                return steps.either(a, steps.both(a, b)), lambda row: either(x(row), both(x(row), y(row)))
            case 3:
                return steps.invert(a), lambda row: opposite(x(row))
            case 4:
                return steps.choose(a, b, c), lambda row: y(row) if x(row) else z(row)
            case 5:
                return steps.is_null(a), lambda row: x(row) is None
            case 6:
                return steps.surely(a), lambda row: x(row) is True
        return steps.when(a, b, c), lambda row: None if x(row) is None else y(row) if x(row) else z(row)

    def _leaf(self) -> tuple[Step, Callable[[Row], Truth]]:
        steps = self.steps
        if self.rng.random() < 0.5:
            name = self.rng.choice(list(self.truths))
            return steps.column(name, "bool", maybe=self.truths[name]), lambda row: row[name]
        (a, x), (b, y) = self.number(), self.number()
        sign = self.rng.choice(["lt", "le", "gt", "ge", "eq", "ne"])
        return steps.compare(sign, a, b), lambda row: (
            None if None in (p := x(row), q := y(row))
            else {"lt": p < q, "le": p <= q, "gt": p > q, "ge": p >= q, "eq": p == q, "ne": p != q}[sign]
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_a_formula_means_what_it_meant_whatever_was_folded(seed: int) -> None:
    formulas = Formulas(Random(seed))
    rows = formulas.rows()
    for _ in range(25):
        step, meant = formulas.truth(depth=3)
        expected = [meant(row) for row in rows]
        assert [worked_out(step, row) for row in rows] == expected
        assert step.maybe or None not in expected


def test_what_is_always_so_is_no_step() -> None:
    steps = Steps()
    day = steps.column("day", "int", maybe=False, low=10, high=20)
    unsure = steps.column("unsure", "int", maybe=True, low=10, high=20)
    truth = steps.column("truth", "bool", maybe=True)
    assert steps.compare("ge", day, 10) is steps.truth(holds=True)
    assert steps.compare("gt", day, 20) is steps.truth(holds=False)
    assert steps.compare("gt", day, 10).op == "gt"
    assert steps.compare("ge", unsure, 10).op == "ge"
    assert steps.either(truth, steps.both(truth, steps.compare("eq", day, 11))) is truth
    assert steps.either(truth, steps.invert(truth)).op == "or"


def written(path: Path, program: Program, rows: list[dict[str, Any]]) -> Path:
    schema = pa.schema([(fact.name, TYPES.get(fact.kind, pa.int64())) for fact in program.facts])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def opened(path: Path, program: Program, work: Path) -> on_duckdb.Run:
    con = on_duckdb.connect(work)
    table = inputs.open_table(con, path, work=work)
    return on_duckdb.Run.of(con, program, table, inputs.readings(program, table))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("decision", ["enrol", "claims"])
def test_a_plan_for_these_rows_alone_decides_them_as_the_plan_for_all(tmp_path: Path, decision: str, seed: int) -> None:
    rng = Random(seed)
    program = ENROL if decision == "enrol" else CLAIMS
    count = rng.choice([1, 3, 200])  # of few rows much is known
    rows = [random_enrol_case(rng) for _ in range(count)] if decision == "enrol" else random_claims_batch(rng, count)
    run = opened(written(tmp_path / "rows.parquet", program, rows), program, tmp_path)
    plain = replace(run, plan=lower(program, native_dates=True))
    steps, all_steps = (len(shared_steps(one.wanted().values())) for one in (run, plain))
    assert steps < all_steps if count == 1 else steps <= all_steps
    decided = run.con.sql(run.select(work=tmp_path)).pl()
    assert decided.equals(plain.con.sql(plain.select(work=tmp_path)).pl())


FACTS = {
    "applied_on": [dt.date(2024, 1, 1), dt.date(2024, 3, 1)], "birth_date": [dt.date(1990, 5, 1), None],
    "work_region": ["310101", "310102"], "work_category": ["express", None], "paid": [True, True],
}  # fmt: skip


def known(path: Path, work: Path) -> dict[str, Known]:
    con = on_duckdb.connect(work)
    table = inputs.open_table(con, path, work=work)
    return inputs.known(con, table, inputs.readings(ENROL, table))


@pytest.mark.parametrize("row_group_size", [1, 2])
def test_what_a_parquet_file_says_of_its_columns_is_known(tmp_path: Path, row_group_size: int) -> None:
    pl.DataFrame(FACTS).write_parquet(tmp_path / "in.parquet", row_group_size=row_group_size)
    birth = (dt.date(1990, 5, 1) - dt.date(1970, 1, 1)).days
    assert known(tmp_path / "in.parquet", tmp_path) == {
        "applied_on": Known(maybe=False, low=19723, high=19783),  # days from 1970 to 1 January and 1 March 2024
        "birth_date": Known(maybe=True, low=birth, high=birth),
        "work_region": Known(maybe=False),
        "work_category": Known(maybe=True),
        "paid": Known(maybe=False),
    }


def test_of_a_file_that_says_nothing_and_of_values_read_from_text_or_time_no_null_is_ruled_out(tmp_path: Path) -> None:
    frame = pl.DataFrame(FACTS)
    pq.write_table(frame.to_arrow(), tmp_path / "silent.parquet", write_statistics=False)
    assert all(one.maybe for one in known(tmp_path / "silent.parquet", tmp_path).values())
    frame.write_csv(tmp_path / "in.csv")
    assert set(known(tmp_path / "in.csv", tmp_path).values()) <= {Known(maybe=False), Known(maybe=True)}
    assert not {"applied_on", "birth_date", "paid"} & set(known(tmp_path / "in.csv", tmp_path))
    frame.with_columns(pl.col("applied_on").cast(pl.Datetime("us"))).write_parquet(tmp_path / "moments.parquet")
    assert "applied_on" not in known(tmp_path / "moments.parquet", tmp_path)


def test_a_date_that_is_no_day_bounds_nothing(tmp_path: Path) -> None:
    endless = pa.array([2**31 - 1, 0], pa.int32()).cast(pa.date32())
    pq.write_table(pa.table({"applied_on": endless}), tmp_path / "in.parquet")
    assert known(tmp_path / "in.parquet", tmp_path) == {"applied_on": Known(maybe=False, low=0, high=None)}
