"""What somebody agreed to, in which version and when, is kept for every application she makes, not for the first alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest

from huzhu.apps.members import consents, services
from huzhu.apps.members.models import Consent, Member, SecondApplication
from huzhu.apps.unions.scoping import whole_union
from huzhu.ui.refusals import NotAllowed
from tests.site.cast import AT, Cast, identity_number, phone
from tests.site.members.joiners import admitted, again, application, applied, user_of

LATER = AT + dt.timedelta(days=40)
BOTH = frozenset({"membership", "verification"})
ONE = frozenset({"membership"})
pytestmark = pytest.mark.django_db


def given(member: Any) -> list[tuple[str, str, dt.datetime, dt.datetime | None]]:
    rows = Consent.objects.filter(member=member).order_by("given_at", "purpose")
    return list(rows.values_list("purpose", "version", "given_at", "withdrawn_at"))


def new_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts are written anew."""
    for purpose, text in list(consents.CURRENT.items()):
        monkeypatch.setitem(consents.CURRENT, purpose, dataclasses.replace(text, version="2027-01"))


def test_who_left_and_scans_again_agrees_anew(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    number, mobile = identity_number(), phone()
    member = admitted(cast, number=number, mobile=mobile)
    services.leave(by=user_of(member), at=AT, member=member)
    new_texts(monkeypatch)
    services.apply(at=LATER, application=application(cast, number=number, mobile=mobile, consents=BOTH))
    assert given(member) == [
        ("membership", "2026-11", AT, LATER),
        ("verification", "2026-11", AT, LATER),
        ("membership", "2027-01", LATER, None),
        ("verification", "2027-01", LATER, None),
    ]


def test_the_same_texts_agreed_to_again_have_the_new_day(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    member = applied(cast, number=number, mobile=mobile)
    services.refuse(by=cast.officer("grassroots_officer", at="east-union"), at=AT, member=member, reason="资料不全")
    services.apply(at=LATER, application=application(cast, number=number, mobile=mobile, consents=BOTH))
    assert [one for one in given(member) if one[3] is None] == [
        ("membership", "2026-11", LATER, None),
        ("verification", "2026-11", LATER, None),
    ]


def test_a_consent_withheld_the_second_time_does_not_hold_from_the_first(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    member = admitted(cast, number=number, mobile=mobile)
    services.leave(by=user_of(member), at=AT, member=member)
    services.apply(at=LATER, application=application(cast, number=number, mobile=mobile, consents=ONE))
    assert [one[:1] for one in given(member) if one[3] is None] == [("membership",)]
    with pytest.raises(NotAllowed):
        services.verify(by=cast.officer("grassroots_officer", at="east-union"), at=LATER, member=again(member))


def test_coming_back_from_her_own_page_is_agreeing_anew(cast: Cast) -> None:
    member = admitted(cast)
    services.leave(by=user_of(member), at=AT, member=member)
    services.rejoin(by=user_of(member), at=LATER, member=member, consents=ONE)
    assert given(member) == [
        ("membership", "2026-11", AT, LATER),
        ("verification", "2026-11", AT, LATER),
        ("membership", "2026-11", LATER, None),
    ]


def test_a_member_who_scans_again_keeps_the_days_of_what_holds(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    member = admitted(cast, number=number, mobile=mobile, consents=ONE)
    services.apply(at=LATER, application=application(cast, number=number, mobile=mobile, consents=BOTH))
    assert given(member) == [("membership", "2026-11", AT, None), ("verification", "2026-11", LATER, None)]


def queued(cast: Cast, **changes: Any) -> SecondApplication:
    services.apply(at=AT, application=application(cast, **changes))
    with whole_union("a test looks"):
        found: SecondApplication = SecondApplication.objects.select_related("member", "user").get()
    return found


def test_an_application_that_waits_for_an_officer_holds_what_was_agreed_to(cast: Cast) -> None:
    number = identity_number()
    admitted(cast, number=number)
    second = queued(cast, number=number, mobile=phone(), consents=BOTH)
    assert second.consents == {"membership": "2026-11", "verification": "2026-11"}
    client = cast.client(second.user)
    assert client.get("/members/mine/").content.decode().count("2026-11") >= 2
    told = json.loads(client.post("/members/mine/export/").content)["consents"]
    values = [[line["value"] for line in one] for one in told]
    assert values == [["membership", "2026-11", AT.isoformat()], ["verification", "2026-11", AT.isoformat()]]


def test_the_texts_of_the_day_she_applied_count_when_an_officer_decides_later(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    mobile = phone()
    admitted(cast, mobile=mobile)
    second = queued(cast, mobile=mobile, name="王芳", consents=BOTH)
    new_texts(monkeypatch)
    services.decide_second(by=cast.officer("grassroots_officer", at="east-union"), at=LATER, second=second, accept=True)
    with whole_union("a test looks"):
        fresh = Member.objects.get(name="王芳")
    assert given(fresh) == [("membership", "2026-11", AT, None), ("verification", "2026-11", AT, None)]
