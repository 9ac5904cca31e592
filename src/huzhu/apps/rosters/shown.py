"""How rosters and their rows are put on a page: steps, progress, tables, bars. Numbers of people are masked here, and nowhere revealed."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.text import capfirst

from huzhu.apps.jobs.models import Job
from huzhu.apps.members.identity import masked_identity, masked_phone
from huzhu.apps.members.models import CATEGORIES, Member
from huzhu.apps.rosters.headings import COLUMNS
from huzhu.apps.rosters.models import Roster, Row
from huzhu.apps.rosters.packing import Said
from huzhu.ui.charts import Bar, Bars
from huzhu.ui.flow import Count, Empty, Progress, Step, Tone, steps
from huzhu.ui.tables import Cell, Column, Table
from huzhu.ui.tables import Row as TableRow
from huzhu.ui.words import language, say, t

STEPS = (t("上传", "Upload"), t("核对", "Check"), t("比对", "Match"), t("入会", "Merge"))
ANOTHER = re.compile(r"第 \d+ 行|row \d+")
TONES: dict[str, Tone] = {
    "accepted": "good", "doubtful": "warn", "refused": "bad", "ready": "warn", "done": "good", "dropped": "plain", "created": "good",
    "updated": "info", "transferred": "info", "unchanged": "plain",
}  # fmt: skip


def steps_of(roster: Roster) -> list[Step]:
    return steps(labels=STEPS, now=roster.step, failed=roster.state == Roster.State.REFUSED)


def progress_of(roster: Roster, job: Job | None) -> Progress:
    """Live while there is work; the counts are links into the table."""
    state: Any = "idle"
    if job is not None and job.state == Job.State.FAILED:
        state = "failed"
    elif roster.is_moving:
        state = "waiting" if job is None or job.state == Job.State.WAITING else "running"
    elif roster.state == Roster.State.READY:
        state = "asking"
    elif roster.state == Roster.State.DONE:
        state = "done"
    elif roster.state == Roster.State.REFUSED:
        state = "failed"
    rows = reverse("rosters:roster", args=[roster.pk])
    counts = [
        Count(label=label, number=getattr(roster, value), tone=TONES[value], url=f"{rows}?state={value}#rows")
        for value, label in Row.State.choices
    ]
    if roster.merges:
        counts += [
            Count(label=label, number=getattr(roster, value), tone=TONES[value]) for value, label in Row.Result.choices
        ]
    done, total = (job.done, job.total) if job is not None and roster.is_moving else (roster.total or 0, roster.total)
    label = t("核对、比对完毕", "Checked and matched") if state == "asking" else capfirst(roster.get_state_display())
    note = job.error if job is not None and job.state == Job.State.FAILED else ""
    return Progress(
        key="progress", label=label, state=state, done=done, total=total, note=note, counts=counts,
        url=reverse("rosters:progress", args=[roster.pk]),
    )  # fmt: skip


def label_of(problem: dict[str, str]) -> str:
    return problem[language()]


def problem_words(row: Row) -> list[dict[str, str]]:
    """What is wrong with a row and how to mend it, in the page's language."""
    lang = language()
    labels = {name: label for name, (label, _) in COLUMNS.items()}
    return [
        {
            "column": str(say(labels[problem["column"]])) if problem["column"] in labels else "",
            "code": problem["code"], "what": problem[lang], "fix": problem[f"fix_{lang}"],
        }
        for problem in row.problems or []
    ]  # fmt: skip


