"""What a row says as one short text, to be sealed, and back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from huzhu.apps.rosters.checks import RosterRow


@dataclass(frozen=True, slots=True)
class Said:
    """What of a row the merge needs. `cells` are the file's own words, kept only where something is wrong with them."""

    name: str = field(default="", repr=False)
    identity_number: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    birth_date: dt.date | None = field(default=None, repr=False)
    platform: str | None = None
    rider_no: str | None = field(default=None, repr=False)
    work_category: str | None = None
    work_region: str | None = None
    organisation: str | None = None
    applied_on: dt.date | None = None
    cells: Mapping[str, str] = field(default_factory=dict, repr=False)


def pack(*, row: RosterRow | None, cells: Mapping[str, str] | None = None) -> str:
    values: list[Any] | None = None
    if row is not None:
        values = [
            row.name, row.identity_number, row.phone, row.birth_date and row.birth_date.isoformat(), row.platform, row.rider_no,
            row.work_category, row.work_region, row.organisation, row.applied_on and row.applied_on.isoformat(),
        ]  # fmt: skip
    if cells is None:
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    clean = {column: text.encode("utf-8", "replace").decode() for column, text in cells.items()}
    return json.dumps({"values": values, "cells": clean}, ensure_ascii=False, separators=(",", ":"))


def unpack(*, text: str) -> Said:
    found = json.loads(text)
    values, cells = (found["values"], found["cells"]) if isinstance(found, dict) else (found, {})
    if values is None:
        return Said(cells=cells)
    name, identity, phone, born, platform, rider_no, category, region, organisation, applied = values
    return Said(
        name, identity, phone, born and dt.date.fromisoformat(born), platform, rider_no, category, region, organisation,
        applied and dt.date.fromisoformat(applied), cells,
    )  # fmt: skip
