"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "huzhu.apps.audit"
    label = "audit"
