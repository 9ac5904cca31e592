"""The counts of members that are kept, and a count of everybody by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

from huzhu.apps.members.desk_models import Tally
from huzhu.apps.members.models import Member


def kept() -> dict[tuple[Any, int], int]:
    rows = Tally._base_manager.exclude(number=0).values_list("organisation_id", "year", "number")
    return {(organisation, year): number for organisation, year, number in rows}


def plain() -> dict[tuple[Any, int], int]:
    """One member after another."""
    rows = Member._base_manager.values_list("organisation_id", "joined_on", "status")
    members = [(organisation, joined) for organisation, joined, status in rows if status == "member"]
    return dict(Counter((organisation, joined.year) for organisation, joined in members if joined is not None))
