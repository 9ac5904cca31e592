"""Mail servers and gateways that cannot be reached: nobody waits for them, nothing is lost, and each message goes out once."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import time_machine

from huzhu.apps.jobs.loop import work
from huzhu.apps.messages import backends, services
from huzhu.apps.messages.models import Delivery, Message
from huzhu.apps.unions import services as unions
from huzhu.apps.unions.models import User
from huzhu.rules.texts import Text
from tests.site.cast import AT, Cast, phone

pytestmark = pytest.mark.django_db
WORDS = Text("您已成为会员。", "You are a member.")
LATER = AT + dt.timedelta(hours=5)  # past every wait


class Post:
    """A mail server of one page (RFC 5321), which may fall silent or hang up after a word."""

    def __init__(self, *, hangs_at: str = "", breaks_at: str = "") -> None:
        self.hangs_at, self.breaks_at = hangs_at, breaks_at
        self.taken: list[str] = []
        self.over = threading.Event()

    def talk(self, line: socket.socket) -> None:
        with suppress(OSError, ConnectionError), line, line.makefile("rwb", buffering=0) as said:
            if self._fails("connect"):
                return
            said.write(b"220 post\r\n")
            while word := said.readline().decode().strip():
                name = word.partition(" ")[0].upper()
                if self._fails(name):
                    return
                if name == "DATA":
                    said.write(b"354 go on\r\n")
                    lines = iter(said.readline, b".\r\n")
                    self.taken.append(b"".join(lines).decode())
                    if self._fails("taken"):
                        return
                said.write({"EHLO": b"250 post\r\n", "QUIT": b"221 bye\r\n"}.get(name, b"250 ok\r\n"))

    def _fails(self, word: str) -> bool:
        if word == self.hangs_at:
            self.over.wait(30)
        return word in (self.hangs_at, self.breaks_at)


@contextmanager
def listening(post: Post) -> Iterator[str]:
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=post.talk, args=(door.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{door.getsockname()[1]}"
    finally:
        post.over.set()
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()


@pytest.fixture
def worker() -> User:
    return unions.create_user(by=None, at=AT, username=None, password=None, display_name="陈一", phone=phone())


def told(worker: User, channel: services.Channel = "email") -> Message:
    return services.send(
        to=worker,
        kind="joined",
        key="joined:1",
        words=WORDS,
        at=AT,
        channels=("app", channel),
        email="chen@example.org",
    )


def run(at: dt.datetime) -> Delivery:
    with time_machine.travel(at, tick=False):
        work(stop=threading.Event(), until_idle=True)
    return Delivery.objects.get()


def test_a_mail_server_that_is_not_there_is_tried_again_until_it_is(worker: User, settings: Any) -> None:
    with listening(Post()) as url:
        settings.HUZHU_EMAIL_URL = url
    told(worker)
    found = run(AT)
    assert (found.state, found.fault, found.attempts) == ("queued", "ConnectionRefusedError", 1)
    assert Message.objects.filter(recipient=worker).count() == 1  # she reads it in the app meanwhile
    post = Post()
    with listening(post) as url:
        settings.HUZHU_EMAIL_URL = url
        assert run(LATER).state == "sent"
        run(LATER)
    assert len(post.taken) == 1
    assert "chen@example.org" in post.taken[0]


@pytest.mark.parametrize("word", ["connect", "EHLO", "RCPT", "DATA", "taken"])
def test_a_mail_server_that_falls_silent_is_left_after_a_while(
    worker: User, settings: Any, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr(backends, "SECONDS", 0.3)
    told(worker)
    with listening(Post(hangs_at=word)) as url:
        settings.HUZHU_EMAIL_URL = url
        found = run(AT)
    assert (found.state, found.attempts) == ("queued", 1)
    assert found.fault in ("TimeoutError", "SMTPServerDisconnected")


@pytest.mark.parametrize("word", ["connect", "EHLO", "MAIL", "DATA", "taken"])
def test_a_mail_server_that_hangs_up_is_tried_again_with_the_same_reference(
    worker: User, settings: Any, word: str
) -> None:
    told(worker)
    with listening(broken := Post(breaks_at=word)) as url:
        settings.HUZHU_EMAIL_URL = url
        assert run(AT).state == "queued"
    with listening(whole := Post()) as url:
        settings.HUZHU_EMAIL_URL = url
        assert run(LATER).state == "sent"
    # What the first had taken before the line broke cannot be known to it: the reference tells the two are one.
    references = {
        line for mail in broken.taken + whole.taken for line in mail.splitlines() if line.startswith("X-Entity-Ref-ID")
    }
    assert references == {f"X-Entity-Ref-ID: {Delivery.objects.get().pk}"}


class Away:
    """A gateway whose host cannot be reached."""

    is_console = False

    def send(self, *, address: str, text: str, key: str) -> None:  # noqa: ARG002  the gateway's signature
        socket.create_connection(("127.0.0.1", 9), timeout=1)


def test_whoever_asks_for_a_code_does_not_wait_for_a_gateway_that_is_away(
    cast: Cast, worker: User, settings: Any
) -> None:
    settings.HUZHU_SMS = f"{__name__}.Away"
    assert cast.client().post("/account/login/code/", {"phone": worker.reveal_phone()}).status_code == 302
    found = Delivery.objects.get()
    assert (found.state, found.attempts) == ("queued", 0)
    with time_machine.travel(found.created_at, tick=False):
        work(stop=threading.Event(), until_idle=True)
    found.refresh_from_db()
    assert (found.state, found.fault) == ("queued", "ConnectionRefusedError")


def test_a_backend_that_cannot_be_loaded_stops_no_worker(worker: User, settings: Any) -> None:
    settings.HUZHU_SMS = "nowhere.Gateway"
    told(worker, "sms")
    assert run(AT).fault == "ModuleNotFoundError"
