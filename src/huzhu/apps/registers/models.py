"""Registers: who rides for a platform, as the platform says it, by file or from its own server."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from huzhu.apps.unions.models import User, new_id
from huzhu.apps.vault.fields import IndexField, SealedField, SealedFileField
from huzhu.ui.words import t


class Register(models.Model):
    """A platform's list. What it said holds for `valid_days` from the day it was said."""

    class Kind(models.TextChoices):
        FILE = "file", t("文件", "by file")
        HTTP = "http", t("接口", "from a server")

    class State(models.TextChoices):
        NEVER = "never", t("从未更新", "never loaded")
        RUNNING = "running", t("更新中", "being brought up to date")
        DONE = "done", t("已更新", "up to date")
        FAILED = "failed", t("更新失败", "the last try failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    platform = models.SlugField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    url = models.URLField(max_length=400, blank=True)
    token: Any = SealedField(null=True)
    valid_days = models.PositiveSmallIntegerField(default=30)
    is_active = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEVER)
    error_zh = models.CharField(max_length=400, blank=True)
    error_en = models.CharField(max_length=400, blank=True)
    cursor = models.CharField(
        max_length=400, blank=True
    )  # what the platform calls the point up to which we have its list
    loads = models.PositiveIntegerField(default=0)
    loaded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_days__gt=0), name="registers_valid_for_a_day"),
            models.CheckConstraint(condition=~Q(kind="http") | ~Q(url=""), name="registers_server_has_address"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def shown_name(self) -> str:
        return t(self.name, self.name_en or self.name)

    @property
    def error(self) -> str:
        return t(self.error_zh, self.error_en) if self.error_zh else ""

    @property
    def place(self) -> str:
        """What files of this register are sealed to."""
        return f"{self._meta.db_table}:{self.pk}"


class RegisterRow(models.Model):
    """A rider as one register knows them. Numbers are kept as keyed hashes only; what the register does not say is null or empty."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    register = models.ForeignKey(Register, models.CASCADE, related_name="rows")
    key = IndexField()  # of the rider in this register, whatever it tells riders apart by
    digest = IndexField()  # of all that is said, to see whether a row has changed
    platform = models.CharField(max_length=40)
    rider_no = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=100, blank=True)
    name_key = models.CharField(max_length=100, blank=True)
    identity_index = IndexField(null=True, db_index=True)
    identity_hash_index = IndexField(null=True, db_index=True)
    phone_index = IndexField(null=True, db_index=True)
    work_region = models.CharField(max_length=6, blank=True)
    work_category = models.CharField(max_length=30, blank=True)
    in_platform_name = models.BooleanField(null=True)
    vehicle = models.CharField(max_length=30, blank=True)
    last_paid_order_on = models.DateField(null=True)
    orders_30d = models.PositiveIntegerField(null=True)
    as_of = models.DateField()
    gone_at = models.DateTimeField(null=True)  # since when the register lists them no more
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "key"], name="registers_one_row_a_rider")]

    def __str__(self) -> str:
        return f"register row {self.pk}"


class RegisterLoad(models.Model):
    """One file or one run over the server, and what it changed. The file is kept sealed until it is done."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    register = models.ForeignKey(Register, models.CASCADE, related_name="load_set")
    file = SealedFileField(place="register.place")
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    read = models.PositiveBigIntegerField(default=0)
    added = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    gone = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["register", "-asked_at"], name="registers_loads")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("asked_at")), name="registers_load_ends_later"
            )
        ]

    def __str__(self) -> str:
        return f"load {self.pk}"
