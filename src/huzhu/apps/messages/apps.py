"""Tells Django of this app."""

from __future__ import annotations

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "huzhu.apps.messages"
    label = "union_messages"  # Django has an app called messages
