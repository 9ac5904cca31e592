"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from huzhu.apps.unions import tree_views, views

app_name = "unions"
urlpatterns = [
    path("", tree_views.tree, name="tree"),
    path("at/<str:code>/", tree_views.organisation, name="organisation"),
    path("import/", tree_views.upload, name="import"),
    path("import/<uuid:id>/", tree_views.preview, name="preview"),
    path("users/", views.users, name="users"),
    path("users/new/", views.new_user, name="new_user"),
    path("users/<uuid:id>/", views.user, name="user"),
    path("users/<uuid:id>/grant/", views.grant, name="grant"),
    path("grants/<uuid:id>/revoke/", views.revoke, name="revoke"),
    path("users/<uuid:id>/act/<slug:act>/", views.act, name="act"),
    path("me/", views.me, name="me"),
    path("me/tokens/", views.tokens, name="tokens"),
    path("me/tokens/<uuid:id>/revoke/", views.revoke_token, name="revoke_token"),
]
