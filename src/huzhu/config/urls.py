"""Every address of the site, an include an app."""

from __future__ import annotations

from django.urls import include, path

from huzhu.api.root import api

urlpatterns = [
    path("account/", include("huzhu.config.account_urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
    path("members/", include("huzhu.apps.members.urls")),
    path("rosters/", include("huzhu.apps.rosters.urls")),
    path("registers/", include("huzhu.apps.registers.urls")),
    path("unions/", include("huzhu.apps.unions.urls")),
    path("messages/", include("huzhu.apps.messages.urls")),
    path("", include("huzhu.web.urls")),
]
