"""What an applicant has said so far: one sealed text in her session, so that neither page, address, log nor table shows it."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from huzhu.apps.vault.ciphers import BadKey, Tampered
from huzhu.apps.vault.fields import ring

NAME = "join"


class Draft:
    """Values by name, kept in the session when `keep` is called. A draft belongs to one poster's token."""

    def __init__(self, session: SessionBase, *, token: str) -> None:
        self.session, self.token = session, token
        self.said: dict[str, Any] = self._opened()

    def _opened(self) -> dict[str, Any]:
        held = self.session.get(NAME)
        if not isinstance(held, dict):
            return {}
        try:
            said: dict[str, Any] = json.loads(ring().open(bytes.fromhex(held["sealed"]), place=f"join:{held['place']}"))
        except (BadKey, Tampered, KeyError, ValueError):
            return {}
        # Another station's code was scanned meanwhile: what she said of herself holds there too.
        return said

    def keep(self, **changes: Any) -> None:
        self.said.update(changes)
        place = secrets.token_hex(8)
        sealed = ring().seal(json.dumps(self.said, ensure_ascii=False), place=f"join:{place}")
        self.session[NAME] = {"place": place, "sealed": sealed.hex()}

    def drop(self) -> None:
        self.session.pop(NAME, None)

    @property
    def has_who(self) -> bool:
        return bool(self.said.get("is_proved"))

    @property
    def has_how(self) -> bool:
        return self.has_who and bool(self.said.get("platform"))
