"""Tells Django of the pages that join several apps."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "huzhu.web"
    label = "web"
