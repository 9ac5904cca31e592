"""How often a thing may be tried before it is done: counted first and done afterwards, so that tries at the same time
count too.
"""

from __future__ import annotations

import datetime as dt
import ipaddress

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest

from huzhu.apps.unions.models import Tries
from huzhu.apps.vault.fields import index_of

PURPOSE = "unions.tries"
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
# A station's wireless network, or a phone company's, is one address for many people.
CODES_A_NUMBER, CODES_AN_ADDRESS = 5, 300


@transaction.atomic(durable=True)
def take(*, key: str, most: int, span: dt.timedelta, at: dt.datetime) -> bool:
    """Count one more try; False, and nothing is counted, where `most` were made since the first one in `span`.

    Raises RuntimeError inside a transaction: what is rolled back is not counted.
    """
    hashed = index_of(key, purpose=PURPOSE)
    rows = Tries.objects.filter(key=hashed)
    if rows.filter(until__gt=at, count__lt=most).update(count=F("count") + 1):
        return True
    if rows.filter(until__lte=at).update(count=1, until=at + span):
        return True
    try:
        with transaction.atomic():
            Tries.objects.create(key=hashed, until=at + span)
            return True
    except IntegrityError:
        # Either it is full, or somebody else made the row between the two looks.
        return bool(rows.filter(until__gt=at, count__lt=most).update(count=F("count") + 1))


def give_back(*, key: str) -> None:
    """Take one try back: it was no failure."""
    Tries.objects.filter(key=index_of(key, purpose=PURPOSE), count__gt=0).update(count=F("count") - 1)


def seconds_left(*, key: str, at: dt.datetime) -> int:
    """Until the count starts anew; 0 where nothing is counted."""
    row = Tries.objects.filter(key=index_of(key, purpose=PURPOSE), until__gt=at).first()
    return 0 if row is None else int((row.until - at).total_seconds()) + 1


def may_send_code(*, phone: str, address: str, at: dt.datetime) -> bool:
    """Count a code to a number, asked for from an address: five a number a day, whoever asks and for whatever."""
    if not take(key=f"code address {address}", most=CODES_AN_ADDRESS, span=HOUR, at=at):
        return False
    return take(key=f"code number {phone}", most=CODES_A_NUMBER, span=DAY, at=at)


def forget_old(*, at: dt.datetime) -> int:
    """Drop counts that are over."""
    return Tries.objects.filter(until__lte=at).delete()[0]


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: what the outermost trusted proxy saw, or the peer where there is none.

    Anything further left in X-Forwarded-For was written by the client. IPv6 counts by /64, which one customer has.
    """
    found = request.META.get("REMOTE_ADDR", "")
    if settings.HUZHU_PROXIES:
        said = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(said) >= settings.HUZHU_PROXIES:
            found = said[-settings.HUZHU_PROXIES]
    try:
        address = ipaddress.ip_address(found.strip("[]"))
    except ValueError:
        return "0.0.0.0"  # a socket has no address
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return str(getattr(address, "ipv4_mapped", None) or address)
