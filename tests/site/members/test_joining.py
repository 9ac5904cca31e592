"""A worker scans a code at a station."""

from __future__ import annotations

import pytest

from huzhu.apps.members import queries, services
from huzhu.apps.members.models import Member, SecondApplication, Verification
from huzhu.apps.members.refusals import ConsentNeeded
from huzhu.apps.messages.models import Message
from huzhu.apps.unions import services as unions
from huzhu.apps.unions.scoping import whole_union
from tests.site.cast import AT, ON, Cast, identity_number, phone
from tests.site.members.joiners import (
    admitted,
    again,
    application,
    applied,
    identity_of,
    last_code,
    listed,
    poster,
    walk,
)

pytestmark = pytest.mark.django_db


def members() -> int:
    with whole_union("a test counts"):
        return int(Member.objects.count())


def test_a_courier_joins_in_three_steps_and_waits_for_the_committee(cast: Cast) -> None:
    number, client = identity_number(), cast.client()
    answer = walk(client, poster(cast), number=number, mobile=phone())
    assert answer.status_code == 200
    assert "申请已收到" in answer.content.decode()
    with whole_union("a test looks"):
        member = Member.objects.get()
    assert (member.status, member.way, member.number, member.name) == ("applied", "scan", None, "李晓明")
    assert member.organisation == cast.tree["east-station"]
    assert member.identity_number.reveal() == number
    assert sorted(member.consents.values_list("purpose", flat=True)) == ["membership", "verification"]


def test_the_identity_number_is_in_no_answer_and_no_session(cast: Cast) -> None:
    number, mobile, url, client = identity_number(), phone(), poster(cast), cast.client()
    answers = [
        client.post(f"{url}?step=1", {"name": "李晓明", "identity": number, "phone": mobile, "act": "next"}),
        client.get(url),
        client.get(f"{url}?step=1"),
        client.post(f"{url}?step=1", {"name": "李晓明", "identity": number[:-1], "phone": mobile, "act": "next"}),
    ]
    for answer in answers:
        assert number not in answer.content.decode()
        assert number[:-1] not in answer.content.decode()
    kept = str(dict(client.session.items()))
    assert number not in kept
    assert mobile not in kept
    assert "李晓明" not in kept


def test_a_draft_survives_a_reload_and_going_back(cast: Cast) -> None:
    url, client = poster(cast), cast.client()
    walk_to_two = {"name": "李晓明", "identity": identity_number(), "phone": phone(), "act": "next"}
    client.post(f"{url}?step=1", walk_to_two)
    assert (
        client.post(f"{url}?step=1", {"name": "李晓明", "code": last_code(), "act": "next"}).headers["Location"]
        == f"{url}?step=2"
    )
    assert "您做什么工作" in client.get(url).content.decode()
    assert 'value="李晓明"' in client.get(f"{url}?step=1").content.decode()
    # Nothing is asked twice: the proved phone opens the next step again.
    assert client.post(f"{url}?step=1", {"name": "李晓明", "act": "next"}).headers["Location"] == f"{url}?step=2"


def test_the_first_step_is_needed_whole_until_it_is_filled_in(cast: Cast) -> None:
    client, url = cast.client(lang="en"), poster(cast)
    assert "optional" not in client.get(url).text
    said = client.post(f"{url}?step=1", {"name": "", "identity": "", "phone": "", "act": "next"}).text
    assert said.count('class="fault"') == 3
    assert "Code from the SMS" not in said, "no code is asked for before one was sent"
    number, mobile = identity_number(), phone()
    filled = {"name": "李晓明", "identity": number, "phone": mobile, "act": "next"}
    sent = client.post(f"{url}?step=1", filled).text
    assert sent.index("Code from the SMS") < sent.index("<details>") < sent.index('name="identity"')
    assert "optional" not in sent
    anew = client.post(f"{url}?step=1", {"name": "李晓明", "act": "send"}).text
    assert 'class="fault"' not in anew, "what is filled in already may stay empty"


def test_a_later_step_cannot_be_opened_before_the_phone_is_proved(cast: Cast) -> None:
    url, client = poster(cast), cast.client()
    assert "获取验证码" in client.get(f"{url}?step=3").content.decode()
    client.post(f"{url}?step=3", {"membership": "on"})
    assert members() == 0


def test_a_wrong_code_goes_no_further(cast: Cast) -> None:
    url, client = poster(cast), cast.client()
    client.post(f"{url}?step=1", {"name": "李晓明", "identity": identity_number(), "phone": phone(), "act": "next"})
    answer = client.post(f"{url}?step=1", {"name": "李晓明", "code": "00000x", "act": "next"})
    assert "验证码不对" in answer.content.decode()


def test_a_second_scan_shows_the_card(cast: Cast) -> None:
    number, mobile, url = identity_number(), phone(), poster(cast)
    member = admitted(cast, number=number, mobile=mobile)
    answer = walk(cast.client(), url, number=number, mobile=mobile)
    assert member.number in answer.content.decode()
    assert members() == 1
    signed_in = cast.client(member.user)
    assert signed_in.get(url).headers["Location"] == "/members/card/"


