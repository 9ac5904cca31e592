"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "huzhu.apps.registers"
    label = "registers"
