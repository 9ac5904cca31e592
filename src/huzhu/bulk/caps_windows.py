"""Nested caps by windows, through Narwhals: the plan for Spark, and for one machine where Numba is not installed.

An event's draw on a cap is min(so far with it, cap) - min(so far without it, cap), inner caps first. Once a wider cap has
cut an event it is used up, so what inner caps counted after that changes no amount. Which caps bound is then read off what
was really paid, so that both plans give the same reasons as well as the same amounts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals as nw

from huzhu.bulk.plan import DRAWN, SETTLED
from huzhu.rules.errors import RuleError
from huzhu.rules.program import Cap, Events

Frame = nw.LazyFrame[Any]
ZERO = nw.lit(0, nw.Int64())


ADVICE = "windows cannot draw that: decide it on DuckDB or Polars with Numba, pip install 'huzhu[fast]'"
Keys = Callable[[Cap], list[str]]


def with_draws(frame: Frame, events: Events, *, keys: Keys, order: list[str]) -> Frame:
    """The staged frame with `__paid` and `__bound`. `keys` gives the columns a cap is per, `order` names those that put
    unsettled events in order."""
    frame = frame.with_columns(
        **{f"__applies{n}": (nw.col("__applies") // (1 << n)) % 2 == 1 for n in range(len(events.caps))}
    )
    check(frame, events, keys)
    settled, drawn = nw.col("__drawn") == SETTLED, nw.col("__drawn") == DRAWN
    frame = frame.with_columns(
        __run=nw.when(settled)
        .then(nw.col("__settled_amount"))
        .otherwise(nw.when(drawn).then(nw.col("__assessed")).otherwise(ZERO)),
        __is_drawn=drawn,
        __is_settled=settled,
    )
    for number, cap in enumerate(events.caps):
        frame = _telescoped(frame, number, keys(cap), order, counts=cap.counts is not None)
    frame = frame.with_columns(__paid=nw.when(nw.col("__drawn") > 0).then(nw.col("__run")).otherwise(ZERO))
    return _bound(frame, events, keys, order)


def check(frame: Frame, events: Events, keys: Keys) -> None:
    """RuleError where windows would not give what the loop gives: a limit that changes within what its cap is per, or a
    wider cap that applies to some of the events of an inner one and not to others."""
    drawn = frame.filter(nw.col("__drawn") == DRAWN)
    pairs = [(inner, outer) for outer in range(len(events.caps)) for inner in range(outer)]
    counted: dict[str, nw.Expr] = {}
    for number in range(len(events.caps)):
        limit: nw.Expr = nw.when(_applies(number)).then(nw.col(f"__limit{number}"))
        counted |= {f"low{number}": limit.min(), f"high{number}": limit.max()}
    for inner, outer in pairs:
        counted[f"both_{inner}_{outer}"] = (_applies(inner) & _applies(outer)).cast(nw.Int64()).sum()
        counted[f"inner_{inner}_{outer}"] = (_applies(inner) & ~_applies(outer)).cast(nw.Int64()).sum()
    found = _rows(drawn.select(**counted))[0]
    for inner, outer in pairs:
        if found[f"both_{inner}_{outer}"] and found[f"inner_{inner}_{outer}"]:
            names = f"{events.caps[outer].name} applies to some events of {events.caps[inner].name} and not to others"
            raise RuleError(f"cap {names}; {ADVICE}")
        if found[f"both_{inner}_{outer}"] and events.caps[outer].counts is not None:
            raise RuleError(
                f"cap {events.caps[outer].name} counts, and stands after {events.caps[inner].name}; {ADVICE}"
            )
    for number, cap in enumerate(events.caps):
        if found[f"low{number}"] == found[f"high{number}"]:
            continue
        limit = nw.col(f"__limit{number}")
        groups = drawn.filter(_applies(number)).group_by(keys(cap)).agg(low=limit.min(), high=limit.max())
        if _rows(groups.filter(nw.col("low") < nw.col("high")).head(1)):
            raise RuleError(f"cap {cap.name}: its limit changes within one {', '.join(cap.per)}; {ADVICE}")


def _rows(frame: Frame) -> list[dict[str, Any]]:
    return list(frame.collect("pyarrow").iter_rows(named=True))


def _applies(number: int) -> nw.Expr:
    return nw.col(f"__applies{number}")


def _masked(value: nw.Expr, *conditions: nw.Expr) -> nw.Expr:
    for condition in conditions:
        value = nw.when(condition).then(value).otherwise(ZERO)
    return value


def _before(frame: Frame, amount: nw.Expr, number: int, keys: list[str], order: list[str]) -> Frame:
    """Adds, as `__before`, what the cap's group had drawn before this event: all settled ones, and the unsettled ones in order."""
    frame = frame.with_columns(
        __settled_part=_masked(amount, nw.col("__is_settled"), _applies(number)),
        __drawn_part=_masked(amount, nw.col("__is_drawn"), _applies(number)),
    )
    so_far = nw.col("__drawn_part").cum_sum().over(*keys, order_by=order).cast(nw.Int64())
    settled = nw.col("__settled_part").sum().over(*keys).cast(nw.Int64())
    return frame.with_columns((settled + so_far - nw.col("__drawn_part")).alias("__before"))


def _least(a: nw.Expr, b: nw.Expr) -> nw.Expr:
    return nw.when(a < b).then(a).otherwise(b)


def _telescoped(frame: Frame, number: int, keys: list[str], order: list[str], *, counts: bool) -> Frame:
    limit, run = nw.col(f"__limit{number}"), nw.col("__run")
    amount = nw.col(f"__counts{number}").fill_null(0) if counts else run
    frame = _before(frame, amount, number, keys, order)
    before = nw.col("__before")
    got = _least(before + amount, limit) - _least(before, limit)
    if counts:
        frame = frame.with_columns(got.alias(f"__taken{number}"))
        got = _least(run, nw.col(f"__taken{number}") * nw.col(f"__each{number}"))
    reaches = nw.col("__is_drawn") & _applies(number)
    return frame.with_columns(__run=nw.when(reaches).then(got).otherwise(run))


def _bound(frame: Frame, events: Events, keys: Keys, order: list[str]) -> Frame:
    """Walk the caps again with what was really used before each event."""
    frame = frame.with_columns(__run=nw.col("__assessed"), __bound=ZERO)
    for number, cap in enumerate(events.caps):
        used = nw.col("__paid")
        if cap.counts is not None:
            counts = nw.col(f"__counts{number}").fill_null(0)
            paid = _masked(nw.col(f"__taken{number}"), nw.col("__paid") > 0)
            used = nw.when(nw.col("__is_settled")).then(counts).otherwise(paid)
        frame = _before(frame, used, number, keys(cap), order)
        left = nw.col(f"__limit{number}") - nw.col("__before")
        left = nw.when(left > 0).then(left).otherwise(ZERO)
        if cap.counts is not None:
            left = _least(nw.col(f"__counts{number}"), left) * nw.col(f"__each{number}")
        cut = nw.col("__is_drawn") & _applies(number) & (left < nw.col("__run"))
        frame = frame.with_columns(
            __bound=nw.when(cut).then(nw.col("__bound") + (1 << number)).otherwise(nw.col("__bound")),
            __run=nw.when(cut).then(left).otherwise(nw.col("__run")),
        )
    return frame
