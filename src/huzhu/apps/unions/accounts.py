"""What is done to an account after it was made: its password, its second factor, whether it is open, its way in by a provider."""

from __future__ import annotations

import datetime as dt
import secrets

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q

from huzhu.apps.audit.services import record
from huzhu.apps.unions.models import ApiToken, Grant, Organisation, User
from huzhu.apps.unions.queries import reach_of
from huzhu.apps.unions.services import create_user, grant
from huzhu.rules.texts import Text
from huzhu.ui.clock import day_of
from huzhu.ui.reasons import checked
from huzhu.ui.refusals import NotAllowed, Refusal

# Without characters that are read for one another.
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class OutOfReach(Refusal):
    text = Text(
        "此人还在您管理范围以外的组织任职，请由上级管理员办理。",
        "This person also holds a role outside your part of the union: an administrator above you has to do this.",
    )
    status = 403


class NoSecondFactor(Refusal):
    text = Text("这个账号没有第二因素。", "This account has no second factor.")


def one_time_password() -> str:
    """Readable aloud, and good under every profile."""
    parts = ["".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4)]
    return "-".join(parts) + f"-{secrets.randbelow(90) + 10}Aa"


@transaction.atomic
def create_officer(
    *,
    by: User,
    at: dt.datetime,
    username: str,
    display_name: str,
    role: str,
    organisation: Organisation,
    phone: str = "",
) -> tuple[User, str]:
    """An account with its first role, and the password to tell its owner, which has to be changed at once.

    Raises NameTaken, NotAllowed.
    """
    password = one_time_password()
    user = create_user(
        by=by, at=at, username=username, password=password, display_name=display_name, phone=phone, must_change=True
    )
    grant(by=by, at=at, user=user, role=role, organisation=organisation)
    return user, password


@transaction.atomic
def set_password(*, by: User, at: dt.datetime, user: User, password: str) -> None:
    """A person's own new password, checked already. Other sessions end, because theirs carry the old one's hash."""
    user.set_password(password)
    user.password_set_at, user.must_change_password = at, False
    user.save(update_fields=["password", "password_set_at", "must_change_password"])
    words = Text(f"“{user.shown_name}”修改密码", f"“{user.shown_name}” changed the password")
    record(by=by, at=at, act="user.password_changed", words=words, about=user)


@transaction.atomic
def reset_password(*, by: User, at: dt.datetime, user: User, reason: str) -> str:
    """A one-time password in the place of the old one. Raises NotAllowed, OutOfReach, NoReason."""
    reason = _check(by, user, reason, at)
    password = one_time_password()
    user.set_password(password)
    user.password_set_at, user.must_change_password = at, True
    user.save(update_fields=["password", "password_set_at", "must_change_password"])
    words = Text(f"重置“{user.shown_name}”的密码：{reason}", f"Reset the password of “{user.shown_name}”: {reason}")
    record(by=by, at=at, act="user.password_reset", words=words, about=user)
    return password


@transaction.atomic
def reset_second_factor(*, by: User, at: dt.datetime, user: User, reason: str) -> None:
    """Take a lost second factor away; the next sign-in sets up a new one. Raises NotAllowed, OutOfReach, NoReason, NoSecondFactor."""
    reason = _check(by, user, reason, at)
    if not Authenticator.objects.filter(user_id=user.pk).delete()[0]:
        raise NoSecondFactor
    words = Text(
        f"重置“{user.shown_name}”的第二因素：{reason}", f"Reset the second factor of “{user.shown_name}”: {reason}"
    )
    record(by=by, at=at, act="user.second_factor_reset", words=words, about=user)


@transaction.atomic
def close(*, by: User, at: dt.datetime, user: User, reason: str) -> None:
    """Nobody signs in to the account any more, its sessions and tokens end at once. Raises NotAllowed, OutOfReach, NoReason."""
    reason = _check(by, user, reason, at)
    User.objects.filter(pk=user.pk).update(is_active=False)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
    words = Text(f"停用账号“{user.shown_name}”：{reason}", f"Closed the account “{user.shown_name}”: {reason}")
    record(by=by, at=at, act="user.closed", words=words, about=user)


@transaction.atomic
def reopen(*, by: User, at: dt.datetime, user: User, reason: str) -> None:
    """Raises NotAllowed, OutOfReach, NoReason."""
    reason = _check(by, user, reason, at)
    User.objects.filter(pk=user.pk).update(is_active=True)
    words = Text(
        f"重新启用账号“{user.shown_name}”：{reason}", f"Opened the account “{user.shown_name}” again: {reason}"
    )
    record(by=by, at=at, act="user.reopened", words=words, about=user)


def _check(by: User, user: User, reason: str, at: dt.datetime) -> str:
    """The reason as it may be kept. Whoever can take over an account must stand above all that the account can do, and never
    be its owner.
    """
    reach = reach_of(by, "users.manage", on=day_of(at))
    if not reach or by.pk == user.pk:
        raise NotAllowed
    said = checked(reason)
    held = Grant.objects.filter(Q(until=None) | Q(until__gt=day_of(at)), user=user)
    paths = list(held.values_list("organisation__path", flat=True))
    if any(not path.startswith(reach) for path in paths):
        raise OutOfReach
    return said
