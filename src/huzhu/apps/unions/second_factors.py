"""Second factors' secrets, sealed inside the rows that allauth keeps of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from huzhu.apps.vault.fields import ring

NAME = "mfa.Authenticator.data"
PLACE = "mfa_authenticator:data"
HOLDERS = ("secret", "seed")  # of an authenticator, of recovery codes


def seal(text: str) -> str:
    return base64.b64encode(ring().seal(text, place=PLACE)).decode()


def unseal(stored: str) -> str:
    return ring().open(base64.b64decode(stored), place=PLACE)


def sealed() -> Iterator[bytes]:
    """What is stored of every second factor."""
    for data in Authenticator.objects.values_list("data", flat=True).iterator():
        yield from (base64.b64decode(data[name]) for name in HOLDERS if name in data)


def reseal() -> int:
    """Bring every second factor to the current key; how many had another."""
    return sum(_reseal(pk) for pk in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _reseal(pk: Any) -> int:
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()  # a recovery code is used by writing the row
    old = [
        name for name in HOLDERS if row and name in row.data and base64.b64decode(row.data[name])[0] != ring().current
    ]
    if not old:
        return 0
    row.data |= {name: seal(unseal(row.data[name])) for name in old}
    row.save(update_fields=["data"])
    return 1
