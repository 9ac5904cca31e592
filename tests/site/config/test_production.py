"""What a production site tells browsers: asked in a process of its own, because settings are read once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from huzhu.apps.vault.ciphers import new_index_key, new_key

ASK = """
import json
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
told = {}
for path in ("/account/login/", "/privacy/", "/none/", "/static/ui/huzhu.css", "/healthz"):
    answer = Client(headers={"host": "huzhu.example.org"}).get(path, secure=True)
    cookies = {name: {key: str(value) for key, value in morsel.items()} for name, morsel in answer.cookies.items()}
    told[path] = {"status": answer.status_code, "headers": dict(answer.headers.items()), "cookies": cookies}
plain = Client(headers={"host": "huzhu.example.org"}).get("/account/login/")
told["plain"] = {"status": plain.status_code, "headers": dict(plain.headers.items())}
told["elsewhere"] = {"status": Client(headers={"host": "evil.example"}).get("/privacy/", secure=True).status_code}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home: Path = tmp_path_factory.mktemp("production")
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUZHU_")} | {
        "DJANGO_SETTINGS_MODULE": "huzhu.config.settings", "HUZHU_ENV": "production", "HUZHU_HOME": str(home), "HUZHU_SECRET_KEY": "s" * 50,
        "HUZHU_KEYS": new_key(1), "HUZHU_INDEX_KEY": new_index_key(), "HUZHU_HOSTS": "huzhu.example.org",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


PAGES = ["/account/login/", "/privacy/", "/none/"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_from_here_alone_and_stand_in_no_frame(told: dict[str, Any], path: str) -> None:
    headers = told[path]["headers"]
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";") if part.strip())
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "font-src": "'self'",
        "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", [*PAGES, "/static/ui/huzhu.css"])
def test_every_answer_keeps_to_https_and_to_its_type(told: dict[str, Any], path: str) -> None:
    headers = told[path]["headers"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Content-Type"].replace('"', "").endswith("; charset=utf-8")
    assert "Server" not in headers


def test_cookies_are_of_this_host_alone_and_no_script_reads_them(told: dict[str, Any]) -> None:
    cookies = told["/account/login/"]["cookies"]
    assert cookies.keys() == {"__Host-csrf"}
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == ("True", "True", "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_what_comes_in_clear_is_sent_to_https_and_other_hosts_get_nothing(told: dict[str, Any]) -> None:
    assert (told["plain"]["status"], told["plain"]["headers"]["Location"]) == (
        301,
        "https://huzhu.example.org/account/login/",
    )
    assert told["elsewhere"]["status"] == 400
    assert told["/healthz"]["status"] == 200
