"""The only clock. Doors read it and hand the moment down; nothing below them does."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def now() -> dt.datetime:
    """This moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def day_of(at: dt.datetime) -> dt.date:
    """The date in China at a moment: the date that counts for covers, ages and deadlines."""
    return at.astimezone(CHINA).date()


def today() -> dt.date:
    return day_of(now())
