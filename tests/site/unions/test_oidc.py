"""The whole exchange with a provider over HTTP: who gets in, and which answers let nobody in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from huzhu.apps.audit.models import Entry
from huzhu.apps.unions import services as unions
from huzhu.apps.unions.models import User
from tests.site.cast import AT, PASSWORD, Cast, phone
from tests.site.unions.identities import CLIENT, KID, SECRET, Identities, identities

LOGIN, BACK = "/account/oidc/city/login/", "/account/oidc/city/login/callback/"
SUBJECT = "310-subject-1"
pytestmark = pytest.mark.django_db


@pytest.fixture
def city(settings: Any) -> Iterator[Identities]:
    with identities() as made:
        app = {
            "provider_id": "city", "name": "某市一网通办", "client_id": CLIENT, "secret": SECRET, "settings": {"server_url": made.url},
        }  # fmt: skip
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {**settings.SOCIALACCOUNT_PROVIDERS["openid_connect"], "APPS": [app]}
        }
        yield made


def worker() -> User:
    """Somebody without a second factor, linked to her identity."""
    user = unions.create_user(by=None, at=AT, username=None, password=None, display_name="王*", phone=phone())
    SocialAccount.objects.create(user=user, provider="city", uid=SUBJECT)
    return user


def sent(client: Client, *, query: str = "") -> str:
    answer = client.post(f"{LOGIN}{query}")
    assert answer.status_code == 302
    return answer.headers["Location"]


def signed_in(client: Client, city: Identities, *, subject: str = SUBJECT) -> Any:
    return client.get(f"{BACK}?{city.visited(sent(client), subject=subject)}")


def nobody_in(client: Client, answer: Any) -> None:
    assert "_auth_user_id" not in client.session
    assert not Entry.objects.filter(act="user.signed_in").exists()
    assert answer.status_code < 500


def test_a_linked_person_gets_in_by_a_signed_token(city: Identities) -> None:
    user, client = worker(), Client()
    answer = signed_in(client, city)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert Entry.objects.get(act="user.signed_in").actor == str(user.pk)
    assert city.asked["scope"] == "openid"  # nothing is asked for that would not be kept
    assert city.asked["code_challenge_method"] == "S256"
    assert len(city.asked["nonce"]) == 64
    assert city.tokens[0]["redirect_uri"] == f"http://testserver{BACK}"
    assert SocialAccount.objects.get().extra_data == {"sub": SUBJECT}


def test_an_unknown_person_becomes_nobody(city: Identities) -> None:
    worker()
    before, client = User.objects.count(), Client()
    answer = signed_in(client, city, subject="a stranger")
    nobody_in(client, answer)
    assert answer.status_code == 403
    assert (User.objects.count(), SocialAccount.objects.count()) == (before, 1)


def test_an_officer_goes_on_to_the_second_factor(city: Identities, cast: Cast) -> None:
    SocialAccount.objects.create(user=cast.officer("finance"), provider="city", uid=SUBJECT)
    client = Client()
    answer = signed_in(client, city)
    assert answer.headers["Location"] == "/account/2fa/authenticate/"
    nobody_in(client, answer)


def test_whoever_is_signed_in_links_her_identity_once_and_it_goes_on_record(city: Identities, cast: Cast) -> None:
    officer, client = cast.officer("finance", name="caiwu"), cast.client()
    client.post("/account/login/", {"login": "caiwu", "password": PASSWORD})
    secret = decrypt(Authenticator.objects.get(user=officer).data["secret"])
    counters = list(yield_hotp_counters_from_time())
    client.post("/account/2fa/authenticate/", {"code": format_hotp_value(hotp_value(secret, counters[1]))})
    answer = client.get(f"{BACK}?{city.visited(sent(client, query='?process=connect'), subject=SUBJECT)}")
    assert answer.headers["Location"] == "/unions/me/"
    found = SocialAccount.objects.get()
    assert (found.user, found.uid, found.extra_data) == (officer, SUBJECT, {"sub": SUBJECT})
    entry = Entry.objects.get(act="user.identity_linked")
    assert (entry.actor, SUBJECT in entry.zh) == (str(officer.pk), False)
    stranger = Client()
    nobody = stranger.get(f"{BACK}?{city.visited(sent(stranger, query='?process=connect'), subject='another')}")
    assert nobody.status_code < 500
    assert SocialAccount.objects.count() == 1


def _unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": KID})


def _by_the_secret(claims: dict[str, Any]) -> str:
    """A signature with what both sides know instead of the provider's key."""
    return jwt.encode(claims, SECRET * 6, algorithm="HS256", headers={"kid": KID})