def reasons(roster: Roster, sample: dict[str, str]) -> Bars | None:
    """How often each problem comes first; `sample` has words for codes."""
    if not roster.codes:
        return None
    url = reverse("rosters:roster", args=[roster.pk])
    bars = [
        Bar(label=sample.get(code, code), value=many, url=f"{url}?code={code}#rows")
        for code, many in sorted(roster.codes.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return Bars(
        key="reasons",
        caption=t("为什么不能直接入会", "Why rows cannot go straight through"),
        rows=bars,
        value_label=t("行", "rows"),
        label_label=t("问题", "Problem"),
    )


def words_of_codes(roster: Roster) -> dict[str, str]:
    """A problem's words by its code, from one row of each; which other row that one is like is said of itself alone."""
    words = {}
    for code in roster.codes:
        row = (
            Row.objects.filter(roster=roster, code=code)
            .exclude(problems=None)
            .exclude(state=Row.State.ACCEPTED)
            .order_by("number")
            .first()
        )
        if row is not None and row.problems:
            words[code] = ANOTHER.sub(str(t("另一行", "another row")), capfirst(label_of(row.problems[0])))
    return words


def rows_table(rows: QuerySet[Row] | list[Row], roster: Roster, query: QueryDict, *, total: int) -> Table:
    columns = [
        Column(label=t("行", "Row"), kind="number"), Column(label=t("姓名", "Name"), kind="name"),
        Column(label=t("状态", "State"), kind="state"),
        Column(label=t("问题与改法", "Problem and how to mend it")), Column(label=t("结果", "Result"), kind="state"),
    ]  # fmt: skip
    lines = []
    for row in rows:
        problems = problem_words(row)
        colon, stop = t("：", ": "), t("；", "; ")
        what = f"{stop}".join(
            capfirst(f"{one['column']}{colon if one['column'] else ''}{one['what']}") for one in problems
        )
        is_open = row.state == Row.State.DOUBTFUL and not row.result
        url = reverse("rosters:doubtful", args=[roster.pk, row.number]) if is_open else ""
        result = row.get_result_display() if row.result else ""
        lines.append(
            TableRow(
                id=str(row.pk), url=url, label=str(row.number),
                cells=[
                    row.number, row.name, Cell(value=row.get_state_display(), tone=TONES[row.state]),
                    Cell(value=what or "–", note=capfirst(f"{stop}".join(one["fix"] for one in problems))),
                    Cell(value=result, tone=TONES.get(row.result, "plain")),
                ],
            )
        )  # fmt: skip
    empty = Empty(title=t("没有这样的行", "No such rows"), hint=t("换一个条件看看。", "Try another filter."))
    return Table(
        key="rows", caption=t("各行", "Rows"), columns=columns, rows=lines, query=query, total=total, empty=empty
    )


def rosters_table(found: list[Roster], request: HttpRequest) -> Table:
    columns = [
        Column(label=t("文件", "File")), Column(label=t("组织", "Organisation")), Column(label=t("上传", "Uploaded"), kind="moment"),
        Column(label=t("状态", "State"), kind="state"), Column(label=t("行", "Rows"), kind="number"),
        Column(label=t("存疑", "Doubtful"), kind="number"),
        Column(label=t("新会员", "New members"), kind="number"),
    ]  # fmt: skip
    lines = [
        TableRow(
            id=str(one.pk), url=reverse("rosters:roster", args=[one.pk]), label=one.file_name,
            cells=[
                one.file_name, one.organisation.shown_name, one.uploaded_at,
                Cell(value=one.get_state_display(), tone=TONES.get(one.state, "info")), one.total or 0, one.doubtful, one.created,
            ],
        )
        for one in found
    ]  # fmt: skip
    empty = Empty(
        title=t("还没有名册", "No roster yet"),
        hint=t("上传一份名册，逐行告诉您结果。", "Upload one and see, row by row, what becomes of it."),
        url=reverse("rosters:upload"), act=t("上传名册", "Upload a roster"),
    )  # fmt: skip
    return Table(
        key="rosters",
        caption=t("名册", "Rosters"),
        columns=columns,
        rows=lines,
        query=request.GET,
        empty=empty,
        hides_caption=True,
    )


def facts_of_row(row: Row, said: Said) -> list[tuple[str, Any]]:
    """What a row says, numbers masked. Where the row cannot be read, nothing of its cells is shown but the name."""
    return [
        (t("姓名", "Name"), row.name or "–"),
        (
            t("身份证号", "Identity number"),
            masked_identity(number=said.identity_number) if said.identity_number else "–",
        ),
        (t("手机号", "Phone"), masked_phone(phone=said.phone) if said.phone else "–"),
        (t("出生年份", "Year of birth"), str(said.birth_date.year) if said.birth_date else "–"),
        (t("单位/站点", "Station"), said.organisation or "–"),
        (t("平台", "Platform"), said.platform or "–"),
        (
            t("类别", "Category"),
            capfirst(t(*CATEGORIES[said.work_category]))
            if said.work_category in CATEGORIES
            else said.work_category or "–",
        ),
        (t("工作区域", "Region of work"), said.work_region or "–"),
    ]


def facts_of_member(member: Member, *, organisation: str, is_in_reach: bool) -> list[tuple[str, Any]]:
    """A member beside a row. Of members elsewhere only the union, the status and a masked name are told."""
    if not is_in_reach:
        shown = f"{member.name[:1]}*"
        return [
            (t("姓名", "Name"), shown),
            (t("状态", "Status"), member.get_status_display()),
            (t("组织", "Organisation"), organisation),
        ]
    number = member.identity_number.reveal() if member.identity_number is not None else ""
    phone = member.phone.reveal() if member.phone is not None else ""
    return [
        (t("姓名", "Name"), member.name),
        (t("身份证号", "Identity number"), masked_identity(number=number) if number else "–"),
        (t("手机号", "Phone"), masked_phone(phone=phone) if phone else "–"),
        (t("出生年份", "Year of birth"), str(member.birth_date.year) if member.birth_date else "–"),
        (t("组织", "Organisation"), organisation),
        (t("状态", "Status"), member.get_status_display()),
        (t("会员号", "Member number"), member.number or "–"),
    ]
