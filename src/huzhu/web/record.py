"""The auditors' page: the record, filtered, proved and exported."""

from __future__ import annotations

import codecs
import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huzhu.apps.audit import queries
from huzhu.apps.audit.models import Entry
from huzhu.apps.audit.services import record
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import reach_of
from huzhu.bulk.writers import batches_of, write_csv
from huzhu.rules.texts import Text
from huzhu.ui.clock import CHINA, now, today
from huzhu.ui.flow import Empty
from huzhu.ui.tables import Cell, Column, Filters, Pager, Row, Table, address
from huzhu.ui.widgets import DayInput
from huzhu.ui.words import language, t

ROWS, EXPORTED = 50, 50_000
COLUMNS = ("sequence", "at", "actor", "act", "about", "zh", "en", "previous", "hash")
SCHEMA = pyarrow.schema([(name, pyarrow.int64() if name == "sequence" else pyarrow.string()) for name in COLUMNS])


class Wanted(forms.Form):
    """What to look for."""

    words = forms.CharField(label=t("内容含", "Words"), required=False, max_length=100)
    act = forms.CharField(label=t("事项代码", "Act"), required=False, max_length=60)
    about = forms.CharField(label=t("涉及的记录", "About"), required=False, max_length=80)
    since = forms.DateField(label=t("自", "From"), required=False, widget=DayInput)
    until = forms.DateField(label=t("至", "To"), required=False, widget=DayInput)

    def found(self, paths: tuple[str, ...]) -> QuerySet[Entry]:
        said = self.cleaned_data if self.is_valid() else {}
        until = said.get("until")
        return queries.entries(
            paths=paths,
            words=said.get("words", ""),
            act=said.get("act", ""),
            about=said.get("about", ""),
            since=_midnight(said.get("since")),
            until=_midnight(until + dt.timedelta(days=1) if until else None),
        )


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return None if day is None else dt.datetime.combine(day, dt.time(), CHINA)


@needs("audit.view")
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """Entries of her subtrees, newest first. Pages go by sequence number, so that none is slower than the first."""
    form = Wanted(request.GET)
    paths = reach_of(request.user, "audit.view", on=today())
    found = form.found(paths)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 20:
        found = found.filter(sequence__lt=int(before))
    rows = list(found[: ROWS + 1])
    shown = rows[:ROWS]
    table = Table(
        key="record",
        caption=t("审计记录", "The record"),
        hides_caption=True,
        columns=[
            Column(label=t("序号", "No."), kind="number"),
            Column(label=t("时间", "When"), kind="moment"),
            Column(label=t("经办人", "Who"), kind="name"),
            Column(label=t("事项", "What")),
            Column(label=t("代码", "Act"), kind="code"),
        ],
        rows=[_row(entry) for entry in shown],
        query=request.GET,
        empty=Empty(title=t("没有符合的记录", "No entries match"), hint=t("放宽筛选条件再试。", "Try fewer filters.")),
    )
    older = address(request.GET, before=str(shown[-1].sequence)) if len(rows) > ROWS else ""
    newest = address(request.GET, before="") if before else ""
    pager = Pager(first=1, last=len(shown), previous_url=newest, next_url=older)
    may_export = bool(reach_of(request.user, "audit.export", on=today()))
    context = {
        "table": table, "pager": pager, "filters": Filters(form=form, query=request.GET),
        "export_url": address(request.GET, before="") if may_export else "",
    }  # fmt: skip
    return render(request, "web/record.html", context)


def _row(entry: Entry) -> Row:
    said = entry.zh if language() == "zh" else entry.en
    cells = [entry.sequence, entry.at, queries.who(entry=entry), Cell(value=said, note=entry.about), entry.act]
    return Row(id=str(entry.sequence), cells=cells)


@needs("audit.export")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """What the filter finds, as CSV, at most 50,000 entries; the export is itself recorded."""
    found = Wanted(request.GET).found(reach_of(request.user, "audit.export", on=today()))[:EXPORTED]
    count = 0

    def rows() -> Iterator[tuple[object, ...]]:
        nonlocal count
        for entry in found.iterator():
            count += 1
            yield (
                entry.sequence, entry.at.isoformat(), entry.actor_name, entry.act, entry.about, entry.zh, entry.en,
                entry.previous, entry.hash,
            )  # fmt: skip

    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "record.csv"
        write_csv(batches=batches_of(rows=rows(), schema=SCHEMA), schema=SCHEMA, path=path)
        written = codecs.BOM_UTF8 + path.read_bytes()  # without the mark Excel takes the file for GBK
    words = Text(f"导出审计记录 {count} 条", f"Exported {count} entries of the record")
    record(by=request.user, at=now(), act="audit.exported", words=words, details={"count": count})  # type: ignore[arg-type]
    response = HttpResponse(written, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="record.csv"'
    return response
