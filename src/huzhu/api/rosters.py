"""Rosters for programs: send one, see how far it is, read what became of each row."""

from __future__ import annotations

import datetime as dt
from typing import IO, Annotated, Any, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from huzhu.api.access import needs
from huzhu.apps.rosters import queries, services
from huzhu.apps.unions.queries import access_organisation
from huzhu.ui.clock import now, today

router = Router(tags=["rosters"])
Code = Annotated[str, Field(max_length=40, pattern=r"^[^\x00]+$")]


class RosterOut(Schema):
    """A roster on its way: checking, matching, ready (an officer confirms it on its page), merging, done; refused, dropped."""

    id: UUID
    organisation: str
    file_name: str
    uploaded_at: dt.datetime
    state: str
    total: int | None
    accepted: int
    doubtful: int
    refused: int
    created: int
    updated: int
    transferred: int
    unchanged: int


class RowProblem(Schema):
    column: str | None
    code: str
    zh: str
    en: str


class RowOut(Schema):
    """A row by its number in the file; what it said is not given back."""

    number: int
    state: str
    result: str
    problems: list[RowProblem]


class Rows(Schema):
    items: list[RowOut]
    next: int | None


class WantedRows(Schema):
    state: str = ""
    after: int = Field(0, ge=0)
    limit: int = Field(200, ge=1, le=1000)


def _out(roster: Any) -> dict[str, Any]:
    names = set(RosterOut.model_fields) - {"organisation"}
    return {name: getattr(roster, name) for name in names} | {"organisation": roster.organisation.code}


@router.get("", response=list[RosterOut], summary="名册。The latest hundred rosters in reach")
@needs("rosters.view")
def rosters(request: HttpRequest) -> list[dict[str, Any]]:
    return [_out(roster) for roster in queries.rosters()[:100]]


@router.post("", response={201: RosterOut}, summary="上传名册。Send a roster; it is checked and matched by itself")
@needs("rosters.upload")
def upload(request: HttpRequest, organisation: Form[Code], file: File[UploadedFile]) -> Status[dict[str, Any]]:
    user: Any = request.user
    place = access_organisation(by=user, permission="rosters.upload", code=organisation, on=today())
    made = services.upload(
        by=user, at=now(), organisation=place, stream=cast(IO[bytes], file), file_name=file.name or ""
    )
    return Status(201, _out(made))


@router.get("/{uuid:roster}", response=RosterOut, summary="一份名册。One roster")
@needs("rosters.view")
def roster(request: HttpRequest, roster: UUID) -> dict[str, Any]:
    return _out(queries.access_roster(id=roster))


@router.get("/{uuid:roster}/rows", response=Rows, summary="各行结果。What became of each row")
@needs("rosters.view")
def rows(request: HttpRequest, roster: UUID, wanted: Query[WantedRows]) -> dict[str, Any]:
    of = queries.access_roster(id=roster)
    found = list(queries.rows(roster=of, state=wanted.state).filter(number__gt=wanted.after)[: wanted.limit + 1])
    shown = found[: wanted.limit]
    items = [
        {
            "number": row.number,
            "state": row.state,
            "result": row.result,
            "problems": [_problem(p) for p in row.problems or []],
        }
        for row in shown
    ]
    return {"items": items, "next": shown[-1].number if len(found) > wanted.limit else None}


def _problem(said: Any) -> dict[str, Any]:
    if isinstance(said, dict):
        return {name: said.get(name) for name in ("column", "code", "zh", "en")}
    column, code, zh, en = said[:4]
    return {"column": column, "code": code, "zh": zh, "en": en}
