"""Asks a platform's server for its riders (docs/register-api.yaml). What it answers is checked before any of it is used."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from huzhu.rules.texts import Text
from huzhu.ui.refusals import Invalid, Refusal

PAGE_ROWS = 500
ANSWER_BYTES_AT_MOST = 8 << 20
TRIES = 4
PAUSE_SECONDS = 0.5
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
ANSWER_SECONDS_AT_MOST = 30.0
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


class RegisterUnreachable(Refusal):
    text = Text(
        "平台的接口没有应答（{why}）。系统稍后可再试。",
        "The platform's server did not answer ({why}). It can be tried again later.",
    )


class RegisterAnswersWrongly(Refusal):
    text = Text("平台接口的应答不合约定：{why}", "The platform's server did not answer as agreed: {why}")


PRINTED = r"^[^\x00-\x1f\x7f]*$"  # no table of PostgreSQL holds a NUL
Short = Annotated[str, Field(max_length=40, pattern=PRINTED)]


class Rider(BaseModel):
    """One rider as the platform tells of them; each field may be missing."""

    model_config = ConfigDict(extra="ignore", strict=True)

    rider_no: Short = ""
    name: Annotated[str, Field(max_length=200)] = ""
    identity_number: Annotated[str, Field(max_length=40)] = Field(default="", repr=False)
    identity_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(default="", repr=False)
    phone: Short = Field(default="", repr=False)
    platform: Short = ""
    work_region: Annotated[str, Field(pattern=r"^([0-9]{6})?$")] = ""
    work_category: Annotated[str, Field(max_length=30, pattern=PRINTED)] = ""
    in_platform_name: bool | None = None
    vehicle: Annotated[str, Field(max_length=30, pattern=PRINTED)] = ""
    last_paid_order_on: dt.date | None = Field(default=None, strict=False)
    orders_30d: Annotated[int, Field(ge=0, le=100_000)] | None = None
    as_of: dt.date | None = Field(default=None, strict=False)
    gone: bool = False


class Answer(BaseModel):
    """A page of riders. `cursor` is what to ask with next time: at once while `has_more`, else at the next run."""

    model_config = ConfigDict(extra="ignore", strict=True)

    riders: Annotated[list[Rider], Field(max_length=PAGE_ROWS)]
    cursor: Annotated[str, Field(max_length=400, pattern=PRINTED)]
    has_more: bool


def checked_url(*, url: str) -> str:
    """Raises Invalid for an address that is not to be asked: only HTTPS, and never this machine or its neighbours' metadata; in the
    demonstration and the tests also plain HTTP on this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.username or parts.password or parts.query or parts.fragment or port == 0:
        raise Invalid(
            Text(
                "请填写接口的完整地址，不带账号和参数。", "Enter the whole address, without an account or parameters."
            ),
            field="url",
        )
    is_trial = settings.MODE in ("demo", "test")
    if parts.scheme == "http" and is_trial and _is_loopback(host):
        return url.rstrip("/")
    if parts.scheme != "https":
        raise Invalid(Text("接口地址必须以 https:// 开头。", "The address must begin with https://."), field="url")
    if _is_literal(host) or host == "localhost" or "." not in host:
        raise Invalid(Text("请填写接口的域名，不是 IP 地址。", "Enter a host name, not an IP address."), field="url")
    return url.rstrip("/")


def ask_page(*, url: str, token: str, cursor: str) -> Answer:
    """One page, after up to four tries. Raises RegisterUnreachable, RegisterAnswersWrongly, and Invalid for the address."""
    base = checked_url(url=url)
    _refuse_inside(base)
    why = ""
    for number in range(TRIES):
        if number:
            time.sleep(PAUSE_SECONDS * 2 ** (number - 1))
        try:
            status, body = _get(
                f"{base}/riders", token, {"limit": str(PAGE_ROWS), **({"cursor": cursor} if cursor else {})}
            )
        except httpx.HTTPError as error:
            why = type(error).__name__
            continue
        if status in WORTH_ANOTHER_TRY:
            why = f"HTTP {status}"
            continue
        if status != httpx.codes.OK:
            raise RegisterAnswersWrongly(why=f"HTTP {status}")
        return _read(body, cursor)
    raise RegisterUnreachable(why=why)


def _get(url: str, token: str, params: dict[str, str]) -> tuple[int, bytes]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"} | (
        {"Authorization": f"Bearer {token}"} if token else {}
    )
    # No redirects and no proxies of the environment: the host that was configured, and no other.
    with (
        _Hanging(after_s=ANSWER_SECONDS_AT_MOST) as line,
        httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
        client.stream("GET", url, params=params, headers=headers, extensions={"trace": line.note}) as response,
    ):
        body = bytearray()
        for part in response.iter_raw():
            body += part
            if len(body) > ANSWER_BYTES_AT_MOST:
                raise RegisterAnswersWrongly(why=f"> {ANSWER_BYTES_AT_MOST >> 20} MiB")
        return response.status_code, bytes(body)


class _Hanging:
    """Hangs up after a while, whatever the other side does: the client's own limits are of one read, and a server that sends a byte
    now and then would hold a worker for days."""

    def __init__(self, *, after_s: float) -> None:
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(after_s, self._hang_up)

    def __enter__(self) -> _Hanging:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._socket is not None:
            self._socket.close()

    def note(self, event: str, info: dict[str, Any]) -> None:
        """httpx tells of the connection once it is there. A descriptor of our own stays valid whatever TLS does with the first."""
        if event == "connection.connect_tcp.complete":
            self._socket = socket.socket(fileno=os.dup(info["return_value"].get_extra_info("socket").fileno()))

    def _hang_up(self) -> None:
        with suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)


def _read(body: bytes, cursor: str) -> Answer:
    try:
        answer = Answer.model_validate_json(json.dumps(json.loads(body)))
    except (ValueError, RecursionError) as error:
        raise RegisterAnswersWrongly(why=_fault(error)) from None
    if answer.has_more and (not answer.cursor or answer.cursor == cursor):
        raise RegisterAnswersWrongly(why="cursor")  # it would be asked for the same page for ever
    return answer


def _fault(error: Exception) -> str:
    """Where and what kind, and never the value: it may be somebody's number."""
    if not isinstance(error, ValidationError):
        return "JSON"
    first: Any = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['type']}"


def _refuse_inside(url: str) -> None:
    """A name may point anywhere by the time it is asked: this machine and link-local addresses are never asked over HTTPS."""
    parts = urlsplit(url)
    if parts.scheme == "http":
        return  # on loopback, as `checked_url` made sure
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        raise RegisterUnreachable(why="DNS") from None
    for *_, address in found:
        ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
            raise RegisterAnswersWrongly(why=f"{parts.hostname}: {ip}")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit()
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
