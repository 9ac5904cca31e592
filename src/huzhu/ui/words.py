"""Words on pages, always in both languages and side by side: no catalogue that can lag behind."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language

from huzhu.rules.texts import Lang, Text


def language() -> Lang:
    """The language of the page being made."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def _said(zh: str, en: str, values: dict[str, Any]) -> str:
    template = zh if language() == "zh" else en
    return template.format(**values) if values else template


_lazy = lazy(_said, str)


def t(zh: str, en: str, **values: Any) -> str:
    """Words in the language of whoever reads them, decided when they are shown; `{name}` is filled from `values`."""
    return _lazy(zh, en, values)


def say(text: Text, **values: Any) -> str:
    """As `t`, of a `Text`."""
    return t(text.zh, text.en, **values)
