"""One HTML page about what was decided: outcomes, reasons, money, caps, what is not known; each chart with its table.

The page stands alone (no network, no scripts) and is made from the two decided files only, so that anyone who has them
can make it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Literal

import duckdb

from huzhu.bulk.charts import Mark, Row, bars
from huzhu.bulk.one_file import parquet
from huzhu.rules.texts import Lang, Text

OUTCOMES = {
    "granted": Text("通过", "Granted"),
    "settled": Text("此前已结案", "Settled before"),
    "refused": Text("不通过", "Refused"),
    "undetermined": Text("无法判定", "Undetermined"),
    "no_rule": Text("当时没有规定", "No rule in force"),
}

# Claims whose amount before caps is known and which came as far as the caps.
REACHED_CAPS = "(outcome = 'granted' or list_contains(reasons, 'cap_exhausted'))"


Tables = duckdb.DuckDBPyConnection
Figures = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of whole numbers: its heading, and what they are. Money is fen, shown as yuan."""

    head: Text
    kind: Literal["count", "money", "per_mille"] = "count"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: a code, which the page names in words, and its figures. A total is set apart below the others."""

    code: str | None
    figures: Figures
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A table with the chart of the columns `drawn`; two columns are drawn as a pair, the first one quiet."""

    title: Text
    note: Text
    of: Text
    columns: tuple[Column, ...]
    lines: Sequence[Line]
    drawn: tuple[int, ...] = (0,)


PREMIUM = Column(Text("参保费（元）", "Premiums (yuan)"), "money")
PAYABLE = Column(Text("应付（元）", "Payable (yuan)"), "money")
SHARE = Column(Text("占比", "Share"), "per_mille")
CLAIMS = Column(Text("申请数", "Claims"))
APPLICATIONS = Column(Text("人次", "Applications"))
ONLY = Column(Text("只因此项", "This alone"))

# Title, note and first heading of the parts that count the codes of a list column.
LISTS = {
    "reasons": (
        Text("不通过：没有满足的条件", "Refused: conditions not met"),
        Text(
            "一行可以有几个条件没有满足，所以各行之和可以大于不通过的总数。",
            "A row may fail several, so that these may add up to more than the refusals.",
        ),
        Text("没有满足的条件", "Condition not met"),
    ),
    "missing": (
        Text("因为缺少什么而无法判定", "Undetermined for want of"),
        Text(
            "补上所列的值即可判定。以“parameter:”开头的是计划从未公布的数值，不是申请人漏填的。",
            "With these values they can be decided. What starts with “parameter:” is a value of the plan that was "
            "never published, not something the applicant left out.",
        ),
        Text("缺少的值", "Missing value"),
    ),
    "not_tested": (
        Text("没有检查的限制", "Restrictions that were not tested"),
        Text("其内容从未公布，因此不作为拒绝的理由。", "Never published, so that they are held against nobody."),
        Text("限制", "Restriction"),
    ),
}


def write_report(
    *,
    enrol: Path,
    claims: Path,
    path: Path,
    lang: Lang,
    policy_versions: Mapping[str, str],
    overlay: str | None,
    labels: Mapping[str, Text] | None = None,
) -> None:
    """Write the page about two decided Parquet files to `path`. `policy_versions` maps the name of each policy or
    decision to the hash that is kept with it; `labels` gives words for the codes of reasons, facts, benefits and caps,
    and a code without words is shown as it is."""
    page = _Page(lang=lang, labels=labels or {})
    with duckdb.connect() as tables:
        tables.sql(f"FROM {parquet(enrol)}").create_view("enrol")
        tables.sql(f"FROM {parquet(claims)}").create_view("claims")
        body = "\n".join(
            (
                page.header(policy_versions=policy_versions, overlay=overlay, banner=_banner(tables)),
                "<main>",
                page.key_figures(_key_figures(tables)),
                page.chapter(Text("参保", "Enrolment"), _enrolment(tables)),
                page.chapter(Text("互助金", "Claims"), _claims(tables)),
                "</main>",
                page.footer(),
            )
        )
    path.write_text(page.document(body), encoding="utf-8")


def _lines(tables: Tables, query: str) -> list[Line]:
    return [Line(code, tuple(figures)) for code, *figures in tables.sql(query).fetchall()]


def _total(tables: Tables, query: str) -> list[Line]:
    return [Line(None, tuple(tables.sql(query).fetchall()[0]), is_total=True)]


