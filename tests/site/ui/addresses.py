"""The few addresses that layouts look for, so that the look is tested without any app."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.path)


urlpatterns = [
    path("language/", include("django.conf.urls.i18n")),
    path("account/login/", nothing, name="account_login"),
    path("account/logout/", nothing, name="account_logout"),
]
