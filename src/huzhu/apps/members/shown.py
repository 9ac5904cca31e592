"""Members as rows, cells and lines of pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from huzhu.apps.audit.queries import who
from huzhu.apps.members.consents import text_of
from huzhu.apps.members.models import CATEGORIES, Member, Work
from huzhu.apps.registers.queries import registers
from huzhu.ui.flow import Empty, Tone
from huzhu.ui.formats import day_in_words
from huzhu.ui.tables import Cell, Column, Row, Table
from huzhu.ui.words import language, say, t

TONES: dict[str, Tone] = {"applied": "info", "member": "good", "refused": "bad", "left": "plain", "erased": "plain"}


def member_row(member: Member) -> Row:
    """A line of the members list."""
    doubt = str(t("姓名待核对", "name to be checked")) if member.name_doubt else ""
    return Row(
        id=str(member.pk),
        url=reverse("members:detail", args=[member.pk]),
        label=member.name or member.alias,
        cells=[
            Cell(value=member.name or "–", note=doubt),
            member.number or "–",
            member.organisation.shown_name,
            Cell(value=member.get_status_display(), tone=TONES[member.status]),
            capfirst(member.get_way_display()),
            member.applied_at,
            member.joined_on,
        ],
    )


def verification_table(member: Member, *, on: dt.date) -> Table:
    """What registers said about a member, newest first."""
    names = {register.code: register.shown_name for register in registers()}
    rows = []
    for one in member.verifications.order_by("-verified_at")[:20]:
        holds = one.expires_on > on
        category = t(*CATEGORIES[one.work_category]) if one.work_category in CATEGORIES else one.work_category
        until = Cell(
            value=day_in_words(one.expires_on, lang=language()),
            tone="good" if holds else "warn",
            note="" if holds else str(t("已过期", "expired")),
        )
        rows.append(
            Row(
                id=str(one.pk),
                cells=[
                    names.get(one.register, one.register),
                    capfirst(one.get_how_display()),
                    capfirst(category) or "–",
                    one.orders_30d,
                    one.last_paid_order_on,
                    one.as_of,
                    until,
                ],
            )
        )
    columns = [
        Column(label=t("登记", "Register")),
        Column(label=t("方式", "How")),
        Column(label=t("工种", "Work")),
        Column(label=t("近 30 天单数", "Orders, 30 days"), kind="number"),
        Column(label=t("最近接单", "Last order"), kind="date"),
        Column(label=t("截至", "As of"), kind="date"),
        Column(label=t("有效期至", "Until"), kind="state"),
    ]
    empty = Empty(title=str(t("没有登记核对过", "No register has confirmed this member")))
    return Table(
        key="verifications",
        caption=str(t("登记核对", "Verifications")),
        hides_caption=True,
        columns=columns,
        rows=rows,
        empty=empty,
    )


def works(found: Iterable[Work]) -> list[tuple[str, str]]:
    """Each platform with the kind of work there and the rider's number."""
    lines = []
    for one in found:
        category = t(*CATEGORIES[one.work_category]) if one.work_category in CATEGORIES else one.work_category
        number = t("编号 {no}", "no. {no}", no=one.rider_no) if one.rider_no else ""
        lines.append((one.employer.name, " · ".join(str(part) for part in (capfirst(category), number) if part) or "–"))
    return lines


def consents(member: Member) -> list[dict[str, Any]]:
    """What a member agreed to, in the words that were shown, oldest first."""
    lines = []
    for one in member.consents.order_by("given_at"):
        text = text_of(purpose=one.purpose, version=one.version)
        label = one.purpose if text is None else say(text.label)
        lines.append({"label": label, "version": one.version, "at": one.given_at, "withdrawn_at": one.withdrawn_at})
    return lines


def history(entries: Iterable[Any]) -> list[dict[str, Any]]:
    """What was done about a member, newest first."""
    return [{"at": one.at, "who": who(entry=one), "words": one.zh if language() == "zh" else one.en} for one in entries]
