"""The API's root: what stands where, and how refusals look. OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from huzhu import __version__
from huzhu.api import members, organisations, rosters
from huzhu.api.access import Bearer
from huzhu.ui.refusals import Refusal

api = NinjaAPI(
    title="Huzhu 互助",
    version=__version__,
    description="工会会员互助系统接口。The API of Huzhu: members, organisations, rosters.",
    auth=Bearer(),
    urls_namespace="api",
    docs_url=None,  # its page would fetch scripts from elsewhere; the schema stands at openapi.json
)


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    said = {"code": refusal.code, "zh": refusal.said.zh, "en": refusal.said.en}
    return api.create_response(request, said, status=refusal.status)


api.add_router("", organisations.router)
api.add_router("/members", members.router)
api.add_router("/rosters", rosters.router)
