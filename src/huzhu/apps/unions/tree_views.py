"""Pages about the union tree: walking it, and importing it."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from huzhu.apps.unions import queries, tree_import
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.forms import SearchForm, TreeFileForm
from huzhu.apps.unions.models import Organisation, User
from huzhu.bulk.problems import BadInput
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Change, Confirm, Empty
from huzhu.ui.refusals import NotFound
from huzhu.ui.tables import Column, Filters, Row, Table, pager_of
from huzhu.ui.words import language, t

A_PAGE, SHOWN_CHANGES = 100, 50


def _table(nodes: list[Organisation], total: int) -> Table:
    rows = [
        Row(
            id=str(node.pk),
            url=reverse("unions:organisation", args=[node.code]),
            cells=[node.shown_name, node.get_kind_display(), node.code, node.region, node.numchild],
        )
        for node in nodes
    ]
    columns = [
        Column(label=t("名称", "Name")), Column(label=t("类型", "Kind")), Column(label=t("编号", "Code"), kind="code"),
        Column(label=t("区划", "Region"), kind="code"), Column(label=t("下级", "Below it"), kind="number"),
    ]  # fmt: skip
    return Table(
        key="organisations", caption=t("组织", "Organisations"), columns=columns, rows=rows, total=total,
        empty=Empty(title=t("没有组织", "No organisations"), hint=t("换个词试试。", "Try other words.")),
    )  # fmt: skip


@needs("unions.view")
@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """The tops of what she can see, or what her words find below them."""
    paths = queries.reach_of(request.user, "unions.view", on=today())
    words = request.GET.get("q", "").strip()
    found = (
        queries.find_organisations(paths=paths, words=words)
        if words
        else queries.organisations(paths=paths).filter(path__in=paths)
    )
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "table": _table(list(page), page.paginator.count),
        "pager": pager_of(page=page, query=request.GET),
        "filters": Filters(form=SearchForm(request.GET), query=request.GET),
        "may_import": bool(queries.reach_of(request.user, "unions.manage", on=today())),
    }
    return render(request, "unions/tree.html", shown)


@needs("unions.view")
@require_safe
def organisation(request: HttpRequest, code: str) -> HttpResponse:
    node = queries.access_organisation(by=request.user, permission="unions.view", code=code, on=today())
    page = Paginator(queries.children(of=node), A_PAGE).get_page(request.GET.get("page"))
    reach = queries.reach_of(request.user, "unions.view", on=today())
    facts = [
        (t("类型", "Kind"), node.get_kind_display()), (t("编号", "Code"), node.code), (t("行政区划", "Region"), node.region or "–"),
        (t("用人单位", "Employer"), node.employer.name if node.employer else "–"), (t("地址", "Address"), node.address or "–"),
        (t("热线", "Hotline"), node.hotline or "–"),
    ]  # fmt: skip
    shown = {
        "node": node,
        "above": [parent for parent in Organisation.objects.get_ancestors(node) if parent.path.startswith(reach)],
        "facts": facts,
        "table": _table(list(page), page.paginator.count),
        "pager": pager_of(page=page, query=request.GET),
    }
    return render(request, "unions/organisation.html", shown)


@needs("unions.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Step one: the file is read and checked; nothing of the tree changes."""
    form = TreeFileForm(request.POST or None, request.FILES or None)
    faults: list[str] = []
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        with tempfile.TemporaryDirectory() as work:
            path = Path(work) / ("tree.xlsx" if given.name.lower().endswith(".xlsx") else "tree.csv")
            with path.open("wb") as file:
                for chunk in given.chunks():
                    file.write(chunk)
            try:
                rows = tree_import.read_tree(path=path, work=Path(work))
                kept = tree_import.check(by=cast(User, request.user), at=now(), rows=rows, file_name=given.name)
            except BadInput as bad:
                faults = [problem.line(language()) for problem in bad.problems]
                if bad.total > len(faults):
                    faults.append(t("共 {n} 处问题。", "{n} problems in all.", n=bad.total))
            else:
                return redirect("unions:preview", id=kept.pk)
    return render(request, "unions/import.html", {"form": form, "faults": faults}, status=422 if faults else 200)


@needs("unions.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, id: uuid.UUID) -> HttpResponse:  # noqa: A002  the address's own name for it
    """Steps two and three: what would change, and the yes to it."""
    by = cast(User, request.user)
    kept = tree_import.access_import(by=by, id=id)
    if kept.done_at is not None:
        raise NotFound
    if request.method == "POST":
        done = tree_import.carry_out(by=by, at=now(), kept=kept)
        messages.success(
            request,
            t(
                "新建 {made} 个组织，更改 {changed} 个。",
                "{made} organisations made, {changed} changed.",
                made=done.made,
                changed=done.changed,
            ),
        )
        return redirect("unions:tree")
    plan = tree_import.plan(rows=tree_import.rows_of(kept))
    if not plan:
        messages.info(
            request, t("和现有组织完全一致，没有需要更改的。", "The tree is like this already: nothing to change.")
        )
        return redirect("unions:tree")
    changes = [
        Change(what=f"{step.row.code} {step.row.name}", before=step.before(language()), after=step.after(language()))
        for step in plan[:SHOWN_CHANGES]
    ]
    confirm = Confirm(
        title=t("导入组织", "Import organisations"), act=t("导入", "Import"), back_url=reverse("unions:import"),
        changes=changes, total=len(plan),
    )  # fmt: skip
    return render(request, "ui/confirm.html", {"confirm": confirm})
