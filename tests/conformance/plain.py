"""A plain interpreter of programs, slow and obvious: every engine, the one-record compiler included, must give its answers.

It walks the operators of one record with the textbook meaning of each, knows what is missing by recursion instead of by
formulas, and draws events on their caps with one loop.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

from huzhu.rules.kinds import Kind
from huzhu.rules.parameters import Parameter, Unpublished, Value
from huzhu.rules.program import Cap, Op, Program

Row = dict[str, Any]
Leaf = tuple[str, str]  # ("fact", name), ("parameter", key) or ("no_rule", key)


def decide_plainly(program: Program, rows: Sequence[Row]) -> list[Row]:
    """The results of all rows in the form `Decider.decide_all` gives them."""
    records = [Record(program, row) for row in rows]
    results = [record.result() for record in records]
    if program.events:
        draw(program, records, results)
    return results


@dataclass
class Record:
    """One record: each operator's value and what it hangs on, worked out when first asked for."""

    program: Program
    facts: Row
    values: dict[int, Any] = field(default_factory=dict)

    def value(self, number: int) -> Any:
        if number not in self.values:
            self.values[number] = self._value(self.program.nodes[number])
        return self.values[number]

    def _value(self, op: Op) -> Any:
        match op.op:
            case "const":
                return op.value
            case "fact":
                return self.facts[str(op.value)]
            case "param":
                entry = self.entry(op)
                return entry.value if isinstance(entry, Value) and entry.is_published else None
            case "known":
                return self.value(op.args[0]) is not None
            case "fact_or":
                fact = self.value(op.args[0])
                return self.value(op.args[1]) if fact is None else fact
            case "when":
                condition = self.value(op.args[0])
                return None if condition is None else self.value(op.args[1] if condition else op.args[2])
            case "and" | "or":
                return self._logic(op)
        args = [self.value(arg) for arg in op.args]
        return None if None in args else computed(op, args)

    def _logic(self, op: Op) -> bool | None:
        args = [self.value(arg) for arg in op.args]
        decisive = op.op == "or"
        if decisive in args:
            return decisive
        return None if None in args else not decisive

    def entry(self, op: Op) -> Value | str:
        """The parameter's value as read, or why there is none: `asked` (date or key unknown), `not modelled`, `no rule`."""
        parameter = self.program.parameters[str(op.value)]
        on, key = [*(self.value(arg) for arg in op.args), None][:2]
        if parameter.by and key is None:
            return "asked"
        history = [value for value in parameter.values if value.key == key]
        if not history:
            return "not modelled"
        if on is None:
            return "asked"
        found = [value for value in history if value.since <= on and (value.until is None or on < value.until)]
        return found[0] if found else "no rule"

    def hangs_on(self, number: int) -> set[Leaf]:
        """The leaves an unknown value hangs on; nothing where the value is known."""
        op = self.program.nodes[number]
        if self.value(number) is not None:
            return set()
        match op.op:
            case "fact":
                return {("fact", str(op.value))}
            case "param":
                return self._parameter_hangs_on(op)
            case "fact_or":
                return self.hangs_on(op.args[1])
            case "when":
                condition = self.value(op.args[0])
                asked = op.args[0] if condition is None else op.args[1] if condition else op.args[2]
                return self.hangs_on(asked)
        return set().union(*(self.hangs_on(arg) for arg in op.args))

    def _parameter_hangs_on(self, op: Op) -> set[Leaf]:
        key = str(op.value)
        entry = self.entry(op)
        if entry == "asked":
            if never_published(self.program.parameters[key]):
                return {("parameter", key)}
            return set().union(*(self.hangs_on(arg) for arg in op.args))
        return {("no_rule", key)} if entry == "no rule" else {("parameter", key)}

    def rests_on_illustrative(self, number: int) -> bool:
        op = self.program.nodes[number]
        below = {arg: self.rests_on_illustrative(arg) for arg in op.args}
        match op.op:
            case "param":
                entry = self.entry(op)
                return any(below.values()) or (isinstance(entry, Value) and entry.illustrative)
            case "when":
                condition, then, otherwise = op.args
                chosen = {True: then, False: otherwise}.get(self.value(condition))
                return below[condition] or (chosen is not None and below[chosen])
            case "and" | "or":
                decisive = op.op == "or"
                if self.value(number) is decisive:
                    return any(below[arg] for arg in op.args if self.value(arg) is decisive)
        return any(below.values())

    def result(self) -> Row:
        program = self.program
        skipped = [
            test.code
            for test in program.tests
            if test.restriction and any(what == "parameter" for what, _ in self.hangs_on(test.passes))
        ]
        failed = [test for test in program.tests if self.value(test.passes) is False]
        asked = [test.passes for test in program.tests if test.code not in skipped]
        asked += [r.node for r in program.results if r.node is not None and r.needed]
        asked += [node for r in program.results if r.needed for _, node in r.codes]
        leaves = set().union(*(self.hangs_on(number) for number in asked), self._events_hang_on())
        outcome, reasons = "granted", []
        if failed:
            outcome, reasons = "refused", [test.code for test in failed]
        elif program.events and self.value(program.events.assessed) == 0:
            outcome, reasons = "refused", ["nothing_to_pay"]
        elif any(what == "no_rule" for what, _ in leaves):
            outcome = "no_rule"
        elif leaves:
            outcome = "undetermined"
        found: Row = {
            "outcome": outcome,
            "reasons": reasons,
            "missing": self._missing(leaves) if outcome == "undetermined" else [],
            "not_tested": skipped,
        }
        found |= {r.name: self._given(r.node, r.codes, granted=outcome == "granted") for r in program.results}
        rests = [test.passes for test in failed] or [*asked, *self._assessed()]
        if not failed:
            rests += [test.passes for test in program.tests if test.code in skipped]
        illustrative = any(self.rests_on_illustrative(number) for number in rests)
        if program.events:
            return self._event(found, illustrative=illustrative)
        if any(value.illustrative for parameter in program.parameters.values() for value in parameter.values):
            found["illustrative"] = illustrative
        return found

    def _missing(self, leaves: set[Leaf]) -> list[str]:
        """Facts as declared, then parameters by name."""
        names = [fact.name for fact in self.program.facts if ("fact", fact.name) in leaves]
        return names + [f"parameter:{key}" for key in sorted(self.program.parameters) if ("parameter", key) in leaves]

    def _given(self, node: int | None, codes: tuple[tuple[str, int], ...], *, granted: bool) -> Any:
        if node is not None:
            return self.value(node) if granted else None
        return [code for code, number in codes if granted and self.value(number) is True]

    def _assessed(self) -> list[int]:
        return [self.program.events.assessed] if self.program.events else []

    def _events_hang_on(self) -> set[Leaf]:
        events = self.program.events
        if events is None:
            return set()
        leaves = self.hangs_on(events.assessed)
        if self.value(events.assessed) is not None:
            for cap in events.caps:
                for number in (cap.limit, cap.counts, cap.each):
                    leaves |= self.hangs_on(number) if number is not None else set()
        keys = {*events.order, *(name for cap in events.caps for name in cap.per)}
        return leaves | {("fact", name) for name in keys if self.facts[name] is None}

    def _event(self, found: Row, *, illustrative: bool) -> Row:
        assert self.program.events is not None
        events = self.program.events
        found["assessed_fen"] = self.value(events.assessed)
        found["payable_fen"] = 0 if found["outcome"] == "refused" else None
        found["limited_by"] = []
        found["illustrative"] = illustrative
        if self.facts[events.settled_order] is not None:
            found |= {"outcome": "settled", "reasons": [], "missing": [], "not_tested": [], "assessed_fen": None}
            found |= {"illustrative": False, "payable_fen": self.facts[events.settled_amount]}
        return found