def _enrolment(tables: Tables) -> Iterator[Part]:
    figures = f"count(*), {_share('enrol')}, coalesce(sum(premium_fen), 0)"
    yield Part(
        title=Text("参保申请的结果", "Outcomes of the applications"),
        note=Text("名册中每一行是一次申请。", "Each row of the roster is one application."),
        of=Text("结果", "Outcome"),
        columns=(APPLICATIONS, SHARE, PREMIUM),
        lines=_outcomes(tables, "enrol", figures) + _total(tables, f"select {figures} from enrol"),
    )
    yield _listed(tables, "enrol", "reasons")
    yield _listed(tables, "enrol", "missing")
    yield _listed(tables, "enrol", "not_tested")


def _claims(tables: Tables) -> Iterator[Part]:
    figures = f"count(*), {_share('claims')}, coalesce(sum(payable_fen), 0)"
    yield Part(
        title=Text("互助金申请的结果", "Outcomes of the claims"),
        note=Text("每一行是一次事件。", "Each row is one event."),
        of=Text("结果", "Outcome"),
        columns=(CLAIMS, SHARE, PAYABLE),
        lines=_outcomes(tables, "claims", figures) + _total(tables, f"select {figures} from claims"),
    )
    yield _listed(tables, "claims", "reasons")
    yield _money(tables)
    yield _caps(tables)
    yield _listed(tables, "claims", "missing")
    if "district" in tables.table("claims").columns:
        figures = "count(*), coalesce(sum(payable_fen), 0)"
        yield Part(
            title=Text("各区应付金额", "Payable by district"),
            note=Text("含此前已结案的金额。", "What was settled before is included."),
            of=Text("区", "District"),
            columns=(CLAIMS, PAYABLE),
            lines=_lines(tables, f"select district, {figures} from claims group by district order by 3 desc, 1")
            + _total(tables, f"select {figures} from claims"),
            drawn=(1,),
        )
    yield _listed(tables, "claims", "not_tested")


def _share(view: str) -> str:
    """The rows of a group per mille of all, rounded half up in whole numbers."""
    everyone = f"greatest((select count(*) from {view}), 1)"
    return f"(count(*) * 2000 + {everyone}) // (2 * {everyone})"


def _outcomes(tables: Tables, view: str, figures: str) -> list[Line]:
    lines = {line.code: line for line in _lines(tables, f"select outcome, {figures} from {view} group by outcome")}
    return [lines[outcome] for outcome in OUTCOMES if outcome in lines]


def _listed(tables: Tables, view: str, column: Literal["reasons", "missing", "not_tested"]) -> Part:
    """How many rows carry each code of a list column, and how many carry it alone."""
    listed = f"select unnest({column}) as code, len({column}) as codes from {view}"
    lines = _lines(
        tables, f"select code, count(*), count(*) filter (codes = 1) from ({listed}) group by code order by 2 desc, 1"
    )
    counted = APPLICATIONS if view == "enrol" else CLAIMS
    if column == "not_tested":
        lines = [Line(line.code, line.figures[:1]) for line in lines]
        return Part(*LISTS[column], columns=(counted,), lines=lines, drawn=())
    return Part(*LISTS[column], columns=(counted, ONLY), lines=lines)


def _money(tables: Tables) -> Part:
    sums = (
        "count(*), "
        f"coalesce(sum(assessed_fen) filter ({REACHED_CAPS}), 0), "
        "coalesce(sum(payable_fen) filter (outcome = 'granted'), 0), "
        "coalesce(sum(payable_fen) filter (outcome = 'settled'), 0), "
        "coalesce(sum(payable_fen), 0)"
    )
    return Part(
        title=Text("各项互助金", "Money by benefit"),
        note=Text(
            "“核定”是计算上限之前的金额；此前已结案的只有当时付的金额。无法判定的申请尚未计入金额。",
            "“Assessed” is before caps. Of what was settled before, only what was paid is known. "
            "Claims that are undetermined are not in the sums yet.",
        ),
        of=Text("互助金", "Benefit"),
        columns=(
            CLAIMS,
            Column(Text("核定（元）", "Assessed (yuan)"), "money"),
            Column(Text("本次应付（元）", "Payable now (yuan)"), "money"),
            Column(Text("此前已付（元）", "Settled before (yuan)"), "money"),
            Column(Text("合计应付（元）", "Payable in all (yuan)"), "money"),
        ),
        lines=_lines(tables, f"select benefit, {sums} from claims group by benefit order by 6 desc, 1")
        + _total(tables, f"select {sums} from claims"),
        drawn=(1, 2),
    )


