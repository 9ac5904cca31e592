"""The same rules as a small OpenFisca system of our own, run through OpenFisca-Core's public interface, vectorised with NumPy.

OpenFisca has no missing value and reads parameters as of one period: an unknown date is NaT here, every other unknown is -1,
each formula says itself what an unknown means, and the period is a year in which all values are in force.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from openfisca_core.entities import Entity
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Array = np.ndarray[Any, Any]
Formula = Callable[..., Array]
PERIOD = "2025"
UNKNOWN = -1
CHUNK_ROWS = 1_000_000
OUTCOMES = pa.array(["granted", "refused", "undetermined", "settled"])
GRANTED, REFUSED, UNDETERMINED, SETTLED = range(4)
START = "2022-07-01"


def parameters(**values: int) -> ParameterNode:
    return ParameterNode("", data={name: {"values": {START: {"value": value}}} for name, value in values.items()})


def variable(system: TaxBenefitSystem, name: str, type_: type, formula: Formula | None = None) -> None:
    """Adds one variable of the system's only entity; without a formula it is an input."""
    made: dict[str, Any] = {
        "value_type": type_,
        "entity": system.person_entity,
        "definition_period": DateUnit.YEAR,
        "label": name,
    }
    if formula is not None:
        made["formula"] = formula
    system.add_variable(type(name, (Variable,), made))


def simulation(system: TaxBenefitSystem, inputs: dict[str, Array]) -> Simulation:
    rows = len(next(iter(inputs.values())))
    made = SimulationBuilder().build_default_simulation(system, count=rows)
    for name, values in inputs.items():
        made.set_input(name, PERIOD, values)
    return made


def mask(who: Any, period: Any, names: tuple[str, ...]) -> Array:
    total = np.zeros(who.count, np.int32)
    for bit, name in enumerate(names):
        total |= who(name, period).astype(np.int32) << bit
    return total


def lists_of(codes: tuple[str, ...]) -> pa.Array:
    """All lists of codes, by mask."""
    every = [[code for bit, code in enumerate(codes) if held >> bit & 1] for held in range(1 << len(codes))]
    return pa.array(every, pa.list_(pa.string()))


def whole(column: pa.ChunkedArray) -> Array:
    """Numbers or truth values with -1 for unknown."""
    numbers = pc.cast(column, pa.int8() if pa.types.is_boolean(column.type) else pa.int64())
    return np.asarray(pc.fill_null(numbers, UNKNOWN)).astype(np.int32)


def coded(column: pa.ChunkedArray, order: tuple[str, ...]) -> Array:
    """Texts as their place in `order`; -1 for unknown, -2 for another text."""
    found = pc.fill_null(pc.index_in(column, pa.array(order)), -2)
    return np.asarray(pc.if_else(pc.is_null(column), UNKNOWN, found)).astype(np.int32)


# Enrolment

CATEGORIES = ("ride_hailing", "food_delivery", "instant_delivery", "same_city_freight", "express")
ENROL_FAILED = (
    "before_plan_start", "age_60_or_over", "not_in_shanghai", "not_registered", "not_in_platform_name", "no_vehicle",
    "category_not_listed", "unpaid", "not_union_member",
)  # fmt: skip
ENROL_NEEDED = (
    "birth_date", "work_region", "platform_registered", "in_platform_name", "uses_vehicle", "work_category", "paid",
    "union_member", "applied_on",
)  # fmt: skip
DATES = ("birth_date", "applied_on", "covered_until")
FLAGS = ("platform_registered", "in_platform_name", "uses_vehicle", "paid", "union_member")


def _month_and_day(dates: Array) -> Array:
    months = dates.astype("datetime64[M]")
    number: Array = months.astype(int) % 12 * 31 + (dates - months.astype("datetime64[D]")).astype(int)
    return number


def _age(who: Any, period: Any) -> Array:
    born, on = who("birth_date", period), who("applied_on", period)
    years = on.astype("datetime64[Y]").astype(int) - born.astype("datetime64[Y]").astype(int)
    completed: Array = years - (_month_and_day(on) < _month_and_day(born))
    return np.where(np.isnat(born) | np.isnat(on), UNKNOWN, completed)


def _since(who: Any, period: Any) -> Array:
    next_day, covered = who("applied_on", period) + 1, who("covered_until", period)
    since: Array = np.where(covered > next_day, covered, next_day)
    return since


