"""Signing in: who gets in, how often one may try, and that the answer tells nothing of who has an account."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from huzhu.apps.messages.models import Delivery
from huzhu.apps.unions import services
from huzhu.apps.unions.models import User
from tests.site.cast import AT as CAST_AT
from tests.site.cast import PASSWORD, Cast, phone

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 2, 2, 0, tzinfo=dt.UTC)
LOGIN, CODE, CONFIRM = "/account/login/", "/account/login/code/", "/account/login/code/confirm/"


@pytest.fixture(autouse=True)
def _at_a_time() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Passwords that reached the hasher, which is made cheap."""
    seen: list[str] = []
    encode = Argon2PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        seen.append(password)
        return encode(self, password, salt)

    def verified(self: Any, password: str, encoded: str) -> bool:  # noqa: ARG001  the hasher's signature
        seen.append(password)
        return password == PASSWORD

    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 8)
    monkeypatch.setattr(Argon2PasswordHasher, "parallelism", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", verified)
    return seen


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"login": name, "password": password}, **more)


def totp(user: User) -> str:
    secret = decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret, counters[len(counters) // 2])))


def worker(number: str) -> User:
    return services.create_user(by=None, at=CAST_AT, username=None, password=None, display_name="陈一", phone=number)


def bare(text: str) -> str:
    """A page without what differs between any two answers."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def test_a_password_alone_leads_an_officer_to_the_second_step(cast: Cast) -> None:
    officer = cast.officer("grassroots_officer", at="east-union", name="liming")
    client = cast.client()
    assert sign_in(client, "liming").headers["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.post(reverse("mfa_authenticate"), {"code": totp(officer)}).status_code == 302
    assert client.session["_auth_user_id"] == str(officer.pk)


def test_a_code_of_a_second_factor_opens_one_door(cast: Cast) -> None:
    officer = cast.officer("finance", name="caiwu")
    code = totp(officer)
    for client, status in ((cast.client(), 302), (cast.client(), 200)):
        sign_in(client, "caiwu")
        with time_machine.travel(NOW + dt.timedelta(seconds=20), tick=False):
            assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == status
        cache.clear()  # the count is in the database, whatever becomes of the cache


def test_the_session_key_changes_at_sign_in(cast: Cast) -> None:
    number = phone()
    worker(number)
    client = cast.client()
    client.get(LOGIN)
    client.post(CODE, {"phone": number})
    before = client.session.session_key
    client.post(CONFIRM, {"code": sent_code()})
    assert "_auth_user_id" in client.session
    assert client.session.session_key != before


def sent_code() -> str:
    return str(re.findall(r"\d{6}", Delivery.objects.latest("created_at", "pk").text.reveal())[0])


def test_a_thousand_tries_at_one_account_are_five_at_the_hasher(cast: Cast, hashed: list[str]) -> None:
    cast.officer("finance", name="caiwu")
    hashed.clear()
    client = cast.client()
    statuses = [sign_in(client, "caiwu", f"wrong {n}").status_code for n in range(1_000)]
    assert len(hashed) == 5
    assert statuses[:4] == [200] * 4
    assert set(statuses[5:]) == {429}


def test_the_right_password_does_not_help_whoever_is_locked_out_but_the_owner_elsewhere_gets_in(
    cast: Cast, hashed: list[str]
) -> None:
    cast.officer("finance", name="caiwu")
    stranger, owner = cast.client(), cast.client()
    for n in range(8):
        sign_in(stranger, "caiwu", f"wrong {n}", REMOTE_ADDR="203.0.113.9")
    assert sign_in(stranger, "caiwu", REMOTE_ADDR="203.0.113.9").status_code == 429
    assert sign_in(owner, "caiwu", REMOTE_ADDR="198.51.100.7").status_code == 302
    assert hashed


def test_one_password_over_a_thousand_names_is_twenty_at_the_hasher(cast: Cast, hashed: list[str]) -> None:
    client = cast.client()
    for n in range(1_000):
        sign_in(client, f"person{n}", "Spring2026!!")
    assert len(hashed) == 20


def test_a_forged_forwarded_address_is_no_other_address(cast: Cast, hashed: list[str]) -> None:
    client = cast.client()
    for n in range(100):
        sign_in(client, f"person{n}", "wrong", headers={"x-forwarded-for": f"192.0.2.{n}"})
    assert len(hashed) == 20


def test_behind_a_proxy_the_address_it_saw_counts(cast: Cast, hashed: list[str], settings: Any) -> None:
    settings.HUZHU_PROXIES = 1
    client = cast.client()
    for n in range(60):
        sign_in(client, f"person{n}", "wrong", headers={"x-forwarded-for": f"10.0.0.{n}, 203.0.113.{n % 2}"})
    assert len(hashed) == 40


def test_whether_there_is_an_account_does_not_show(cast: Cast, hashed: list[str]) -> None:
    cast.officer("finance", name="caiwu1")
    closed = cast.officer("finance", name="caiwu2")
    User.objects.filter(pk=closed.pk).update(is_active=False)
    hashed.clear()
    answers = []
    for name, password in (("caiwu1", "wrong"), ("caiwu2", PASSWORD), ("caiwu3", "wrong")):
        before = len(hashed)
        answer = sign_in(cast.client(), name, password)
        answers.append((answer.status_code, len(hashed) - before, bare(answer.text.replace(name, "caiwu?"))))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][:2] == (200, 1)


def test_whether_a_number_has_an_account_does_not_show(cast: Cast) -> None:
    known, unknown = phone(), phone()
    worker(known)
    cast.client().post(CODE, {"phone": phone()})  # the first from an address starts its count
    Delivery.objects.all().delete()
    answers = []
    for number in (known, unknown):
        client = cast.client()
        with connection.execute_wrapper(count := Counter()):
            first = client.post(CODE, {"phone": number})
        second = client.get(CONFIRM)
        third = client.post(CONFIRM, {"code": "000001"})
        pages = (bare(second.text), third.status_code, bare(third.text))
        answers.append((first.status_code, first.headers["Location"], count.n, *pages))
    assert answers[0] == answers[1]
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["queued", "withheld"]
    assert not any(delivery.address.reveal() == unknown for delivery in Delivery.objects.all())


class Counter:
    """Statements that were run, as many for the one as for the other."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.n += 1
        return execute(sql, params, many, context)


def test_a_sixth_code_a_day_is_not_sent_to_anybody(cast: Cast) -> None:
    known, unknown = phone(), phone()
    worker(known)
    for number in (known, unknown):
        assert [cast.client().post(CODE, {"phone": number}).status_code for _ in range(6)] == [302] * 5 + [200]
    assert Delivery.objects.filter(state="queued").count() == 5


def test_a_wrong_code_five_times_ends_it(cast: Cast) -> None:
    number = phone()
    worker(number)
    client = cast.client()
    client.post(CODE, {"phone": number})
    code = sent_code()
    wrong = "111111" if code != "111111" else "222222"
    for _ in range(5):
        client.post(CONFIRM, {"code": wrong})
    client.post(CONFIRM, {"code": code})
    assert "_auth_user_id" not in client.session


def test_a_code_holds_ten_minutes(cast: Cast) -> None:
    number = phone()
    worker(number)
    client = cast.client()
    client.post(CODE, {"phone": number})
    with time_machine.travel(NOW + dt.timedelta(minutes=11), tick=False):
        client.post(CONFIRM, {"code": sent_code()})
    assert "_auth_user_id" not in client.session


def test_neither_number_nor_code_lies_open_in_the_session(cast: Cast) -> None:
    number = phone()
    worker(number)
    client = cast.client()
    client.post(CODE, {"phone": number})
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        stored = " ".join(str(row[0]) for row in cursor.fetchall())
    from django.core import signing

    with pytest.raises(signing.BadSignature):
        signing.loads(stored, salt="django.contrib.sessions.SessionStore")
    assert number not in stored
    assert sent_code() not in stored


def test_a_second_factor_is_sealed_where_it_lies(cast: Cast) -> None:
    officer = cast.officer("finance")
    held = Authenticator.objects.get(user=officer)
    assert decrypt(held.data["secret"]) not in str(held.data)
    assert len(decrypt(held.data["secret"])) == 32


def test_only_these_pages_of_allauth_are_there() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    there = {name for name in names if name.startswith(("account_", "mfa_", "socialaccount_", "openid_"))}
    assert there == {
        "account_login", "account_logout", "account_request_login_code", "account_confirm_login_code", "account_reauthenticate",
        "account_change_password", "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp",
        "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "socialaccount_login_cancelled", "openid_connect_login",
        "openid_connect_callback",
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_the_pages_are_drawn_without_anything_inline(cast: Cast, lang: str) -> None:
    client = cast.client(lang=lang)
    pages = [client.get(LOGIN), client.get(CODE), client.post(CODE, {"phone": phone()}, follow=True)]
    officer = cast.officer("finance")
    Authenticator.objects.filter(user=officer).delete()
    inside = cast.client(officer, lang=lang)
    paths = ["account_change_password", "mfa_index", "account_reauthenticate", "account_logout", "unions:me"]
    pages += [inside.get(reverse(name), follow=True) for name in paths]
    for page in pages:
        assert page.status_code == 200
        assert not re.search(r"\sstyle=|\son\w+=|src=.data:", page.text)
        assert ("退出" in page.text or "登录" in page.text) is (lang == "zh-hans")


def test_an_officer_sets_up_a_second_factor_before_anything_else(cast: Cast) -> None:
    officer = cast.officer("administrator")
    Authenticator.objects.filter(user=officer).delete()
    client = cast.client(officer)
    assert client.get("/unions/").headers["Location"] == reverse("mfa_activate_totp")
    asked = client.get(reverse("mfa_activate_totp"))
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(asked.headers["Location"], {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert "<svg" in page.text
    counter = list(yield_hotp_counters_from_time())[1]
    done = client.post(reverse("mfa_activate_totp"), {"code": format_hotp_value(hotp_value(secret, counter))})
    assert done.headers["Location"] == reverse("mfa_view_recovery_codes")
    assert client.get(done.headers["Location"]).text.count("<li><code>") == 10
    assert client.get(done.headers["Location"]).text.count("<li><code>") == 0
    assert client.get("/unions/").status_code == 200


def test_a_change_of_password_ends_the_other_sessions(cast: Cast) -> None:
    officer = cast.officer("administrator")
    here, there = cast.client(officer), cast.client(officer)
    new = "another long sentence 77"
    done = here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert done.status_code == 302
    assert here.get("/unions/").status_code == 200
    assert there.get("/unions/").headers["Location"].startswith(LOGIN)


def test_whoever_was_away_signs_in_again_and_polling_does_not_keep_her(cast: Cast) -> None:
    client = cast.client(cast.officer("administrator"))
    with time_machine.travel(NOW, tick=False) as clock:
        client.get("/unions/")
        clock.shift(dt.timedelta(minutes=14))
        assert client.get("/unions/").status_code == 200
        clock.shift(dt.timedelta(minutes=10))
        assert client.get("/unions/", headers={"hx-request": "true"}).status_code == 200
        clock.shift(dt.timedelta(minutes=6))
        asked = client.get("/unions/", headers={"hx-request": "true"})
        assert (asked.status_code, asked.headers["HX-Redirect"].split("?")[0]) == (204, LOGIN)
        assert "_auth_user_id" not in client.session


def test_looking_at_pages_writes_twice_a_minute_at_most(cast: Cast) -> None:
    client = cast.client(cast.officer("administrator"))
    with time_machine.travel(NOW, tick=False) as clock:
        client.get("/unions/")
        for seconds, writes in ((29, False), (1, True), (29, False)):
            clock.shift(dt.timedelta(seconds=seconds))
            with CaptureQueriesContext(connection) as asked:
                client.get("/unions/")
            assert any("UPDATE" in query["sql"] for query in asked) is writes


def test_nothing_she_saw_stays_in_the_browser(cast: Cast) -> None:
    client = cast.client(cast.officer("auditor"))
    for path in ("/desk/", "/record/", "/unions/me/", "/none/"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path
    assert client.post(reverse("account_logout")).headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get("/").headers
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=False):
        away = cast.client(cast.officer("auditor"))
        away.get("/desk/")
    with time_machine.travel(NOW + dt.timedelta(hours=2), tick=False):
        assert "Clear-Site-Data" in away.get("/desk/").headers


def test_a_worker_stays_signed_in(cast: Cast) -> None:
    client = cast.client(worker(phone()))
    with time_machine.travel(NOW, tick=False) as clock:
        assert client.get("/unions/me/").status_code == 200
        clock.shift(dt.timedelta(hours=2))
        assert client.get("/unions/me/").status_code == 200
