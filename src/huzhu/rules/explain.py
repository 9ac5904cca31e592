"""The compiler for explanations: the same operators as `scalar.py`, handing back every value as a tree of plain data.

The data is `explanation/1`: each test with its status, its figures and the tree of what was compared, each parameter with
its date, source and confidence, the results with their arithmetic, and the caps step by step. `render.py` puts it in words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from huzhu.rules.kinds import Kind
from huzhu.rules.live import FALSE
from huzhu.rules.parameters import Parameter, Unpublished, Value
from huzhu.rules.program import Op, Program
from huzhu.rules.scalar import NOT_IN_FORCE, NOT_MODELLED, Source
from huzhu.rules.texts import Text

FORMAT = "explanation/1"
Explain = Callable[..., dict[str, Any]]
Data = dict[str, Any]


def words(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def compile_explain(program: Program) -> Explain:
    """A function of (facts read, answer, cap steps) giving the explanation as data."""
    source = Source(program)
    body = source.values()
    for number, op in enumerate(program.nodes):
        body.append(f"n{number} = {_tree(source, number, op)}")
    body.append(f"return {_explanation(source)}")
    text = "def explain(F, answer, steps):\n" + "\n".join(f"    {line}" for line in body)
    scope = dict(source.names)
    exec(compile(text, "<explanation>", "exec"), scope)  # our own text, built from a checked program
    function: Explain = scope["explain"]
    return function


def _tree(source: Source, number: int, op: Op) -> str:
    kind = f"'kind': {op.kind.value!r}, 'value': v{number}"
    match op.op:
        case "const":
            return f"{{'op': 'constant', {kind}}}"
        case "fact":
            fact = source.program.fact(str(op.value))
            source.names[f"l{number}"] = words(fact.label)
            said = _words_of(source, f"w{number}", fact.words)
            return f"{{'op': 'fact', 'name': {op.value!r}, 'label': l{number}, 'unit': {fact.unit!r}, {kind}{said}}}"
        case "param":
            return _parameter_tree(source, number, op, kind)
        case "when":
            condition, then, otherwise = op.args
            taken = (
                f"[n{condition}] if v{condition} is None else [n{condition}, n{then} if v{condition} else n{otherwise}]"
            )
            return f"{{'op': 'when', {kind}, 'args': {taken}}}"
    args = ", ".join(f"n{arg}" for arg in op.args)
    extra = ""
    if op.value is not None:
        source.names[f"x{number}"] = list(op.value) if isinstance(op.value, tuple) else op.value
        extra = f", 'with': x{number}"
    return f"{{'op': {op.op!r}, {kind}, 'args': [{args}]{extra}}}"


def _words_of(source: Source, name: str, codes: dict[str, Text]) -> str:
    """What a text's codes are called, where it has words for them."""
    if not codes:
        return ""
    source.names[name] = {code: words(text) for code, text in codes.items()}
    return f", 'words': {name}"


def _said(source: Source, number: int) -> str:
    """The words for a figure that is a fact with codes."""
    op = source.program.nodes[number]
    if op.op != "fact":
        return ""
    return _words_of(source, f"w{number}", source.program.fact(str(op.value)).words)


def _parameter_tree(source: Source, number: int, op: Op, kind: str) -> str:
    program = source.program
    parameter = program.parameters[str(op.value)]
    entries: list[Data] = [_entry(program, parameter, value) for value in parameter.values]
    entries += [{"state": "not_modelled"}, {"state": "not_in_force"}]
    assert (NOT_MODELLED, NOT_IN_FORCE) == (-2, -1)  # they count from the end of the list
    source.names[f"p{number}"] = entries
    source.names[f"l{number}"] = words(parameter.label)
    source.names["asked_later"] = {"state": "date_or_key_unknown"}
    by = f", 'by': v{op.args[1]}" if len(op.args) == 2 else ""
    return (
        f"{{'op': 'parameter', 'key': {op.value!r}, 'label': l{number}, {kind}, 'on': v{op.args[0]}{by}, "
        f"'entry': asked_later if e{number} is None else p{number}[e{number}]}}"
    )


def _entry(program: Program, parameter: Parameter, value: Value) -> Data:
    cited = program.sources[value.source]
    return {
        "state": "unpublished" if isinstance(value.value, Unpublished) else "in_force",
        "from": value.since,
        "until": value.until,
        "unit": parameter.unit,
        "source": {"id": cited.id, "title": words(cited.title), "reference": cited.reference},
        "confidence": value.confidence,
        "checked_on": value.checked_on,
        "note": words(value.note) if value.note else None,
        "overlay": value.overlay,
        "illustrative": value.illustrative,
    }


