"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from huzhu.apps.messages import views

app_name = "messages"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("console/", views.console, name="console"),
    path("<uuid:id>/open/", views.open_one, name="open"),
]
