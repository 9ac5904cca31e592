"""Members as a table to take away: which, which columns, and written so that a spreadsheet runs nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
from django.db.models import QuerySet
from django.http import QueryDict

from huzhu.apps.members.filtering import Filter
from huzhu.apps.members.identity import masked_identity, masked_phone
from huzhu.apps.members.models import Member
from huzhu.bulk.writers import ROWS_A_BATCH, batches_of, write_csv, write_xlsx
from huzhu.ui.words import t

COLUMNS = (
    (t("会员号", "Number"), pyarrow.string()),
    (t("姓名", "Name"), pyarrow.string()),
    (t("身份证号", "Identity number"), pyarrow.string()),
    (t("手机号", "Phone"), pyarrow.string()),
    (t("组织", "Organisation"), pyarrow.string()),
    (t("状态", "Status"), pyarrow.string()),
    (t("来源", "Way"), pyarrow.string()),
    (t("入会日期", "Joined on"), pyarrow.date32()),
    (t("退会日期", "Left on"), pyarrow.date32()),
)


def matching(*, query: str, on: dt.date) -> QuerySet[Member]:
    """The members of the open part of the tree that a filter finds. Raises Invalid for a filter that cannot be meant."""
    return Filter(QueryDict(query), on=on).found()


def write(*, members: QuerySet[Member], form: str, path: Path) -> int:
    """Write CSV or XLSX; rows written. Identity numbers and phones are masked."""
    schema = pyarrow.schema([(str(label), kind) for label, kind in COLUMNS])
    count = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal count
        for member in members.select_related("organisation").iterator(chunk_size=ROWS_A_BATCH):
            count += 1
            yield _row(member)

    batches = batches_of(rows=rows(), schema=schema)
    if form == "xlsx":
        write_xlsx(batches=batches, schema=schema, path=path, title=str(t("会员名单", "Members")))
    else:
        write_csv(batches=batches, schema=schema, path=path)
    return count


def _row(member: Member) -> list[Any]:
    identity, phone = member.identity_number, member.phone
    return [
        member.number,
        member.name,
        None if identity is None else masked_identity(number=identity.reveal()),
        None if phone is None else masked_phone(phone=phone.reveal()),
        str(member.organisation.shown_name),
        str(member.get_status_display()),
        str(member.get_way_display()),
        member.joined_on,
        member.left_on,
    ]
