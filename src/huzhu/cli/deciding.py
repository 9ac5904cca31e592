"""What the commands do between reading arguments and printing: facts from JSON, answers, comparisons, charts."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from huzhu.bulk import mishaps
from huzhu.bulk.compare import Comparison, Group, compare_file
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.writers import whole_file
from huzhu.rules import FactError, Lang, Program, Text, render
from huzhu.rules.decider import Decider
from huzhu.rules.records import Wrong, read
from huzhu.rules.wording import money

Tell = Callable[[Text], None]
Record = dict[str, Any]
FACTS_BYTES_AT_MOST = 16 << 20


def _bad(where: str, zh: str, en: str) -> BadInput:
    return BadInput(file=where, problems=[Problem(Text(zh, en))])


def read_facts(program: Program, source: str, on: str | None, tell: Tell) -> tuple[list[Record], bool]:
    """The records of a JSON file or of standard input, and whether they came as a list. BadInput says what is wrong."""
    data = _json(source)
    is_list = isinstance(data, list)
    records = data if is_list else [data]
    if not records:
        raise _bad(source, "列表是空的", "the list is empty")
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise _bad(source, f"第 {number} 条不是 JSON 对象", f"record {number} is not a JSON object")
    _fill_date(program, records, source, on)
    known = {fact.name for fact in program.facts}
    strange = sorted({name for record in records for name in record} - known)
    if strange:
        names = ", ".join(strange)
        tell(Text(f"不认识的事实，未使用：{names}", f"facts this decision does not know, not used: {names}"))
    return records, is_list


def _json(source: str) -> Any:
    try:
        if source == "-":
            text = sys.stdin.buffer.read(FACTS_BYTES_AT_MOST + 1)
        else:
            with Path(source).open("rb") as file:
                text = file.read(FACTS_BYTES_AT_MOST + 1)
    except OSError as error:
        raise mishaps.refusal(error) from None
    if len(text) > FACTS_BYTES_AT_MOST:
        raise _bad(source, "超过 16 MB；整个文件请用 policy run", "more than 16 MB; use policy run for a whole file")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()  # half a character, as "\\ud800", cannot be written again
        return found
    except json.JSONDecodeError as error:
        zh = f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 个字符处出错"
        raise _bad(source, zh, f"not valid JSON: {error}") from None
    except RecursionError:
        raise _bad(source, "不是有效的事实：嵌套太深", "no facts: nested too deeply") from None
    except ValueError as error:
        raise _bad(source, f"不是有效的 JSON：{error}", f"not valid JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> Record:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"given twice: {', '.join(sorted({name for name in names if names.count(name) > 1}))}")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value")


def _fill_date(program: Program, records: list[Record], source: str, on: str | None) -> None:
    if on is None:
        return
    if program.date_fact is None:
        raise _bad("--on", f"{program.id} 没有可用 --on 填的日期", f"{program.id} has no date that --on could fill")
    if any(program.date_fact in record for record in records):
        zh = f"事实里已有 {program.date_fact}，不能再用 --on"
        raise _bad(source, zh, f"the facts give {program.date_fact} already: --on is for facts without it")
    try:
        date = read(program.fact(program.date_fact), on)
    except Wrong as wrong:
        raise BadInput(file="--on", problems=[Problem(wrong.expected, value=on)]) from None
    for record in records:
        record[program.date_fact] = date


def answers(program: Program, records: list[Record], source: str) -> list[Record]:
    """Each record's result with its explanation and the policy version. BadInput names record, fact and value."""
    try:
        return Decider(program).explain_all(records)
    except FactError as error:
        problems = [
            Problem(expected, row=index + 1, column=name, value=_as_json(value), is_quoted=False)
            for index, name, value, expected in error.problems
        ]
        raise BadInput(file=source, problems=problems) from None


def _as_json(value: object) -> str | None:
    """A value as the facts give it, so that the text "12" and the number 12 are told apart."""
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def in_words(found: list[Record], lang: Lang) -> str:
    """The explanations for people, one after the other, each with its policy version."""
    version = {"zh": "政策版本", "en": "policy version"}[lang]
    return "\n\n".join(
        f"{render.text(answer['explanation'], lang=lang)}\n\n{version} {answer['policy_version']}" for answer in found
    )


def need(module: str, *, extra: str) -> None:
    """BadInput where an optional part is not installed, saying how to get it."""
    if importlib.util.find_spec(module) is None:
        raise _bad(
            f"--engine {extra}",
            f"没有安装：pip install 'huzhu[{extra}]'",
            f"not installed: pip install 'huzhu[{extra}]'",
        )


def compared(before: Program, after: Program, source: Path, by: str | None, on: str | None, tell: Tell) -> Comparison:
    return compare_file(before, after, source, by=by, on=on, tell=tell)


def figure(found: Comparison, value: int, lang: Lang) -> str:
    """A gain or a loss as people read it."""
    if found.measure is None:
        return f"{value:,} {'人次' if lang == 'zh' else 'rows'}"
    if found.measure.endswith("_fen"):
        return f"{money(value)} {'元' if lang == 'zh' else 'yuan'}"
    return f"{value:,} {'天' if lang == 'zh' else 'days'}"


def chart_path(chosen: Path | None, source: Path) -> Path:
    """Where the chart goes. BadInput where it cannot be an SVG file."""
    path = chosen or Path(f"{source.stem}-compare.svg")
    if path.suffix.lower() != ".svg":
        raise _bad(str(path), "图是 SVG：文件名须以 .svg 结尾", "the chart is an SVG: its name must end in .svg")
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise _bad(
            str(path), "不能写入：这是文件夹，或所在的文件夹不存在", "this is a folder, or its folder does not exist"
        )
    mishaps.check_writable(path)
    return path


def write_chart(found: Comparison, changes: list[str], path: Path, lang: Lang) -> None:
    from huzhu.bulk import charts  # Altair takes a second to load

    groups = found.groups or (found.total,)
    everyone = {"zh": "全部", "en": "all"}[lang]

    def change(group: Group) -> charts.Change:
        return charts.Change(
            group.label or everyone,
            group.lost,
            group.gained,
            figure(found, group.lost, lang),
            figure(found, group.gained, lang),
        )

    loses, gains = ("减少", "增加") if lang == "zh" else ("lose", "gain")
    said = ", ".join(changes)
    with whole_file(path) as draft:
        draft.write_text(
            charts.compare(changes=[change(group) for group in groups], loses=loses, gains=gains, alternative=said),
            encoding="utf-8",
        )