def _explanation(source: Source) -> str:
    program = source.program
    names = source.names
    names["title"], names["overlays"] = words(program.title), list(program.overlays)
    names["advice"] = [words(text) for text in program.advice]
    parts = [
        f"'format': {FORMAT!r}", f"'decision': {program.id!r}", "'title': title", "'overlays': overlays",
        "'outcome': answer['outcome']", "'reasons': answer['reasons']", "'missing': answer['missing']",
        "'not_tested': answer['not_tested']", f"'facts': {_facts(source)}", f"'tests': {_tests(source)}",
        f"'results': {_results(source)}", "'advice': advice",
    ]  # fmt: skip
    names["labels"] = {code: words(text) for code, text in program.labels().items()}
    named = "[*answer['reasons'], *answer['missing'], *answer['not_tested']]"
    parts.append(f"'labels': {{code: labels[code] for code in {named}}}")
    if program.steps:
        parts.append(f"'steps': {_steps(source)}")
    if program.events:
        parts.append(f"'amount': {_amount(source)}")
    return "{" + ", ".join(parts) + "}"


def _facts(source: Source) -> str:
    names = []
    for number, fact in enumerate(source.program.facts):
        source.names[f"f{number}"] = words(fact.label)
        kind, value = fact.kind.value, f"F[{fact.name!r}]"
        said = _words_of(source, f"fw{number}", fact.words)
        names.append(
            f"{{'name': {fact.name!r}, 'label': f{number}, 'kind': {kind!r}, 'unit': {fact.unit!r}, 'value': {value}{said}}}"
        )
    return f"[{', '.join(names)}]"


def _tests(source: Source) -> str:
    parts = []
    for number, test in enumerate(source.program.tests):
        cited = source.program.sources[test.source]
        source.names[f"t_{number}"] = {
            "code": test.code, "title": words(test.title), "says": words(test.says),
            "source": {"id": cited.id, "title": words(cited.title), "reference": cited.reference},
        }  # fmt: skip
        skip = source.verdict.skipped[number]
        unknown = "'unknown'" if skip == FALSE else f"'not_tested' if {source.formula(skip)} else 'unknown'"
        no_rule = source.live.any_no_rule(test.passes)
        if no_rule != FALSE:
            unknown = f"'no_rule' if {source.formula(no_rule)} else {unknown}"
        value = f"v{test.passes}"
        status = f"'passed' if {value} is True else 'failed' if {value} is False else {unknown}"
        figures = ", ".join(
            f"{name!r}: {{'kind': {source.program.nodes[node].kind.value!r}, 'value': v{node}{_said(source, node)}}}"
            for name, node in test.figures.items()
        )
        parts.append(f"{{**t_{number}, 'status': {status}, 'figures': {{{figures}}}, 'tree': n{test.passes}}}")
    return f"[{', '.join(parts)}]"


def _results(source: Source) -> str:
    parts = []
    for number, result in enumerate(source.program.results):
        source.names[f"r_{number}"] = words(result.label)
        said = _words_of(source, f"rw{number}", result.words)
        head = f"'name': {result.name!r}, 'label': r_{number}, 'kind': {result.kind.value!r}, 'value': answer[{result.name!r}]{said}"
        if result.kind is Kind.CODES:
            codes = ", ".join(f"{{'code': {code!r}, 'tree': n{node}}}" for code, node in result.codes)
            parts.append(f"{{{head}, 'codes': [{codes}]}}")
        else:
            parts.append(f"{{{head}, 'tree': n{result.node}}}")
    return f"[{', '.join(parts)}]"


def _steps(source: Source) -> str:
    parts = []
    for name, (node, label) in source.program.steps.items():
        source.names[f"step_{name}"] = words(label)
        parts.append(f"{{'name': {name!r}, 'label': step_{name}, 'tree': n{node}}}")
    return f"[{', '.join(parts)}]"


def _amount(source: Source) -> str:
    events = source.program.events
    assert events is not None
    source.names["cap_words"] = {cap.name: words(cap.label) for cap in events.caps}
    limits = ", ".join(f"{cap.name!r}: n{cap.limit}" for cap in events.caps)
    return (
        f"{{'tree': n{events.assessed}, 'assessed_fen': answer['assessed_fen'], 'payable_fen': answer['payable_fen'], "
        f"'limited_by': answer['limited_by'], 'settled': answer['outcome'] == 'settled', "
        f"'caps': [{{**step, 'label': cap_words[step['cap']], 'tree': limits[step['cap']]}} for step in steps] "
        f"if (limits := {{{limits}}}) else []}}"
    )
