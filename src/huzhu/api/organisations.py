"""The union tree, and who the token acts for."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from huzhu.api.access import needs, token_in
from huzhu.apps.unions import queries
from huzhu.ui.clock import today

router = Router(tags=["organisations"])


class Me(Schema):
    name: str
    roles: list[str]
    scopes: list[str]


class OrganisationOut(Schema):
    code: str
    name: str
    name_en: str
    kind: str
    region: str
    depth: int


@router.get("/me", response=Me, summary="令牌代表谁。Whom the token acts for")
def me(request: HttpRequest) -> dict[str, object]:
    token = token_in(request)
    roles = sorted(queries.roles_of(token.user, on=today()))
    return {"name": token.user.shown_name, "roles": roles, "scopes": token.scopes}


@router.get("/organisations", response=list[OrganisationOut], summary="可见的组织。Organisations in reach")
@needs("unions.view")
def organisations(request: HttpRequest) -> list[object]:
    token = token_in(request)
    return list(queries.organisations(paths=queries.reach_of(token.user, "unions.view", on=today())))
