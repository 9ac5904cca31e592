"""Reads a policy package: policy.toml, parameters.toml, overlays/*.toml and rules.py, the same for ours and a user's own."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from huzhu.rules.authoring import Draft
from huzhu.rules.errors import RuleError
from huzhu.rules.kinds import Kind
from huzhu.rules.parameters import (
    CONFIDENCES,
    UNPUBLISHED,
    Overlay,
    Parameter,
    Parameters,
    Source,
    Unpublished,
    Value,
    parse_constant,
)
from huzhu.rules.program import Program
from huzhu.rules.texts import Text

HERE = Path(__file__).parent
BOUNDLESS = dt.date(1900, 1, 1)
_PARAMETER_WORDS = {"type", "unit", "label", "by", "values"}
_VALUE_WORDS = {"from", "until", "value", "source", "confidence", "checked_on", "note", "key"}


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as loaded: its texts, its parameters without any overlay, and its decisions as drafts."""

    id: str
    title: Text
    folder: Path
    jurisdiction: str
    sources: Mapping[str, Source]
    parameters: Parameters
    drafts: Mapping[str, Draft]
    overlays: Mapping[str, Overlay]

    def program(
        self, decision: str, *, overlay: str | None = None, changes: Mapping[str, str] | None = None
    ) -> Program:
        """The decision ready to compile, with a named overlay and typed what-if changes (`KEY=VALUE`) laid over it."""
        if decision not in self.drafts:
            raise RuleError(f"{self.id} has no decision {decision!r}; it has: {', '.join(self.drafts)}")
        parameters, sources = self.parameters, dict(self.sources)
        if overlay is not None:
            if overlay not in self.overlays:
                have = ", ".join(self.overlays) or "none"
                raise RuleError(f"{self.id} has no overlay {overlay!r}; it has: {have}")
            parameters = parameters.with_overlay(self.overlays[overlay])
            sources |= {"overlay": _overlay_source(overlay)}
        if changes:
            parameters = parameters.with_overlay(what_if(self.parameters, changes))
            sources |= {"what-if": Source("what-if", Text("假设（--set）", "what-if (--set)"))}
        program = self.drafts[decision].build(parameters, sources)
        for key in changes or {}:
            name = key.partition("[")[0]
            if name not in program.parameters:
                raise RuleError(f"{program.id} reads no parameter {name!r}; it reads: {', '.join(program.parameters)}")
        return program


def _overlay_source(name: str) -> Source:
    return Source("overlay", Text(f"叠加数值“{name}”（并非公布）", f"overlay {name!r} (never published)"))


def what_if(parameters: Parameters, changes: Mapping[str, str]) -> Overlay:
    """`{"age_limit": "65", "care_days[37]": "12"}` as an overlay that holds from each parameter's first day."""
    values: dict[str, list[Value]] = {}
    for written, text in changes.items():
        name, bracket, rest = written.partition("[")
        parameter = parameters[name]
        key: str | int | None = None
        if bracket:
            key = rest.removesuffix("]")
            key = int(key) if parameter.by is Kind.INT and key.isdigit() else key
        if (parameter.by is None) != (key is None):
            raise RuleError(
                f"--set {written}: {name} is {'a table: write ' + name + '[KEY]=...' if parameter.by else 'no table'}"
            )
        known = parameter.history(key)
        since = min((value.since for value in known), default=min(value.since for value in parameter.values))
        value = parse_constant(parameter.kind, text, f"--set {written}")
        values.setdefault(name, []).append(Value(since, value, "what-if", "seed", key=key))
    return Overlay(
        "what-if:" + ",".join(f"{k}={v}" for k, v in sorted(changes.items())), {k: tuple(v) for k, v in values.items()}
    )