def never_published(parameter: Parameter) -> bool:
    return all(isinstance(value.value, Unpublished) for value in parameter.values)


def draw(program: Program, records: list[Record], results: list[Row]) -> None:
    """Settled events first and in full, then the granted ones in order, each as far as the caps before it allow."""
    events = program.events
    assert events is not None
    pairs = list(zip(records, results, strict=True))
    settled = [pair for pair in pairs if pair[1]["outcome"] == "settled"]
    granted = [pair for pair in pairs if pair[1]["outcome"] == "granted"]
    settled.sort(key=lambda pair: int(pair[0].facts[events.settled_order]))
    granted.sort(key=lambda pair: tuple(pair[0].facts[name] for name in events.order))
    used: dict[tuple[Any, ...], int] = {}
    for record, result in settled:
        for cap in events.caps:
            if record.value(cap.applies) is True:
                counted = result["payable_fen"] if cap.counts is None else record.value(cap.counts) or 0
                used[_key(cap, record)] = used.get(_key(cap, record), 0) + counted
    for record, result in granted:
        _draw_one(events.caps, record, result, used)


def _draw_one(caps: tuple[Cap, ...], record: Record, result: Row, used: dict[tuple[Any, ...], int]) -> None:
    uses: dict[str, int] = {}
    amount: int = result["assessed_fen"]
    for cap in caps:
        if record.value(cap.applies) is not True:
            continue
        left = max(0, record.value(cap.limit) - used.get(_key(cap, record), 0))
        before = amount
        if cap.counts is None or cap.each is None:
            amount = min(amount, left)
        else:
            counted = min(record.value(cap.counts), left)
            uses[cap.name] = counted
            amount = min(amount, counted * record.value(cap.each))
        if amount < before:
            result["limited_by"].append(cap.name)
    read = [part for cap in caps for part in (cap.limit, cap.counts, cap.each) if part is not None]
    result["illustrative"] |= any(record.rests_on_illustrative(part) for part in read)
    result["payable_fen"] = amount
    if amount == 0:
        result["outcome"], result["reasons"] = "refused", ["cap_exhausted"]
        return
    for cap in caps:
        if record.value(cap.applies) is True:
            used[_key(cap, record)] = used.get(_key(cap, record), 0) + uses.get(cap.name, amount)


