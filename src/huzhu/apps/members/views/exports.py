"""Lists to take away: asking, allowing, downloading."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.apps.members import queries, services
from huzhu.apps.members.forms import ExportForm
from huzhu.apps.members.views import person
from huzhu.apps.unions.access import needs
from huzhu.ui.clock import now, today
from huzhu.ui.words import t

TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@needs("members.export")
@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """What she asked for, and what waits for her word."""
    rows = queries.exports(by=person(request), on=today())
    return render(request, "members/exports.html", {"rows": rows})


@needs("members.export")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the list that a filter finds; the filter stands in the address."""
    form = ExportForm(request.POST if request.method == "POST" else None)
    query = request.GET.urlencode()
    if form.is_valid():
        made = services.ask_export(by=person(request), at=now(), query=query, **form.cleaned_data)
        if made.state == made.State.ASKED:
            notices.info(
                request,
                t(
                    "{n} 人，超过 50 人，要另一名干部同意后才能下载。",
                    "People in it: {n}. More than 50 need another officer's consent.",
                    n=made.rows,
                ),
            )
        return redirect("members:exports")
    back = f"{reverse('members:list')}?{query}"
    return render(
        request, "members/form.html", {"form": form, "title": t("导出会员名单", "Export members"), "back": back}
    )


@needs("members.export")
@require_POST
def decide(request: HttpRequest, export: Any) -> HttpResponse:
    """Another officer's word."""
    row = queries.access_export(by=person(request), id=export, on=today())
    act = services.allow_export if request.POST.get("act") == "allow" else services.refuse_export
    act(by=person(request), at=now(), request=row)
    notices.success(request, t("已处理。", "Done."))
    return redirect("members:exports")


@needs("members.export")
@require_POST
def file(request: HttpRequest, export: Any) -> HttpResponse:
    """The list itself, made afresh and kept nowhere."""
    row = queries.access_export(by=person(request), id=export, on=today())
    with tempfile.TemporaryDirectory(prefix="huzhu-") as folder:
        path = Path(folder) / f"members.{row.form}"
        services.download(by=person(request), at=now(), request=row, path=path)
        response = HttpResponse(path.read_bytes(), content_type=TYPES[row.form])
    response["Content-Disposition"] = f'attachment; filename="members.{row.form}"'
    response["Cache-Control"] = "no-store"
    return response
