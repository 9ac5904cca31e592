"""Telling people things: written with what they tell of, sent by the worker."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Literal

import structlog
from django.db import IntegrityError, transaction

from huzhu.apps.jobs import services as jobs
from huzhu.apps.messages.backends import Unsendable, backend_for
from huzhu.apps.messages.models import Delivery, Message
from huzhu.apps.unions.models import User
from huzhu.rules.texts import Text

LOG = structlog.get_logger("huzhu.messages")
Channel = Literal["app", "sms", "email"]
# Seconds before each further try: 7 tries in about 4 hours.
WAITS = (10, 60, 300, 1200, 3600, 9000)
NOBODY = "10000000000"  # stands in the place of a number that has no account, so that the work is the same


def send(
    *,
    to: User,
    kind: str,
    key: str,
    words: Text,
    at: dt.datetime,
    channels: Sequence[Channel] = ("app",),
    url: str = "",
    email: str = "",
) -> Message:
    """Tell somebody something, in the caller's transaction. The same key again is the message that is there already.

    It is always in the app. `sms` goes to the account's phone and `email` to `email`; where there is none, that way is left out.
    """
    try:
        with transaction.atomic():
            message = Message.objects.create(
                recipient=to, kind=kind, key=key, zh=words.zh, en=words.en, url=url, created_at=at
            )
    except IntegrityError:
        return Message.objects.get(key=key)
    text = words.en if to.language.startswith("en") else words.zh
    addresses = {"sms": to.reveal_phone() if "sms" in channels else "", "email": email}
    for channel, address in addresses.items():
        if channel in channels and address:
            _queue(message=message, channel=channel, address=address, text=text, at=at)
    return message


def send_code(
    *, phone: str, code: str, at: dt.datetime, language: str = "zh-hans", has_account: bool = True
) -> Delivery:
    """Send a code to a number. Without an account nothing is sent, by the same work."""
    texts = Text(
        f"您的验证码是 {code}，10 分钟内有效。工会工作人员不会向您索要验证码。",
        f"Your code is {code}. It holds for 10 minutes. Nobody from the union will ask you for it.",
    )
    text = texts.en if language.startswith("en") else texts.zh
    state = Delivery.State.QUEUED if has_account else Delivery.State.WITHHELD
    with transaction.atomic():
        return _queue(
            message=None, channel="sms", address=phone if has_account else NOBODY, text=text, at=at, state=state
        )


def attempt(*, delivery: Delivery) -> str:
    """Hand one delivery to its backend; "" where that went well, otherwise the kind of error. Outside any transaction."""
    name, fault = "", ""
    try:
        name, backend = backend_for(channel=delivery.channel)
        delivery.backend, delivery.is_console = name, backend.is_console
        backend.send(address=delivery.address.reveal(), text=delivery.text.reveal(), key=str(delivery.pk))
    except Unsendable:
        fault = "Unsendable"
    except Exception as error:
        # Whatever a gateway's client raises; its words may hold the address.
        fault = type(error).__name__
    LOG.info(
        "messages.tried",
        delivery=str(delivery.pk),
        channel=delivery.channel,
        backend=name,
        attempt=delivery.attempts + 1,
        fault=fault,
    )
    return fault


def note(*, delivery: Delivery, fault: str, at: dt.datetime) -> None:
    """Write down how a try went, and ask for the next one where there is one. In the caller's transaction."""
    delivery.attempts += 1
    delivery.fault = fault
    if not fault:
        delivery.state, delivery.ended_at = Delivery.State.SENT, at
    elif fault == "Unsendable" or delivery.attempts > len(WAITS):
        delivery.state, delivery.ended_at = Delivery.State.FAILED, at
    else:
        delivery.not_before = at + dt.timedelta(seconds=WAITS[delivery.attempts - 1])
        _ask(delivery, at)
    if delivery.ended_at is not None and not delivery.is_console:
        delivery.text = None
    delivery.save()


@transaction.atomic
def mark_read(*, by: User, at: dt.datetime, id: uuid.UUID | None = None) -> int:  # noqa: A002  the message's own name for it
    """Mark one message of `by` as read, or all; how many were not."""
    unread = Message.objects.filter(recipient=by, read_at=None)
    return (unread if id is None else unread.filter(pk=id)).update(read_at=at)


def _queue(
    *,
    message: Message | None,
    channel: str,
    address: str,
    text: str,
    at: dt.datetime,
    state: str = Delivery.State.QUEUED,
) -> Delivery:
    delivery = Delivery(
        message=message, channel=channel, address=address, text=text, state=state, not_before=at, created_at=at,
        ended_at=None if state == Delivery.State.QUEUED else at,
    )  # fmt: skip
    delivery.save(force_insert=True)
    _ask(delivery, at)
    return delivery


def _ask(delivery: Delivery, at: dt.datetime) -> None:
    jobs.ask(
        kind="messages.deliver",
        key=f"messages.deliver:{delivery.pk}:{delivery.attempts}",
        by=None,
        at=at,
        arguments={"delivery": str(delivery.pk)},
        not_before=delivery.not_before,
    )
