"""Reading the tree and what users may do in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from huzhu.apps.unions.models import ApiToken, Grant, Organisation, User
from huzhu.apps.unions.rights import OFFICERS, all_permissions, permits
from huzhu.apps.unions.scoping import within
from huzhu.ui.refusals import NotFound

Anyone = User | AnonymousUser


def grants_of(user: Anyone, *, on: dt.date) -> list[tuple[str, str]]:
    """The roles somebody holds on a date, each with its organisation's path. Asked once for a user object and date."""
    if not isinstance(user, User) or not user.is_active:
        return []
    known: dict[dt.date, list[tuple[str, str]]] = user.__dict__.setdefault("_grants", {})
    if on not in known:
        held = Grant.objects.filter(
            Q(until=None) | Q(until__gt=on), user=user, since__lte=on, organisation__is_active=True
        )
        known[on] = list(held.values_list("role", "organisation__path"))
    return known[on]


def reach_of(user: Anyone, permission: str, *, on: dt.date) -> tuple[str, ...]:
    """Paths of the subtrees where somebody may do a thing, none inside another."""
    paths = sorted({path for role, path in grants_of(user, on=on) if permits(role, permission)})
    return tuple(path for n, path in enumerate(paths) if not any(path.startswith(other) for other in paths[:n]))


def may(user: Anyone, permission: str, organisation: Organisation, *, on: dt.date) -> bool:
    return any(organisation.path.startswith(path) for path in reach_of(user, permission, on=on))


def is_officer(user: Anyone, *, on: dt.date) -> bool:
    return any(role in OFFICERS for role, _ in grants_of(user, on=on))


def roles_of(user: Anyone, *, on: dt.date) -> set[str]:
    return {role for role, _ in grants_of(user, on=on)}


def organisations(*, paths: tuple[str, ...]) -> QuerySet[Organisation]:
    """The organisations of some subtrees, in the order of the tree."""
    found: QuerySet[Organisation] = Organisation.objects.filter(within("path", paths)).order_by("path")
    return found


def access_organisation(*, by: Anyone, permission: str, code: str, on: dt.date) -> Organisation:
    """The organisation with a code, where `by` has the permission for it. Raises NotFound."""
    organisation = Organisation.objects.filter(code=code).first()
    if organisation is None or not may(by, permission, organisation, on=on):
        raise NotFound
    return organisation  # type: ignore[no-any-return]  # treebeard has no types


def token_of(*, secret: str, at: dt.datetime) -> ApiToken | None:
    """The token a program showed, while it is good."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    found = ApiToken.objects.select_related("user").filter(digest=digest, revoked_at=None, expires_at__gt=at).first()
    return found if found is not None and found.user.is_active else None


def users_in(*, paths: tuple[str, ...], words: str = "") -> QuerySet[User]:
    """Accounts that hold or held a role in some subtrees, by name."""
    found = User.objects.filter(within("grants__organisation__path", paths), grants__isnull=False)
    if words:
        found = found.filter(Q(username__icontains=words) | Q(display_name__icontains=words))
    return found.distinct().order_by("display_name", "username", "pk")


def access_user(*, by: Anyone, id: uuid.UUID, on: dt.date) -> User:  # noqa: A002  the thing's own name for it
    """An account in the part of the union where `by` manages accounts. Raises NotFound."""
    found = users_in(paths=reach_of(by, "users.manage", on=on)).filter(pk=id).first()
    if found is None:
        raise NotFound
    return found


def access_grant(*, by: Anyone, id: uuid.UUID, on: dt.date) -> Grant:  # noqa: A002  the thing's own name for it
    """A role that `by` may end. Raises NotFound."""
    found = Grant.objects.select_related("user", "organisation").filter(pk=id).first()
    if found is None or not may(by, "users.manage", found.organisation, on=on):
        raise NotFound
    return found


def permissions_of(user: Anyone, *, on: dt.date) -> list[str]:
    """What somebody may do somewhere."""
    roles = roles_of(user, on=on)
    return sorted(permission for permission in all_permissions() if any(permits(role, permission) for role in roles))


def children(*, of: Organisation) -> QuerySet[Organisation]:
    found: QuerySet[Organisation] = Organisation.objects.filter(path__startswith=of.path, depth=of.depth + 1).order_by(
        "path"
    )
    return found


def find_organisations(*, paths: tuple[str, ...], words: str) -> QuerySet[Organisation]:
    """By code or a part of the name, in some subtrees."""
    wanted = Q(code__iexact=words) | Q(name__icontains=words) | Q(name_en__icontains=words)
    return organisations(paths=paths).filter(wanted)
