"""Registers by a server: the demonstration's one answers as docs/register-api.yaml says, and what any server says is checked."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from huzhu.apps.jobs.models import Job
from huzhu.apps.registers import client as asking
from huzhu.apps.registers import services
from huzhu.apps.registers.indexes import hash_index_of, identity_index
from huzhu.apps.registers.models import Register, RegisterLoad, RegisterRow
from huzhu.cli.site.register_server import RegisterServer, serving
from huzhu.ui.clock import today
from tests.site.cast import AT, Cast
from tests.site.rosters.feeding import finish, person

if TYPE_CHECKING:
    from django.test import Client

TOKEN = "a token of the platform"
DOCUMENT = yaml.safe_load((Path(__file__).parents[3] / "docs" / "register-api.yaml").read_text(encoding="utf-8"))
REGISTRY = Registry().with_resource("urn:register", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012))
Rider = dict[str, Any]


def rider(n: int, **changes: Any) -> Rider:
    """The n-th person, as one server or another tells of them: with numbers, with hashes, or with little."""
    name, number, phone, platform, rider_no, _ = person(n)
    full: Rider = {
        "rider_no": rider_no, "name": name, "identity_number": number, "phone": phone, "platform": platform,
        "work_region": "310115", "work_category": "food_delivery", "in_platform_name": True, "vehicle": "电动自行车",
        "orders_30d": n, "last_paid_order_on": "2026-10-30",
        "as_of": str(today()), "gone": False,
    }  # fmt: skip
    digest = hashlib.sha256(number.encode()).hexdigest()
    hashed: Rider = {"rider_no": rider_no, "name": name, "identity_sha256": digest, "as_of": None, "orders_30d": None}
    little: Rider = {"rider_no": rider_no, "name": name}
    return (full, hashed, little)[n % 3] | changes


RIDERS = [rider(n) for n in range(1, 1201)]


def faults(answer: httpx.Response, schema: str) -> list[str]:
    validator = Draft202012Validator({"$ref": f"urn:register#/components/schemas/{schema}"}, registry=REGISTRY)
    return [error.message for error in validator.iter_errors(answer.json())]


def get(server: RegisterServer, *, path: str = "/riders", token: str = TOKEN, **query: str) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.get(f"{server.url}{path}", params=query, headers={"Authorization": f"Bearer {token}"})


def test_the_server_of_the_demonstration_answers_as_the_agreement_says() -> None:
    with serving(riders=RIDERS, token=TOKEN) as server:
        cursor, seen = "", []
        while True:
            answer = get(server, **({"cursor": cursor} if cursor else {}))
            assert faults(answer, "Page") == []
            page = answer.json()
            seen += page["riders"]
            cursor = page["cursor"]
            if not page["has_more"]:
                break
        assert seen == RIDERS
        assert get(server, cursor=cursor).json() == {"riders": [], "cursor": "1200", "has_more": False}
        for wrong in (
            {"token": "no"},
            {"cursor": "x"},
            {"cursor": "1201"},
            {"limit": "0"},
            {"limit": "501"},
            {"path": "/other"},
        ):
            answer = get(server, **wrong)
            assert answer.status_code in (400, 401, 404)
            assert faults(answer, "Problem") == []
        assert get(server, limit="7").json()["cursor"] == "7"


def test_the_agreement_refuses_what_it_should() -> None:
    """Or the test above would prove nothing."""
    page = {"riders": [{"identity_number": "1"}], "cursor": 5}
    found = faults(httpx.Response(200, json=page), "Page")
    assert len(found) == 3


@pytest.fixture
def client(cast: Cast) -> Client:
    return cast.client(cast.officer("administrator"))


def set_up(client: Client, url: str) -> None:
    form = {
        "code": "food",
        "name": "外卖",
        "platform": "demo-food",
        "kind": "http",
        "valid_days": "30",
        "url": url,
        "token": TOKEN,
    }
    assert client.post("/registers/new/", form).status_code == 302


def sync(client: Client) -> RegisterLoad:
    assert client.post("/registers/food/sync/").status_code == 302
    finish()
    return RegisterLoad.objects.order_by("-asked_at")[0]


def test_all_riders_come_once_and_then_only_what_changed(client: Client) -> None:
    with serving(riders=RIDERS, token=TOKEN) as server:
        set_up(client, server.url)
        first = sync(client)
        assert (first.read, first.added, first.changed, first.gone, first.refused) == (1200, 1200, 0, 0, 0)
        assert Register.objects.get().cursor == "1200"
        before = {row.pk: row.digest for row in RegisterRow.objects.all()}
        nothing = sync(client)
        assert (nothing.read, nothing.added, nothing.changed, nothing.gone) == (0, 0, 0, 0)
        server.change(rider(3, orders_30d=77))
        server.change({"rider_no": "R000006", "platform": "demo-food", "gone": True})
        server.change(rider(1201))
        changed = sync(client)
        assert (changed.read, changed.added, changed.changed, changed.gone) == (3, 1, 1, 1)
    after = {row.pk: row.digest for row in RegisterRow.objects.all()}
    assert [row for row, digest in before.items() if after[row] != digest] == [
        RegisterRow.objects.get(rider_no="R000003").pk
    ]
    gone = RegisterRow.objects.exclude(gone_at=None).get()
    assert gone.rider_no == "R000006"
    known = RegisterRow.objects.get(rider_no="R000003")
    assert (known.orders_30d, known.last_paid_order_on) == (77, dt.date(2026, 10, 30))
    assert known.identity_index == identity_index(number=person(3)[1])
    hashed = RegisterRow.objects.get(rider_no="R000004")
    assert (hashed.identity_index, hashed.identity_hash_index, hashed.as_of) == (
        None,
        hash_index_of(number=person(4)[1]),
        today(),
    )
    page = client.get("/registers/food/").content.decode()
    assert "1,200" in page
    assert TOKEN not in page + str(list(Register.objects.values()))


def test_a_rider_whose_numbers_or_dates_cannot_be_is_counted_and_left_out(client: Client) -> None:
    number = person(3)[1][:17] + ("1" if person(3)[1][17] != "1" else "2")
    wrong = [
        rider(3, identity_number=number), rider(6, phone="12345678901"), rider(9, name="测试"),
        rider(12, as_of=str(today() + dt.timedelta(days=2))), rider(15, last_paid_order_on="1999-01-01"), {}, {"name": "王伟"},
    ]  # fmt: skip
    with serving(riders=[*wrong, rider(18)], token=TOKEN) as server:
        set_up(client, server.url)
        load = sync(client)
    assert (load.read, load.added, load.refused) == (8, 1, 7)


def test_a_server_of_several_platforms_says_which_one_a_rider_is_of(client: Client) -> None:
    with serving(riders=[rider(3, platform="demo-express"), rider(2)], token=TOKEN) as server:
        set_up(client, server.url)
        sync(client)
    assert dict(RegisterRow.objects.values_list("rider_no", "platform")) == {
        "R000003": "demo-express",
        "R000002": "demo-food",
    }


class Stubborn(ThreadingHTTPServer):
    """Answers whatever it is given, one after another, the last one for ever."""

    daemon_threads = True
    answers: list[tuple[int, bytes]]
    asked: int = 0


class _Says(BaseHTTPRequestHandler):
    server: Stubborn

    def do_GET(self) -> None:
        status, body = self.server.answers[min(self.server.asked, len(self.server.answers) - 1)]
        self.server.asked += 1
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "http://169.254.169.254/latest")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def saying(*answers: tuple[int, bytes]) -> Iterator[tuple[str, Stubborn]]:
    server = Stubborn(("127.0.0.1", 0), _Says)
    server.answers = list(answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


EMPTY = b'{"riders": [], "cursor": "1", "has_more": false}'


def test_a_server_that_is_busy_is_asked_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.0)
    with saying((503, b""), (429, b""), (200, EMPTY)) as (url, server):
        set_up(client, url)
        sync(client)
        assert server.asked == 3
    assert Register.objects.get().state == "done"


WRONG = {
    "no JSON": b"<html>", "no object": b"[]", "no riders": b'{"cursor": "", "has_more": false}',
    "a figure for a name": b'{"riders": [{"name": 5}], "cursor": "", "has_more": false}',
    "a NUL": b'{"riders": [{"rider_no": "a\\u0000b"}], "cursor": "", "has_more": false}',
    "half a character": b'{"riders": [{"name": "\\ud800"}], "cursor": "", "has_more": false}',
    "a bare number as hash": b'{"riders": [{"identity_sha256": "110105199001011234"}], "cursor": "", "has_more": false}',
    "an endless page": b'{"riders": [], "cursor": "", "has_more": true}',
    "too many riders": b'{"riders": [' + b",".join([b"{}"] * 501) + b'], "cursor": "1", "has_more": false}',
    "endless brackets": b"[" * 100_000,
    "a cursor of another kind": b'{"riders": [], "cursor": 7, "has_more": false}',
    "no such day": b'{"riders": [{"as_of": "2026-02-30"}], "cursor": "", "has_more": false}',
    "endless figures": b'{"riders": [{"orders_30d": ' + b"9" * 5000 + b'}], "cursor": "", "has_more": false}',
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_an_answer_that_is_not_as_agreed_is_refused_and_nothing_of_it_kept(client: Client, kind: str) -> None:
    with saying((200, WRONG[kind])) as (url, _):
        set_up(client, url)
        sync(client)
    found = Register.objects.get()
    assert found.state == "failed"
    assert "不合约定" in found.error_zh
    assert "110105199001011234" not in found.error_zh
    assert RegisterRow.objects.count() == 0
    assert Job.objects.get().state == "failed"


@pytest.mark.parametrize(("status", "said"), [(401, "401"), (404, "404"), (302, "302"), (503, "503")])
def test_a_refusal_of_the_server_is_told_and_it_may_be_asked_again(
    client: Client, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.0)
    with saying((status, b"")) as (url, server):
        set_up(client, url)
        sync(client)
        assert said in Register.objects.get().error_en
        assert server.asked == (asking.TRIES if status == 503 else 1), "a way elsewhere is never gone"
        server.answers = [(200, EMPTY)]
        assert client.post("/registers/food/go-on/").status_code == 302
        finish()
    assert Register.objects.get().state == "done"


def test_an_answer_without_end_is_cut_off(client: Client) -> None:
    with saying((200, b" " * (asking.ANSWER_BYTES_AT_MOST + 1))) as (url, _):
        set_up(client, url)
        sync(client)
    assert "8 MiB" in Register.objects.get().error_en


def test_a_name_that_leads_inside_is_not_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - the tables
    inside = [(2, 1, 6, "", ("169.254.169.254", 443))]
    monkeypatch.setattr("huzhu.apps.registers.client.socket.getaddrinfo", lambda *_, **__: inside)
    register = services.create(
        by=None, at=AT, code="food", name="a", platform="demo-food", kind="http", url="https://register.example/"
    )
    services.sync(by=None, at=AT, register=register)
    finish()
    assert "169.254.169.254" in Register.objects.get().error_en
