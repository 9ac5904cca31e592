"""What people see: tables of policies, outcomes and sums, laid out for a terminal."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text as Line

from huzhu.bulk.compare import Comparison
from huzhu.bulk.replay import Replay
from huzhu.bulk.run import Summary
from huzhu.cli.deciding import figure
from huzhu.cli.showing import Data
from huzhu.cli.speech import err
from huzhu.policies.examples import Report
from huzhu.policies.loading import Policy
from huzhu.rules import Lang, Program, Text
from huzhu.rules.wording import money

OUTCOMES = {
    "granted": Text("符合", "granted"),
    "refused": Text("不符合", "refused"),
    "undetermined": Text("无法裁定", "undetermined"),
    "no_rule": Text("没有适用的规定", "no rule in force"),
    "settled": Text("已结案", "settled"),
}
SUMS = {
    "premium_fen": Text("参保费合计", "contributions"),
    "assessed_fen": Text("封顶前金额合计", "assessed before caps"),
    "payable_fen": Text("应付金额合计", "payable"),
    "amount_fen": Text("金额合计", "amount"),
}


@contextmanager
def busy(what: Text, lang: Lang) -> Iterator[None]:
    """Shows on a terminal that work is under way, and for how long; says nothing into a file or a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    with err().status(escape(what.get(lang)), spinner="dots"):
        yield


