"""Characters that no database keeps alike are refused before a view runs, by every way in which text comes in."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from huzhu.apps.audit.models import Entry
from huzhu.apps.members.desk_models import SavedView
from huzhu.apps.members.models import Member
from huzhu.apps.unions.models import User
from huzhu.apps.unions.scoping import whole_union
from tests.site.cast import Cast, phone
from tests.site.members.joiners import applied

SAID = "看不见的控制字符"
CHARACTERS = ["\0", "\x1b", "\x7f", "\x0b"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(cast: Cast) -> User:
    return cast.officer("district_officer", at="east")


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_reason_that_no_form_reads(cast: Cast, officer: User, character: str) -> None:
    client, member = cast.client(officer), applied(cast)
    body = {"act": "refuse", "chosen": str(member.pk), "confirmed": "1", "reason": f"资料{character}不全"}
    answer = client.post("/members/applications/decide/", body)
    assert (answer.status_code, SAID in answer.text) == (400, True)
    with whole_union("a test looks"):
        assert Member.objects.get().status == "applied"


def test_a_name_that_no_form_reads(cast: Cast, officer: User) -> None:
    client = cast.client(officer, lang="en")
    for path in ("/members/views/", "/members/views/delete/"):
        answer = client.post(path, {"name": "mine\0", "query": "status=member"})
        assert (answer.status_code, "control characters" in answer.text) == (400, True)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("field", ["name\0", "na\x00me"])
def test_the_name_of_a_field(cast: Cast, officer: User, field: str) -> None:
    assert cast.client(officer).post("/members/views/", {field: "x"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/members/?name=%00",
        "/members/?%00=x",
        "/members/?name=a%1Bb",
        "/desk/%00",
        "/?x=%00",
        "/members/transfers/?page=%00",
    ],
)
def test_an_address(cast: Cast, officer: User, path: str) -> None:
    answer = cast.client(officer).get(path)
    assert (answer.status_code, SAID in answer.text) == (400, True)


def test_a_lone_surrogate_by_an_odd_encoding(cast: Cast, officer: User) -> None:
    """A client may name any codec; one of them makes of plain letters what UTF-8 cannot hold."""
    body = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\na\\ud800b\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b; charset=raw_unicode_escape"
    client: Any = cast.client(officer)
    for answer in (
        client.post("/members/views/", data=body, content_type=kind),
        client.get("/members/?name=a%5Cud800b", headers={"content-type": "text/plain; charset=unicode_escape"}),
    ):
        assert (answer.status_code, SAID in answer.text) == (400, True)


def test_what_people_type_passes(cast: Cast, officer: User) -> None:
    client = cast.client(officer)
    said = {"name": "𠮷田 · ﷽ \U0001f468\u200d\U0001f469", "query": "status=member"}
    assert client.post("/members/views/", said).status_code == 302
    body = {"passed_on": "2026-11-02", "organisation": "east-union", "words": "第一条\r\n\t第二条"}
    assert client.post("/members/resolutions/", body).status_code == 302
    assert Entry.objects.filter(act="resolution.recorded").count() == 1


def test_who_is_not_signed_in_is_told_the_same(cast: Cast) -> None:  # noqa: ARG001  the tables
    client = Client()
    for path, body in (
        ("/account/login/", {"login": "a\0", "password": "b"}),
        ("/account/login/", {"login": "a", "password": "\0"}),
        ("/account/login/code/", {"phone": f"{phone()}\0"}),
        ("/language/setlang/", {"language": "en", "next": "/\0"}),
    ):
        answer: Any = client.post(path, body)
        assert (answer.status_code, SAID in answer.text) == (400, True), path


def test_a_program_is_told_in_its_own_form(cast: Cast) -> None:  # noqa: ARG001  the tables
    answer = Client().get("/api/v1/members?name=%00")
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
