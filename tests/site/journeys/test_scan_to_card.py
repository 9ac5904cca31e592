"""A courier scans the code on a station's wall and has her card, on the phones and screens people have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from huzhu.apps.members import services
from huzhu.apps.members.models import Member
from huzhu.apps.registers.models import RegisterRow
from huzhu.apps.unions.scoping import whole_union
from huzhu.ui.clock import now, today
from tests.site.cast import Cast, identity_number, phone
from tests.site.journeys.visitor import Visitor
from tests.site.members.joiners import last_code, listed, poster

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def known_courier(cast: Cast) -> tuple[str, str]:
    """Her number and phone: the register has her, and the committee has resolved to admit whom it has."""
    number, mobile = identity_number(), phone()
    row = listed(number=number, name="李晓明", mobile=mobile)
    RegisterRow.objects.filter(pk=row.pk).update(as_of=today())
    officer = cast.officer("grassroots_officer", at="east-union")
    services.record_resolution(
        by=officer, at=now(), organisation=cast.tree["east-union"], passed_on=today(), words="登记一致即时入会"
    )
    return number, mobile


def scan_to_card(visitor: Visitor, url: str, number: str, mobile: str) -> None:
    visitor.go(url).fill(name="李晓明", identity=number, phone=mobile)
    visitor.press(".step button")
    visitor.fill(code=last_code()).press(".step button")
    visitor.page.check('[name="platform"][value="demo-food"]')
    visitor.page.check('[name="category"][value="food_delivery"]')
    visitor.fill(rider_no="R7").press(".step button")
    visitor.page.check('[name="membership"]')
    visitor.page.check('[name="verification"]')
    visitor.press(".step button")


@pytest.mark.parametrize(
    ("lang", "width", "script"),
    [("zh", 360, True), ("zh", 1280, True), ("en", 360, True), ("en", 1280, True), ("zh", 360, False)],
)
def test_from_the_scan_to_the_card(
    cast: Cast, visit: Callable[..., Visitor], lang: str, width: int, script: bool
) -> None:
    number, mobile = known_courier(cast)
    url = poster(cast)
    courier = visit(lang, width, script=script, light=True)
    scan_to_card(courier, url, number, mobile)

    with whole_union("a test looks"):
        member = Member.objects.get()
    assert member.status == "member"
    assert member.number
    assert courier.seen == [url, url, url, url, "/members/card/"]
    assert member.number in courier.text()
    assert ("会员卡" if lang == "zh" else "Member’s card") in courier.text()
    assert number not in courier.page.content()

    courier.go(url)
    assert courier.seen[-1] == "/members/card/", "a second scan shows the card"
    for path in ("/members/mine/", "/", "/privacy/", "/messages/"):
        courier.go(path)
        assert number not in courier.page.content()
    with whole_union("a test looks"):
        assert Member.objects.count() == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_wrong_is_said_where_it_is(cast: Cast, visit: Callable[..., Visitor], lang: str) -> None:
    courier = visit(lang, 360, light=True)
    url = poster(cast)
    number = identity_number()
    wrong = number[:17] + ("1" if number[17] != "1" else "2")
    courier.go(url).fill(name="李晓明", identity=wrong, phone="139").press(".step button")
    assert courier.page.locator(".fault").count() == 2
    assert wrong not in courier.page.content()
    courier.go(url[:-3] + "xyz/", status=404)