def _table(*columns: tuple[str, str], title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    return table


def policies(found: Sequence[Policy], lang: Lang) -> RenderableType:
    table = _table(("ID", "left"), ("内容" if lang == "zh" else "what it decides", "left"))
    for policy in found:
        table.add_row(f"[bold]{policy.id}[/bold]", escape(policy.title.get(lang)))
        for draft in policy.drafts.values():
            table.add_row(f"  {policy.id}/{draft.name}", escape(draft.title.get(lang)))
    return table


def shown(policy: Policy, decisions: Sequence[Data], lang: Lang) -> RenderableType:
    parts: list[RenderableType] = [Line(f"{policy.id}  {policy.title.get(lang)}", style="bold")]
    for one in decisions:
        parts += [
            "",
            Line(f"{one['id']}  {one['title'][lang]}", style="bold"),
            Line(one["policy_version"], style="dim"),
            "",
        ]
        facts = _table(
            *(
                ((("事实", "left"), ("类型", "left"), ("含义", "left")))
                if lang == "zh"
                else (("fact", "left"), ("type", "left"), ("meaning", "left"))
            )
        )
        for fact in one["facts"]:
            kind = " | ".join(fact["choices"]) or fact["kind"]
            facts.add_row(fact["name"], kind, escape(fact["label"][lang]))
        tests = _table(
            *(
                (("条件", "left"), ("含义", "left"), ("出处", "left"))
                if lang == "zh"
                else (("test", "left"), ("meaning", "left"), ("source", "left"))
            )
        )
        for test in one["tests"]:
            tests.add_row(test["code"], escape(test["title"][lang]), escape(test["source"]["title"][lang]))
        parts += [facts, "", tests, "", _parameters(one["parameters"], lang)]
    return Stack(*parts)


def _parameters(parameters: Sequence[Data], lang: Lang) -> Table:
    heads = (
        ("数值", "起", "止", "值", "可信度", "出处")
        if lang == "zh"
        else ("value", "from", "until", "is", "confidence", "source")
    )
    table = _table(*((name, "left") for name in heads))
    for parameter in parameters:
        for value in parameter["values"]:
            key = parameter["key"] if value["key"] is None else f"{parameter['key']}[{value['key']}]"
            mark = (
                {"zh": "（示例，未经公布）", "en": " (illustrative, never published)"}[lang]
                if value["illustrative"]
                else ""
            )
            said = value["value"].isoformat() if isinstance(value["value"], dt.date) else str(value["value"])
            table.add_row(
                escape(key), str(value["from"]), str(value["until"] or ""), escape(f"{said} {parameter['unit']}".strip() + mark),
                value["confidence"], escape(value["source"]["title"][lang]),
            )  # fmt: skip
    return table


def checks(reports: Sequence[Report], lang: Lang) -> RenderableType:
    heads = ("政策", "例子", "不符") if lang == "zh" else ("policy", "examples", "failed")
    table = _table((heads[0], "left"), (heads[1], "right"), (heads[2], "right"))
    for report in reports:
        table.add_row(report.policy, str(report.examples), str(len(report.failures)))
    failures = [Line(f"{report.policy}: {failure}") for report in reports for failure in report.failures]
    return Stack(table, *failures)


def summary(program: Program, found: Summary, output: Path, lang: Lang) -> RenderableType:
    heads = ("结果", "行数", "占比") if lang == "zh" else ("outcome", "rows", "share")
    table = _table((heads[0], "left"), (heads[1], "right"), (heads[2], "right"), title=f"{program.id} → {output}")
    for outcome, rows in found.outcomes.items():
        label = OUTCOMES[outcome].get(lang)
        name = outcome if lang == "en" else f"{label} {outcome}"
        table.add_row(name, f"{rows:,}", _share(rows, found.rows))
    table.add_row("合计" if lang == "zh" else "all", f"{found.rows:,}", "")
    parts: list[RenderableType] = [table]
    if found.sums:
        sums = _table(("金额" if lang == "zh" else "amount", "left"), ("元" if lang == "zh" else "yuan", "right"))
        for name, fen in found.sums.items():
            label = SUMS.get(name, Text(name, name)).get(lang)
            sums.add_row(f"{label} {name}" if lang == "zh" else f"{name} ({label})", money(fen))
        parts += ["", sums]
    version = {"zh": "政策版本", "en": "policy version"}[lang]
    return Stack(*parts, "", Line(f"{version} {found.version}", style="dim"))


def _share(part: int, whole: int) -> str:
    """Per cent with one decimal, rounded down."""
    tenths = part * 1000 // whole if whole else 0
    return f"{tenths // 10}.{tenths % 10} %"


def comparison(found: Comparison, changes: Sequence[str], chart: Path, lang: Lang) -> RenderableType:
    zh = lang == "zh"
    heads = (
        ("分组", "行数", "增加的行", "增加", "减少的行", "减少")
        if zh
        else ("group", "rows", "gain", "gained", "lose", "lost")
    )
    table = _table((heads[0], "left"), *((name, "right") for name in heads[1:]), title=", ".join(changes))
    for group in (*found.groups, found.total):
        label = ("全部" if zh else "all") if group is found.total else group.label or ("（空）" if zh else "(empty)")
        table.add_row(
            escape(label), f"{group.rows:,}", f"{group.gainers:,}", figure(found, group.gained, lang), f"{group.losers:,}",
            figure(found, group.lost, lang),
        )  # fmt: skip
    parts: list[RenderableType] = [table]
    if found.moved:
        moved = _table(
            *((name, "left") for name in (("原结果", "新结果") if zh else ("before", "after"))),
            ("行数" if zh else "rows", "right"),
        )
        for before, after, rows in found.moved:
            moved.add_row(OUTCOMES[before].get(lang), OUTCOMES[after].get(lang), f"{rows:,}")
        parts += ["", moved]
    if found.sums:
        names = ("合计", "原来", "改后") if zh else ("sum", "before", "after")
        sums = _table((names[0], "left"), (names[1], "right"), (names[2], "right"))
        for name, before_sum, after_sum in found.sums:
            show = money if name.endswith("_fen") else "{:,}".format
            sums.add_row(name, show(before_sum), show(after_sum))
        parts += ["", sums]
    if found.unclear:
        parts += [
            "",
            f"{found.unclear:,} 行一边无法裁定，不计入得失"
            if zh
            else f"{found.unclear:,} rows undetermined on one side, in neither",
        ]
    return Stack(*parts, "", ("图：" if zh else "chart: ") + escape(str(chart)))


def replays(found: Sequence[tuple[Path, Replay]], lang: Lang) -> RenderableType:
    zh = lang == "zh"
    empty = "（空）" if zh else "(empty)"
    parts: list[RenderableType] = []
    for path, one in found:
        said = (
            f"{path}：{one.rows:,} 行，{one.total:,} 处不同"
            if zh
            else f"{path}: {one.rows:,} rows, {one.total:,} differences"
        )
        parts += [Line(said), Line(f"{one.decision} {one.version}", style="dim")]
        if one.differences:
            heads = ("行", "列", "文件中", "重新裁定") if zh else ("row", "column", "written", "decided again")
            table = _table(*((name, "left") for name in heads))
            for d in one.differences:
                sides = (empty if side in (None, "") else escape(str(side)) for side in (d.written, d.decided))
                table.add_row(str(d.row), d.column, *sides)
            parts.append(table)
    return Stack(*parts)
