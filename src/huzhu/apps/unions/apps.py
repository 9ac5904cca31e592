"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class UnionsConfig(AppConfig):
    name = "huzhu.apps.unions"
    label = "unions"

    def ready(self) -> None:
        from allauth.socialaccount.signals import social_account_added

        from huzhu.apps.unions import oidc, second_factors
        from huzhu.apps.vault.services import ELSEWHERE

        ELSEWHERE.append(second_factors)
        social_account_added.connect(oidc.note_link)
