"""An officer feeds a roster with mistakes, sees what became of each row, and has members; others see nothing of it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import openpyxl
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from huzhu.apps.jobs.loop import work
from huzhu.apps.members.models import Member
from huzhu.apps.rosters.models import Roster
from huzhu.apps.unions.models import User
from huzhu.apps.unions.scoping import whole_union
from tests.site.cast import PASSWORD, Cast
from tests.site.journeys.visitor import SECRET, Visitor
from tests.site.rosters.feeding import HEADINGS, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SCREENS = pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("zh", 1280), ("en", 360), ("en", 1280)])


def officer_with_phone(cast: Cast, role: str, *, at: str) -> User:
    """An officer whose authenticator the test holds."""
    user = cast.officer(role, at=at)
    Authenticator.objects.filter(user=user).delete()
    TOTP.activate(user, SECRET)
    return user


def roster_with_mistakes() -> bytes:
    """Six rows: four good, one number with a wrong check digit, one without a number."""
    lines = [person(n) for n in range(1, 7)]
    check = "1" if lines[0][1][17] != "1" else "2"
    lines[0] = (lines[0][0], lines[0][1][:17] + check, *lines[0][2:])
    lines[1] = (lines[1][0], "", *lines[1][2:])
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (HEADINGS, *lines):
        sheet.append(line)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def work_until_idle(officer: Visitor) -> None:
    """What waits is done while she looks elsewhere: her page would load itself anew at the end, in the middle of a step."""
    officer.page.goto("about:blank")
    work(stop=threading.Event(), until_idle=True)


def upload(officer: Visitor) -> str:
    """Upload, and let the worker check; the path of the roster's page."""
    officer.go("/rosters/").press('a[href="/rosters/new/"]')
    officer.page.select_option('[name="organisation"]', "east-union") if officer.page.locator(
        'select[name="organisation"]'
    ).count() else officer.fill(organisation="east-union")
    officer.page.set_input_files(
        '[name="file"]', {"name": "名册.xlsx", "mimeType": XLSX, "buffer": roster_with_mistakes()}
    )
    officer.press("form.form button.main, form.form button.button")
    path = officer.seen[-1]
    work_until_idle(officer)
    officer.go(path)
    return path


@SCREENS
def test_from_a_roster_with_mistakes_to_members(
    cast: Cast, visit: Callable[..., Visitor], lang: str, width: int
) -> None:
    user = officer_with_phone(cast, "district_officer", at="east")
    officer = visit(lang, width)
    officer.sign_in(str(user.username), PASSWORD)
    assert officer.seen[-1] == "/desk/"
    home = upload(officer)

    assert officer.page.locator(".stepper li").count() == 4
    with whole_union("a test looks"):
        roster = Roster.objects.get()
    assert (roster.accepted, roster.doubtful, roster.refused) == (4, 1, 1)
    assert ("校验位" if lang == "zh" else "check") in officer.text()
    assert all(person(n)[1] not in officer.page.content() for n in range(1, 7))

    with officer.page.expect_download() as caught:
        officer.page.click('a[href$="to-mend.xlsx"]')
    book = openpyxl.load_workbook(io.BytesIO(caught.value.path().read_bytes()))
    assert [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)] == [person(1)[0], person(2)[0]]

    officer.press('a[href$="/doubtful/"]')
    officer.press('button[value="refuse"]')
    officer.go(home).press('a[href$="/confirm/"]')
    officer.press("main form button.button")
    work_until_idle(officer)
    officer.go(home)
    with whole_union("a test counts"):
        assert Member.objects.count() == 4
        assert Roster.objects.get().state == "done"
        one = Member.objects.order_by("pk")[0]

    officer.go("/members/")
    assert one.number in officer.text() or one.name[0] in officer.text()
    officer.go(f"/members/one/{one.pk}/")
    for path in ("/members/applications/", "/members/targets/", "/registers/", "/rosters/likenesses/", "/unions/"):
        officer.go(path)


@SCREENS
def test_an_outsider_sees_nothing_of_it(cast: Cast, visit: Callable[..., Visitor], lang: str, width: int) -> None:
    from tests.site.rosters.feeding import feed, merge

    east = cast.officer("district_officer", at="east")
    with whole_union("a test feeds"):
        roster = merge(feed([person(n) for n in range(1, 4)], by=east, to=cast.tree["east-union"]), by=east)
        member = Member.objects.order_by("pk")[0]
    hidden = [f"/rosters/{roster.pk}/", f"/rosters/{roster.pk}/to-mend.xlsx", f"/members/one/{member.pk}/"]

    west = visit(lang, width)
    west.sign_in(str(officer_with_phone(cast, "district_officer", at="west").username), PASSWORD)
    for path in ("/rosters/", "/members/", "/desk/"):
        west.go(path)
        assert member.name not in west.text()
        assert "名册.csv" not in west.text()
    for path in hidden:
        west.go(path, status=404)
        assert member.name not in west.text()

    stranger = visit(lang, width)
    for path in (*hidden, "/desk/", "/members/"):
        stranger.go(path)
        assert stranger.seen[-1] == "/account/login/"
