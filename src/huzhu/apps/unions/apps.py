"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class UnionsConfig(AppConfig):
    name = "huzhu.apps.unions"
    label = "unions"

    def ready(self) -> None:
        from huzhu.apps.unions import second_factors
        from huzhu.apps.vault.services import ELSEWHERE

        ELSEWHERE.append(second_factors)
