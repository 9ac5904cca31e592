"""The union tree, the employers, the users and the roles they hold at organisations."""

from __future__ import annotations

from typing import Any, ClassVar

import uuid_utils.compat as uuid7
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from treebeard.mp_tree import MP_Node

from huzhu.apps.unions.rights import ROLES
from huzhu.apps.vault.fields import IndexField, Sealed, SealedField
from huzhu.ui.words import say, t


def new_id() -> Any:
    """A key made here and not by the database, in the order of making, so that new rows lie together."""
    return uuid7.uuid7()


class Employer(models.Model):  # type: ignore[django-manager-missing]  # treebeard has no types
    """An enterprise, or a platform that couriers work on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    uscc = models.CharField(max_length=18, unique=True, null=True)  # unified social credit code
    platform = models.SlugField(max_length=40, unique=True, null=True)  # its code in rosters and registers

    def __str__(self) -> str:
        return self.name


class Organisation(MP_Node):  # type: ignore[misc]  # treebeard has no types
    """A node of the union tree. Rights reach downward from it."""

    class Kind(models.TextChoices):
        FEDERATION = "federation", t("总工会", "federation")
        PROVINCE = "province", t("省级工会", "provincial union")
        CITY = "city", t("市级工会", "city union")
        DISTRICT = "district", t("区级工会", "district union")
        STREET = "street", t("街镇工会", "street union")
        GRASSROOTS = "grassroots", t("基层工会", "grassroots union")
        STATION = "station", t("服务站点", "station")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    region = models.CharField(max_length=6, blank=True)  # GB/T 2260
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, related_name="organisations")
    address = models.CharField(max_length=200, blank=True)
    hotline = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        return t(self.name, self.name_en or self.name)


class UserManager(BaseUserManager["User"]):
    """Users are found by name, without case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """An account: an officer's, with a name of its own, or a worker's, known by phone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=60, unique=True, null=True)
    display_name = models.CharField(max_length=100)
    phone = SealedField(null=True)
    phone_index = IndexField(unique=True, null=True)
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    password_set_at = models.DateTimeField(null=True)
    must_change_password = models.BooleanField(default=False)  # somebody else knows it: an administrator made it

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return f"user {self.pk}"

    @property
    def shown_name(self) -> str:
        return self.display_name or self.username or ""

    def reveal_phone(self) -> str:
        """The clear number, for sending to it; "" where there is none."""
        held: Sealed | None = self.phone
        return "" if held is None else held.reveal()


class Grant(models.Model):
    """A role held at an organisation for a time; `until` is exclusive, null is open."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30, choices=[(code, say(text)) for code, text in ROLES.items()])
    since = models.DateField()
    until = models.DateField(null=True)
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], condition=Q(until=None), name="unions_one_open_grant"
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="unions_grant_has_days"),
            models.CheckConstraint(condition=Q(role__in=list(ROLES)), name="unions_grant_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.organisation_id}"


class ApiToken(models.Model):
    """A key for programs: it acts for its user, within its scopes. Only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)  # permissions
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Tries(models.Model):
    """How often something was tried in a stretch of time. The key is a keyed hash: no name, number or address is kept."""

    key = IndexField(primary_key=True)
    count = models.PositiveIntegerField(default=1)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"


class TreeImport(models.Model):
    """A spreadsheet of organisations that was read and checked, and waits for a person's yes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rows = models.JSONField()  # as tree_import.Row, in the order of the sheet
    file_name = models.CharField(max_length=200)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"tree import {self.pk}"
