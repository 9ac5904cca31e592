"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class RostersConfig(AppConfig):
    name = "huzhu.apps.rosters"
    label = "rosters"
