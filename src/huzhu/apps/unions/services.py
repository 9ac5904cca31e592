"""Changing users, roles and the tree."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from huzhu.apps.audit.services import record
from huzhu.apps.unions.models import ApiToken, Employer, Grant, Organisation, User
from huzhu.apps.unions.queries import may, roles_of
from huzhu.apps.unions.rights import ROLES, all_permissions, clash
from huzhu.apps.vault.fields import index_of
from huzhu.rules.texts import Text
from huzhu.ui.clock import day_of
from huzhu.ui.refusals import Invalid, NotAllowed, Refusal

PHONE = "unions.phone"


class NameTaken(Refusal):
    text = Text("用户名“{username}”已有人用。", "The user name “{username}” is taken.")


class Incompatible(Refusal):
    text = Text("同一人不能既任{held}又任{new}。", "One person cannot be both {held} and {new}.")


class AlreadyHeld(Refusal):
    text = Text("此人在该组织已有这个角色。", "This person already holds this role there.")


def check_password_rules(*, password: str, user: User) -> None:
    """Raises Invalid with what the password lacks, in both languages."""
    said = []
    for lang in ("zh-hans", "en"):
        with translation.override(lang):
            try:
                validate_password(password, user)
            except ValidationError as error:
                said.append(" ".join(str(message) for message in error.messages))
    if said:
        raise Invalid(Text(*said), field="password")


@transaction.atomic
def create_user(
    *,
    by: User | None,
    at: dt.datetime,
    username: str | None,
    password: str | None,
    display_name: str,
    phone: str = "",
    language: str = "zh-hans",
    must_change: bool = False,
) -> User:
    """An account. Without a password it is opened by a code to its phone, or by a provider. With `must_change` the first thing
    it is asked for is a password of its own.

    Raises Invalid for a weak password, and NameTaken.
    """
    user = User(username=username or None, display_name=display_name, created_at=at, language=language)
    if phone:
        user.phone, user.phone_index = phone, index_of(phone, purpose=PHONE)
    if password is None:
        user.set_unusable_password()
    else:
        check_password_rules(password=password, user=user)
        user.set_password(password)
        user.password_set_at, user.must_change_password = at, must_change
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise NameTaken(field="username", username=username or "") from None
    words = Text(f"建立账号“{user.shown_name}”", f"Made the account “{user.shown_name}”")
    record(by=by, at=at, act="user.created", words=words, about=user)
    return user


@transaction.atomic
def grant(*, by: User | None, at: dt.datetime, user: User, role: str, organisation: Organisation) -> Grant:
    """Give a role at an organisation. Raises NotAllowed, Incompatible, AlreadyHeld."""
    on = day_of(at)
    if by is not None and (by.pk == user.pk or not may(by, "users.manage", organisation, on=on)):
        raise NotAllowed
    # The account is locked, so that two officers cannot give two roles that exclude each other at once.
    held = roles_of(User.objects.select_for_update().get(pk=user.pk), on=on)
    other = clash(held, role)
    if other is not None:
        raise Incompatible(held=ROLES[other], new=ROLES[role])
    try:
        with transaction.atomic():
            made = Grant.objects.create(user=user, role=role, organisation=organisation, since=on, granted_by=by)
    except IntegrityError:
        raise AlreadyHeld from None
    user.__dict__.pop("_grants", None)
    words = Text(
        f"授予“{user.shown_name}”在{organisation.name}任{ROLES[role].zh}",
        f"Made “{user.shown_name}” {ROLES[role].en} at {organisation.name}",
    )
    record(by=by, at=at, act="role.granted", words=words, about=user, path=organisation.path)
    return made


@transaction.atomic
def revoke(*, by: User | None, at: dt.datetime, grant: Grant) -> None:
    """End a role today. Raises NotAllowed."""
    organisation, on = grant.organisation, day_of(at)
    if by is not None and not may(by, "users.manage", organisation, on=on):
        raise NotAllowed
    if grant.since < on:
        Grant.objects.filter(pk=grant.pk, until=None).update(until=on)
    else:
        Grant.objects.filter(pk=grant.pk).delete()
    words = Text(
        f"撤销“{grant.user.shown_name}”在{organisation.name}的{ROLES[grant.role].zh}角色",
        f"Ended the role {ROLES[grant.role].en} of “{grant.user.shown_name}” at {organisation.name}",
    )
    record(by=by, at=at, act="role.revoked", words=words, about=grant.user, path=organisation.path)


@transaction.atomic
def create_organisation(
    *, by: User | None, at: dt.datetime, code: str, name: str, kind: str, parent: Organisation | None,
    name_en: str = "", region: str = "", employer: Employer | None = None, address: str = "", hotline: str = "",
) -> Organisation:  # fmt: skip
    """Add a node under another, or the root."""
    if by is not None and (parent is None or not may(by, "unions.manage", parent, on=day_of(at))):
        raise NotAllowed
    node = Organisation(
        code=code,
        name=name,
        name_en=name_en,
        kind=kind,
        region=region,
        employer=employer,
        address=address,
        hotline=hotline,
    )
    if parent is None:
        Organisation.objects.add_root(instance=node)
    else:
        # Two children added at once would take the same place: the parent's row is the line they stand in.
        Organisation.objects.add_child(Organisation.objects.select_for_update().get(pk=parent.pk), instance=node)
    record(
        by=by,
        at=at,
        act="organisation.created",
        words=Text(f"建立组织“{name}”", f"Added “{name}” to the tree"),
        about=node,
        path=node.path,
    )
    return node


@transaction.atomic
def create_token(*, by: User, at: dt.datetime, name: str, scopes: list[str], days: int) -> tuple[ApiToken, str]:
    """A token for a program that acts for `by`, and its secret, which is shown this once."""
    unknown = sorted(set(scopes) - all_permissions())
    if unknown or not scopes:
        raise Invalid(Text("请选择令牌的权限。", "Choose what the token may do."), field="scopes")
    secret = f"huzhu_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    token = ApiToken.objects.create(
        user=by, name=name, digest=digest, scopes=sorted(scopes), created_at=at, expires_at=at + dt.timedelta(days=days)
    )
    record(
        by=by,
        at=at,
        act="token.created",
        words=Text(f"建立接口令牌“{name}”", f"Made the API token “{name}”"),
        about=token,
    )
    return token, secret


@transaction.atomic
def revoke_token(*, by: User, at: dt.datetime, token: ApiToken) -> None:
    if token.user_id != by.pk:
        raise NotAllowed
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        words = Text(f"撤销接口令牌“{token.name}”", f"Revoked the API token “{token.name}”")
        record(by=by, at=at, act="token.revoked", words=words, about=token)
