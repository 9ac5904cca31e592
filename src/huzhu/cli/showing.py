"""Policies, runs and comparisons as plain data: what `--json` prints and what `tables.py` lays out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from huzhu.bulk.compare import Comparison, Group
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.replay import Replay
from huzhu.bulk.run import Summary
from huzhu.policies.examples import Report
from huzhu.policies.loading import Policy
from huzhu.rules import Program, Text
from huzhu.rules.documents import document, version
from huzhu.rules.parameters import Parameter, Source, Value

Data = dict[str, Any]


def date_of(written: str | None) -> dt.date | None:
    if written is None:
        return None
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        said = Text("应为日期 YYYY-MM-DD", "expected a date, YYYY-MM-DD")
        raise BadInput(file="--on", problems=[Problem(said, value=written)]) from None


def words(text: Text) -> Data:
    return {"zh": text.zh, "en": text.en}


def summary(policy: Policy) -> Data:
    return {
        "id": policy.id,
        "title": words(policy.title),
        "jurisdiction": policy.jurisdiction,
        "decisions": [
            {"id": f"{policy.id}/{draft.name}", "title": words(draft.title)} for draft in policy.drafts.values()
        ],
        "overlays": list(policy.overlays),
    }


def decision(policy: Policy, program: Program, on: dt.date | None) -> Data:
    """One decision; with a date, only the values in force on it."""
    del policy
    return {
        "id": program.id,
        "title": words(program.title),
        "policy_version": version(document(program)),
        "overlays": list(program.overlays),
        "facts": [_fact(fact) for fact in document(program)["facts"]],
        "tests": [
            {
                "code": t.code,
                "title": words(t.title),
                "source": _source(program.sources[t.source]),
                "restriction": t.restriction,
            }
            for t in program.tests
        ],
        "results": [{"name": r.name, "kind": r.kind.value, "label": words(r.label)} for r in program.results],
        "caps": [{"name": c.name, "label": words(c.label), "per": list(c.per)} for c in program.events.caps]
        if program.events
        else [],
        "parameters": [_parameter(program, parameter, on) for parameter in program.parameters.values()],
        "advice": [words(text) for text in program.advice],
    }


def _fact(fact: Data) -> Data:
    low, high = fact["low"], fact["high"]
    if fact["kind"] == "date":
        low, high = (dt.date.fromordinal(number).isoformat() for number in (low, high))
    zh, en = fact["label"]
    return {
        "name": fact["name"], "kind": fact["kind"], "label": {"zh": zh, "en": en}, "low": low, "high": high,
        "choices": fact["choices"], "digits": fact["digits"], "optional": fact["optional"], "required": fact["required"],
    }  # fmt: skip


def _source(source: Source) -> Data:
    return {"id": source.id, "title": words(source.title), "reference": source.reference}


def _parameter(program: Program, parameter: Parameter, on: dt.date | None) -> Data:
    values = [value for value in parameter.values if on is None or value.covers(on)]
    values.sort(key=lambda value: value.key if isinstance(value.key, int) else 0)  # 2 before 10
    return {
        "key": parameter.key, "label": words(parameter.label), "kind": parameter.kind.value, "unit": parameter.unit,
        "values": [_value(program, value) for value in values],
    }  # fmt: skip


def _value(program: Program, value: Value) -> Data:
    return {
        "key": value.key, "from": value.since, "until": value.until, "value": value.value, "confidence": value.confidence,
        "checked_on": value.checked_on, "source": _source(program.sources[value.source]), "overlay": value.overlay,
        "illustrative": value.illustrative, "note": words(value.note) if value.note else None,
    }  # fmt: skip


def checked(report: Report) -> Data:
    return {
        "policy": report.policy,
        "examples": report.examples,
        "failures": [str(failure) for failure in report.failures],
    }


def ran(program: Program, found: Summary) -> Data:
    return {
        "decision": program.id, "policy_version": found.version, "rows": found.rows, "outcomes": found.outcomes,
        "sums": found.sums, "missing_columns": list(found.missing_columns), "replaced_columns": list(found.replaced_columns),
    }  # fmt: skip


def _group(group: Group) -> Data:
    return {
        "label": group.label, "rows": group.rows, "gainers": group.gainers, "losers": group.losers,
        "gained": group.gained, "lost": group.lost,
    }  # fmt: skip


def compared(found: Comparison, chart: Path) -> Data:
    return {
        "measure": found.measure,
        "total": _group(found.total),
        "groups": [_group(group) for group in found.groups],
        "moved": [{"before": before, "after": after, "rows": rows} for before, after, rows in found.moved],
        "sums": [{"result": name, "before": before, "after": after} for name, before, after in found.sums],
        "unclear": found.unclear,
        "chart": str(chart),
    }


def replayed(path: Path, found: Replay) -> Data:
    return {
        "file": str(path), "decision": found.decision, "policy_version": found.version, "rows": found.rows,
        "differences": found.total,
        "shown": [{"row": d.row, "column": d.column, "written": d.written, "decided": d.decided} for d in found.differences],
    }  # fmt: skip
