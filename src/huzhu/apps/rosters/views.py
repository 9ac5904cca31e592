"""Pages of rosters: the list, the upload, a roster with its steps and rows, and the rows to mend."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huzhu.apps.rosters import queries, services, shown
from huzhu.apps.rosters.forms import RowsForm, UploadForm
from huzhu.apps.rosters.headings import COLUMNS
from huzhu.apps.rosters.models import Roster
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import may
from huzhu.apps.vault.files import workspace
from huzhu.bulk.writers import write_xlsx
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Change, Confirm, Empty
from huzhu.ui.refusals import NotFound
from huzhu.ui.tables import Filters, pager_of
from huzhu.ui.words import language, say, t

ROWS_A_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE = (
    "name",
    "identity_number",
    "phone",
    "platform",
    "rider_no",
    "work_category",
    "work_region",
    "organisation",
    "applied_on",
)


@needs("rosters.view")
@require_GET
def rosters(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.rosters(), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"table": shown.rosters_table(list(page), request), "pager": pager_of(page=page, query=request.GET)}
    return render(request, "rosters/list.html", context)


@needs("rosters.upload")
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    by: Any = request.user
    found = queries.may_upload_to(by=by, on=today())
    form = UploadForm(request.POST or None, request.FILES or None, organisations=found)
    if request.method == "GET" and found.count():
        form.initial["organisation"] = found[0].code
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            roster = services.upload(
                by=by, at=now(), organisation=form.cleaned_data["organisation"], stream=file, file_name=file.name
            )
        except services.SameFile as same:
            messages.info(request, say(same.said))
            return redirect("rosters:roster", id=same.roster.pk)
        return redirect("rosters:roster", id=roster.pk)
    columns = [(say(COLUMNS[name][0]), "、".join(COLUMNS[name][1][:4])) for name in TEMPLATE]
    return render(
        request, "rosters/upload.html", {"form": form, "columns": columns}, status=422 if form.errors else 200
    )


@needs("rosters.upload")
@require_GET
def template(request: HttpRequest) -> FileResponse:
    """An empty roster with the headings of the page's language."""
    lang = language()
    schema = pyarrow.schema([(COLUMNS[name][0].get(lang), pyarrow.string()) for name in TEMPLATE])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.xlsx"
        write_xlsx(batches=[], schema=schema, path=path, title="roster")
        return FileResponse(_held(path), as_attachment=True, filename="roster-template.xlsx", content_type=XLSX)


@needs("rosters.view")
@require_GET
def roster(request: HttpRequest, id: Any) -> HttpResponse:  # noqa: A002 - the address names it
    found = queries.access_roster(id=id)
    words = shown.words_of_codes(found)
    form = RowsForm(request.GET, codes=[(code, words.get(code, code)) for code in sorted(found.codes)])
    chosen = form.cleaned_data if form.is_valid() else {"state": "", "code": ""}
    rows = queries.rows(roster=found, state=chosen["state"], code=chosen["code"])
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    job = queries.job_of(roster=found)
    context = {
        "roster": found, "steps": shown.steps_of(found), "progress": shown.progress_of(found, job), "bars": shown.reasons(found, words),
        "filters": Filters(form=form, query=request.GET), "pager": pager_of(page=page, query=request.GET),
        "table": shown.rows_table(list(page), found, request.GET, total=page.paginator.count),
        "file_problems": [{"row": one["row"], "column": one["column"], "what": one[language()]} for one in found.problems],
        "plans": queries.plans(roster=found) if found.state == Roster.State.READY else {},
        "may": {name: _may(request, f"rosters.{name}", found) for name in ("upload", "decide")},
        "is_stopped": job is not None and job.state == job.State.FAILED and found.is_moving,
        "may_be_dropped": not found.merges and found.state in (Roster.State.CHECKING, Roster.State.MATCHING, Roster.State.READY),
        "empty": Empty(title=t("还没有读到行", "No rows yet"), hint=t("正在核对，请稍候。", "They are being checked.")),
    }  # fmt: skip
    return render(request, "rosters/roster.html", context)


def _may(request: HttpRequest, permission: str, found: Roster) -> bool:
    by: Any = request.user
    return may(by, permission, found.organisation, on=today())


@needs("rosters.view")
@require_GET
def progress(request: HttpRequest, id: Any) -> HttpResponse:  # noqa: A002
    """The part of the page that asks again while work goes on; at its end the page is loaded anew, with what is next."""
    found = queries.access_roster(id=id)
    response = render(request, "ui/progress.html", {"progress": shown.progress_of(found, queries.job_of(roster=found))})
    if not found.is_moving:
        response["HX-Refresh"] = "true"
    return response


@needs("rosters.upload")
@require_POST
def go_on(request: HttpRequest, id: Any) -> HttpResponse:  # noqa: A002
    by: Any = request.user
    found = queries.access_roster(id=id)
    job = queries.job_of(roster=found)
    if job is None:
        raise NotFound
    services.go_on(by=by, at=now(), roster=found, job=job)
    return redirect("rosters:roster", id=found.pk)


@needs("rosters.upload")
@require_http_methods(["GET", "POST"])
def drop(request: HttpRequest, id: Any) -> HttpResponse:  # noqa: A002
    by: Any = request.user
    found = queries.access_roster(id=id)
    if request.method == "POST":
        services.drop(by=by, at=now(), roster=found)
        return redirect("rosters:list")
    confirm = Confirm(
        title=t("放弃这份名册？", "Drop this roster?"), act=t("放弃", "Drop it"), is_grave=True,
        back_url=reverse("rosters:roster", args=[found.pk]),
        warning=t("没有人会因它入会，它的内容会被清除。", "Nobody joins by it, and what it says is removed."),
        changes=[Change(what=found.file_name, before=str(found.get_state_display()), after=str(Roster.State.DROPPED.label))],
    )  # fmt: skip
    return render(request, "ui/confirm.html", {"confirm": confirm})


@needs("rosters.upload")
@require_GET
def to_mend(request: HttpRequest, id: Any) -> FileResponse:  # noqa: A002
    """The rows that have to be mended, as a spreadsheet that can be fed again."""
    by: Any = request.user
    found = queries.access_roster(id=id)
    with workspace() as work:
        path = work / "rows.xlsx"
        services.to_mend(by=by, at=now(), roster=found, path=path, lang=language())
        stem = Path(found.file_name).stem
        response = FileResponse(_held(path), as_attachment=True, filename=f"{stem}-mend.xlsx", content_type=XLSX)
    response["Cache-Control"] = "no-store"
    return response


def _held(path: Path) -> Any:
    """The file, which stays readable when its name is gone."""
    return path.open("rb")
