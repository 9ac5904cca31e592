"""What the officers' desk keeps: posters of stations, saved views, targets, tallies of members, and exports that a second
officer allows."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from huzhu.apps.unions.models import Organisation, User, new_id
from huzhu.apps.unions.scoping import ScopedManager
from huzhu.ui.words import t


class Poster(models.Model):
    """The serial number that a station's link carries. A new serial makes every poster that hangs worthless."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="poster", primary_key=True)
    serial = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects: Any = ScopedManager()

    class Meta:
        app_label = "members"

    def __str__(self) -> str:
        return f"poster {self.serial}"


class SavedView(models.Model):
    """A filter of the members list that an officer comes back to."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
    made_at = models.DateTimeField()

    class Meta:
        app_label = "members"
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="members_one_view_a_name")]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """How many members an organisation, with all below it, means to have at the end of a year."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="targets")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    set_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField()

    objects: Any = ScopedManager()

    class Meta:
        app_label = "members"
        constraints = [models.UniqueConstraint(fields=["organisation", "year"], name="members_one_target_a_year")]

    def __str__(self) -> str:
        return f"{self.year}: {self.number}"


class Tally(models.Model):
    """How many members of an organisation joined in a year, kept by services/tallying.py."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField()
    # May be below nothing: that is for the doctor to find, and no reason to keep somebody from leaving.
    number = models.IntegerField(default=0)

    objects: Any = ScopedManager()

    class Meta:
        app_label = "members"
        constraints = [models.UniqueConstraint(fields=["organisation", "year"], name="members_one_tally_a_year")]

    def __str__(self) -> str:
        return f"{self.year}: {self.number}"


class ExportRequest(models.Model):
    """A list of members that somebody wants to take away: what, why, who allowed it, and when it was taken."""

    class State(models.TextChoices):
        ASKED = "asked", t("待同意", "waiting for approval")
        ALLOWED = "allowed", t("可下载", "ready to download")
        REFUSED = "refused", t("未同意", "refused")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    query = models.CharField(max_length=500)
    paths = models.JSONField()  # of the subtrees it may cover
    form = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")])
    rows = models.PositiveIntegerField()  # that matched when it was asked for
    reason = models.CharField(max_length=400)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    downloaded_at = models.DateTimeField(null=True)
    downloads = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "members"
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("asked_by")), name="members_two_export"
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"
