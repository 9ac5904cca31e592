"""How entries hang together: the hash of one, from all it says and the hash before."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any, Protocol

START = "0" * 64


class Entry(Protocol):
    """What is hashed."""

    sequence: int
    at: dt.datetime
    actor: str
    actor_name: str
    act: str
    about: str
    path: str
    zh: str
    en: str
    details: Any
    previous: str


def hash_of(entry: Entry) -> str:
    """SHA-256 over the entry's canonical JSON: sorted keys, UTC with microseconds, no blanks."""
    said = {
        "sequence": entry.sequence,
        "at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "actor_name": entry.actor_name,
        "act": entry.act,
        "about": entry.about,
        "path": entry.path,
        "zh": entry.zh,
        "en": entry.en,
        "details": entry.details,
        "previous": entry.previous,
    }
    words = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(words.encode()).hexdigest()
