"""The sequential loop over capped events, compiled by Numba: groups found by one sort of a packed key, each put in order,
each event taking what the caps before it have left. Equal to `huzhu.rules.caps`, at tens of millions of events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

ROW_BITS = 24  # rows of one call; the other 40 bits of the sort key are the group's hash
MOST_ROWS = 1 << ROW_BITS


@dataclass(frozen=True, slots=True)
class Events:
    """Events that reach the caps: settled ones and those with a known amount above 0. One array element an event.

    `group` and `group_check` are two hashes of what the widest cap is per; `codes` has, for each cap, numbers of what it is
    per (or no column where it is the same as the widest). `order` holds whole-number keys, first key first; `text` and
    `offsets` the bytes of the last key, compared byte by byte as UTF-8, which is by code point.
    """

    group: Hashes
    group_check: Hashes
    settled: npt.NDArray[np.bool_]
    order: Ints  # (events, keys)
    text: npt.NDArray[np.uint8]
    offsets: Ints  # (events + 1)
    amount: Ints
    applies: Ints  # bit k: cap k applies
    limits: Ints  # (caps, 1) where the same for all, else (caps, events)
    counts: Ints  # (caps counted, events)
    each: Ints  # (caps counted, events)
    counted: Ints  # per cap: its row in `counts`, or -1
    codes: Ints  # (caps keyed more finely, events)
    coded: Ints  # per cap: its row in `codes`, or -1


def draw(events: Events) -> tuple[Ints, Ints]:
    """What each event is paid, and which caps bound it (bit k: cap k)."""
    count = len(events.amount)
    if count > MOST_ROWS:
        raise ValueError(f"at most {MOST_ROWS} events a call, not {count}")
    mask = np.uint64(MOST_ROWS - 1)
    keys = (events.group & ~mask) | np.arange(count, dtype=np.uint64)
    keys.sort()
    place = (keys & mask).astype(np.int64)
    slots = int(events.codes.max(initial=-1)) + 1
    paid = np.zeros(count, np.int64)
    bound = np.zeros(count, np.int64)
    # Everything is laid out in sorted order first: the loop then walks memory instead of jumping in it.
    _draw(
        events.group[place], events.group_check[place], events.settled[place], events.order[place], events.text,
        events.offsets[:-1][place], events.offsets[1:][place], events.amount[place], events.applies[place],
        events.limits if events.limits.shape[1] == 1 else events.limits[:, place], events.counts[:, place],
        events.each[:, place], events.counted, events.codes[:, place], events.coded, slots, paid, bound,
    )  # fmt: skip
    paid_in_place, bound_in_place = np.empty_like(paid), np.empty_like(bound)
    paid_in_place[place], bound_in_place[place] = paid, bound
    return paid_in_place, bound_in_place


@numba.njit(cache=True, nogil=True)
def _before(a, b, group, check, settled, order, text, begins, ends):  # type: ignore[no-untyped-def]  # compiled
    """Whether event a comes before event b."""
    if group[a] != group[b]:
        return group[a] < group[b]
    if check[a] != check[b]:
        return check[a] < check[b]
    if settled[a] != settled[b]:
        return settled[a]
    for key in range(order.shape[1]):
        if order[a, key] != order[b, key]:
            return order[a, key] < order[b, key]
    if settled[a]:
        return a < b
    length_a, length_b = ends[a] - begins[a], ends[b] - begins[b]
    for i in range(min(length_a, length_b)):
        x, y = text[begins[a] + i], text[begins[b] + i]
        if x != y:
            return x < y
    if length_a != length_b:
        return length_a < length_b
    return a < b


@numba.njit(cache=True, nogil=True)
def _sort(rows, start, stop, group, check, settled, order, text, begins, ends):  # type: ignore[no-untyped-def]  # compiled
    """Shell sort of one group: an insertion sort for the few events most groups have, and no cliff for a large one."""
    count = stop - start
    gap = 1
    while gap < count // 3:
        gap = gap * 3 + 1
    while gap >= 1:
        for i in range(start + gap, stop):
            moving = rows[i]
            j = i
            while j >= start + gap and _before(moving, rows[j - gap], group, check, settled, order, text, begins, ends):
                rows[j] = rows[j - gap]
                j -= gap
            rows[j] = moving
        gap //= 3


@numba.njit(cache=True, nogil=True)
def _draw(  # type: ignore[no-untyped-def]  # compiled
    group, check, settled, order, text, begins, ends, amount, applies, limits, counts, each, counted, codes, coded, slots,
    paid, bound,
):  # fmt: skip
    caps = limits.shape[0]
    constant = limits.shape[1] == 1
    used = np.zeros(caps, np.int64)
    finer = np.zeros((caps, slots), np.int64)
    taken = np.zeros(caps, np.int64)
    rows = np.arange(len(group))
    start = 0
    shift = np.uint64(ROW_BITS)
    while start < len(rows):
        stop = start + 1
        prefix = group[rows[start]] >> shift
        while stop < len(rows) and group[rows[stop]] >> shift == prefix:
            stop += 1
        _sort(rows, start, stop, group, check, settled, order, text, begins, ends)
        used[:] = 0
        for position in range(start, stop):
            row = rows[position]
            if position > start:
                last = rows[position - 1]
                if group[row] != group[last] or check[row] != check[last]:
                    used[:] = 0
            sum_ = amount[row]
            which = 0
            for cap in range(caps):
                if not (applies[row] >> cap) & 1:
                    continue
                own = counted[cap]
                already = used[cap] if coded[cap] < 0 else finer[cap, codes[coded[cap], row]]
                if own >= 0:
                    taken[cap] = counts[own, row]
                if settled[row]:
                    continue
                left = max(0, (limits[cap, 0] if constant else limits[cap, row]) - already)
                if own >= 0:
                    taken[cap] = min(taken[cap], left)
                    left = taken[cap] * each[own, row]
                if left < sum_:
                    sum_ = left
                    which |= 1 << cap
            paid[row] = sum_
            bound[row] = which
            if settled[row] or sum_ > 0:
                for cap in range(caps):
                    if (applies[row] >> cap) & 1:
                        use = taken[cap] if counted[cap] >= 0 else sum_
                        if coded[cap] < 0:
                            used[cap] += use
                        else:
                            finer[cap, codes[coded[cap], row]] += use
        start = stop