@cache
def load(folder: Path) -> Policy:
    """Read a policy folder. Raises RuleError naming the file and what is wrong in it."""
    head = _toml(folder / "policy.toml")
    policy_id = _need(head, "id", str, folder / "policy.toml")
    parameters = list(read_parameters(folder / "parameters.toml"))
    sources = _sources(head.get("sources", {}), folder / "policy.toml")
    for used in head.get("uses", []):
        shared = load(HERE / used.replace("-", "_"))
        parameters += shared.parameters.by_key.values()
        sources = {**shared.sources, **sources}
    cited = {value.source for parameter in parameters for value in parameter.values}
    if cited - set(sources):
        raise RuleError(
            f"{folder / 'parameters.toml'}: sources not listed in policy.toml: {', '.join(sorted(cited - set(sources)))}"
        )
    drafts = _drafts(folder)
    overlays = {path.stem: _overlay(path, parameters) for path in sorted((folder / "overlays").glob("*.toml"))}
    return Policy(
        policy_id,
        _text(head.get("title"), folder / "policy.toml"),
        folder,
        str(head.get("jurisdiction", "")),
        sources,
        Parameters.of(parameters),
        {draft.name: draft for draft in drafts},
        overlays,
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise RuleError(
            f"{path}: no such file; a policy folder has policy.toml, parameters.toml and rules.py"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RuleError(f"{path}: {error}") from None


def _need(table: Mapping[str, Any], name: str, kind: type, where: object) -> Any:
    if name not in table:
        raise RuleError(f"{where}: `{name}` is missing")
    if not isinstance(table[name], kind) or (kind is dt.date and isinstance(table[name], dt.datetime)):
        raise RuleError(f"{where}: `{name}` = {table[name]!r} is not a {kind.__name__}")
    return table[name]


def _text(value: object, where: object) -> Text:
    if not (isinstance(value, dict) and isinstance(value.get("zh"), str) and isinstance(value.get("en"), str)):
        raise RuleError(f'{where}: words are given in both languages, {{ zh = "...", en = "..." }}, not {value!r}')
    return Text(value["zh"], value["en"])


def _sources(table: Mapping[str, Any], path: Path) -> dict[str, Source]:
    return {
        name: Source(
            name,
            _text(entry.get("title"), f"{path}, source {name}"),
            str(entry.get("reference", "")),
            _text(entry["note"], f"{path}, source {name}") if "note" in entry else None,
        )
        for name, entry in table.items()
    }


def read_parameters(path: Path) -> list[Parameter]:
    """The parameters of one file. Raises RuleError with the file, the parameter and what is wrong."""
    found = []
    for key, table in _toml(path).items():
        where = f"{path}, parameter {key}"
        if not isinstance(table, dict):
            raise RuleError(f"{where}: is {table!r}; a parameter is a table [{key}] with [[{key}.values]]")
        _only(table, _PARAMETER_WORDS, where)
        kind, by = _kind(_need(table, "type", str, where), where), table.get("by")
        values = tuple(_value(entry, where) for entry in table.get("values", []))
        found.append(
            Parameter(
                key,
                kind,
                _text(table.get("label"), where),
                values,
                str(table.get("unit", "")),
                _kind(by, where) if by is not None else None,
            )
        )
    try:
        Parameters.of(found)
    except RuleError as error:
        raise RuleError(f"{path}: {error}") from None
    return found


def _only(table: Mapping[str, Any], words: set[str], where: str) -> None:
    strange = sorted(set(table) - words)
    if strange:
        raise RuleError(f"{where}: unknown words {', '.join(strange)}; known are {', '.join(sorted(words))}")


def _kind(name: object, where: str) -> Kind:
    try:
        return Kind(str(name))
    except ValueError:
        raise RuleError(f"{where}: no type {name!r}; there are {', '.join(Kind)}") from None


def _value(entry: Mapping[str, Any], where: str) -> Value:
    _only(entry, _VALUE_WORDS, where)
    since = _need(entry, "from", dt.date, where)
    confidence = _need(entry, "confidence", str, where)
    if confidence not in CONFIDENCES:
        raise RuleError(f"{where}: no confidence {confidence!r}; there are {', '.join(CONFIDENCES)}")
    return Value(
        since=since,
        value=_constant(entry, where),
        source=_need(entry, "source", str, where),
        confidence=cast(Any, confidence),
        until=_need(entry, "until", dt.date, where) if "until" in entry else None,
        key=entry.get("key"),
        checked_on=_need(entry, "checked_on", dt.date, where),
        note=_text(entry["note"], where) if "note" in entry else None,
    )


def _constant(entry: Mapping[str, Any], where: str) -> Any:
    if "value" not in entry:
        raise RuleError(f'{where}: `value` is missing; a value that was never published is written "unpublished"')
    value = entry["value"]
    if isinstance(value, Decimal):
        raise RuleError(f"{where}: {value} is not a whole number; money is in fen, rates in per mille")
    return UNPUBLISHED if value == "unpublished" else value


def _overlay(path: Path, parameters: list[Parameter]) -> Overlay:
    table = _toml(path)
    illustrative = bool(table.pop("illustrative", False))
    table.pop("title", None)
    kinds = {parameter.key: parameter.kind for parameter in parameters}
    values: dict[str, tuple[Value, ...]] = {}
    for key, entry in table.items():
        if key not in kinds:
            raise RuleError(f"{path}: no parameter {key!r}")
        entries = entry if isinstance(entry, list) else [entry]
        values[key] = tuple(
            Value(
                _need(one, "from", dt.date, f"{path}, {key}"),
                _constant(one, f"{path}, {key}"),
                "overlay",
                "seed",
                one.get("until"),
                one.get("key"),
            )
            for one in entries
        )
    return Overlay(path.stem, values, illustrative)


def _drafts(folder: Path) -> tuple[Draft, ...]:
    path = folder / "rules.py"
    if not path.exists():
        raise RuleError(f"{path}: no such file; it holds the policy's decisions as DRAFTS")
    module = _module(folder, path)
    drafts = getattr(module, "DRAFTS", None)
    if not isinstance(drafts, tuple) or not all(isinstance(draft, Draft) for draft in drafts):
        raise RuleError(f"{path}: must define DRAFTS, a tuple of decisions")
    return drafts


def _module(folder: Path, path: Path) -> ModuleType:
    if folder.parent == HERE:
        return importlib.import_module(f"huzhu.policies.{folder.name}.rules")
    spec = importlib.util.spec_from_file_location(f"huzhu_user_policy_{folder.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except RuleError:
        raise
    except Exception as error:
        raise RuleError(f"{path}: {type(error).__name__}: {error}") from error
    return module


def is_unpublished(value: object) -> bool:
    return isinstance(value, Unpublished)
