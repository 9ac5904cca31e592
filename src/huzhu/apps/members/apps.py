"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "huzhu.apps.members"
    label = "members"
