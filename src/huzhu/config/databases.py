"""From one address to Django's DATABASES: `sqlite:///path`, or `postgresql://user:password@host/name?sslmode=verify-full`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from huzhu.config.environment import BadSetting

FILE = "huzhu.sqlite3"
POOL_AT_MOST = 8
# What libpq takes in an address and Huzhu hands on unread: TLS, addresses of sockets, time limits, names.
LIBPQ = {
    "application_name", "channel_binding", "connect_timeout", "gssencmode", "host", "keepalives", "keepalives_count",
    "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts", "options", "passfile", "require_auth",
    "service", "sslcert", "sslcertmode", "sslcrl", "sslkey", "sslmode", "ssl_max_protocol_version",
    "ssl_min_protocol_version", "sslpassword", "sslrootcert", "target_session_attrs", "tcp_user_timeout",
}  # fmt: skip
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def databases(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """DATABASES from the settings' values. Raises BadSetting for an address that cannot be meant."""
    url: str = values["HUZHU_DATABASE_URL"]
    home: Path = values["HUZHU_HOME"]
    return {"default": from_url(url=url) if url else sqlite(path=home.resolve() / FILE)}


def from_url(*, url: str) -> dict[str, Any]:
    scheme = url.partition(":")[0].lower()
    if scheme == "sqlite":
        return _sqlite_from_url(url)
    if scheme in ("postgresql", "postgres"):
        return _postgresql(url)
    raise _refusal(url, "应以 postgresql:// 或 sqlite:/// 开头", "it should begin with postgresql:// or sqlite:///")


def sqlite(*, path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "huzhu.config.sqlite",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "ATOMIC_REQUESTS": False,  # a transaction is a service's, never a whole request's
    }


def _sqlite_from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.netloc or parts.query or parts.fragment or not parts.path.startswith("/"):
        raise _refusal(url, "应为 sqlite:///文件的绝对路径", "expected sqlite:/// and the full path of a file")
    path = Path(unquote(parts.path))
    if path == Path("/") or path.is_dir():
        raise _refusal(url, f"{path} 是文件夹", f"{path} is a folder")
    return sqlite(path=path)


def _postgresql(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refusal(url, "端口应为 1 到 65535 的数", "the port is a number from 1 to 65535") from None
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name or parts.fragment:
        raise _refusal(url, "主机之后应有数据库名，如 /huzhu", "the name of a database follows the host, as in /huzhu")
    try:
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _refusal(url, "? 之后应为 名=值", "name=value is expected after the ?") from None
    size = _pool_size(url, options.pop("pool", str(POOL_AT_MOST)))
    _check_options(url, options)
    # In the query a host may be a folder of sockets, which does not fit between the slashes.
    host = options.pop("host", "") or unquote(parts.hostname or "")
    pool = {"pool": {"min_size": 1, "max_size": size, "timeout": 10}} if size else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        # Web threads come and go, and a pool outlives them; Django wants it to be the only one to keep connections.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": bool(size),
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {**options, **pool},
    }


def _pool_size(url: str, words: str) -> int:
    if not words.isascii() or not words.isdigit() or int(words) > 1000:
        raise _refusal(url, "pool 应为 0 到 1000 的数", "pool is a number from 0 to 1000")
    return int(words)


def _check_options(url: str, options: Mapping[str, str]) -> None:
    unknown = ", ".join(sorted(options.keys() - LIBPQ))
    if unknown:
        raise _refusal(url, f"不认识 {unknown}", f"{unknown} is not known")
    if options.get("sslmode", "prefer") not in SSL_MODES:
        modes = ", ".join(SSL_MODES)
        raise _refusal(url, f"sslmode 应为 {modes} 之一", f"sslmode is one of {modes}")


def _refusal(url: str, zh: str, en: str) -> BadSetting:
    """The address without its password."""
    head, at, tail = url.rpartition("@")
    scheme, slashes, _ = head.partition("://")
    shown = f"{scheme}{slashes}…@{tail}" if at else url
    return BadSetting(f"HUZHU_DATABASE_URL={shown}：{zh}。HUZHU_DATABASE_URL: {en}.")
