"""OpenID Connect providers out of one setting: `id|name|server URL|client id|secret`, separated by semicolons."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from huzhu.config.environment import BadSetting


def oidc_providers(words: str) -> list[dict[str, Any]]:
    """As allauth wants them. Raises BadSetting."""
    return [
        {"provider_id": id_, "name": name, "client_id": client, "secret": secret, "settings": {"server_url": server}}
        for id_, name, server, client, secret in _parts(words)
    ]


def oidc_origins(words: str) -> list[str]:
    """Where the providers are, for the content security policy."""
    return sorted({"{0.scheme}://{0.netloc}".format(urlsplit(server)) for _, _, server, _, _ in _parts(words)})


def _parts(words: str) -> list[list[str]]:
    found = []
    for number, provider in enumerate(filter(None, (part.strip() for part in words.split(";"))), start=1):
        fields = [field.strip() for field in provider.split("|")]
        if len(fields) != 5 or not all(fields):
            raise BadSetting(f"HUZHU_OIDC: provider {number} is id|name|server URL|client id|secret, five parts")
        if not fields[0].replace("-", "").isalnum() or not fields[0].isascii():
            raise BadSetting(f"HUZHU_OIDC: {fields[0]!r}: an id has letters, digits and dashes")
        if urlsplit(fields[2]).scheme != "https":
            raise BadSetting(f"HUZHU_OIDC: {fields[0]}: the server's URL begins with https://")
        found.append(fields)
    return found
