"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "huzhu.apps.vault"
    label = "vault"
