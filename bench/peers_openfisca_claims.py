"""Claims with nested caps in OpenFisca: it has no events and no running caps, so one formula calls NumPy over claims sorted by cover.

Run as a child: `python -m bench.peers_openfisca_claims INPUT OUTPUT`.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from openfisca_core.entities import Entity
from openfisca_core.simulations import Simulation
from openfisca_core.taxbenefitsystems import TaxBenefitSystem

from bench.peers_openfisca import (
    GRANTED,
    OUTCOMES,
    PERIOD,
    REFUSED,
    SETTLED,
    UNDETERMINED,
    UNKNOWN,
    Array,
    Formula,
    coded,
    lists_of,
    mask,
    parameters,
    simulation,
    variable,
    whole,
)

BENEFITS = (
    "hospital_allowance", "critical_illness", "critical_illness_hospital", "death_illness", "death_accident",
    "disability_accident", "injury_consolation",
)  # fmt: skip
HOSPITAL, CRITICAL, SUBSIDY, DEATH_ILLNESS, DEATH_ACCIDENT, DISABILITY, CONSOLATION = range(7)
ILLNESS_ONLY = (CRITICAL, SUBSIDY, DEATH_ILLNESS)
ACCIDENT_ONLY = (DEATH_ACCIDENT, DISABILITY, CONSOLATION)
ILLNESS, ACCIDENT = 0, 1
FAILED = (
    "outside_cover", "waiting_period", "filed_late", "wrong_cause", "has_disability_grade", "no_disability_grade",
    "nothing_to_pay", "cap_exhausted",
)  # fmt: skip
NEEDED = (
    "cover_id", "continuous_since", "cause", "event_date", "filed_on", "hospital_days", "disability_grade", "expense_fen",
)  # fmt: skip
DATES = ("cover_since", "cover_until", "continuous_since", "event_date", "filed_on")
WHOLE = ("hospital_days", "disability_grade", "expense_fen", "settled_seq", "settled_fen")
LIMITS = {
    "hospital_allowance_days": 180,
    "critical_illness_limit": 2_000_000,
    "critical_illness_hospital_limit": 4_000_000,
    "death_illness_limit": 10_000_000,
    "accident_limit": 50_000_000,
    "injury_consolation_limit": 600_000,
    "overall_limit": 72_000_000,
}
LIMIT_OF = np.array([0, 1, 2, 3, 4, 4, 5])  # by benefit, its own limit's place in LIMITS
NOT_TESTED = (
    "illness_not_listed", "below_consolation_standard", "disability_scale",
)  # fmt: skip


def _waits(who: Any, period: Any, at: Any) -> Array:
    """Not yet over the waiting period, where the dates are known."""
    too_early: Array = who("event_date", period) < who("continuous_since", period) + at(period).waiting_period_days
    return too_early


def _two_years_on(dates: Array) -> Array:
    months = dates.astype("datetime64[M]")
    moved: Array = (months + 24).astype("datetime64[D]") + (dates - months.astype("datetime64[D]"))
    overflown = moved.astype("datetime64[M]") != months + 24  # 29 February becomes 28 February
    within: Array = moved - overflown
    return within


def _wrong_cause(who: Any, period: Any) -> Array:
    cause, benefit = who("cause", period), who("benefit", period)
    is_wrong: Array = ((cause == ILLNESS) & np.isin(benefit, ACCIDENT_ONLY)) | (
        (cause == ACCIDENT) & np.isin(benefit, ILLNESS_ONLY)
    )
    return is_wrong


def _amount(who: Any, period: Any, at: Any) -> Array:
    """Before caps; -1 where a fact it needs is not known."""
    values = at(period)
    benefit, days, grade = who("benefit", period), who("hospital_days", period), who("disability_grade", period)
    expense = who("expense_fen", period)
    ratio = np.array([0, *range(10, 0, -1)])[np.maximum(grade, 0)]
    return np.select(
        [benefit == HOSPITAL, benefit == CRITICAL, benefit == SUBSIDY, benefit == DEATH_ILLNESS, benefit == DISABILITY,
         benefit == CONSOLATION],
        [np.where(days < 0, UNKNOWN, days * values.hospital_allowance_per_day), values.critical_illness_amount,
         np.where(expense < 0, UNKNOWN, expense.astype(np.int64) * 500 // 1000), values.death_illness_amount,
         np.where(grade < 0, UNKNOWN, values.disability_amount // 10 * ratio), values.consolation_amount],
        values.death_accident_amount,
    )  # fmt: skip


def _no_cause(who: Any, period: Any) -> Array:
    benefit = who("benefit", period)
    waited = who("event_date", period) >= who("continuous_since", period) + 30
    lacks: Array = (who("cause", period) == UNKNOWN) & ((benefit != HOSPITAL) | ~waited)
    return lacks


def _no_continuous_since(who: Any, period: Any) -> Array:
    cause, benefit = who("cause", period), who("benefit", period)
    counts = (cause == ILLNESS) | ((cause == UNKNOWN) & ~np.isin(benefit, ACCIDENT_ONLY))
    lacks: Array = np.isnat(who("continuous_since", period)) & counts
    return lacks


def _lacks(fact: str, *benefits: int) -> Formula:
    return lambda who, period: (who(fact, period) == UNKNOWN) & np.isin(who("benefit", period), benefits)


def _state(who: Any, period: Any) -> Array:
    """The outcome before caps."""
    refused = (mask(who, period, FAILED[:6]) != 0) | (who("amount", period) == 0)
    undetermined = who("lacking", period) != 0
    state = np.where(refused, REFUSED, np.where(undetermined, UNDETERMINED, GRANTED))
    return np.where(who("settled_seq", period) != UNKNOWN, SETTLED, state)


def _telescoped(units: Array, starts: Array, limit: int) -> Array:
    """What each of a cover's units draws on a limit, in order: min(so far with it, limit) - min(so far without it, limit)."""
    total = np.cumsum(units)
    so_far = total - np.repeat((total - units)[starts], np.diff(np.append(starts, len(units))))
    drawn: Array = np.minimum(so_far, limit) - np.minimum(so_far - units, limit)
    return drawn


