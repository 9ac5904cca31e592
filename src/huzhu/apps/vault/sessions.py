"""Sessions in the database, sealed: they hold codes, numbers and second factors on their way."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from huzhu.apps.vault.ciphers import BadKey, Tampered
from huzhu.apps.vault.fields import ring

PLACE = "django_session:session_data"
NAME = "sessions.Session.session_data"


class SessionStore(DatabaseStore):
    """Django's own, but that what is stored says nothing without the keys. What cannot be opened is an empty session."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return base64.b64encode(ring().seal(json.dumps(session_dict), place=PLACE)).decode()

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        try:
            opened: dict[str, Any] = json.loads(ring().open(base64.b64decode(session_data), place=PLACE))
        except (BadKey, Tampered, ValueError):
            return {}
        return opened


def sealed() -> Iterator[bytes]:
    """What is stored of every session."""
    rows = SessionStore.get_model_class().objects.values_list("session_data", flat=True)
    for stored in rows.iterator():
        yield base64.b64decode(stored)


def reseal() -> int:
    """Bring every session to the current key; how many had another. One that changes meanwhile has it by that."""
    model, changed = SessionStore.get_model_class(), 0
    for key, stored in model.objects.values_list("pk", "session_data").iterator():
        held = base64.b64decode(stored)
        if held[0] != ring().current:
            fresh = base64.b64encode(ring().seal(ring().open(held, place=PLACE), place=PLACE)).decode()
            changed += model.objects.filter(pk=key, session_data=stored).update(session_data=fresh)
    return changed
