"""The kinds of value a rule may hold, and the whole numbers each may reach. There is no float among them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from huzhu.rules.texts import Text


class Kind(StrEnum):
    BOOL = "bool"
    INT = "int"
    MONEY = "money"  # whole fen
    DAYS = "days"
    PER_MILLE = "per_mille"
    DATE = "date"
    TEXT = "text"
    CODES = "codes"  # a list of codes, only as a result


WHOLE = frozenset({Kind.INT, Kind.MONEY, Kind.DAYS, Kind.PER_MILLE})
ORDERED = WHOLE | {Kind.DATE}

INT64 = 2**63 - 1
FIRST_DATE = dt.date(1900, 1, 1)
LAST_DATE = dt.date(2200, 12, 31)
# What a fact may hold when it says nothing narrower: a billion yuan, a century of days. Bounds let the loader prove
# that no result can leave 64 bits, which some column engines would wrap in silence.
LIMITS: dict[Kind, tuple[int, int]] = {
    Kind.INT: (-1_000_000_000, 1_000_000_000),
    Kind.MONEY: (-100_000_000_000, 100_000_000_000),
    Kind.DAYS: (-36_600, 36_600),
    Kind.PER_MILLE: (0, 10_000),
    Kind.DATE: (FIRST_DATE.toordinal(), LAST_DATE.toordinal()),
}

NAMES: dict[Kind, Text] = {
    Kind.BOOL: Text("true 或 false", "true or false"),
    Kind.INT: Text("整数", "a whole number"),
    Kind.MONEY: Text("以分计的整数", "whole fen"),
    Kind.DAYS: Text("整数天", "whole days"),
    Kind.PER_MILLE: Text("千分比整数", "whole per mille"),
    Kind.DATE: Text("日期 YYYY-MM-DD", "a date, YYYY-MM-DD"),
    Kind.TEXT: Text("文字", "text"),
    Kind.CODES: Text("代码列表", "a list of codes"),
}

Scalar = bool | int | str | dt.date


def kind_of(value: object) -> Kind:
    """The kind a plain Python constant has in a rule; `int` stays INT, money is written `fen(...)`."""
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.INT
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return Kind.DATE
    if isinstance(value, str):
        return Kind.TEXT
    raise TypeError(f"a rule cannot hold a {type(value).__name__}")