def _drawn(who: Any, period: Any, at: Any) -> Array:
    """Four times what is paid, plus which limits bound: one variable, so that the claims are sorted once."""
    values = at(period)
    state, benefit, cover = who("state", period), who("benefit", period), who("cover", period)
    rows = np.flatnonzero((state == GRANTED) | (state == SETTLED))
    settled = state[rows] == SETTLED
    when = np.where(settled, who("settled_seq", period)[rows], who("event_date", period)[rows].astype(np.int64))
    rows = rows[np.lexsort((who("claim", period)[rows], when, ~settled, cover[rows]))]
    settled, own_limit = state[rows] == SETTLED, LIMIT_OF[benefit[rows]]
    asked = np.where(settled, who("settled_fen", period)[rows], who("amount", period)[rows]).astype(np.int64)
    covers = cover[rows]
    starts = np.flatnonzero(np.append(True, covers[1:] != covers[:-1]))
    own = asked.copy()
    for place, name in enumerate(tuple(LIMITS)[:-1]):
        of_this = own_limit == place
        is_days = name == "hospital_allowance_days"
        units = np.where(of_this, np.maximum(who("hospital_days", period)[rows], 0) if is_days else asked, 0)
        drawn = _telescoped(units, starts, getattr(values, name)) * (
            values.hospital_allowance_per_day if is_days else 1
        )
        np.copyto(own, drawn, where=of_this & ~settled)
    paid = np.where(settled, asked, _telescoped(own, starts, values.overall_limit))
    bound = np.where(settled, 0, (own < asked) + 2 * (paid < own))
    result = np.zeros(who.count, np.int32)
    result[rows] = paid * 4 + bound  # 4 x 72,000,000 is below 2^31
    return result


