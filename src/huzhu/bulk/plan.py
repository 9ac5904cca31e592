"""What is computed for each row of a file: outcome, masks of codes, results, and for events what the caps need.

One plan for every engine; how it is emitted is `sql_steps.py`'s and `columns.py`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from huzhu.bulk.lowering import Form, Known, Lowering
from huzhu.bulk.steps import Step, mask
from huzhu.rules.kinds import Kind
from huzhu.rules.live import FALSE, Formula, Verdict, verdict
from huzhu.rules.program import NOTHING_TO_PAY, Cap, Program

DRAWN, SETTLED = 1, 2  # what a row is to the caps; 0: it never reaches them


@dataclass(frozen=True, slots=True)
class Capped:
    """The columns the caps need of one cap; only the first is read where it does not apply."""

    applies: Step
    limit: Step
    counts: Step | None
    each: Step | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed for each row. Masks hold a bit for each code of the list beside them."""

    outcome: Step
    failed: Step
    failed_codes: tuple[str, ...]
    missing: Step
    missing_codes: tuple[str, ...]
    skipped: Step
    skipped_codes: tuple[str, ...]
    results: dict[str, tuple[Kind, Step, tuple[str, ...]]]
    illustrative: Step | None
    illustrative_caps: Step | None
    assessed: Step | None
    settled: Step | None
    caps: tuple[Capped, ...]
    broken: Step | None  # true where a row breaks one of the checks on valid input
    checks: tuple[Step, ...]  # per check, true where it is broken
    forms: frozenset[tuple[str, Form]]  # the facts that are read, and how


def lower(program: Program, *, native_dates: bool = False, known: Mapping[str, Known] | None = None) -> Plan:
    """The plan of a program, caps aside: for events, the assessment of each row before the caps. With what is `known` of
    facts it is good for those rows alone."""
    low = Lowering(program, native_dates=native_dates, known=known)
    found, steps = verdict(low.live), low.steps
    fails = _possible([(test.code, fail) for test, fail in zip(program.tests, found.fails, strict=True)])
    skips = _possible([(test.code, skip) for test, skip in zip(program.tests, found.skipped, strict=True)])
    settled = _settled(low)
    unsettled = steps.invert(settled) if settled is not None else steps.truth(holds=True)

    failing = [low.formula(fail) for _, fail in fails]
    failing_mask = mask(steps, failing)
    refused = steps.compare("ne", failing_mask, 0) if failing else steps.truth(holds=False)
    no_rule, unknown = low.formula(found.no_rule), low.formula(found.unknown)
    codes = [code for code, _ in fails]
    nothing = _nothing_to_pay(low, refused)
    if nothing is not None:
        codes.append(NOTHING_TO_PAY)
    missing = list(found.missing) if len(found.missing) < 63 else _too_many(program)
    lacking = mask(steps, [low.formula(condition) for _, condition in missing])
    word = {
        name: steps.make("lit", "text", value=name)
        for name in ("granted", "refused", "undetermined", "no_rule", "settled")
    }
    outcome = steps.choose(unknown, word["undetermined"], word["granted"])
    if nothing is not None:
        outcome = steps.choose(
            steps.either(refused, nothing), word["refused"], steps.choose(no_rule, word["no_rule"], outcome)
        )
    else:
        outcome = steps.choose(refused, word["refused"], steps.choose(no_rule, word["no_rule"], outcome))
    if settled is not None:
        outcome = steps.choose(settled, word["settled"], outcome)
    granted = steps.compare("eq", outcome, "granted")
    failed_mask = failing_mask
    if nothing is not None:
        last = steps.choose(nothing, steps.number(1 << len(failing)), steps.number(0))
        failed_mask = steps.arith("add", failing_mask, last)
    zero = steps.number(0)
    checks = tuple(steps.surely(steps.invert(low.node(check.holds))) for check in program.checks)
    illustrative = _illustrative(low, found, refused) if _has_illustrative(program) or program.events else None
    return Plan(
        outcome=outcome,
        failed=steps.choose(unsettled, failed_mask, zero),
        failed_codes=tuple(codes),
        missing=steps.choose(steps.compare("eq", outcome, "undetermined"), lacking, zero),
        missing_codes=tuple(name for name, _ in missing),
        skipped=steps.choose(unsettled, mask(steps, [low.formula(skip) for _, skip in skips]), zero),
        skipped_codes=tuple(code for code, _ in skips),
        results=_results(low, granted),
        illustrative=steps.both(unsettled, illustrative)
        if illustrative is not None and settled is not None
        else illustrative,
        illustrative_caps=low.formula(found.illustrative_caps) if program.events else None,
        assessed=low.node(program.events.assessed) if program.events else None,
        settled=settled,
        caps=_caps(low),
        broken=steps.either(*checks) if checks else None,
        checks=checks,
        forms=frozenset(low.forms),
    )


def _possible(named: list[tuple[str, Formula]]) -> list[tuple[str, Formula]]:
    return [(code, formula) for code, formula in named if formula != FALSE]


def _too_many(program: Program) -> list[tuple[str, Formula]]:
    raise AssertionError(f"{program.id}: more facts and parameters can be missing than a whole number has bits")


def _has_illustrative(program: Program) -> bool:
    return any(value.illustrative for parameter in program.parameters.values() for value in parameter.values)


def _settled(low: Lowering) -> Step | None:
    events = low.program.events
    return low.steps.invert(low.steps.is_null(low.fact(events.settled_order, "plain"))) if events else None


def _nothing_to_pay(low: Lowering, refused: Step) -> Step | None:
    """An amount of 0 is a definite no, whatever else is unknown; the tests' own reasons come first."""
    if low.program.events is None:
        return None
    steps = low.steps
    zero = steps.surely(steps.compare("eq", low.node(low.program.events.assessed), 0))
    return steps.both(steps.invert(refused), zero)


def _illustrative(low: Lowering, found: Verdict, refused: Step) -> Step:
    return low.steps.choose(refused, low.formula(found.illustrative_refusal), low.formula(found.illustrative_otherwise))


def _results(low: Lowering, granted: Step) -> dict[str, tuple[Kind, Step, tuple[str, ...]]]:
    steps = low.steps
    found: dict[str, tuple[Kind, Step, tuple[str, ...]]] = {}
    for result in low.program.results:
        if result.kind is Kind.CODES:
            held = mask(steps, [steps.surely(low.node(node)) for _, node in result.codes])
            names = tuple(code for code, _ in result.codes)
            found[result.name] = (result.kind, steps.choose(granted, held, steps.number(0)), names)
            continue
        assert result.node is not None
        value = low.node(result.node, "days" if result.kind is Kind.DATE else None)
        found[result.name] = (result.kind, steps.choose(granted, value, steps.null(value.type)), ())
    return found


def _caps(low: Lowering) -> tuple[Capped, ...]:
    if low.program.events is None:
        return ()
    return tuple(_cap(low, cap) for cap in low.program.events.caps)


def _cap(low: Lowering, cap: Cap) -> Capped:
    applies = low.steps.surely(low.node(cap.applies))

    def where_it_applies(node: int) -> Step:
        return low.steps.given(applies, low.node(node))

    return Capped(
        applies,
        where_it_applies(cap.limit),
        where_it_applies(cap.counts) if cap.counts is not None else None,
        where_it_applies(cap.each) if cap.each is not None else None,
    )
