"""The one JSON form of a decision, and its hash: what a store of decisions keeps so that they can be decided again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from huzhu.rules.checking import check_program
from huzhu.rules.errors import RuleError
from huzhu.rules.kinds import Kind, Scalar
from huzhu.rules.parameters import UNPUBLISHED, Parameter, Source, Unpublished, Value, checked
from huzhu.rules.program import Cap, Check, Events, Fact, Op, Program, Result, Test
from huzhu.rules.texts import Text

FORMAT = "huzhu-policy/1"
Json = dict[str, Any]


def version(stored: Json) -> str:
    """SHA-256 of the document in its canonical writing."""
    text = json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def document(program: Program) -> Json:
    """The program as JSON data: normalised operators, facts, tests, results, caps, and every parameter value it may read."""
    return {
        "format": FORMAT,
        "policy": program.policy,
        "decision": program.name,
        "title": _text(program.title),
        "overlays": list(program.overlays),
        "date_fact": program.date_fact,
        "facts": [_fact(fact) for fact in program.facts],
        "nodes": [[op.op, op.kind.value, list(op.args), _constant(op.value)] for op in program.nodes],
        "tests": [_test(test) for test in program.tests],
        "results": [_result(result) for result in program.results],
        "events": _events(program.events) if program.events else None,
        "checks": [{"holds": check.holds, "says": _text(check.says), "fact": check.fact} for check in program.checks],
        "unique": [list(names) for names in program.unique],
        "steps": {name: [node, _text(label)] for name, (node, label) in program.steps.items()},
        "parameters": {key: _parameter(parameter) for key, parameter in program.parameters.items()},
        "sources": {key: _source(source) for key, source in program.sources.items()},
        "advice": [_text(text) for text in program.advice],
    }


def _text(text: Text) -> list[str]:
    return [text.zh, text.en]


def _constant(value: Scalar | tuple[Scalar, ...] | Unpublished | None) -> Any:
    if isinstance(value, Unpublished):
        return {"unpublished": True}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    return list(value) if isinstance(value, tuple) else value


def _fact(fact: Fact) -> Json:
    return {
        "name": fact.name,
        "kind": fact.kind.value,
        "label": _text(fact.label),
        "unit": fact.unit,
        "low": fact.low,
        "high": fact.high,
        "choices": list(fact.choices),
        "digits": fact.digits,
        "optional": fact.optional,
        "required": fact.required,
        "words": {code: _text(text) for code, text in fact.words.items()},
    }


def _test(test: Test) -> Json:
    return {
        "code": test.code,
        "passes": test.passes,
        "title": _text(test.title),
        "says": _text(test.says),
        "source": test.source,
        "restriction": test.restriction,
        "figures": test.figures,
    }


def _result(result: Result) -> Json:
    return {
        "name": result.name,
        "kind": result.kind.value,
        "label": _text(result.label),
        "node": result.node,
        "codes": [list(pair) for pair in result.codes],
        "needed": result.needed,
        "source": result.source,
        "words": {code: _text(text) for code, text in result.words.items()},
    }


def _events(events: Events) -> Json:
    return {
        "assessed": events.assessed,
        "settled_order": events.settled_order,
        "settled_amount": events.settled_amount,
        "order": list(events.order),
        "source": events.source,
        "nothing_to_pay": _text(events.nothing_to_pay),
        "cap_exhausted": _text(events.cap_exhausted),
        "caps": [
            {
                "name": cap.name,
                "label": _text(cap.label),
                "applies": cap.applies,
                "limit": cap.limit,
                "per": list(cap.per),
                "counts": cap.counts,
                "each": cap.each,
                "source": cap.source,
            }
            for cap in events.caps
        ],
    }


def _parameter(parameter: Parameter) -> Json:
    return {
        "kind": parameter.kind.value,
        "label": _text(parameter.label),
        "unit": parameter.unit,
        "by": parameter.by.value if parameter.by else None,
        "values": [_value(value) for value in parameter.values],
    }


def _value(value: Value) -> Json:
    return {
        "from": value.since.isoformat(),
        "until": value.until.isoformat() if value.until else None,
        "key": value.key,
        "value": _constant(value.value),
        "source": value.source,
        "confidence": value.confidence,
        "checked_on": value.checked_on.isoformat() if value.checked_on else None,
        "note": _text(value.note) if value.note else None,
        "overlay": value.overlay,
        "illustrative": value.illustrative,
    }


def _source(source: Source) -> Json:
    return {
        "title": _text(source.title),
        "reference": source.reference,
        "note": _text(source.note) if source.note else None,
    }


def program(stored: object) -> Program:
    """The program of a stored document. RuleError where it is no such document, or one whose operators are out of order."""
    if not isinstance(stored, Mapping) or stored.get("format") != FORMAT:
        raise RuleError(f"not a policy document this version reads: its format must be {FORMAT!r}")
    try:
        _refuse_floats(stored)
        found = _program(stored)
        check_program(found)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration) as error:
        raise RuleError(f"the stored policy document is damaged: {type(error).__name__}: {error}") from error
    return found


def _refuse_floats(value: object) -> None:
    """There is no float in a document, at any depth."""
    if isinstance(value, float):
        raise TypeError(f"a float: {value!r}")
    if isinstance(value, Mapping):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is needed, not {value!r}")
    return value


def _program(stored: Mapping[str, Any]) -> Program:
    return Program(
        policy=stored["policy"],
        name=stored["decision"],
        title=_words(stored["title"]),
        facts=tuple(
            Fact(
                **{
                    **f,
                    "kind": Kind(f["kind"]),
                    "label": _words(f["label"]),
                    "choices": tuple(f["choices"]),
                    "words": _many(f["words"]),
                }
            )
            for f in stored["facts"]
        ),
        nodes=tuple(Op(op, Kind(kind), tuple(args), _scalar(value)) for op, kind, args, value in stored["nodes"]),
        tests=tuple(Test(**{**t, "title": _words(t["title"]), "says": _words(t["says"])}) for t in stored["tests"]),
        results=tuple(
            Result(
                **{
                    **r,
                    "kind": Kind(r["kind"]),
                    "label": _words(r["label"]),
                    "codes": tuple((c, n) for c, n in r["codes"]),
                    "words": _many(r["words"]),
                }
            )
            for r in stored["results"]
        ),
        parameters={key: _parameter_of(key, p) for key, p in stored["parameters"].items()},
        sources={
            key: Source(key, _words(s["title"]), s["reference"], _words(s["note"]) if s["note"] else None)
            for key, s in stored["sources"].items()
        },
        overlays=tuple(stored["overlays"]),
        events=_events_of(stored["events"]) if stored["events"] else None,
        checks=tuple(Check(c["holds"], _words(c["says"]), c["fact"]) for c in stored["checks"]),
        unique=tuple(tuple(names) for names in stored["unique"]),
        steps={name: (node, _words(label)) for name, (node, label) in stored["steps"].items()},
        date_fact=stored["date_fact"],
        advice=tuple(_words(text) for text in stored["advice"]),
    )


def _words(pair: list[Any]) -> Text:
    zh, en = pair
    if not isinstance(zh, str) or not isinstance(en, str):
        raise TypeError(f"words are text in two languages, not {pair!r}")
    return Text(zh, en)


def _many(stored: dict[str, Any]) -> dict[str, Text]:
    return {code: _words(pair) for code, pair in stored.items()}


def _scalar(value: Any) -> Any:
    if isinstance(value, dict):
        return UNPUBLISHED if value == {"unpublished": True} else dt.date.fromisoformat(value["date"])
    if isinstance(value, float):
        raise RuleError(f"the stored policy document holds a float: {value!r}")
    return tuple(value) if isinstance(value, list) else value


def _date(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _parameter_of(key: str, stored: Mapping[str, Any]) -> Parameter:
    values = tuple(
        Value(
            dt.date.fromisoformat(v["from"]),
            _scalar(v["value"]),
            v["source"],
            v["confidence"],
            _date(v["until"]),
            v["key"],
            _date(v["checked_on"]),
            _words(v["note"]) if v["note"] else None,
            v["overlay"],
            _flag(v["illustrative"]),
        )
        for v in stored["values"]
    )
    by = Kind(stored["by"]) if stored["by"] else None
    return checked(Parameter(key, Kind(stored["kind"]), _words(stored["label"]), values, stored["unit"], by))


def _events_of(stored: Mapping[str, Any]) -> Events:
    caps = tuple(Cap(**{**c, "label": _words(c["label"]), "per": tuple(c["per"])}) for c in stored["caps"])
    return Events(
        stored["assessed"],
        caps,
        stored["settled_order"],
        stored["settled_amount"],
        tuple(stored["order"]),
        _words(stored["nothing_to_pay"]),
        _words(stored["cap_exhausted"]),
        stored["source"],
    )