def _caps(tables: Tables) -> Part:
    cut = (
        "count(*), count(distinct cover_id), count(*) filter (payable_fen = 0), "
        "coalesce(sum(assessed_fen - payable_fen), 0)"
    )
    bound = f"from claims where len(limited_by) > 0 and {REACHED_CAPS}"
    total = _total(tables, f"select {cut} {bound}")
    return Part(
        title=Text("上限的作用", "Caps that bound"),
        note=Text(
            "同一申请可能受几个上限限制：“扣减”在每个上限下各计一次，合计中只计一次。",
            "Several caps may bind one claim: its cut then stands with each of them, and once in the total.",
        ),
        of=Text("上限", "Cap"),
        columns=(
            CLAIMS,
            Column(Text("保障数", "Covers")),
            Column(Text("已无余额", "Nothing left")),
            Column(Text("扣减（元）", "Cut (yuan)"), "money"),
        ),
        lines=_lines(
            tables,
            f"select code, {cut} from (select *, unnest(limited_by) as code {bound}) group by code order by 5 desc, 1",
        )
        + (total if total[0].figures[0] else []),
        drawn=(3,),
    )


def _banner(tables: Tables) -> Figures:
    """Of the claims that read an illustrative value: how many, of all, granted, payable fen, and refused."""
    return _total(
        tables,
        "select count(*) filter (illustrative), count(*), count(*) filter (illustrative and outcome = 'granted'), "
        "coalesce(sum(payable_fen) filter (illustrative), 0), count(*) filter (illustrative and outcome = 'refused') "
        "from claims",
    )[0].figures


def _key_figures(tables: Tables) -> list[tuple[Column, int]]:
    undetermined = "count(*) filter (outcome = 'undetermined')"
    may_join = "count(*) filter (outcome = 'granted')"
    enrol = _total(tables, f"select count(*), {may_join}, {undetermined} from enrol")[0].figures
    claims = _total(tables, f"select count(*), {undetermined}, coalesce(sum(payable_fen), 0) from claims")[0].figures
    columns = (
        Column(Text("参保申请", "Applications")),
        Column(Text("可以参保", "May join")),
        Column(Text("参保无法判定", "Enrolment undetermined")),
        Column(Text("互助金申请", "Claims")),
        Column(Text("互助金无法判定", "Claims undetermined")),
        PAYABLE,
    )
    return list(zip(columns, enrol + claims, strict=True))


