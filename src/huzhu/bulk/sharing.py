"""Which steps several others need: those become columns of their own, level by level, and are worked out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from huzhu.bulk.steps import Step

_CHEAP = {"column", "lit", "null"}


def _walk(roots: Iterable[Step]) -> list[Step]:
    """Every step below the roots, each once, what is needed first."""
    seen: dict[int, Step] = {}
    stack = [(root, False) for root in roots]
    while stack:
        step, ready = stack.pop()
        if id(step) in seen:
            continue
        if ready:
            seen[id(step)] = step
        else:
            stack.append((step, True))
            stack.extend((arg, False) for arg in step.args)
    return list(seen.values())


def shared_steps(roots: Iterable[Step]) -> list[Step]:
    roots = list(roots)
    order = _walk(roots)
    uses = Counter(id(arg) for step in order for arg in step.args)
    uses.update(id(root) for root in roots)
    return [step for step in order if uses[id(step)] > 1 and step.op not in _CHEAP]


def levels_of(shared: list[Step]) -> dict[int, int]:
    """How many shared steps lie one below the other under each shared step."""
    chosen = {id(step) for step in shared}
    depth: dict[int, int] = {}
    for step in _walk(shared):
        below = max((depth[id(arg)] + (id(arg) in chosen) for arg in step.args), default=0)
        depth[id(step)] = below
    return {number: depth[number] for number in chosen}