def claims_system() -> TaxBenefitSystem:
    system = TaxBenefitSystem([Entity("claim", "claims", "", "")])
    system.parameters = parameters(
        hospital_allowance_per_day=30_000, critical_illness_amount=2_000_000, death_illness_amount=10_000_000,
        death_accident_amount=50_000_000, disability_amount=50_000_000, consolation_amount=50_000, waiting_period_days=30, **LIMITS,
    )  # fmt: skip
    for name in DATES:
        variable(system, name, date)
    for name in (*WHOLE, "cover", "claim", "benefit", "cause"):
        variable(system, name, int)
    made: dict[str, Formula] = {
        "outside_cover": lambda who, period: (
            (who("event_date", period) < who("cover_since", period))
            | (who("event_date", period) >= who("cover_until", period))
        ),
        "waiting_period": lambda who, period, at: (who("cause", period) == ILLNESS) & _waits(who, period, at),
        "filed_late": lambda who, period: who("filed_on", period) > _two_years_on(who("event_date", period)),
        "wrong_cause": _wrong_cause,
        "has_disability_grade": lambda who, period: (
            (who("benefit", period) == CONSOLATION) & (who("disability_grade", period) > 0)
        ),
        "no_disability_grade": lambda who, period: (
            (who("benefit", period) == DISABILITY) & (who("disability_grade", period) == 0)
        ),
        "no_cover_id": lambda who, period: who("cover", period) == UNKNOWN,
        "no_continuous_since": _no_continuous_since,
        "no_cause": _no_cause,
        "no_event_date": lambda who, period: np.isnat(who("event_date", period)),
        "no_filed_on": lambda who, period: np.isnat(who("filed_on", period)),
        "no_hospital_days": _lacks("hospital_days", HOSPITAL),
        "no_disability_grade_known": _lacks("disability_grade", DISABILITY, CONSOLATION),
        "no_expense_fen": _lacks("expense_fen", SUBSIDY),
    }
    for name, formula in made.items():
        variable(system, name, bool, formula)
    lacking = tuple(name for name in made if name.startswith("no_") and name != "no_disability_grade")
    variable(system, "lacking", int, lambda who, period: mask(who, period, lacking))
    variable(system, "failed", int, lambda who, period: mask(who, period, FAILED[:6]))
    variable(system, "amount", int, _amount)
    variable(system, "state", int, _state)
    variable(system, "drawn", int, _drawn)
    return system


def claims_inputs(table: pa.Table) -> dict[str, Array]:
    inputs = {name: table.column(name).to_numpy() for name in DATES}
    inputs |= {name: whole(table.column(name)) for name in WHOLE}
    covers = table.column("cover_id").combine_chunks().dictionary_encode()
    inputs["cover"] = np.asarray(pc.fill_null(covers.indices, UNKNOWN))
    inputs["claim"] = np.asarray(pc.rank(table.column("claim_id"), sort_keys="ascending", tiebreaker="first")).astype(
        np.int32
    )
    inputs["benefit"] = coded(table.column("benefit"), BENEFITS)
    inputs["cause"] = coded(table.column("cause"), ("illness", "accident"))
    return inputs


def claims_results(made: Simulation) -> dict[str, pa.Array]:
    state, failed, amount = (made.calculate(name, PERIOD) for name in ("state", "failed", "amount"))
    lacking, drawn, benefit = (made.calculate(name, PERIOD) for name in ("lacking", "drawn", "benefit"))
    paid, bound = drawn // 4, drawn % 4
    settled, granted, undetermined = state == SETTLED, state == GRANTED, state == UNDETERMINED
    exhausted = granted & (paid == 0)
    own = np.where(failed == 0, np.where((amount == 0) & ~undetermined, 64, np.where(exhausted, 128, 0)), failed)
    limits = (bound & 1) << LIMIT_OF[benefit] | (bound >> 1) << 6
    skipped = np.array([0, 1, 1, 0, 0, 4, 2])[benefit]
    paying = np.where(settled | granted, paid, 0).astype(np.int64)
    return {
        "outcome": OUTCOMES.take(pa.array(np.where(exhausted, REFUSED, state))),
        "reasons": lists_of(FAILED).take(pa.array(np.where(settled, 0, own))),
        "missing": lists_of(NEEDED).take(pa.array(np.where(undetermined, lacking, 0))),
        "not_tested": lists_of(NOT_TESTED).take(pa.array(np.where(settled, 0, skipped))),
        "assessed_fen": pa.array(amount.astype(np.int64), mask=settled | (amount == UNKNOWN)),
        "payable_fen": pa.array(paying, mask=undetermined),
        "limited_by": lists_of(tuple(LIMITS)).take(pa.array(np.where(granted, limits, 0))),
        "illustrative": pa.array(~settled & ((failed == 0) | (failed & 6 != 0))),
    }


def run_claims(source: Path, output: Path) -> None:
    """All at once: the claims of a cover stand anywhere in the file."""
    table = pq.read_table(source)
    for name, column in claims_results(simulation(claims_system(), claims_inputs(table))).items():
        table = table.append_column(name, column)
    pq.write_table(table, output, compression="zstd")


if __name__ == "__main__":
    run_claims(Path(sys.argv[1]), Path(sys.argv[2]))
