"""The API: tokens and what they may do, members by keys, a roster from upload to done, refusals as problems, and the document."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_scopes import scopes_disabled

from huzhu.apps.members.models import Member
from huzhu.apps.rosters.models import Roster
from huzhu.apps.unions import accounts
from huzhu.apps.unions import services as unions
from tests.site.cast import AT, Cast, identity_number, phone
from tests.site.members.joiners import applied
from tests.site.rosters.feeding import again, as_csv, finish, merge, person

if TYPE_CHECKING:
    from huzhu.apps.unions.models import User

ROOT = "/api/v1"
SCOPES = ["members.view", "rosters.view", "rosters.upload", "unions.view"]
CHINESE = re.compile("[\u4e00-\u9fff]")
PEOPLE = [person(n) for n in range(501, 506)]


@pytest.fixture(autouse=True)
def _house(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.HUZHU_HOME = tmp_path
    with time_machine.travel(AT + dt.timedelta(hours=1), tick=True), scopes_disabled():
        yield


@pytest.fixture
def officer(cast: Cast) -> User:
    return cast.officer("district_officer", at="east")


@pytest.fixture
def client(officer: User) -> Client:
    return bearing(token(officer))


def token(user: User, scopes: list[str] = SCOPES, days: int = 90) -> str:
    return unions.create_token(by=user, at=AT, name="program", scopes=scopes, days=days)[1]


def bearing(secret: str) -> Client:
    return Client(headers={"authorization": f"Bearer {secret}"})


def problem(answer: Any, status: int, code: str) -> None:
    """Every refusal looks alike: a stable code, and words in both languages."""
    assert answer.status_code == status, answer.content
    said = answer.json()
    assert (sorted(said), said["code"]) == (["code", "en", "zh"], code)
    assert CHINESE.search(said["zh"])
    assert said["en"].isascii()


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Basic dTpw", "Bearer huzhu_" + "x" * 5000])
@pytest.mark.usefixtures("cast")
def test_without_a_good_token_nobody_is_known(given: str) -> None:
    answer = Client().get(f"{ROOT}/me", headers={"authorization": given} if given else {})
    problem(answer, 401, "no_token")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_ends_by_itself_when_revoked_and_with_its_account(cast: Cast, officer: User) -> None:
    short = token(officer, days=1)
    assert bearing(short).get(f"{ROOT}/me").status_code == 200
    with time_machine.travel(AT + dt.timedelta(days=1)):
        problem(bearing(short).get(f"{ROOT}/me"), 401, "no_token")
    made, secret = unions.create_token(by=officer, at=AT, name="b", scopes=SCOPES, days=9)
    assert bearing(secret).get(f"{ROOT}/me").json()["scopes"] == sorted(SCOPES)
    unions.revoke_token(by=officer, at=AT, token=made)
    problem(bearing(secret).get(f"{ROOT}/me"), 401, "no_token")
    last = token(officer)
    accounts.close(by=cast.officer("administrator"), at=AT, user=officer, reason="离职")
    problem(bearing(last).get(f"{ROOT}/me"), 401, "no_token")


def test_a_token_may_no_more_than_its_scopes_and_no_more_than_its_user(cast: Cast, officer: User) -> None:
    narrow = bearing(token(officer, ["unions.view"]))
    assert narrow.get(f"{ROOT}/organisations").status_code == 200
    for path in ("/members", "/rosters", "/members/00000000-0000-7000-8000-000000000000"):
        problem(narrow.get(ROOT + path), 403, "not_allowed")
    finance = bearing(token(cast.officer("finance", at="east")))
    problem(finance.get(f"{ROOT}/members"), 403, "not_allowed")
    codes = [one["code"] for one in narrow.get(f"{ROOT}/organisations").json()]
    assert codes == ["east", "east-street", "east-union", "east-station"]


def test_members_come_page_by_page_masked_and_only_those_in_reach(cast: Cast, client: Client) -> None:
    east = [str(applied(cast, number=identity_number(), mobile=phone()).pk) for _ in range(5)]
    west = str(applied(cast, at="west-station").pk)
    found, after = [], ""
    while True:
        said = client.get(f"{ROOT}/members?limit=2{after}").json()
        found += said["items"]
        assert len(said["items"]) <= 2
        if said["next"] is None:
            break
        after = f"&after={said['next']}"
    assert [one["id"] for one in found] == sorted(east)
    assert {one["name"] for one in found} == {"李*"}
    assert {one["status"] for one in found} == {"applied"}
    assert client.get(f"{ROOT}/members/{east[0]}").json()["organisation"] == "east-station"
    problem(client.get(f"{ROOT}/members/{west}"), 404, "not_found")
    assert client.get(f"{ROOT}/members?status=member").json() == {"items": [], "next": None}
    assert len(client.get(f"{ROOT}/members?organisation=east-station").json()["items"]) == 5


def test_a_roster_is_sent_followed_and_done(client: Client, officer: User) -> None:
    wrong = (PEOPLE[0][0], PEOPLE[0][1][:-1] + "Y", *PEOPLE[0][2:])
    file = SimpleUploadedFile("名册.csv", as_csv([wrong, *PEOPLE[1:]]).read())
    answer = client.post(f"{ROOT}/rosters", {"organisation": "east-union", "file": file})
    assert answer.status_code == 201
    made = answer.json()
    home = f"{ROOT}/rosters/{made['id']}"
    assert (made["state"], made["organisation"], client.get(home).json()["state"]) == (
        "checking",
        "east-union",
        "checking",
    )
    finish()
    now = client.get(home).json()
    assert (now["state"], now["total"], now["accepted"], now["refused"]) == ("ready", 5, 4, 1)
    rows = client.get(f"{home}/rows?limit=2").json()
    assert ([one["number"] for one in rows["items"]], rows["next"]) == ([2, 3], 3)
    assert [one["number"] for one in client.get(f"{home}/rows?after=5").json()["items"]] == [6]
    told = client.get(f"{home}/rows?state=refused").json()["items"]
    assert [(one["number"], one["problems"][0]["column"]) for one in told] == [(2, "identity_number")]
    merge(again(Roster.objects.get()), by=officer)
    assert (client.get(home).json()["state"], client.get(home).json()["created"]) == ("done", 4)
    assert Member.objects.count() == 4
    same = SimpleUploadedFile("again.csv", as_csv([wrong, *PEOPLE[1:]]).read())
    problem(client.post(f"{ROOT}/rosters", {"organisation": "east-union", "file": same}), 409, "same_file")
    other = SimpleUploadedFile("b.csv", as_csv(PEOPLE).read())
    problem(client.post(f"{ROOT}/rosters", {"organisation": "west-union", "file": other}), 404, "not_found")


NOBODY = "00000000-0000-7000-8000-000000000000"
NONSENSE = [
    "/members?limit=0",
    "/members?limit=x",
    "/members?after=x",
    "/members?status=none",
    "/members?name=%00",
    "/members?organisation=%00",
    f"/members?limit={'9' * 5000}",
    "/members?organisation=" + "a" * 5000,
    "/members/x",
    "/members/%00",
    f"/members/{NOBODY}",
    f"/rosters/{NOBODY}",
    f"/rosters/{NOBODY}/rows",
    "/rosters/x/rows",
    "/none",
    "/members?number=%27%3B--",
    "/members?sort=%00",
    "/members?name=%ff%fe",
]
OF_A_ROSTER = ["?after=-1", f"?after={2**70}", f"?after={'9' * 5000}", "?state=%00", "?state=none", "?limit=1001"]


@pytest.mark.parametrize("path", NONSENSE)
def test_nonsense_is_refused_and_breaks_nothing(client: Client, path: str) -> None:
    assert client.get(ROOT + path).status_code < 500
    assert client.post(ROOT + path, {"a": "\0"}).status_code < 500


def test_nonsense_about_a_roster_is_refused(client: Client) -> None:
    file = SimpleUploadedFile("a.csv", as_csv(PEOPLE).read())
    home = f"{ROOT}/rosters/{client.post(f'{ROOT}/rosters', {'organisation': 'east-union', 'file': file}).json()['id']}"
    for query in OF_A_ROSTER:
        assert client.get(f"{home}/rows{query}").status_code < 500, query[:40]
    for body in (
        {},
        {"organisation": "east-union"},
        {"organisation": "\0", "file": SimpleUploadedFile("a", b"a")},
        {"file": "x"},
    ):
        answer = client.post(f"{ROOT}/rosters", body)
        assert answer.status_code in (404, 422), body
        assert CHINESE.search(answer.json()["zh"])
    for kind, content in (
        ("application/json", b"{"),
        ("application/json", b"[" * 9000),
        ("multipart/form-data; boundary=x", b"--x"),
        ("text/plain", b"\0"),
    ):
        assert client.post(f"{ROOT}/rosters", data=content, content_type=kind).status_code in (400, 422), kind
    assert client.put(f"{ROOT}/rosters", b"{}", content_type="application/json").status_code == 405


@pytest.mark.usefixtures("cast")
def test_the_document_lists_every_operation_in_both_languages() -> None:
    from tests.site.matrix import ENDPOINTS

    said = Client().get(f"{ROOT}/openapi.json").json()
    assert said["openapi"].startswith("3.1")
    found = {
        (verb.upper(), path.removeprefix(ROOT)): one
        for path, verbs in said["paths"].items()
        for verb, one in verbs.items()
    }
    assert found.keys() == ENDPOINTS.keys()
    for one in found.values():
        assert CHINESE.search(one["summary"])
        assert re.search("[A-Za-z]{2}", one["summary"])
        assert one["security"] == [{"Bearer": []}]
    assert len({one["operationId"] for one in found.values()}) == len(found)
    names = set(re.findall(r'"#/components/schemas/(\w+)"', Client().get(f"{ROOT}/openapi.json").text))
    assert names <= said["components"]["schemas"].keys()
    assert said["components"]["securitySchemes"]["Bearer"] == {"type": "http", "scheme": "bearer"}
