"""Asks a site's pages over HTTP while something else is going on, from a process of web threads as `huzhu serve` starts it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import defaultdict
from pathlib import Path
from statistics import quantiles

PAUSE_S, STARTS_WITHIN_S = 0.1, 60
SKIPPED = 10  # the first requests of a process load what it needs


class Visitors:
    """An officer and people without a session, one request after another, until told to stop."""

    def __init__(self, *, home: Path, said: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "huzhu.config.wsgi:application",
        ]  # fmt: skip
        settings = {"HUZHU_ENV": "test", "DJANGO_SETTINGS_MODULE": "huzhu.config.settings", "HUZHU_HOME": str(home)}
        self.web = subprocess.Popen(
            words, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.said = said
        self.ms: dict[str, list[float]] = defaultdict(list)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self._thread.start()

    def end(self) -> dict[str, str]:
        """Median, 99th percentile and worst milliseconds of each page, and how often it was asked for."""
        self._stop.set()
        self._thread.join()
        self.web.terminate()
        self.web.wait()
        return {page: _told(times[SKIPPED:]) for page, times in self.ms.items() if len(times) > SKIPPED + 2}

    def _visit(self) -> None:
        self._wait()
        pages = [("front", "/", False), ("scan", self.said["join"], False), ("desk", "/desk/", True)]
        pages += [
            ("members list", "/members/", True),
            ("rosters list", "/rosters/", True),
            ("inbox", self.said["inbox"], True),
        ]
        while not self._stop.is_set():
            for name, path, is_officer in pages:
                self._ask(name, "GET", path, is_officer=is_officer)
            form = urllib.parse.urlencode(
                {"name": "bench", "query": "status=member", "csrfmiddlewaretoken": self.said["csrf"]}
            )
            self._ask("save a view", "POST", "/members/views/", is_officer=True, body=form, expected=302)

    def _wait(self) -> None:
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(PAUSE_S)
            else:
                return
        sys.exit("the web process did not start")

    def _ask(
        self, name: str, verb: str, path: str, *, is_officer: bool, body: str | None = None, expected: int = 200
    ) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        if is_officer:
            headers["Cookie"] = f"{self.said['cookie']}; csrftoken={self.said['csrf']}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        began = time.perf_counter()
        try:
            connection.request(verb, path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status != expected:
            self.ms[f"{name}: {answer.status} {answer.headers.get('Location', '')}"].append(0.0)
        self.ms[name].append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE_S)


def _told(times: list[float]) -> str:
    cuts = quantiles(times, n=100, method="inclusive")
    return f"p50 {cuts[49]:.0f}, p99 {cuts[98]:.0f}, worst {max(times):.0f} ms, {len(times)} times"


def invite(*, file: Path, user: object, station: object) -> None:
    """For the importing process: signs the officer in and hangs a poster, and writes down how the visitors come in."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from huzhu.apps.members import services
    from huzhu.apps.members.posters import token_of
    from huzhu.apps.unions.scoping import whole_union
    from huzhu.ui.clock import now

    TOTP.activate(user, generate_totp_secret())
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    with whole_union("the bench hangs a poster"):
        poster = services.poster_of(by=user, at=now(), organisation=station)  # type: ignore[arg-type]
    name = settings.SESSION_COOKIE_NAME
    said = {
        "cookie": f"{name}={client.cookies[name].value}",
        "csrf": "a" * 32,
        "inbox": reverse("messages:inbox"),
        "join": reverse("members:join", args=[token_of(code=station.code, serial=poster.serial)]),  # type: ignore[attr-defined]
    }
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(said), encoding="utf-8")
    fresh.rename(file)
