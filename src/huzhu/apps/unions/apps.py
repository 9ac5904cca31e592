"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class UnionsConfig(AppConfig):
    name = "huzhu.apps.unions"
    label = "unions"
