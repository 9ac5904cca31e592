"""Addresses of registers."""

from __future__ import annotations

from django.urls import path

from huzhu.apps.registers import views

app_name = "registers"
urlpatterns = [
    path("", views.registers, name="list"),
    path("new/", views.create, name="create"),
    path("<slug:code>/", views.register, name="register"),
    path("<slug:code>/progress/", views.progress, name="progress"),
    path("<slug:code>/sync/", views.sync, name="sync"),
    path("<slug:code>/upload/", views.upload, name="upload"),
    path("<slug:code>/go-on/", views.go_on, name="go_on"),
]
