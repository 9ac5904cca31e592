"""Sessions in the database, sealed: they hold codes, numbers and second factors on their way."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from huzhu.apps.vault.ciphers import BadKey, Tampered
from huzhu.apps.vault.fields import ring

PLACE = "django_session:session_data"


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
