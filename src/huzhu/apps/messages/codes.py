"""Codes that prove that a phone number is at hand: six digits, ten minutes, five tries, five a number a day."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets

from django.db import transaction
from django.db.models import F

from huzhu.apps.messages.models import Code
from huzhu.apps.messages.services import send_code
from huzhu.apps.unions.limits import may_send_code
from huzhu.apps.vault.fields import index_of
from huzhu.rules.texts import Text
from huzhu.ui.refusals import Refusal

DIGITS, TRIES, HOLDS = 6, 5, dt.timedelta(minutes=10)
PHONE, DIGEST = "messages.code.phone", "messages.code"
NOTHING = bytes(16)


class TooManyCodes(Refusal):
    text = Text(
        "这个号码今天收到的验证码太多了。请用最后一条，或明天再试。",
        "Too many codes were sent to this number today. Use the last one, or try again tomorrow.",
    )
    status = 429


def new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def issue(*, phone: str, purpose: str, at: dt.datetime, address: str, language: str = "zh-hans") -> None:
    """Send a new code to a number, whoever has it; the one before stops holding. Raises TooManyCodes.

    `address` is where the request came from (`unions.limits.client_address`).
    """
    if not may_send_code(phone=phone, address=address, at=at):
        raise TooManyCodes(field="phone")
    code = new_code()
    place = index_of(phone, purpose=PHONE)
    with transaction.atomic():
        Code.objects.update_or_create(
            phone_index=place,
            purpose=purpose,
            defaults={"digest": _digest(place, purpose, code), "tries": 0, "expires_at": at + HOLDS, "used_at": None},
        )
        send_code(phone=phone, code=code, at=at, language=language)


@transaction.atomic(durable=True)
def check(*, phone: str, purpose: str, code: str, at: dt.datetime) -> bool:
    """Whether this is the code last sent to the number for the purpose; right once only, and after five tries no more.

    Raises RuntimeError inside a transaction: a try that is rolled back with what the code opens would not be counted.
    """
    place = index_of(phone, purpose=PHONE)
    found = Code.objects.filter(phone_index=place, purpose=purpose, used_at=None, expires_at__gt=at)
    counted = found.filter(tries__lt=TRIES).update(tries=F("tries") + 1)
    held = found.values_list("digest", flat=True).first() if counted else None
    is_right = hmac.compare_digest(NOTHING if held is None else bytes(held), _digest(place, purpose, code.strip()))
    # Two answers at once: one of them uses it.
    return is_right and bool(found.update(used_at=at))


def _digest(place: bytes, purpose: str, code: str) -> bytes:
    return index_of(f"{place.hex()}:{purpose}:{code}", purpose=DIGEST)
