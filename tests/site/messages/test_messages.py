"""Telling people things: once a key, in the app always, tried again where a gateway fails, and never an address in a log."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any, ClassVar

import pytest
import time_machine
from django.core import mail
from django.db import transaction

from huzhu.apps.jobs.loop import work
from huzhu.apps.jobs.models import Job
from huzhu.apps.messages import backends, queries, services
from huzhu.apps.messages.backends import Smtp, Unsendable, backend_for
from huzhu.apps.messages.models import Delivery, Message
from huzhu.apps.unions import services as unions
from huzhu.apps.unions.models import User
from huzhu.rules.texts import Text
from tests.site.cast import AT, Cast, phone

pytestmark = pytest.mark.django_db
WORDS = Text("您已成为会员。", "You are a member.")


class Gateway:
    """A gateway that fails as often as it is told."""

    is_console = False
    failures: ClassVar[list[Exception]] = []
    taken: ClassVar[list[tuple[str, str, str]]] = []

    def send(self, *, address: str, text: str, key: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((address, text, key))


@pytest.fixture
def gateway(settings: Any) -> type[Gateway]:
    settings.HUZHU_SMS = f"{__name__}.Gateway"
    Gateway.failures, Gateway.taken = [], []
    return Gateway


@pytest.fixture
def number() -> str:
    return phone()


@pytest.fixture
def worker(number: str) -> User:
    return unions.create_user(by=None, at=AT, username=None, password=None, display_name="陈一", phone=number)


def told(worker: User, key: str = "joined:1", **more: Any) -> Message:
    return services.send(to=worker, kind="joined", key=key, words=WORDS, at=AT, **more)


def run(at: dt.datetime) -> None:
    with time_machine.travel(at, tick=False):
        work(stop=threading.Event(), until_idle=True)


def test_the_same_key_is_the_same_message(worker: User) -> None:
    first, second = told(worker, channels=("app", "sms")), told(worker, channels=("app", "sms"))
    assert first.pk == second.pk
    assert (Message.objects.count(), Delivery.objects.count(), Job.objects.count()) == (1, 1, 1)


def test_what_is_rolled_back_is_not_told(worker: User) -> None:
    with transaction.atomic():
        told(worker, channels=("app", "sms"))
        transaction.set_rollback(True)
    assert (Message.objects.count(), Delivery.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_who_has_no_phone_is_told_in_the_app(cast: Cast) -> None:
    told(cast.officer("finance"), channels=("app", "sms"))
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 0)


def test_a_delivery_goes_out_once_in_the_readers_language(worker: User, number: str, gateway: type[Gateway]) -> None:
    worker.language = "en"
    told(worker, channels=("app", "sms"))
    run(AT)
    run(AT + dt.timedelta(days=1))
    delivery = Delivery.objects.get()
    assert gateway.taken == [(number, "You are a member.", str(delivery.pk))]
    assert (delivery.state, delivery.attempts, delivery.text, delivery.is_console) == ("sent", 1, None, False)


def test_a_gateway_that_fails_is_tried_again_later_with_the_same_key(
    worker: User,
    number: str,
    gateway: type[Gateway],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gateway.failures = [ConnectionError(f"no way to {number}"), TimeoutError(number)]
    told(worker, channels=("app", "sms"))
    run(AT)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.fault) == ("queued", 1, "ConnectionError")
    run(AT + dt.timedelta(seconds=5))
    assert Delivery.objects.get().attempts == 1
    run(AT + dt.timedelta(seconds=11))
    assert Delivery.objects.get().attempts == 2
    run(AT + dt.timedelta(seconds=80))
    assert Delivery.objects.get().state == "sent"
    assert [key for _, _, key in gateway.taken] == [str(delivery.pk)]
    assert number not in caplog.text + "".join(capsys.readouterr())


def test_seven_failures_or_one_for_good_end_it(worker: User, gateway: type[Gateway]) -> None:
    gateway.failures = [OSError()] * 9
    told(worker, channels=("app", "sms"))
    at = AT
    for _ in range(9):
        run(at)
        at += dt.timedelta(hours=3)
    assert Delivery.objects.get().attempts == 7
    assert Delivery.objects.get().state == "failed"
    gateway.failures = [Unsendable()]
    told(worker, key="joined:2", channels=("app", "sms"))
    run(at)
    assert Delivery.objects.get(message__key="joined:2").state == "failed"


def test_the_console_is_marked_and_shown_in_the_demonstration_only(cast: Cast, settings: Any) -> None:
    services.send_code(phone=phone(), code="123456", at=AT)
    run(AT)
    assert Delivery.objects.get().is_console
    assert cast.client().get("/messages/console/").status_code == 404
    settings.HUZHU_DEMO = True
    assert "123456" in cast.client().get("/messages/console/").text


def test_nobody_reads_anothers_messages(worker: User, cast: Cast) -> None:
    message = told(worker, url="/members/card/")
    mine, other = cast.client(worker), cast.client(cast.officer("finance"))
    assert "您已成为会员" in mine.get("/messages/").text
    assert "您已成为会员" not in other.get("/messages/").text
    assert other.post(f"/messages/{message.pk}/open/").status_code == 404
    assert queries.unread_count(of=worker) == 1
    assert mine.post(f"/messages/{message.pk}/open/").headers["Location"] == "/members/card/"
    assert queries.unread_count(of=worker) == 0
    told(worker, key="joined:3")
    mine.post("/messages/read/")
    assert queries.unread_count(of=worker) == 0
    assert cast.client().get("/messages/").status_code == 302


def test_english_readers_read_english(worker: User, cast: Cast) -> None:
    told(worker)
    assert "You are a member." in cast.client(worker, lang="en").get("/messages/").text


def test_the_mail_server_is_read_from_one_address(settings: Any) -> None:
    settings.HUZHU_EMAIL_URL = "smtp+tls://huzhu:p%40ss@mail.example.org"
    name, made = backend_for(channel="email")
    assert name == "smtp"
    assert isinstance(made, Smtp)
    assert made.options() == {
        "host": "mail.example.org", "port": 587, "username": "huzhu", "password": "p@ss", "use_tls": True, "use_ssl": False,
    }  # fmt: skip
    with pytest.raises(ValueError, match="HUZHU_EMAIL_URL"):
        Smtp("http://mail.example.org").options()


def test_mail_goes_to_the_address_given(worker: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.mail.backends.locmem import EmailBackend

    settings.HUZHU_EMAIL_URL = "smtp://localhost"
    monkeypatch.setattr(backends, "EmailBackend", lambda **_: EmailBackend())
    told(worker, channels=("app", "email"), email="chen@example.org")
    run(AT)
    assert [(sent.to, sent.body) for sent in mail.outbox] == [(["chen@example.org"], "您已成为会员。")]
