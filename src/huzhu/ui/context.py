"""What every page needs to know of its reader: language, ways on, and whether this is a demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from huzhu.ui.words import language, t


def page(request: HttpRequest) -> dict[str, Any]:
    """Reads `request.nav` (a list of url, label, is_current) and `request.user` where somebody has put them there."""
    user = getattr(request, "user", None)
    is_known = bool(getattr(user, "is_authenticated", False))
    return {
        "lang": language(),
        "languages": settings.LANGUAGES,
        "nav": [
            {"url": url, "label": label, "is_current": is_current}
            for url, label, is_current in getattr(request, "nav", ())
        ],
        "user": user,
        "user_label": (getattr(user, "display_name", "") or t("已登录", "Signed in")) if is_known else "",
        "is_demo": bool(getattr(settings, "HUZHU_DEMO", False)),
    }