def _key(cap: Cap, record: Record) -> tuple[Any, ...]:
    return (cap.name, *(record.facts[name] for name in cap.per))


def computed(op: Op, args: list[Any]) -> Any:
    """An operator whose operands are all known."""
    a, b = (*args, None)[:2]
    match op.op:
        case "not":
            return not a
        case "lt" | "le" | "gt" | "ge" | "eq" | "ne":
            holds = {"lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b, "eq": a == b, "ne": a != b}
            return holds[op.op]
        case "in":
            return any(a == choice for choice in op.value)  # type: ignore[union-attr]
        case "prefix":
            return "".join(list(a)[: int(op.value)])  # type: ignore[arg-type]
        case "mul":
            return a * b
        case "share":
            return rounded(Fraction(a * b, 1000), str(op.value))
        case "divide":
            return rounded(Fraction(a, b), str(op.value))
        case "least":
            return sorted(args)[0]
        case "greatest":
            return sorted(args)[-1]
        case "add" | "sub":
            return added(op, a, b, sign=1 if op.op == "add" else -1)
    return dated(op, a, b)


def rounded(number: Fraction, rounding: str) -> int:
    """`half_up` means towards the larger number, below zero as well."""
    return {"down": floor(number), "up": ceil(number), "half_up": floor(number + Fraction(1, 2))}[rounding]


def added(op: Op, a: Any, b: Any, *, sign: int) -> Any:
    if isinstance(a, dt.date):
        if isinstance(b, dt.date):
            return a.toordinal() - b.toordinal()
        return dt.date.fromordinal(a.toordinal() + sign * b)
    assert op.kind is not Kind.DATE
    return a + sign * b


def dated(op: Op, a: dt.date, b: Any) -> Any:
    match op.op:
        case "month_of":
            return a.month
        case "years":
            return completed(a, b, 12)
        case "months":
            return completed(a, b, 1)
        case "add_years":
            moved = the_day(a.year + b, a.month, a.day)
            first = {"feb28": dt.date(a.year + b, 2, 28), "mar1": dt.date(a.year + b, 3, 1)}[str(op.value)]
            return moved or first
        case "add_months":
            year, month = a.year, a.month
            for _ in range(abs(b)):
                year, month = step_month(year, month, 1 if b > 0 else -1)
            after = dt.date(*step_month(year, month, 1), 1)
            return the_day(year, month, a.day) or (after if op.value == "up" else after - dt.timedelta(1))
    raise AssertionError(f"no plain meaning of {op.op}")


def completed(since: dt.date, until: dt.date, months: int) -> int:
    """The largest n for which n periods of so many months after `since`, day by its number alone, is not after `until`."""
    count = (until.year - since.year - 1) * 12 // months - 1
    while True:
        year, month = divmod(since.year * 12 + since.month - 1 + (count + 1) * months, 12)
        if (year, month + 1, since.day) > (until.year, until.month, until.day):
            return count
        count += 1


def step_month(year: int, month: int, sign: int) -> tuple[int, int]:
    month += sign
    return (year + 1, 1) if month == 13 else (year - 1, 12) if month == 0 else (year, month)


def the_day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
