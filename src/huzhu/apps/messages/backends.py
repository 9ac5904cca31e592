"""The ways out: SMS gateways by dotted path, e-mail by SMTP, and consoles that say they are consoles. None logs an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils.module_loading import import_string

LOG = structlog.get_logger("huzhu.messages")
SECONDS = 20  # less than a worker's lease
PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


class Unsendable(Exception):
    """The gateway refuses this for good: trying again would not help."""


class Backend(Protocol):
    """What HUZHU_SMS may name: a class without arguments.

    `key` is the same for every try of one delivery, so that a gateway that knows it can drop the second. Raises Unsendable where
    trying again is of no use, and anything else where it is.
    """

    is_console: bool

    def send(self, *, address: str, text: str, key: str) -> None: ...


class Console:
    """Sends nothing: the demonstration shows what would have been sent on a page of its own."""

    is_console = True

    def send(self, *, address: str, text: str, key: str) -> None:
        LOG.info("messages.console", delivery=key, digits=len(address), characters=len(text))


@dataclass(frozen=True, slots=True)
class Smtp:
    """E-mail by the server of HUZHU_EMAIL_URL."""

    url: str
    is_console = False

    def send(self, *, address: str, text: str, key: str) -> None:
        mail = EmailMessage(
            subject=text.splitlines()[0][:70],
            body=text,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[address],
            headers={"X-Entity-Ref-ID": key},
            connection=EmailBackend(**self.options(), fail_silently=False, timeout=SECONDS),
        )
        mail.send()

    def options(self) -> dict[str, Any]:
        """What Django's backend takes. Raises ValueError for a URL that cannot be meant."""
        parts = urlsplit(self.url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("HUZHU_EMAIL_URL: expected smtp+tls://user:password@host:587")
        return {
            "host": parts.hostname,
            "port": parts.port or PORTS[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtp+ssl",
        }


def backend_for(*, channel: str) -> tuple[str, Backend]:
    """The backend of a channel and its name."""
    if channel == "email":
        return ("smtp", Smtp(settings.HUZHU_EMAIL_URL)) if settings.HUZHU_EMAIL_URL else ("console", Console())
    if settings.HUZHU_SMS == "console":
        return "console", Console()
    made: Backend = import_string(settings.HUZHU_SMS)()
    return settings.HUZHU_SMS, made
