"""allauth's forms in our words, counted before anything is done."""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp
from django import forms

from huzhu.apps.unions import limits
from huzhu.ui.clock import now
from huzhu.ui.words import t

ONCE = dt.timedelta(minutes=5)  # longer than any code holds
DIGITS = {"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9 ]*"}


def _label(form: forms.Form, name: str, label: str, **attrs: str) -> None:
    field = form.fields[name]
    field.label, field.help_text = label, ""
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attrs)


class LoginForm(account.LoginForm):  # type: ignore[misc]  # allauth has no types
    """A user name and a password. A phone number has no password here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(
            self, "login", t("用户名", "User name"), autocomplete="username", autocapitalize="none", spellcheck="false"
        )
        _label(self, "password", t("密码", "Password"))
        self.fields["login"].max_length = 60

    def user_credentials(self) -> dict[str, str]:
        return {"username": self.cleaned_data["login"], "password": self.cleaned_data["password"]}

    def _clean_with_password(self, credentials: dict[str, str]) -> Any:
        adapter = get_adapter(self.request)
        user = adapter.authenticate(self.request, **credentials)
        if user is None:
            raise adapter.validation_error("username_password_mismatch")
        self._login = account.Login(user=user)
        self.user = user
        return self.cleaned_data


class RequestCodeForm(account.RequestLoginCodeForm):  # type: ignore[misc]  # allauth has no types
    """A number to send a code to: counted for every number, whether anybody has it or not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "phone", t("手机号", "Mobile number"))

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if not limits.may_send_code(phone=phone, address=limits.client_address(context.request), at=now()):
            raise get_adapter().validation_error("too_many_login_attempts")
        self._user = get_adapter().get_user_by_phone(phone)
        return phone


class ConfirmCodeForm(account.ConfirmLoginCodeForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "code", t("短信里的 6 位数字", "The 6 digits in the SMS"), **DIGITS)


class ChangePasswordForm(account.ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "oldpassword", t("当前密码", "Current password"))
        rules = self.fields["password1"].help_text
        _label(self, "password1", t("新密码", "New password"))
        self.fields["password1"].help_text = rules
        _label(self, "password2", t("再填一次新密码", "New password again"))

    def clean(self) -> Any:
        cleaned = self.cleaned_data
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", t("两次填写的新密码不一样。", "The two new passwords differ."))
        return cleaned


class ReauthenticateForm(account.ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "password", t("密码", "Password"))


class _Once:
    """A code of a second factor opens one door, once, on every server."""

    user: Any

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # of the form beside this
        digits = "".join(character for character in code if character.isdigit())
        if not limits.take(key=f"second factor {self.user.pk} {digits}", most=1, span=ONCE, at=now()):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondFactorForm(_Once, second_factor.AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(
            self,
            "code",
            t("验证器里的 6 位数字，或一个备用码", "6 digits of the authenticator, or a recovery code"),
            **DIGITS,
        )


class SecondFactorAgainForm(_Once, second_factor.ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(
            self,
            "code",
            t("验证器里的 6 位数字，或一个备用码", "6 digits of the authenticator, or a recovery code"),
            **DIGITS,
        )


class ActivateForm(_Once, totp.ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label(self, "code", t("验证器里显示的 6 位数字", "The 6 digits the authenticator shows"), **DIGITS)