class _Page:
    """The words and figures as HTML, in one language."""

    def __init__(self, *, lang: Lang, labels: Mapping[str, Text]) -> None:
        self.lang = lang
        self.labels = {**OUTCOMES, **labels}

    def say(self, zh: str, en: str) -> str:
        return escape(zh if self.lang == "zh" else en)

    def name(self, code: str | None) -> str:
        if code is None:
            return "未注明" if self.lang == "zh" else "not given"
        return self.labels[code].get(self.lang) if code in self.labels else code

    def shown(self, column: Column, figure: int) -> str:
        if column.kind == "money":
            sign = "-" if figure < 0 else ""
            return f"{sign}{abs(figure) // 100:,}.{abs(figure) % 100:02d}"
        if column.kind == "per_mille":
            return f"{figure // 10}.{figure % 10} %"
        return f"{figure:,}"

    def document(self, body: str) -> str:
        style = (files("huzhu.bulk") / "report.css").read_text(encoding="utf-8")
        return (
            f'<!doctype html>\n<html lang="{"zh-CN" if self.lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{self.title()}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
        )

    def title(self) -> str:
        return self.say("互助保障：参保与互助金的判定报告", "Mutual aid: what was decided on enrolment and claims")

    def header(self, *, policy_versions: Mapping[str, str], overlay: str | None, banner: Figures) -> str:
        facts = [
            (f"{self.say('规则版本', 'Rules')} {escape(name)}", escape(policy_versions[name]))
            for name in policy_versions
        ]
        if overlay is not None:
            facts.append((self.say("叠加的数值", "Overlay"), escape(overlay)))
        versions = "".join(f"<div><dt>{head}</dt><dd><code>{value}</code></dd></div>" for head, value in facts)
        return (
            f'<header>\n<h1>{self.title()}</h1>\n<dl class="versions">{versions}</dl>\n{self.banner(banner)}</header>'
        )

    def banner(self, figures: Figures) -> str:
        """Said first and loudest, because money that rests on invented values must not be taken for the plan's."""
        rows, everyone, granted, payable_fen, refused = figures
        if not rows:
            return ""
        yuan = self.shown(PAYABLE, payable_fen)
        head = self.say("示例数值，未经公布", "Illustrative values, never published")
        text = self.say(
            f"{everyone:,} 件互助金申请中有 {rows:,} 件用到了示例数值：其中通过 {granted:,} 件，应付 {yuan} 元；"
            f"不通过 {refused:,} 件。这些结果不能当作计划的规定。",
            f"{rows:,} of {everyone:,} claims rest on illustrative values: {granted:,} granted, {yuan} yuan payable; "
            f"{refused:,} refused. Do not take these results for what the plan says.",
        )
        return f'<div class="banner" role="note"><p><strong>{head}</strong><br>{text}</p></div>\n'

    def key_figures(self, figures: Sequence[tuple[Column, int]]) -> str:
        items = "".join(
            f"<div><dt>{escape(column.head.get(self.lang))}</dt><dd>{self.shown(column, figure)}</dd></div>"
            for column, figure in figures
        )
        return f'<dl class="figures">{items}</dl>'

    def chapter(self, title: Text, parts: Iterator[Part]) -> str:
        return f"<h2>{escape(title.get(self.lang))}</h2>\n" + "\n".join(self.part(part) for part in parts)

    def part(self, part: Part) -> str:
        head = f"<section>\n<h3>{escape(part.title.get(self.lang))}</h3>\n"
        if all(line.is_total for line in part.lines):
            return f'{head}<p class="note">{self.say("没有。", "None.")}</p>\n</section>'
        note = f'<p class="note">{escape(part.note.get(self.lang))}</p>\n'
        if not part.drawn:
            return f"{head}{note}{self.table(part)}\n</section>"
        return f'{head}{note}<div class="beside">\n{self.figure(part)}\n{self.table(part)}\n</div>\n</section>'

    def figure(self, part: Part) -> str:
        """The chart. The bars of a pair are told apart by their order as well as by their colour."""
        rows = []
        for line in part.lines:
            if not line.is_total:
                marks = tuple(
                    Mark(
                        line.figures[index],
                        self.shown(part.columns[index], line.figures[index]),
                        index != part.drawn[-1],
                    )
                    for index in part.drawn
                )
                rows.append(Row(self.name(line.code), marks))
        heads = [part.columns[index].head.get(self.lang) for index in part.drawn]
        told = "; ".join(f"{row.label} {' / '.join(mark.shown for mark in row.marks)}" for row in rows)
        chart = bars(rows=rows, alternative=f"{part.title.get(self.lang)} ({' / '.join(heads)}): {told}")
        keys = f'<span><span class="swatch"></span>{escape(heads[0])}</span>'
        if len(heads) == 2:
            above = self.say(f"上：{heads[0]}", f"above: {heads[0]}")
            below = self.say(f"下：{heads[1]}", f"below: {heads[1]}")
            keys = f'<span><span class="swatch quiet"></span>{above}</span>'
            keys += f'<span><span class="swatch"></span>{below}</span>'
        return f"<figure>{chart}<figcaption>{keys}</figcaption></figure>"

    def table(self, part: Part) -> str:
        """The table scrolls by itself where it is wider than the page, by keyboard too."""
        title = escape(part.title.get(self.lang))
        heads = "".join(f'<th scope="col">{escape(column.head.get(self.lang))}</th>' for column in part.columns)
        of = escape(part.of.get(self.lang))
        body = "\n".join(self.line(part, line) for line in part.lines if not line.is_total)
        foot = "".join(f"<tfoot>{self.line(part, line)}</tfoot>" for line in part.lines if line.is_total)
        return (
            f'<div class="scroll" role="region" aria-label="{title}" tabindex="0"><table>\n'
            f'<caption class="unseen">{title}</caption>\n<thead><tr><th scope="col">{of}</th>{heads}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody>{foot}</table></div>"
        )

    def line(self, part: Part, line: Line) -> str:
        name = self.say("合计", "Total") if line.is_total else escape(self.name(line.code))
        if line.code in self.labels and line.code not in OUTCOMES:
            name += f"<code>{escape(line.code)}</code>"
        cells = "".join(
            f"<td>{self.shown(column, figure)}</td>" for column, figure in zip(part.columns, line.figures, strict=True)
        )
        return f'<tr><th scope="row">{name}</th>{cells}</tr>'

    def footer(self) -> str:
        text = self.say(
            "机器只提出意见：不通过或扣减须由人确认，会员可以申诉。",
            "The machine only proposes: people confirm every refusal and cut, and members may appeal.",
        )
        return f"<footer>{text}</footer>"
