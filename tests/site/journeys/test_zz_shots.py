from __future__ import annotations
from pathlib import Path
import pytest
from huzhu.apps.members.models import Member
from huzhu.apps.rosters.models import Roster
from huzhu.apps.unions.models import Employer
from huzhu.apps.unions.scoping import whole_union
from tests.site.cast import PASSWORD, identity_number, phone
from tests.site.members.joiners import last_code, poster, applied
from tests.site.journeys.test_roster_to_members import officer_with_phone, upload, work_until_idle
from tests.site.journeys.test_scan_to_card import known_courier
from tests.site.rosters.feeding import feed, merge, person
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OUT = Path("/tmp/shots"); OUT.mkdir(exist_ok=True)

@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 360), ("zh", 1280), ("en", 1280)])
def test_shots(cast, visit, lang, width):
    bad = []
    def shot(v, name, path=None, full=True):
        if path: v.page.goto(v.base + path)
        w = v.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if w[0] > w[1]: bad.append((name, w))
        v.page.screenshot(path=OUT / f"{name}-{lang}-{width}.png", full_page=full)
    Employer.objects.create(name="某跑腿平台", platform="demo-errand")
    number, mobile = known_courier(cast); url = poster(cast)
    v = visit(lang, width)
    v.look = lambda status=200: v.seen.append(v.page.url) or v
    shot(v, "front", "/"); shot(v, "signin", "/account/login/"); shot(v, "code", "/account/login/code/")
    shot(v, "join1", url)
    v.fill(name="李", identity="123", phone="139").press(".step button"); shot(v, "join1bad")
    v.go(url).fill(name="李晓明", identity=number, phone=mobile).press(".step button"); shot(v, "join1code")
    v.fill(code=last_code()).press(".step button"); shot(v, "join2")
    v.page.check('[name="platform"][value="demo-food"]'); v.page.check('[name="category"][value="food_delivery"]')
    v.press(".step button"); shot(v, "join3")
    v.page.check('[name="membership"]'); v.page.check('[name="verification"]'); v.press(".step button"); shot(v, "card")
    shot(v, "mine", "/members/mine/"); shot(v, "inbox", "/messages/"); shot(v, "privacy", "/privacy/"); shot(v, "frontmember", "/")
    applied(cast, name="王芳"); applied(cast, name="欧阳建国")
    east = officer_with_phone(cast, "district_officer", at="east")
    with whole_union("x"):
        merge(feed([person(n) for n in range(20, 60)], by=east, to=cast.tree["east-union"], name="十月名册.csv"), by=east)
    o = visit(lang, width); o.look = lambda status=200: o.seen.append(o.page.url.replace(o.base, "")) or o
    o.sign_in(east.username, PASSWORD)
    home = upload(o); shot(o, "roster"); shot(o, "confirm", home + "confirm/"); shot(o, "doubtful", home + "doubtful/3/")
    shot(o, "desk", "/desk/"); shot(o, "members", "/members/"); shot(o, "rosters", "/rosters/"); shot(o, "upload", "/rosters/new/")
    with whole_union("x"):
        m = Member.objects.filter(status="member").order_by("pk")[0]
    shot(o, "detail", f"/members/one/{m.pk}/"); shot(o, "apps", "/members/applications/"); shot(o, "targets", "/members/targets/")
    shot(o, "tree", "/unions/"); shot(o, "lost", "/nothing/"); shot(o, "likeness", "/rosters/likenesses/"); shot(o, "posters", "/members/posters/")
    a = visit(lang, width); a.look = lambda status=200: a
    a.sign_in(officer_with_phone(cast, "auditor", at="city").username, PASSWORD); shot(a, "record", "/record/")
    assert bad == []
