"""Members for programs: masked, cut to the token's part of the tree, by keys and never by page numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from huzhu.api.access import needs
from huzhu.apps.members import queries
from huzhu.apps.members.filtering import Filter
from huzhu.ui.clock import today
from huzhu.ui.formats import masked

router = Router(tags=["members"])
AT_MOST = 200


class MemberOut(Schema):
    """A member as programs see her: no identity number, no phone, the name masked."""

    id: UUID
    number: str | None
    name: str = Field(description="掩码。Masked: the first character and a star")
    status: str
    way: str
    organisation: str = Field(description="组织代码。Code of the organisation")
    joined_on: dt.date | None
    left_on: dt.date | None


class Page(Schema):
    """`next` goes into `after` for the page behind this one; null at the end."""

    items: list[MemberOut]
    next: UUID | None


class Wanted(Schema):
    status: str = ""
    organisation: str = ""
    after: UUID | None = None
    limit: int = Field(50, ge=1, le=AT_MOST)


def _out(member: Any) -> dict[str, Any]:
    return {
        "id": member.pk,
        "number": member.number,
        "name": masked(member.name),
        "status": member.status,
        "way": member.way,
        "organisation": member.organisation.code,
        "joined_on": member.joined_on,
        "left_on": member.left_on,
    }


@router.get("", response=Page, summary="会员列表。Members in reach")
@needs("members.view")
def members(request: HttpRequest, wanted: Query[Wanted]) -> dict[str, Any]:
    rows = Filter(request.GET, on=today()).found().order_by("id").select_related("organisation")
    if wanted.after is not None:
        rows = rows.filter(pk__gt=wanted.after)
    found = list(rows[: wanted.limit + 1])
    more = len(found) > wanted.limit
    shown = found[: wanted.limit]
    return {"items": [_out(member) for member in shown], "next": shown[-1].pk if more else None}


@router.get("/{uuid:member}", response=MemberOut, summary="一名会员。One member")
@needs("members.view")
def member(request: HttpRequest, member: UUID) -> dict[str, Any]:
    return _out(queries.access_member(by=request.user, id=member, permission="members.view", on=today()))
