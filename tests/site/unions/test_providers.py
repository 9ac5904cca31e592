"""Signing in by a provider: whoever was linked gets in, and nobody else becomes a user by it."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.core.context import request_context
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage import default_storage
from django.http import HttpResponse
from django.test import RequestFactory

from huzhu.apps.unions.adapters import SocialAdapter
from huzhu.apps.unions.models import User
from huzhu.apps.vault.sessions import SessionStore
from huzhu.config.environment import BadSetting
from huzhu.config.providers import oidc_origins, oidc_providers
from tests.site.cast import Cast

CITY = "city|某市一网通办|https://id.example.org/oidc|huzhu|s3cret"


@pytest.fixture(autouse=True)
def _the_city(settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": oidc_providers(CITY)}}


def answered(subject: str) -> tuple[Any, HttpResponse]:
    """The site's answer when the city's provider has said who somebody is."""
    request: Any = RequestFactory().get("/account/oidc/city/login/callback/")
    request.session, request.user = SessionStore(), AnonymousUser()
    request._messages = default_storage(request)
    with request_context(request):
        city = SocialAdapter().get_provider(request, "city")
        told = SocialLogin(user=User(), account=SocialAccount(provider="city", uid=subject), provider=city)
        told.state = {"process": "login"}
        return request, complete_social_login(request, told)


@pytest.mark.django_db
def test_an_unknown_subject_is_refused_in_words_and_becomes_nobody() -> None:
    before = User.objects.count()
    request, answer = answered("unknown")
    assert answer.status_code == 403
    assert "还没有和本站的账号关联" in answer.text
    assert "_auth_user_id" not in request.session
    assert User.objects.count() == before


def test_a_linked_subject_goes_on_to_the_second_factor(cast: Cast) -> None:
    officer = cast.officer("finance")
    SocialAccount.objects.create(user=officer, provider="city", uid="subject-1")
    _, answer = answered("subject-1")
    assert answer.headers["Location"] == "/account/2fa/authenticate/"


def test_a_linked_subject_whose_account_is_closed_is_refused(cast: Cast) -> None:
    officer = cast.officer("finance")
    SocialAccount.objects.create(user=officer, provider="city", uid="subject-1")
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert answered("subject-1")[1].status_code == 403


def test_providers_are_read_from_one_setting() -> None:
    assert [(one["provider_id"], one["client_id"]) for one in oidc_providers(CITY)] == [("city", "huzhu")]
    assert oidc_origins(f"{CITY};{CITY.replace('city', 'two')}") == ["https://id.example.org"]
    assert oidc_providers("") == []


@pytest.mark.parametrize(
    "words", ["city|a|b", CITY.replace("https", "http"), CITY.replace("city", "ci/ty"), CITY.replace("|huzhu", "|")]
)
def test_a_provider_that_cannot_be_meant_stops_the_start(words: str) -> None:
    with pytest.raises(BadSetting, match="HUZHU_OIDC"):
        oidc_providers(words)
