"""Rosters: a file of people that a union knows, row by row what became of each, and whom a doubtful row may be."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from huzhu.apps.members.models import Member
from huzhu.apps.unions.models import Organisation, User, new_id
from huzhu.apps.unions.scoping import ScopedManager
from huzhu.apps.vault.fields import IndexField, SealedField, SealedFileField
from huzhu.ui.words import t


class Roster(models.Model):
    """One uploaded file on its way through four steps: upload, check, match, merge."""

    class State(models.TextChoices):
        CHECKING = "checking", t("核对中", "being checked")
        MATCHING = "matching", t("比对中", "being matched")
        READY = "ready", t("等待确认", "waits for confirmation")
        MERGING = "merging", t("入会中", "being merged")
        DONE = "done", t("已完成", "done")
        REFUSED = "refused", t("文件不能用", "the file cannot be used")
        DROPPED = "dropped", t("已放弃", "dropped")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="rosters")
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    file = SealedFileField()  # "" once it is not needed
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    columns = models.JSONField(default=list)  # ours that the file has
    ignored = models.JSONField(default=list)  # its headings that mean none of them
    problems = models.JSONField(default=list)  # why the whole file cannot be used
    codes = models.JSONField(default=dict)  # how many rows have each problem first
    total = models.PositiveIntegerField(null=True)
    accepted = models.PositiveIntegerField(default=0)
    doubtful = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    transferred = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    merges = models.PositiveIntegerField(default=0)  # confirmations so far: rows decided later are merged by another
    confirmed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    objects: Any = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-uploaded_at"], name="rosters_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "sha256"],
                condition=~Q(state__in=["refused", "dropped"]),
                name="rosters_one_of_a_file",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["merging", "done"]) | Q(confirmed_at__isnull=False),
                name="rosters_merged_when_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"roster {self.pk}"

    @property
    def place(self) -> str:
        """What the file is sealed to."""
        return f"{self._meta.db_table}:{self.pk}"

    @property
    def step(self) -> int:
        """Which of the four steps it is at, from 1; 5 when all are done."""
        return {"checking": 2, "refused": 2, "matching": 3, "ready": 4, "merging": 4, "done": 5, "dropped": 4}[
            self.state
        ]

    @property
    def is_moving(self) -> bool:
        return self.state in (self.State.CHECKING, self.State.MATCHING, self.State.MERGING)


class Row(models.Model):
    """One row of a roster. `data` is what it says, sealed; it goes when the row is merged, since the member has it then.

    The member whom a row makes has the row's own key, so that no row can make two.
    """

    class State(models.TextChoices):
        ACCEPTED = "accepted", t("可用", "accepted")
        DOUBTFUL = "doubtful", t("存疑", "doubtful")
        REFUSED = "refused", t("不可用", "refused")

    class Result(models.TextChoices):
        CREATED = "created", t("新会员", "new member")
        UPDATED = "updated", t("更新", "updated")
        TRANSFERRED = "transferred", t("转入", "transferred")
        UNCHANGED = "unchanged", t("没有变化", "unchanged")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    roster = models.ForeignKey(Roster, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices)
    code = models.CharField(max_length=40, blank=True)  # of the first problem
    problems = models.JSONField(null=True)
    data: Any = SealedField(null=True)
    name = models.CharField(max_length=100, blank=True)
    name_key = models.CharField(max_length=100, blank=True)
    identity_index = IndexField(null=True)
    phone_index = IndexField(null=True)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="roster_rows", db_index=False)
    plan = models.CharField(max_length=12, choices=Result.choices, blank=True)
    result = models.CharField(max_length=12, choices=Result.choices, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["roster", "state", "number"], name="rosters_unclear", condition=~Q(state="accepted")),
            models.Index(
                fields=["member"], name="rosters_of_a_member", condition=Q(member__isnull=False) & ~Q(member=F("id"))
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["roster", "number"], name="rosters_one_row_a_number")]

    def __str__(self) -> str:
        return f"row {self.number} of {self.roster_id}"


class Match(models.Model):
    """A member whom a doubtful row may be, with how likely and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    row = models.ForeignKey(Row, models.CASCADE, related_name="matches")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    score_per_mille = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)  # pairs of Chinese and English

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "member"], name="rosters_one_match_a_pair")]

    def __str__(self) -> str:
        return f"match {self.pk}"


class Likeness(models.Model):
    """A member and a row of a register that may be one person: a person decides."""

    class State(models.TextChoices):
        OPEN = "open", t("待核对", "open")
        SAME = "same", t("同一人", "the same person")
        OTHER = "other", t("不是同一人", "not the same person")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    register_row = models.ForeignKey("registers.RegisterRow", models.CASCADE, related_name="+")
    score_per_mille = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects: Any = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "state", "-score_per_mille"], name="rosters_likeness_queue")]
        constraints = [models.UniqueConstraint(fields=["member", "register_row"], name="rosters_one_likeness_a_pair")]

    def __str__(self) -> str:
        return f"likeness {self.pk}"
