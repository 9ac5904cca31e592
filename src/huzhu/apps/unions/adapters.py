"""How allauth meets our users: names and passwords for officers, codes by phone for workers, a city's provider for whoever
was linked, a second factor sealed where it lies. Nobody signs up here.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any, ClassVar, cast

import segno
import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string

from huzhu.apps.audit.services import record
from huzhu.apps.unions import limits, second_factors
from huzhu.apps.unions.accounts import set_password
from huzhu.apps.unions.fields import PhoneField
from huzhu.apps.unions.models import User
from huzhu.apps.unions.services import PHONE
from huzhu.apps.vault.fields import index_of
from huzhu.rules.texts import Text
from huzhu.ui.charts import qr
from huzhu.ui.clock import now
from huzhu.ui.words import language, t

LOG = structlog.get_logger("huzhu.unions")
SPAN = dt.timedelta(minutes=15)
TRIES_A_PAIR, TRIES_AN_ADDRESS, TRIES_IN_ALL = 5, 20, 1_000
WRONG = t("用户名或密码不对。", "The user name or the password is wrong.")
WORDS = {
    "account_inactive": WRONG,
    "enter_current_password": t("当前密码不对。", "This is not your current password."),
    "incorrect_code": t("验证码不对，或已过期。", "The code is wrong or no longer holds."),
    "incorrect_password": t("密码不对。", "The password is wrong."),
    "invalid_login": WRONG,
    "too_many_login_attempts": t("次数太多，请过几分钟再试。", "Too many tries. Please try again in a few minutes."),
    "username_password_mismatch": WRONG,
    "rate_limited": t("请求太频繁，请稍等。", "Too many requests. Please wait a little."),
}


def too_many(request: HttpRequest, *, seconds: int) -> HttpResponse:
    """The page for whoever tries too often, the same whether there is such an account or not."""
    response = render(request, "429.html", {"seconds": seconds}, status=429)
    response["Retry-After"] = str(seconds)
    return response


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Passwords and codes."""

    error_messages: ClassVar = {**DefaultAccountAdapter.error_messages, **WORDS}

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts a try before any password is hashed: by name and address, by address, and in all.

        By name alone nothing is counted, so a stranger elsewhere locks nobody out.
        """
        at = now()
        for key, most in _counts(request, str(credentials.get("username", ""))):
            if not limits.take(key=key, most=most, span=SPAN, at=at):
                raise ImmediateHttpResponse(too_many(request, seconds=limits.seconds_left(key=key, at=at)))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """As allauth's, but that an account that is closed answers as one that is not there."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is None or not user.is_active:
            return None
        for key, _ in _counts(request, str(credentials.get("username", ""))):
            limits.give_back(key=key)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002  allauth's signature
        LOG.warning("sign_in.failed", address=limits.client_address(request))

    def reauthenticate(self, user: User, password: str) -> bool:
        found = self.authenticate(self.request, username=user.username or "", password=password)
        return found is not None and found.pk == user.pk

    def set_password(self, user: User, password: str) -> None:
        set_password(by=user, at=now(), user=user, password=password)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  allauth's signature
        return reverse("unions:me")

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        words = Text(f"“{user.shown_name}”登录", f"“{user.shown_name}” signed in")
        record(by=user, at=now(), act="user.signed_in", words=words, about=user)

    # Codes by phone.

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    def generate_phone_verification_code(self, *, user: User, phone: str) -> str:  # noqa: ARG002  allauth's signature
        return f"{secrets.randbelow(10**6):06d}"

    def send_verification_code_sms(self, user: User, phone: str, code: str, **_: Any) -> None:
        _sender()(phone=phone, code=code, at=now(), language=user.language, has_account=True)

    def send_unknown_account_sms(self, phone: str, **_: Any) -> None:
        _sender()(phone=phone, code="000000", at=now(), language=language(), has_account=False)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        phone = user.reveal_phone()
        return (phone, True) if phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        raise NotImplementedError("numbers are set by unions.services, members.services and nowhere else")

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Every number kept was proved before it was kept."""

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone_index=index_of(phone, purpose=PHONE), is_active=True).first()


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Providers say who somebody is; that she has an account here is said here."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        if not sociallogin.is_existing or not sociallogin.user.is_active:
            raise ImmediateHttpResponse(render(request, "socialaccount/unknown.html", status=403))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002  allauth's signature
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:  # noqa: ARG002  allauth's signature
        return reverse("unions:me")

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> User:  # noqa: ARG002  allauth's signature
        """Nothing of what a provider says about a person is kept."""
        return cast(User, sociallogin.user)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets of second factors, sealed."""

    error_messages: ClassVar = {**DefaultMFAAdapter.error_messages, "incorrect_code": WORDS["incorrect_code"]}

    def encrypt(self, text: str) -> str:
        return second_factors.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factors.unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        return "Huzhu"

    def get_totp_label(self, user: User) -> str:
        return user.username or str(user.pk)[-8:]

    def build_totp_svg(self, url: str) -> str:
        """The code as a picture without style attributes, which the page's policy forbids."""
        code = qr(matrix=segno.make(url, error="m").matrix)
        return format_html(
            '<svg class="qr" viewBox="0 0 {} {}" width="220" height="220" role="img" aria-label="{}" '
            'shape-rendering="crispEdges"><rect width="{}" height="{}" fill="#fff"/><path d="{}" fill="#000"/></svg>',
            code.size, code.size, t("二维码", "QR code"), code.size, code.size, code.path,
        )  # fmt: skip


def _counts(request: HttpRequest, username: str) -> list[tuple[str, int]]:
    address = limits.client_address(request)
    return [
        (f"password {username.lower()} {address}", TRIES_A_PAIR),
        (f"password address {address}", TRIES_AN_ADDRESS),
        ("password", TRIES_IN_ALL),
    ]


def _sender() -> Any:
    """Messages stand above this app, so what sends a code is named in the settings."""
    return import_string(settings.HUZHU_CODE_SENDER)
