"""The catalogue of personal data: for each column why it is kept, on what basis, and for how long. Each app lists its own
columns in `personal.py`; a test fails while a column is in no list.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.apps import apps

from huzhu.rules.texts import Text

Basis = Literal["membership", "consent", "law", "contract"]
BASES: dict[Basis, Text] = {
    "membership": Text("办理会员事务所必需", "needed to run the membership asked for"),
    "consent": Text("本人单独同意", "the person's separate consent"),
    "law": Text("法律规定", "the law requires it"),
    "contract": Text("履行保障所必需", "needed to provide the cover asked for"),
}


@dataclass(frozen=True, slots=True)
class Personal:
    """What is told of a column that holds something about a person."""

    label: Text
    purpose: Text
    basis: Basis
    kept: Text
    is_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """An app's lists: what is personal, by `Model.field`, and what is not."""

    app: str
    personal: dict[str, Personal]
    not_personal: frozenset[str]


def listed() -> Iterator[Listed]:
    """The lists of every app of the site, in the order of apps."""
    for config in apps.get_app_configs():
        if not config.name.startswith("huzhu.apps.") or importlib.util.find_spec(f"{config.name}.personal") is None:
            continue
        found = importlib.import_module(f"{config.name}.personal")
        yield Listed(config.label, found.PERSONAL, frozenset(found.NOT_PERSONAL))
