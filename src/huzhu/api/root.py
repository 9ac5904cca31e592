"""The API's root: what stands where, and how refusals look. OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from huzhu import __version__
from huzhu.api import members, organisations, rosters
from huzhu.api.access import Bearer
from huzhu.rules.texts import Text
from huzhu.ui.refusals import NotFound, Refusal

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
    return _problem(request, refusal.code, refusal.said, refusal.status)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    words = Text("令牌缺失、错误、已撤销或已过期。", "The token is missing, wrong, revoked or expired.")
    response = _problem(request, "no_token", words, 401)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _: Http404) -> HttpResponse:
    return _refused(request, NotFound())


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Which values cannot be read; what they were is not given back."""
    places = sorted({".".join(str(part) for part in one["loc"] if isinstance(part, str))[:100] for one in error.errors})
    words = Text("这些值无法识别：{}。", "These values cannot be read: {}.")
    said = Text(words.zh.format("、".join(places)), words.en.format(", ".join(places)))
    return _problem(request, "invalid", said, 422)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _problem(request, "unreadable", Text("无法读取这个请求。", "The request cannot be read."), error.status_code)


def _problem(request: HttpRequest, code: str, said: Text, status: int) -> HttpResponse:
    about: dict[str, Any] = {"code": code, "zh": said.zh, "en": said.en}
    return api.create_response(request, about, status=status)


api.add_router("", organisations.router)
api.add_router("/members", members.router)
api.add_router("/rosters", rosters.router)
