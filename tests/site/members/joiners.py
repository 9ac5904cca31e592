"""How the tests join: an application made of made-up people, and a browser that goes through the three steps."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from huzhu.apps.members import services
from huzhu.apps.members.identity import Identity, read_identity
from huzhu.apps.members.models import Member
from huzhu.apps.members.names import Name, same_person_key
from huzhu.apps.members.posters import token_of
from huzhu.apps.messages.models import Delivery
from huzhu.apps.registers.indexes import identity_index, phone_index
from huzhu.apps.registers.models import Register, RegisterRow
from huzhu.apps.unions.models import Organisation, User
from huzhu.apps.unions.scoping import whole_union
from tests.site.cast import AT, ON, Cast, identity_number, phone

CONSENTS = frozenset({"membership", "verification"})


def identity_of(number: str) -> Identity:
    found = read_identity(text=number, on=ON, made_up=True)
    assert isinstance(found, Identity)
    return found


def application(
    cast: Cast, *, number: str = "", mobile: str = "", name: str = "李晓明", at: str = "east-station", **changes: Any
) -> Any:
    values = {
        "organisation": cast.tree[at],
        "identity": identity_of(number or identity_number()),
        "name": Name(name),
        "phone": mobile or phone(),
        "employer": cast.platform,
        "work_category": "food_delivery",
        "consents": CONSENTS,
    }
    return services.Application(**(values | changes))


def applied(cast: Cast, **changes: Any) -> Any:
    """Somebody who joined by scanning, as the table has her."""
    joined = services.apply(at=AT, application=application(cast, **changes))
    assert joined.member is not None
    with whole_union("a test looks"):
        return Member.objects.select_related("organisation", "user").get(pk=joined.member.pk)


def admitted(cast: Cast, **changes: Any) -> Any:
    """A member, approved by an officer of her own union."""
    side = str(changes.get("at", "east-station")).split("-", maxsplit=1)[0]
    return services.approve(
        by=cast.officer("grassroots_officer", at=f"{side}-union"), at=AT, member=applied(cast, **changes)
    )


def again(member: Member) -> Any:
    with whole_union("a test looks"):
        return Member.objects.select_related("organisation", "user").get(pk=member.pk)


def listed(*, number: str, name: str, mobile: str = "") -> RegisterRow:
    """The platform's register knows somebody."""
    facts = {"name": "某平台", "platform": "demo-food", "kind": "file", "created_at": AT}
    register, _ = Register.objects.get_or_create(code="demo", defaults=facts)
    key = identity_index(number=number)
    return RegisterRow.objects.create(
        register=register, key=key, digest=key, platform="demo-food", rider_no="R7", name=name, name_key=same_person_key(name=name),
        identity_index=key, phone_index=phone_index(phone=mobile) if mobile else None, work_category="food_delivery",
        work_region="310115", orders_30d=321, as_of=ON - dt.timedelta(days=2), changed_at=AT,
    )  # fmt: skip


def poster(cast: Cast, *, at: str = "east-station") -> str:
    """The address on a station's wall."""
    station: Organisation = cast.tree[at]
    with whole_union("a test hangs a poster"):
        made = services.poster_of(by=cast.officer("grassroots_officer", at=at), at=AT, organisation=station)
    return reverse("members:join", args=[token_of(code=station.code, serial=made.serial)])


def last_code() -> str:
    """What the last SMS said."""
    text = Delivery.objects.order_by("-created_at", "-pk")[0].text.reveal()
    found = re.search(r"\d{6}", text)
    assert found is not None
    return found[0]


def walk(client: Client, url: str, *, number: str, mobile: str, name: str = "李晓明") -> Any:
    """The three steps, as a phone without scripts takes them; the last answer."""
    client.post(f"{url}?step=1", {"name": name, "identity": number, "phone": mobile, "act": "next"})
    client.post(f"{url}?step=1", {"name": name, "code": last_code(), "act": "next"})
    client.post(f"{url}?step=2", {"platform": "demo-food", "category": "food_delivery", "rider_no": "R7"})
    return client.post(f"{url}?step=3", {"membership": "on", "verification": "on"}, follow=True)


def user_of(member: Member) -> User:
    assert member.user is not None
    return member.user
