"""Two sets of rules for passwords."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from huzhu.apps.unions import services
from huzhu.apps.unions.accounts import one_time_password
from huzhu.apps.unions.passwords import Kinds, Length, NotCommon, must_change
from huzhu.ui.refusals import Invalid
from tests.site.cast import AT, PASSWORD, Cast


def made(password: str) -> Any:
    return services.create_user(by=None, at=AT, username="liming", password=password, display_name="李明")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "password", ["elevenchars", "passwordpassword" * 9, "qwertyuiop123", "aaaaaaaaaaaa", "xx-liming-2026"]
)
def test_short_endless_common_and_own_names_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(password)
    assert refused.value.field == "password"
    assert refused.value.said.zh != refused.value.said.en


@pytest.mark.django_db
def test_a_sentence_of_small_letters_is_enough() -> None:
    assert made("twelve chars it is").password.startswith("argon2")


@pytest.mark.parametrize(
    ("password", "is_enough"), [("alllowercase1", False), ("Lowercase only1", True), ("UPPER-lower", True)]
)
def test_the_other_profile_asks_for_three_kinds(password: str, is_enough: bool) -> None:
    try:
        Kinds().validate(password)
    except Exception:
        assert not is_enough
    else:
        assert is_enough


def test_a_one_time_password_is_good_under_every_profile() -> None:
    for _ in range(200):
        password = one_time_password()
        for rule in (Length(), NotCommon(), Kinds()):
            rule.validate(password)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("profile", "days", "is_old"), [("asvs", 900, False), ("dengbao3", 89, False), ("dengbao3", 90, True)]
)
def test_a_password_grows_old_under_one_profile_only(settings: Any, profile: str, days: int, is_old: bool) -> None:
    settings.HUZHU_PASSWORD_PROFILE = profile
    assert must_change(made(PASSWORD), at=AT + dt.timedelta(days=days)) is is_old


def test_a_password_somebody_else_made_is_changed_first(cast: Cast) -> None:
    user = services.create_user(by=None, at=AT, username="new", password=PASSWORD, display_name="新", must_change=True)
    client = cast.client(user)
    assert client.get("/unions/me/").headers["Location"] == "/account/password/change/"
    same = {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/account/password/change/", same).status_code == 200
    new = "another long sentence 77"
    client.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/unions/me/").status_code == 200
