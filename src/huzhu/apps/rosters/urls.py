"""Addresses of rosters and of what registers leave doubtful."""

from __future__ import annotations

from django.urls import path

from huzhu.apps.rosters import deciding_views, views

app_name = "rosters"
urlpatterns = [
    path("", views.rosters, name="list"),
    path("new/", views.upload, name="upload"),
    path("template.xlsx", views.template, name="template"),
    path("likenesses/", deciding_views.likeness, name="likenesses"),
    path("likenesses/<uuid:id>/", deciding_views.decide_likeness, name="decide_likeness"),
    path("<uuid:id>/", views.roster, name="roster"),
    path("<uuid:id>/progress/", views.progress, name="progress"),
    path("<uuid:id>/go-on/", views.go_on, name="go_on"),
    path("<uuid:id>/drop/", views.drop, name="drop"),
    path("<uuid:id>/to-mend.xlsx", views.to_mend, name="to_mend"),
    path("<uuid:id>/confirm/", deciding_views.confirm, name="confirm"),
    path("<uuid:id>/doubtful/", deciding_views.queue, name="queue"),
    path("<uuid:id>/doubtful/<int:number>/", deciding_views.doubtful, name="doubtful"),
]
