"""The demonstration's register: a small server on this machine with riders of its own making, as docs/register-api.yaml says."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MOST = 500
Rider = dict[str, Any]


class RegisterServer(ThreadingHTTPServer):
    """Riders in the order in which they changed; a cursor is how many of those changes somebody has seen."""

    daemon_threads = True

    def __init__(self, *, riders: Sequence[Rider], token: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Answers)
        self.token = token
        self._changes: list[Rider] = list(riders)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def change(self, rider: Rider) -> None:
        """From now on the register says this of a rider."""
        with self._lock:
            self._changes.append(rider)

    def page(self, *, start: int, limit: int) -> Rider:
        with self._lock:
            end = min(start + limit, len(self._changes))
            return {"riders": self._changes[start:end], "cursor": str(end), "has_more": end < len(self._changes)}

    @property
    def last(self) -> int:
        with self._lock:
            return len(self._changes)


class _Answers(BaseHTTPRequestHandler):
    server: RegisterServer
    server_version, sys_version = "register", ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
            self._say(401, {"error": "no good token"})
        elif parts.path != "/riders":
            self._say(404, {"error": "no such page"})
        else:
            self._riders(parse_qs(parts.query))

    def _riders(self, query: dict[str, list[str]]) -> None:
        start, limit = (query.get(name, [default])[-1] for name, default in (("cursor", "0"), ("limit", str(MOST))))
        if not _is_within(start, 0, self.server.last) or not _is_within(limit, 1, MOST):
            self._say(400, {"error": "cursor or limit cannot be meant"})
            return
        self._say(200, self.server.page(start=int(start), limit=int(limit)))

    def _say(self, status: int, data: Rider) -> None:
        body = json.dumps(data, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: addresses and cursors are nobody's news."""


def _is_within(words: str, least: int, most: int) -> bool:
    return words.isascii() and words.isdigit() and len(words) < 10 and least <= int(words) <= most


@contextmanager
def serving(*, riders: Sequence[Rider], token: str, port: int = 0) -> Iterator[RegisterServer]:
    """A register that answers while the block runs."""
    server = RegisterServer(riders=riders, token=token, port=port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
