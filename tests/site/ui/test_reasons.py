"""Words that stay on record hold no number of a person, whatever they are given for and however they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from huzhu.apps.audit.models import Entry
from huzhu.apps.members import services as members
from huzhu.apps.members.models import Correction, Member, Resolution, SecondApplication
from huzhu.apps.unions import accounts
from huzhu.apps.unions.models import User
from huzhu.apps.unions.scoping import whole_union
from huzhu.ui.reasons import NoReason, NumberInWords, TooLong, checked
from tests.site.cast import AT, ON, Cast, identity_number, phone
from tests.site.members.joiners import admitted, application, applied, user_of

MOBILE = "13912345678"
KEPT = [
    "资料不全",
    "第 20261102 号会议",
    "三个月共 321 单",
    "会员号 M0000012",
    "见 2026-11-02 14:00 的记录",
    "80.13912345678",
]
NUMBERS = [
    MOBILE,
    "１３９１２３４５６７８",
    "+86 139-1234-5678",
    "110101199001011234",
    "11010119900101123x",
    "110101 19900101 1234",
]


@pytest.mark.parametrize("words", KEPT)
def test_words_without_a_number_are_kept_as_they_are(words: str) -> None:
    assert checked(f" {words} ") == words


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_however_it_is_written_is_refused_with_what_to_do(number: str) -> None:
    with pytest.raises(NumberInWords) as refusal:
        checked(f"本人电话{number}，已核对")
    assert "不要在这里写身份证号或手机号" in refusal.value.said.zh
    assert "A member number will do" in refusal.value.said.en
    assert number not in refusal.value.said.zh


def test_no_words_and_too_many_words_are_refused() -> None:
    with pytest.raises(NoReason):
        checked(" \n")
    assert checked(" ", is_needed=False) == ""
    assert len(checked("长" * 400)) == 400
    with pytest.raises(TooLong):
        checked("长" * 401)


Act = Callable[[Cast, str], object]


def _second(cast: Cast) -> SecondApplication:
    number = identity_number()
    admitted(cast, number=number)
    members.apply(at=AT, application=application(cast, number=number, mobile=phone()))
    with whole_union("a test looks"):
        found: SecondApplication = SecondApplication.objects.select_related("member").get()
    return found


def _correction(cast: Cast) -> Correction:
    member = admitted(cast)
    return members.correct(by=user_of(member), at=AT, member=member, field="name", value="李晓鸣")


def _noted(cast: Cast, words: str) -> object:
    member = admitted(cast)
    return members.correct(by=user_of(member), at=AT, member=member, field="name", value="李晓鸣", note=words)


def _left(cast: Cast, words: str) -> object:
    member = admitted(cast)
    return members.leave(by=user_of(member), at=AT, member=member, reason=words)


def _officer(cast: Cast) -> User:
    return cast.officer("district_officer", at="east")


def _on_account(do: Any) -> Act:
    return lambda cast, words: do(
        by=cast.officer("administrator"), at=AT, user=cast.officer("auditor", at="east"), reason=words
    )


ACTS: dict[str, Act] = {
    "refuse": lambda cast, words: members.refuse(by=_officer(cast), at=AT, member=applied(cast), reason=words),
    "reveal": lambda cast, words: members.reveal(
        by=_officer(cast), at=AT, member=admitted(cast), field="phone", reason=words
    ),
    "export": lambda cast, words: members.ask_export(by=_officer(cast), at=AT, query="", form="csv", reason=words),
    "dismiss": lambda cast, words: members.decide_second(
        by=_officer(cast), at=AT, second=_second(cast), accept=False, reason=words
    ),
    "accept": lambda cast, words: members.decide_second(
        by=_officer(cast), at=AT, second=_second(cast), accept=True, reason=words
    ),
    "correction": lambda cast, words: members.decide_correction(
        by=_officer(cast), at=AT, correction=_correction(cast), accept=False, reason=words
    ),
    "note": _noted,
    "leave": _left,
    "resolution": lambda cast, words: members.record_resolution(
        by=_officer(cast), at=AT, organisation=cast.tree["east-union"], passed_on=ON, words=words
    ),
    "password": _on_account(accounts.reset_password),
    "second factor": _on_account(accounts.reset_second_factor),
    "close": _on_account(accounts.close),
    "reopen": _on_account(accounts.reopen),
}


@pytest.mark.django_db
@pytest.mark.parametrize("act", ACTS)
def test_whatever_it_is_given_for_nothing_is_done_and_nothing_recorded(cast: Cast, act: str) -> None:
    with pytest.raises(NumberInWords):
        ACTS[act](cast, f"电话 {MOBILE}")
    assert not any(mark in zh for zh in Entry.objects.values_list("zh", flat=True) for mark in ("[phone]", MOBILE))


@pytest.mark.django_db
@pytest.mark.parametrize("act", ACTS)
def test_the_same_without_a_number_is_done(cast: Cast, act: str) -> None:
    ACTS[act](cast, "已核对证件")


@pytest.mark.django_db
def test_a_page_says_it_beside_the_field_and_does_not_give_the_number_back(cast: Cast) -> None:
    client = cast.client(cast.officer("grassroots_officer", at="east-union"))
    member = applied(cast)
    said = {"passed_on": "2026-11-02", "organisation": "east-union", "words": f"打 {MOBILE}"}
    page = client.post("/members/resolutions/", said).content.decode()
    assert "不要在这里写身份证号或手机号" in page
    assert MOBILE not in page
    body = {"act": "refuse", "chosen": str(member.pk), "confirmed": "1", "reason": f"打 {MOBILE}"}
    page = client.post("/members/applications/decide/", body).content.decode()
    assert "不要在这里写身份证号或手机号" in page
    assert MOBILE not in page
    with whole_union("a test looks"):
        assert Member.objects.get().status == "applied"
        assert not Resolution.objects.exists()
