"""The members list and one member's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as notices
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.apps.audit import queries as audit
from huzhu.apps.members import queries, services
from huzhu.apps.members.filtering import Filter
from huzhu.apps.members.forms import ReasonForm, SearchForm, TransferForm, ViewForm
from huzhu.apps.members.identity import Identity, masked_identity, masked_phone, read_identity, read_phone
from huzhu.apps.members.models import Member
from huzhu.apps.members.shown import TONES, consents, history, member_row, verification_table, works
from huzhu.apps.members.views import person
from huzhu.apps.registers.indexes import identity_index, phone_index
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import may, reach_of
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Change, Confirm, Empty
from huzhu.ui.refusals import NotFound, Refusal
from huzhu.ui.tables import Act, Column, Filters, Pager, Table, address
from huzhu.ui.words import say, t

ROWS, COUNTED_AT_MOST, PAGES_AT_MOST = 50, 1000, 200
COLUMNS = [
    Column(label=t("姓名", "Name"), kind="name", sort="name"),
    Column(label=t("会员号", "Number"), kind="code", sort="number"),
    Column(label=t("组织", "Organisation")),
    Column(label=t("状态", "Status"), kind="state"),
    Column(label=t("来源", "Way")),
    Column(label=t("申请时间", "Applied"), kind="moment", sort="applied"),
    Column(label=t("入会日期", "Joined"), kind="date"),
]
ACTS = [
    Act(value="approve", label=t("批准", "Approve")),
    Act(value="refuse", label=t("不批准", "Refuse"), is_grave=True),
]


@needs("members.view")
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Members of her subtrees. A list of a million is never counted: beyond a thousand the pager knows only before and after."""
    wanted = Filter(request.GET, on=today())
    found = wanted.found()
    asked = request.GET.get("page", "1")
    page = min(int(asked[:9]), PAGES_AT_MOST) if asked.isascii() and asked.isdecimal() and int(asked[:9]) else 1
    start = (page - 1) * ROWS
    rows = list(found.select_related("organisation")[start : start + ROWS + 1])
    total = wanted.counted(found=found, at_most=COUNTED_AT_MOST)
    may_decide = bool(reach_of(request.user, "members.approve", on=today()))
    table = Table(
        key="members", caption=str(t("会员", "Members")), hides_caption=True, columns=COLUMNS, query=request.GET,
        rows=[member_row(member) for member in rows[:ROWS]], acts=ACTS if may_decide else (),
        action=f"{reverse('members:decide')}?{_filter_only(request)}", total=total,
        empty=Empty(title=str(t("没有符合条件的会员", "No members match")), hint=str(t("放宽筛选条件再试。", "Try fewer filters."))),
    )  # fmt: skip
    pager = Pager(
        first=start + 1 if rows else 0, last=start + len(rows[:ROWS]), total=total,
        previous_url=address(request.GET, page=page - 1 if page > 2 else "") if page > 1 else "",
        next_url=address(request.GET, page=page + 1) if len(rows) > ROWS and page < PAGES_AT_MOST else "",
    )  # fmt: skip
    context = {"table": table, "pager": pager, "filters": _filters(request, wanted), "search": SearchForm()}
    context["may_export"] = bool(reach_of(request.user, "members.export", on=today()))
    context["may_decide"] = may_decide
    context["filter_query"] = _filter_only(request)
    return render(request, "members/list.html", context)


def _filter_only(request: HttpRequest) -> str:
    return address(request.GET, page="")[1:]


def _filters(request: HttpRequest, wanted: Filter) -> Filters:
    here = _filter_only(request)
    saved = [(f"?{view.query}", view.name, view.query == here) for view in queries.saved_views(by=person(request))]
    return Filters(form=wanted.form, query=request.GET, saved=saved, save_url=reverse("members:save_view"))


@needs("members.view")
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """One member by identity number or phone, which go in a body and come back nowhere."""
    form = SearchForm(request.POST)
    found: list[Member] = []
    if form.is_valid():
        text = form.cleaned_data["number"]
        identity = read_identity(text=text, on=today(), made_up=True)
        phone = read_phone(text=text, made_up=True)
        if isinstance(identity, Identity):
            found = list(Member.objects.filter(identity_index=identity_index(number=identity.number))[:2])
        elif isinstance(phone, str):
            found = list(
                Member.objects.filter(phone_index=phone_index(phone=phone)).select_related("organisation")[:ROWS]
            )
    if len(found) == 1:
        return redirect("members:detail", member=found[0].pk)
    if not found:
        notices.warning(request, t("在您的范围内没有找到。", "Nobody was found within what you may see."))
        return redirect("members:list")
    table = Table(
        key="found",
        caption=str(t("同一手机号的会员", "Members with this phone")),
        columns=COLUMNS,
        rows=[member_row(one) for one in found],
    )
    return render(request, "members/found.html", {"table": table})