def test_the_same_number_from_another_phone_looks_like_any_application(cast: Cast) -> None:
    number = identity_number()
    admitted(cast, number=number)
    url = poster(cast, at="west-station")
    fresh, stolen = cast.client(), cast.client()
    honest = walk(fresh, url, number=identity_number(), mobile=phone())
    other = walk(stolen, url, number=number, mobile=phone())
    assert honest.redirect_chain[-1] == other.redirect_chain[-1]
    plain = [answer.content.decode().split("<main")[1] for answer in (honest, other)]
    assert plain[0] == plain[1]
    for path in ("/members/mine/", "/members/card/"):
        assert fresh.get(path).status_code == stolen.get(path).status_code == 200
    assert members() == 2  # the member and the honest applicant
    with whole_union("a test looks"):
        second = SecondApplication.objects.get()
    assert second.organisation == cast.tree["east-station"]  # the officers of the member look at it


def test_whom_a_register_matches_exactly_is_a_member_at_once_under_a_resolution(cast: Cast) -> None:
    officer = cast.officer("grassroots_officer", at="east-union")
    services.record_resolution(
        by=officer, at=AT, organisation=cast.tree["east-union"], passed_on=ON, words="登记一致即时入会"
    )
    known, stranger = identity_number(), identity_number()
    listed(number=known, name="李晓明")
    member = applied(cast, number=known)
    assert (member.status, member.joined_on) == ("member", ON)
    assert member.by_resolution is not None
    assert Verification.objects.get(member=member).orders_30d == 321
    assert Message.objects.filter(recipient=member.user, kind="member.approved").count() == 1
    assert applied(cast, number=stranger).status == "applied"
    with whole_union("a test looks"):
        assert list(queries.for_meeting(since=ON)) == [member]


def test_without_a_resolution_or_with_another_name_an_officer_decides(cast: Cast) -> None:
    number = identity_number()
    listed(number=number, name="李晓明")
    assert applied(cast, number=number).status == "applied"
    services.record_resolution(
        by=cast.officer("grassroots_officer", at="east-union"),
        at=AT,
        organisation=cast.tree["east-union"],
        passed_on=ON,
        words="同上",
    )
    other = identity_number()
    listed(number=other, name="王五")
    assert applied(cast, number=other, name="李晓明").status == "applied"
    third = identity_number()
    listed(number=third, name="李晓明")
    assert applied(cast, number=third, at="west-station").status == "applied"  # the resolution is the east's
    fourth = identity_number()
    listed(number=fourth, name="李晓明")
    assert (
        applied(cast, number=fourth, consents=frozenset({"membership"})).status == "applied"
    )  # nothing may be compared


def test_without_consent_nobody_joins(cast: Cast) -> None:
    with pytest.raises(ConsentNeeded):
        services.apply(at=AT, application=application(cast, consents=frozenset({"verification"})))
    assert members() == 0


def test_applying_twice_is_applying_once(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    first = services.apply(at=AT, application=application(cast, number=number, mobile=mobile))
    second = services.apply(at=AT, application=application(cast, number=number, mobile=mobile))
    assert (first.how, second.how) == ("new", "known")
    assert first.user == second.user
    assert members() == 1


def test_a_phone_that_was_given_to_somebody_else_goes_to_an_officer(cast: Cast) -> None:
    mobile = phone()
    old = admitted(cast, mobile=mobile)
    joined = services.apply(at=AT, application=application(cast, mobile=mobile, name="王芳"))
    assert (joined.how, joined.user) == ("queued", None)  # the account of the member before is not opened
    with whole_union("a test looks"):
        second = SecondApplication.objects.get()
    services.decide_second(by=cast.officer("grassroots_officer", at="east-union"), at=AT, second=second, accept=True)
    assert again(old).phone is None
    with whole_union("a test looks"):
        fresh = Member.objects.get(name="王芳")
    assert (fresh.status, fresh.phone.reveal(), fresh.user) == ("applied", mobile, old.user)


def test_an_officer_who_scans_is_not_signed_in_by_a_code_alone(cast: Cast) -> None:
    officer = cast.officer("grassroots_officer", at="east-union")
    number, mobile = identity_number(), phone()
    member = applied(cast, number=number, mobile=mobile)
    unions.grant(by=None, at=AT, user=member.user, role="auditor", organisation=cast.tree["east"])
    client = cast.client()
    walk(client, poster(cast), number=number, mobile=mobile)
    assert "_auth_user_id" not in client.session
    assert officer.pk != member.user.pk


def test_a_void_poster_leads_nowhere(cast: Cast) -> None:
    url = poster(cast)
    services.new_poster(
        by=cast.officer("grassroots_officer", at="east-station"), at=AT, organisation=cast.tree["east-station"]
    )
    assert cast.client().get(url).status_code == 404
    assert cast.client().get(url.replace(":", "x")).status_code == 404


def test_who_was_refused_may_apply_again(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    member = applied(cast, number=number, mobile=mobile)
    services.refuse(by=cast.officer("grassroots_officer", at="east-union"), at=AT, member=member, reason="资料不全")
    joined = services.apply(at=AT, application=application(cast, number=number, mobile=mobile))
    assert joined.how == "again"
    assert again(member).status == "applied"
    assert identity_of(number).number == number
