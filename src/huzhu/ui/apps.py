"""Tells Django of the look and feel."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "huzhu.ui"
    label = "ui"
