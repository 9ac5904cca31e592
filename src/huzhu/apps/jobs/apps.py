"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "huzhu.apps.jobs"
    label = "jobs"
