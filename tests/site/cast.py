"""The cast of the tests: a small union, its officers, an outsider, and workers with made-up numbers."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from huzhu.apps.unions import services as unions
from huzhu.apps.unions.models import Employer, Organisation, User

AT = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)  # a Monday morning in Shanghai
ON = dt.date(2026, 11, 2)
PASSWORD = "correct horse battery staple"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_numbers = itertools.count(1)


def identity_number(*, born: dt.date = dt.date(1995, 5, 17), sequence: int | None = None) -> str:
    """A made-up number: region 00, which no place has, with the check character of GB 11643."""
    n = next(_numbers) if sequence is None else sequence
    # 1,000 people share a birthday and a region's four digits; the count goes on in those.
    body = f"00{n // 1000:04d}{born:%Y%m%d}{n % 1000:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def phone(*, sequence: int | None = None) -> str:
    return f"139{(next(_numbers) if sequence is None else sequence):08d}"


@dataclass
class Cast:
    """Made once a test. The tree: city > east, west > a street each > a grassroots union each > a station each."""

    city: Any = None
    tree: dict[str, Any] = field(default_factory=dict)
    platform: Employer | None = None

    def officer(self, role: str, *, at: str = "city", name: str = "") -> User:
        """Somebody with a role at an organisation."""
        username = name or f"{role}-{at}-{next(_numbers)}"
        user = unions.create_user(by=None, at=AT, username=username, password=PASSWORD, display_name=username)
        unions.grant(by=None, at=AT - dt.timedelta(days=400), user=user, role=role, organisation=self.tree[at])
        TOTP.activate(user, generate_totp_secret())  # officers see nothing without a second factor
        return user

    def client(self, user: User | None = None, *, lang: str = "zh-hans") -> Client:
        """A browser, with somebody signed in."""
        client = Client(headers={"accept-language": lang})
        if user is not None:
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


def build() -> Cast:
    """The union the tests play in."""
    cast = Cast()

    def node(code: str, name: str, kind: str, parent: str | None, region: str = "310000") -> Organisation:
        made = unions.create_organisation(
            by=None,
            at=AT,
            code=code,
            name=name,
            kind=kind,
            parent=cast.tree.get(parent or ""),
            region=region,
            name_en=code,
        )
        found: Organisation = Organisation.objects.get(pk=made.pk)
        cast.tree[code] = found
        return found

    cast.platform = Employer.objects.create(name="某外卖平台", platform="demo-food")
    cast.city = node("city", "某市总工会", "city", None)
    for side, name, region in (("east", "东", "310115"), ("west", "西", "310112")):
        node(side, f"{name}区总工会", "district", "city", region)
        node(f"{side}-street", f"{name}街道总工会", "street", side, region)
        node(f"{side}-union", f"{name}街道新就业群体工会", "grassroots", f"{side}-street", region)
        node(f"{side}-station", f"{name}街道骑手驿站", "station", f"{side}-union", region)
    return cast
