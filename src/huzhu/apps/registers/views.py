"""Pages of registers: which there are, how they stand, and bringing them up to date. They show no rider."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huzhu.apps.jobs.models import Job
from huzhu.apps.registers import queries, services
from huzhu.apps.registers.forms import FileForm, RegisterForm
from huzhu.apps.registers.models import Register
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import reach_of
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Count, Empty, Progress, Tone
from huzhu.ui.refusals import NotFound, Refusal
from huzhu.ui.tables import Cell, Column, Row, Table
from huzhu.ui.words import say, t

TONES: dict[str, Tone] = {"never": "plain", "running": "info", "done": "good", "failed": "bad"}
LOADS_SHOWN = 20


@needs("registers.view")
@require_GET
def registers(request: HttpRequest) -> HttpResponse:
    columns = [
        Column(label=t("登记册", "Register")), Column(label=t("平台", "Platform"), kind="code"), Column(label=t("方式", "Comes")),
        Column(label=t("状态", "State"), kind="state"), Column(label=t("在册", "Listed"), kind="number"),
        Column(label=t("更新于", "Up to date since"), kind="moment"),
    ]  # fmt: skip
    rows = [
        Row(
            id=one.code, url=reverse("registers:register", args=[one.code]), label=str(one.shown_name),
            cells=[
                one.shown_name, one.platform, one.get_kind_display(), Cell(value=one.get_state_display(), tone=TONES[one.state]),
                one.people, one.loaded_at,
            ],
        )
        for one in queries.registers()
    ]  # fmt: skip
    empty = Empty(
        title=t("还没有登记册", "No register yet"),
        hint=t(
            "平台的骑手名单，用来核实会员的工作。", "A platform's list of riders, by which members' work is verified."
        ),
    )
    table = Table(
        key="registers",
        caption=t("登记册", "Registers"),
        columns=columns,
        rows=rows,
        query=request.GET,
        empty=empty,
        hides_caption=True,
    )
    return render(request, "registers/list.html", {"table": table, "may_manage": _may_manage(request)})


@needs("registers.manage")
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    by: Any = request.user
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create(by=by, at=now(), **form.cleaned_data)
            return redirect("registers:register", code=made.code)
        except Refusal as refusal:
            form.add_error(refusal.field, say(refusal.said))
    return render(request, "registers/create.html", {"form": form}, status=422 if form.errors else 200)


@needs("registers.view")
@require_GET
def register(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.access_register(code=code)
    return _page(request, found, FileForm())


@needs("registers.view")
@require_GET
def progress(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.access_register(code=code)
    shown = _progress(found)
    response = render(request, "ui/progress.html", {"progress": shown})
    if not shown.is_moving:
        response["HX-Refresh"] = "true"
    return response


@needs("registers.manage")
@require_POST
def sync(request: HttpRequest, code: str) -> HttpResponse:
    by: Any = request.user
    found = queries.access_register(code=code)
    services.sync(by=by, at=now(), register=found)
    return redirect("registers:register", code=code)


@needs("registers.manage")
@require_POST
def upload(request: HttpRequest, code: str) -> HttpResponse:
    by: Any = request.user
    found = queries.access_register(code=code)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            services.upload(by=by, at=now(), register=found, stream=file, file_name=file.name[-200:])
            return redirect("registers:register", code=code)
        except Refusal as refusal:
            form.add_error("file", say(refusal.said))
    return _page(request, found, form, status=422)


@needs("registers.manage")
@require_POST
def go_on(request: HttpRequest, code: str) -> HttpResponse:
    """Let a load that stopped go on from where it was."""
    found = queries.access_register(code=code)
    job = queries.job_of(register=found)
    if job is None or job.state != Job.State.FAILED:
        raise NotFound
    services.retry(job=job, at=now())
    return redirect("registers:register", code=code)


def _may_manage(request: HttpRequest) -> bool:
    return bool(reach_of(request.user, "registers.manage", on=today()))


def _page(request: HttpRequest, found: Register, form: FileForm, *, status: int = 200) -> HttpResponse:
    columns = [
        Column(label=t("时间", "When"), kind="moment"), Column(label=t("提出人", "Asked by")),
        Column(label=t("读到", "Read"), kind="number"),
        Column(label=t("新增", "Added"), kind="number"), Column(label=t("变更", "Changed"), kind="number"),
        Column(label=t("移出", "Gone"), kind="number"), Column(label=t("不可用", "Refused"), kind="number"),
    ]  # fmt: skip
    rows = [
        Row(
            id=str(one.pk), label=str(one.asked_at),
            cells=[one.asked_at, one.asked_by.shown_name if one.asked_by else "–", one.read, one.added, one.changed, one.gone, one.refused],
        )
        for one in queries.loads(register=found)[:LOADS_SHOWN]
    ]  # fmt: skip
    job = queries.job_of(register=found)
    context = {
        "register": found, "progress": _progress(found), "form": form, "may_manage": _may_manage(request),
        "tone": TONES[found.state], "may_go_on": job is not None and job.state == Job.State.FAILED,
        "table": Table(
            key="loads", caption=t("更新记录", "Updates so far"), columns=columns, rows=rows, query=request.GET,
            empty=Empty(title=t("还没有更新过", "Never brought up to date")),
        ),
    }  # fmt: skip
    return render(request, "registers/register.html", context, status=status)


def _progress(found: Register) -> Progress:
    job = queries.job_of(register=found)
    state: Any = {"never": "idle", "running": "running", "done": "done", "failed": "failed"}[found.state]
    is_stopped = state == "running" and job is not None and job.state == Job.State.FAILED  # by what nobody foresaw
    state, note = ("failed", job.error) if is_stopped and job is not None else (state, found.error)
    load = queries.loads(register=found).first()
    counts = [] if load is None else [
        Count(label=t("新增", "Added"), number=load.added, tone="good"),
        Count(label=t("变更", "Changed"), number=load.changed, tone="info"),
        Count(label=t("移出", "Gone"), number=load.gone), Count(label=t("不可用", "Refused"), number=load.refused, tone="warn"),
    ]  # fmt: skip
    return Progress(
        key="progress", label=capfirst(found.get_state_display()), state=state,
        done=0 if job is None else job.done, total=None if job is None else job.total,
        url=reverse("registers:progress", args=[found.code]), note=str(note), counts=counts,
    )  # fmt: skip