def _another_subject(city: Identities) -> Callable[[dict[str, Any]], str]:
    def changed(claims: dict[str, Any]) -> str:
        head, _, tail = city.signed(claims | {"sub": "somebody else"}).split(".")
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
        return f"{head}.{body}.{tail}"

    return changed


SIGNED: dict[str, Callable[[Identities], Callable[[dict[str, Any]], str]]] = {
    "by another key": lambda city: (
        lambda claims: jwt.encode(claims, city.other_key, algorithm="RS256", headers={"kid": KID})
    ),
    "by a key that is not listed": lambda city: (
        lambda claims: jwt.encode(claims, city.other_key, algorithm="RS256", headers={"kid": "key-9"})
    ),
    "without naming a key": lambda city: lambda claims: jwt.encode(claims, city.key, algorithm="RS256"),
    "not at all": lambda _: _unsigned,
    "by the secret": lambda _: _by_the_secret,
    "and changed since": _another_subject,
    "and cut short": lambda city: lambda claims: city.signed(claims)[:-9],
    "as no token": lambda _: lambda _claims: "x.y.z",
    "and left out": lambda _: lambda _claims: "",
}


@pytest.mark.parametrize("how", SIGNED)
def test_a_token_that_is_not_signed_as_it_should_be_lets_nobody_in(city: Identities, how: str) -> None:
    worker()
    client = Client()
    city.sign = SIGNED[how](city)
    nobody_in(client, signed_in(client, city))
    city.sign = None
    signed_in(client, city)
    assert "_auth_user_id" in client.session  # the same person, once it is right


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "0" * 64}, {"nonce": None}, {"iss": "http://id.example.org"}, {"aud": "another site"},
        {"aud": [CLIENT, "another site"], "azp": "another site"}, {"exp": 1_600_000_000}, {"exp": None}, {"sub": None}, {"sub": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_signed_token_that_says_something_else_lets_nobody_in(city: Identities, changes: dict[str, Any]) -> None:
    worker()
    client = Client()
    city.changes = changes
    nobody_in(client, signed_in(client, city))


def test_a_provider_that_speaks_for_another_lets_nobody_in(city: Identities) -> None:
    worker()
    client = Client()
    city.issuer = "https://id.example.org"
    city.changes = {"iss": city.issuer}
    nobody_in(client, signed_in(client, city))


def test_a_token_for_another_browser_lets_nobody_in(city: Identities) -> None:
    """The nonce is of one start: somebody's own answer, given to another browser with that one's state, is not taken."""
    worker()
    mine, other = Client(), Client()
    city.visited(sent(other), subject=SUBJECT)
    stolen = city.asked["nonce"]
    city.changes = {"nonce": stolen}
    nobody_in(mine, signed_in(mine, city))


@pytest.mark.parametrize("wrong", ["state=wrong", "", "state="])
def test_without_the_state_of_this_browser_the_provider_is_not_even_asked(city: Identities, wrong: str) -> None:
    worker()
    client = Client()
    code = city.visited(sent(client), subject=SUBJECT).partition("&")[0]
    nobody_in(client, client.get(f"{BACK}?{code}&{wrong}"))
    assert city.tokens == []


def test_an_answer_is_taken_once(city: Identities) -> None:
    worker()
    first, query = Client(), ""
    query = city.visited(sent(first), subject=SUBJECT)
    first.get(f"{BACK}?{query}")
    first.post("/account/logout/")
    again = first.get(f"{BACK}?{query}")
    assert "_auth_user_id" not in first.session
    assert again.status_code < 500
    assert len(city.tokens) == 1


def test_an_address_cannot_make_it_ask_for_more(city: Identities) -> None:
    city.visited(sent(Client(), query="?scope=email&auth_params=nonce%3Dmine%26prompt%3Dnone"), subject=SUBJECT)
    assert city.asked["scope"] == "openid"
    assert city.asked["nonce"] != "mine"
    assert "prompt" not in city.asked


def test_a_provider_that_is_away_is_said_so(city: Identities, settings: Any) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    client = Client()
    query = city.visited(sent(client), subject=SUBJECT)
    app["settings"] = {"server_url": "http://127.0.0.1:9"}  # nothing listens at the port of discard
    for answer in (client.post(LOGIN), client.get(f"{BACK}?{query}")):
        assert answer.status_code == 503
        assert "暂时连不上" in answer.content.decode()
    assert Client().post("/account/oidc/none/login/").status_code == 404
