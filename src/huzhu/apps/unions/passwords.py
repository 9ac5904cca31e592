"""What a password has to be, in two profiles: `asvs` (OWASP ASVS 5.0, 6.2: long, not common, nothing else) and `dengbao3`
(GB/T 22239 8.1.4.1: kinds of characters, and a new one every 90 days).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from huzhu.ui.words import t

CHARACTERS_AT_LEAST, CHARACTERS_AT_MOST = 12, 128
KINDS_AT_LEAST = 3
HOLDS = {"asvs": None, "dengbao3": dt.timedelta(days=90)}


class Length:
    """From 12 to 128 characters, of any kind."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002  Django's signature
        if len(password) < CHARACTERS_AT_LEAST:
            raise ValidationError(self.get_help_text(), code="password_too_short")
        if len(password) > CHARACTERS_AT_MOST:
            said = t("密码最多 {n} 个字符。", "A password has at most {n} characters.", n=CHARACTERS_AT_MOST)
            raise ValidationError(said, code="password_too_long")

    def get_help_text(self) -> str:
        return t(
            "至少 {n} 个字符，可以是一句话。", "At least {n} characters; a sentence will do.", n=CHARACTERS_AT_LEAST
        )


class NotCommon:
    """Not on Django's list of 20,000, and not the person's own name."""

    def __init__(self) -> None:
        self.listed = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        said = password.lower().strip()
        if said in self.listed or len(set(said)) < 5:
            raise ValidationError(
                t("这个密码太常见，很容易被猜到。", "This password is common and easily guessed."),
                code="password_too_common",
            )
        for name in (getattr(user, "username", None), getattr(user, "display_name", None)):
            if name and len(name) > 2 and name.lower() in said:
                raise ValidationError(
                    t("密码里不要有自己的名字。", "Leave your own name out of the password."),
                    code="password_too_similar",
                )

    def get_help_text(self) -> str:
        return t("不要用常见的密码或自己的名字。", "Not a common password, and not your own name.")


class Kinds:
    """At least three of: lower case, upper case, digits, anything else."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002  Django's signature
        found = {
            "lower" if c.islower() else "upper" if c.isupper() else "digit" if c.isdigit() else "other"
            for c in password
        }
        if len(found) < KINDS_AT_LEAST:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return t(
            "小写字母、大写字母、数字、其他字符，至少有其中三种。",
            "At least three of: lower case, upper case, digits, other characters.",
        )


class NotTheOldOne:
    """A change is a change."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and getattr(user, "must_change_password", False) and user.check_password(password):
            raise ValidationError(
                t("新密码要和一次性密码不同。", "Choose another password than the one you were given."),
                code="password_same",
            )

    def get_help_text(self) -> str:
        return ""


def must_change(user: Any, *, at: dt.datetime) -> bool:
    """Whether an account has to choose a new password before anything else: somebody made it for her, or it is too old."""
    if not user.has_usable_password():
        return False
    holds = HOLDS[settings.HUZHU_PASSWORD_PROFILE]
    is_old = holds is not None and user.password_set_at is not None and at - user.password_set_at >= holds
    return bool(user.must_change_password or is_old)
