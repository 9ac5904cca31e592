"""What administrators do to accounts, and what they cannot."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection

from huzhu.apps.audit.models import Entry
from huzhu.apps.unions import accounts, services
from huzhu.apps.unions.models import ApiToken, Grant, User
from tests.site.cast import AT, Cast, build


def test_an_administrator_makes_an_officer_and_sees_the_password_once(cast: Cast) -> None:
    client = cast.client(cast.officer("administrator", at="east"))
    data = {
        "username": "zhao",
        "display_name": "赵六",
        "phone": "",
        "role": "grassroots_officer",
        "organisation": "east-union",
    }
    made = client.post("/unions/users/new/", data)
    user = User.objects.get(username="zhao")
    password = made.context["password"]
    assert password in made.text
    assert user.check_password(password)
    assert user.must_change_password
    assert user.grants.get().organisation.code == "east-union"
    assert password not in client.get(f"/unions/users/{user.pk}/").text
    assert client.get("/unions/users/?q=赵").text.count("赵六") == 1


def test_nobody_is_made_outside_her_part(cast: Cast) -> None:
    client = cast.client(cast.officer("administrator", at="east"))
    data = {"username": "zhao", "display_name": "赵六", "phone": "", "role": "finance", "organisation": "west-union"}
    assert client.post("/unions/users/new/", data).status_code == 200
    assert not User.objects.filter(username="zhao").exists()


def test_roles_that_exclude_each_other_are_refused_in_words(cast: Cast) -> None:
    client = cast.client(cast.officer("administrator"))
    person = cast.officer("approver", at="east")
    said = client.post(f"/unions/users/{person.pk}/grant/", {"role": "finance", "organisation": "west"})
    assert "同一人不能既任审批人又任财务" in said.text
    assert person.grants.count() == 1


def test_an_outsider_gets_404(cast: Cast) -> None:
    person = cast.officer("finance", at="west")
    client = cast.client(cast.officer("administrator", at="east"))
    assert client.get(f"/unions/users/{person.pk}/").status_code == 404
    assert client.post(f"/unions/users/{person.pk}/act/close/", {"reason": "x"}).status_code == 404
    assert cast.client(cast.officer("finance")).get("/unions/users/").status_code == 404


def test_taking_over_an_account_that_reaches_further_is_refused(cast: Cast) -> None:
    person = cast.officer("finance", at="city")
    services.grant(by=None, at=AT, user=person, role="programme_manager", organisation=cast.tree["east"])
    with pytest.raises(accounts.OutOfReach):
        accounts.reset_password(by=cast.officer("administrator", at="east"), at=AT, user=person, reason="丢了")


def test_a_lost_second_factor_is_taken_away_with_a_reason_on_record(cast: Cast) -> None:
    admin, person = cast.officer("administrator"), cast.officer("finance", at="east")
    client = cast.client(admin)
    url = f"/unions/users/{person.pk}/act/second-factor/"
    assert client.post(url, {"reason": " "}).status_code == 200
    assert Authenticator.objects.filter(user=person).exists()
    assert client.post(url, {"reason": "手机丢了"}).status_code == 302
    assert not Authenticator.objects.filter(user=person).exists()
    entry = Entry.objects.get(act="user.second_factor_reset")
    assert entry.actor == str(admin.pk)
    assert "手机丢了" in entry.zh


def test_a_closed_account_is_out_at_once(cast: Cast) -> None:
    person = cast.officer("administrator", at="east")
    inside = cast.client(person)
    services.create_token(by=person, at=AT, name="x", scopes=["unions.view"], days=30)
    assert inside.get("/unions/").status_code == 200
    accounts.close(by=cast.officer("administrator"), at=AT, user=person, reason="离职")
    assert inside.get("/unions/").status_code == 302
    assert not ApiToken.objects.filter(user=person, revoked_at=None).exists()


def test_a_token_is_shown_once_and_never_exceeds_its_owner(cast: Cast) -> None:
    client = cast.client(cast.officer("finance"))
    assert (
        client.post("/unions/me/tokens/", {"name": "a", "scopes": ["users.manage"], "days": 30}).context["secret"] == ""
    )
    secret = client.post("/unions/me/tokens/", {"name": "a", "scopes": ["desk.view"], "days": 30}).context["secret"]
    assert secret.startswith("huzhu_")
    assert secret not in client.get("/unions/me/tokens/").text
    token = ApiToken.objects.get()
    stranger = cast.client(cast.officer("finance"))
    assert stranger.post(f"/unions/me/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post(f"/unions/me/tokens/{token.pk}/revoke/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_give_two_roles_that_exclude_each_other() -> None:
    cast = build()
    admins = [cast.officer("administrator"), cast.officer("administrator")]
    for _ in range(10):
        person = cast.officer("worker", at="east")
        start = threading.Barrier(2)
        outcomes: list[str] = []

        def give(by: User, role: str, to: User = person, line: Any = start, told: list[str] = outcomes) -> None:
            try:
                line.wait()
                services.grant(by=by, at=AT, user=User.objects.get(pk=to.pk), role=role, organisation=cast.tree["east"])
                told.append("given")
            except services.Incompatible:
                told.append("refused")
            finally:
                connection.close()

        threads = [
            threading.Thread(target=give, args=(by, role))
            for by, role in zip(admins, ("approver", "finance"), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["given", "refused"]
        assert Grant.objects.filter(user=person, role__in=["approver", "finance"]).count() == 1