def _until(who: Any, period: Any) -> Array:
    """The same day a year on; the day after 28 February where there is no 29th."""
    since = who("since", period)
    months = since.astype("datetime64[M]")
    until: Array = (months + 12).astype("datetime64[D]") + (since - months.astype("datetime64[D]"))
    return until


def _is_false(fact: str) -> Formula:
    return lambda who, period: who(fact, period) == 0


def _is_unknown(fact: str) -> Formula:
    if fact in DATES:
        return lambda who, period: np.isnat(who(fact, period))
    return lambda who, period: who(fact, period) == UNKNOWN


def _enrol_outcome(who: Any, period: Any) -> Array:
    undetermined = np.where(who("lacking", period) != 0, UNDETERMINED, GRANTED)
    return np.where(who("failed", period) != 0, REFUSED, undetermined)


def enrol_system() -> TaxBenefitSystem:
    system = TaxBenefitSystem([Entity("person", "persons", "", "")])
    system.parameters = parameters(age_limit=60, premium=7_200)
    for name in DATES:
        variable(system, name, date)
    for name in (*FLAGS, "work_region", "work_category"):
        variable(system, name, int)
    start = np.datetime64(START)
    variable(system, "age", int, _age)
    variable(system, "before_plan_start", bool, lambda who, period: who("applied_on", period) < start)
    variable(system, "age_60_or_over", bool, lambda who, period, at: who("age", period) >= at(period).age_limit)
    variable(
        system, "not_in_shanghai", bool,
        lambda who, period: (who("work_region", period) != UNKNOWN) & (who("work_region", period) // 10_000 != 31),
    )  # fmt: skip
    variable(system, "category_not_listed", bool, lambda who, period: who("work_category", period) == -2)
    reasons = ("not_registered", "not_in_platform_name", "no_vehicle", "unpaid", "not_union_member")
    for reason, fact in zip(reasons, FLAGS, strict=True):
        variable(system, reason, bool, _is_false(fact))
    for fact in ENROL_NEEDED:
        variable(system, f"no_{fact}", bool, _is_unknown(fact))
    variable(system, "failed", int, lambda who, period: mask(who, period, ENROL_FAILED))
    variable(
        system, "lacking", int, lambda who, period: mask(who, period, tuple(f"no_{fact}" for fact in ENROL_NEEDED))
    )
    variable(system, "outcome", int, _enrol_outcome)
    variable(system, "since", date, _since)
    variable(system, "until", date, _until)
    variable(system, "premium_fen", int, lambda who, period, at: np.full(who.count, at(period).premium, np.int32))
    return system


def enrol_inputs(table: pa.Table) -> dict[str, Array]:
    inputs = {name: table.column(name).to_numpy() for name in DATES}
    inputs |= {name: whole(table.column(name)) for name in FLAGS}
    inputs["work_region"] = whole(table.column("work_region"))
    inputs["work_category"] = coded(table.column("work_category"), CATEGORIES)
    return inputs


def enrol_results(made: Simulation) -> dict[str, pa.Array]:
    outcome, failed = made.calculate("outcome", PERIOD), made.calculate("failed", PERIOD)
    missing = np.where(outcome == UNDETERMINED, made.calculate("lacking", PERIOD), 0)
    granted = outcome == GRANTED
    return {
        "outcome": OUTCOMES.take(pa.array(outcome)),
        "reasons": lists_of(ENROL_FAILED).take(pa.array(failed)),
        "missing": lists_of(ENROL_NEEDED).take(pa.array(missing)),
        "not_tested": pa.array([["under_min_age"]]).take(pa.array(np.zeros(len(failed), np.int32))),
        "since": pa.array(made.calculate("since", PERIOD), mask=~granted),
        "until": pa.array(made.calculate("until", PERIOD), mask=~granted),
        "premium_fen": pa.array(made.calculate("premium_fen", PERIOD).astype(np.int64), mask=~granted),
    }


def run_enrol(source: Path, output: Path) -> None:
    """In chunks, as rows do not depend on each other: fewer bytes at a time is also faster."""
    system = enrol_system()
    writer = None
    for batch in pq.ParquetFile(source).iter_batches(CHUNK_ROWS):
        table = pa.Table.from_batches([batch])
        for name, column in enrol_results(simulation(system, enrol_inputs(table))).items():
            table = table.append_column(name, column)
        writer = writer or pq.ParquetWriter(output, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


if __name__ == "__main__":
    run_enrol(Path(sys.argv[1]), Path(sys.argv[2]))
