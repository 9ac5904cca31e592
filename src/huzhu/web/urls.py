"""Pages that join several apps."""

from __future__ import annotations

from django.urls import path

from huzhu.apps.unions.access import open_to_all
from huzhu.ui.gallery import gallery
from huzhu.web import health, record, views

urlpatterns = [
    path("", views.front, name="front"),
    path("desk/", views.desk, name="desk"),
    path("privacy/", views.privacy, name="privacy"),
    path("record/", record.entries, name="audit"),
    path("record/export/", record.export, name="audit_export"),
    path("ui/", open_to_all(gallery), name="gallery"),
    path("healthz", health.healthz, name="health"),
    path("metrics", health.metrics, name="metrics"),
]