@needs("members.view")
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    form = ViewForm(request.POST)
    if form.is_valid():
        services.save_view(by=person(request), at=now(), **form.cleaned_data)
        return redirect(f"{reverse('members:list')}?{form.cleaned_data['query']}")
    return redirect("members:list")


@needs("members.view")
@require_POST
def delete_view(request: HttpRequest) -> HttpResponse:
    services.delete_view(by=person(request), name=request.POST.get("name", ""))
    return redirect("members:list")


@needs("members.view")
@require_safe
def detail(request: HttpRequest, member: Any) -> HttpResponse:
    """One member: masked facts, verifications, consents, moves, and what was done."""
    row = queries.access_member(by=person(request), id=member, permission="members.view", on=today())
    identity, phone = row.identity_number, row.phone

    def has(permission: str) -> bool:
        return may(request.user, permission, row.organisation, on=today())

    context = {
        "member": row,
        "tone": TONES[row.status],
        "identity": "" if identity is None else masked_identity(number=identity.reveal()),
        "phone": "" if phone is None else masked_phone(phone=phone.reveal()),
        "works": works(row.works.select_related("employer")),
        "verifications": verification_table(row, on=today()),
        "consents": consents(row),
        "transfers": list(queries.transfers().filter(member=row)),
        "history": history(audit.entries(paths=("",), about=f"members.Member:{row.pk}")[:50]),
        "may_reveal": has("members.reveal"),
        "may_edit": has("members.edit"),
        "may_approve": has("members.approve"),
    }
    return render(request, "members/detail.html", context)


@never_cache
@needs("members.reveal")
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, member: Any, field: str) -> HttpResponse:
    """Ask for a reason, then show the number this once; nothing keeps the page."""
    row = queries.access_member(by=person(request), id=member, permission="members.reveal", on=today())
    form = ReasonForm(request.POST if request.method == "POST" else None)
    clear = ""
    if form.is_valid():
        clear = services.reveal(
            by=person(request), at=now(), member=row, field=field, reason=form.cleaned_data["reason"]
        )
    label = t("身份证号", "Identity number") if field == "identity_number" else t("手机号", "Phone")
    response = render(request, "members/reveal.html", {"member": row, "form": form, "clear": clear, "label": label})
    response["Cache-Control"] = "no-store"
    return response


@needs("members.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: HttpRequest, member: Any) -> HttpResponse:
    """Move a member: the code of the new organisation, a look at what changes, done."""
    row = queries.access_member(by=person(request), id=member, permission="members.edit", on=today())
    back = reverse("members:detail", args=[row.pk])
    form = TransferForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        to = form.cleaned_data["to"]
        if request.POST.get("confirmed"):
            services.transfer(by=person(request), at=now(), member=row, to=to)
            notices.success(request, t("已转到{name}。", "Moved to {name}.", name=to.shown_name))
            return redirect("members:list")
        confirm = Confirm(
            title=str(t("转会", "Move a member")), act=str(t("转会", "Move")), back_url=back, hidden={"to": to.code},
            changes=[Change(what=f"{row.name} {row.number or ''}", before=str(row.organisation.shown_name), after=str(to.shown_name))],
            warning=str(t("转出后，您可能不再看得到这名会员。", "After that you may no longer see this member.")),
        )  # fmt: skip
        return render(request, "ui/confirm.html", {"confirm": confirm})
    return render(request, "members/form.html", {"form": form, "title": t("转会", "Move a member"), "back": back})


@needs("members.edit")
@require_POST
def verify(request: HttpRequest, member: Any) -> HttpResponse:
    """Ask the registers again."""
    row = queries.access_member(by=person(request), id=member, permission="members.edit", on=today())
    try:
        found = services.verify(by=person(request), at=now(), member=row)
    except NotFound:
        raise
    except Refusal as refusal:
        notices.error(request, say(refusal.said))
    else:
        notices.info(request, t("{n} 份登记一致。", "Registers that agree: {n}.", n=len(found)))
    return redirect("members:detail", member=row.pk)


@needs("members.edit")
@require_safe
def transfers(request: HttpRequest) -> HttpResponse:
    """Moves out of her organisations and into them."""
    page = Paginator(queries.transfers(), ROWS).get_page(request.GET.get("page"))
    return render(request, "members/transfers.html", {"page": page})
