"""Members: who they are, where they belong, how they joined, what they consented to, what was verified. The tables of the
officers' desk (views, targets, exports, posters) stand in desk_models.py.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, models
from django.db.models import F, Q
from django_scopes import get_scope

from huzhu.apps.unions.models import Employer, Organisation, User, new_id
from huzhu.apps.unions.scoping import ScopedManager, within
from huzhu.apps.vault.fields import IndexField, SealedField
from huzhu.ui.words import t

CATEGORIES = {
    "ride_hailing": ("网约车", "ride-hailing"),
    "food_delivery": ("外卖配送", "food delivery"),
    "instant_delivery": ("即时配送", "instant delivery"),
    "same_city_freight": ("同城货运", "same-city freight"),
    "express": ("快递", "express"),
}


class MemberQuerySet(models.QuerySet["Member"]):
    def current(self) -> MemberQuerySet:
        return self.filter(status=Member.Status.MEMBER)

    def applied(self) -> MemberQuerySet:
        return self.filter(status=Member.Status.APPLIED)

    def named(self, key: str) -> MemberQuerySet:
        """Whose folded name begins with a key (names.same_person_key)."""
        return self._beginning("name_key", key)

    def numbered(self, beginning: str) -> MemberQuerySet:
        return self._beginning("number", beginning)

    def _beginning(self, field: str, text: str) -> MemberQuerySet:
        """Read off the field's index on both databases."""
        if connections[self.db].vendor == "sqlite":  # whose LIKE reads every row; its texts are ordered by code point
            return self.filter(**{f"{field}__gte": text, f"{field}__lt": text + "\U0010ffff"})
        return self.filter(**{f"{field}__startswith": text})


class MemberManager(ScopedManager.from_queryset(MemberQuerySet)):  # type: ignore[misc]
    """Members of the open part of the tree."""


class Member(models.Model):
    """A person who joined or asked to. There is one row a person for ever: whoever left and comes back is the same row."""

    class Status(models.TextChoices):
        APPLIED = "applied", t("待批准", "applied")
        MEMBER = "member", t("会员", "member")
        REFUSED = "refused", t("未批准", "refused")
        LEFT = "left", t("已退会", "left")
        ERASED = "erased", t("已注销", "erased")

    class Way(models.TextChoices):
        SCAN = "scan", t("扫码", "by scanning")
        ROSTER = "roster", t("名册", "by a roster")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=12, unique=True, null=True)  # of the card, given with approval
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="members")
    user = models.OneToOneField(User, models.SET_NULL, null=True, related_name="member")
    name = models.CharField(max_length=100)
    name_key = models.CharField(max_length=100, db_index=True)  # with look-alike characters folded
    identity_number = SealedField(null=True)
    identity_index = IndexField(unique=True, null=True)
    birth_date = models.DateField(null=True)
    phone = SealedField(null=True)
    phone_index = IndexField(null=True, db_index=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    way = models.CharField(max_length=10, choices=Way.choices)
    applied_at = models.DateTimeField()
    joined_on = models.DateField(null=True)
    left_on = models.DateField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=400, blank=True)  # of a refusal, a look by a person, or leaving
    by_resolution = models.ForeignKey("members.Resolution", models.PROTECT, null=True)
    name_doubt = models.CharField(max_length=200, blank=True)  # why a person has to look at the name

    objects: Any = MemberManager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "status", "applied_at"], name="members_desk"),
            models.Index(fields=["organisation", "status", "joined_on"], name="members_joined"),
            models.Index(fields=["status", "id"], name="members_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="member") | Q(number__isnull=False, joined_on__isnull=False),
                name="members_have_a_number",
            ),
            models.CheckConstraint(
                condition=~Q(status="left") | Q(left_on__isnull=False), name="members_left_on_a_day"
            ),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")), name="members_left_after_joining"
            ),
            models.CheckConstraint(
                condition=Q(status="erased") | Q(identity_index__isnull=False) | Q(way="roster"),
                name="members_are_identified",
            ),
        ]

    def __str__(self) -> str:
        return f"member {self.pk}"

    @property
    def alias(self) -> str:
        """How the record speaks of her: by number, never by name, so that erasing her leaves the record whole."""
        return self.number or f"#{str(self.pk)[-12:]}"

    @property
    def is_open(self) -> bool:
        """Whether somebody may still decide about her application."""
        return self.status == self.Status.APPLIED


class Work(models.Model):
    """Work on a platform, as the worker said it or a register knows it. What a register does not say stays null."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="works")
    employer = models.ForeignKey(Employer, models.PROTECT)
    rider_no = models.CharField(max_length=40, blank=True)
    work_category = models.CharField(max_length=30, blank=True)
    work_region = models.CharField(max_length=6, blank=True)
    said_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "employer"], name="members_one_work_a_platform")]

    def __str__(self) -> str:
        return f"work {self.pk}"


class Consent(models.Model):
    """A text a person agreed to, in its version, until withdrawn. Never changed but for `withdrawn_at`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=30)  # membership, verification ...: consents.py
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "purpose", "version"],
                condition=Q(withdrawn_at=None),
                name="members_one_consent_a_text",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"


class Resolution(models.Model):
    """A committee's standing resolution: whom a register matches exactly is a member at once, and is listed for its next meeting."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="resolutions")
    passed_on = models.DateField()
    words = models.CharField(max_length=400)
    until = models.DateField(null=True)
    recorded_by = models.ForeignKey(User, models.SET_NULL, null=True)

    objects: Any = ScopedManager()

    def __str__(self) -> str:
        return f"resolution {self.passed_on}"


class TransferManager(ScopedManager):
    """Moves out of the open part of the tree and into it: both sides see them."""

    def get_queryset(self) -> models.QuerySet[Any]:
        found = get_scope()
        if found.get("_enabled", True) and "reach" in found:
            both = within("from_organisation__path", found["reach"]) | within("to_organisation__path", found["reach"])
            return models.Manager.get_queryset(self).filter(both)
        return super().get_queryset()


class Transfer(models.Model):
    """A move from one organisation to another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="transfers")
    from_organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    to_organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    on = models.DateField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects: Any = TransferManager()

    def __str__(self) -> str:
        return f"transfer {self.pk}"


class Verification(models.Model):
    """What a register said about a member, when, and until when that holds. A null fact is one the register does not know."""

    class How(models.TextChoices):
        IDENTITY = "identity", t("身份证号一致", "identity number equal")
        PHONE = "phone", t("手机号和姓名一致", "phone and name equal")
        PERSON = "person", t("人工核对", "matched by a person")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="verifications")
    register = models.CharField(max_length=60)
    platform = models.CharField(max_length=40)
    rider_no = models.CharField(max_length=40, blank=True)
    how = models.CharField(max_length=10, choices=How.choices)
    score_per_mille = models.PositiveSmallIntegerField(default=1000)
    work_region = models.CharField(max_length=6, blank=True)
    work_category = models.CharField(max_length=30, blank=True)
    in_platform_name = models.BooleanField(null=True)
    vehicle = models.CharField(max_length=30, blank=True)
    last_paid_order_on = models.DateField(null=True)
    orders_30d = models.PositiveIntegerField(null=True)
    as_of = models.DateField()
    verified_at = models.DateTimeField()
    expires_on = models.DateField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["member", "expires_on"], name="members_verified")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "register", "platform", "as_of"], name="members_one_verification_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"verification {self.pk}"


class SecondApplication(models.Model):
    """Somebody applied with an identity number or a phone that a member has already. An officer finds out who is who; the
    applicant is told what every applicant is told, so that nobody learns from it who is a member.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", t("待核对", "to be looked at")
        ACCEPTED = "accepted", t("已采纳", "accepted")
        DISMISSED = "dismissed", t("未采纳", "dismissed")
        WITHDRAWN = "withdrawn", t("已撤回", "withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")  # of the member that is there
    scanned_at = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.CASCADE, related_name="second_applications")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="second_applications")
    name = models.CharField(max_length=100)
    identity_number = SealedField()
    identity_index = IndexField()
    birth_date = models.DateField()
    phone = SealedField()
    phone_index = IndexField()
    employer = models.ForeignKey(Employer, models.PROTECT)
    rider_no = models.CharField(max_length=40, blank=True)
    work_category = models.CharField(max_length=30)
    consents = models.JSONField(default=dict)  # the version of each text that was agreed to
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    reason = models.CharField(max_length=400, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects: Any = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identity_index", "phone_index"],
                condition=Q(outcome="open"),
                name="members_one_second_application",
            )
        ]

    def __str__(self) -> str:
        return f"second application {self.pk}"


class CorrectionManager(ScopedManager):
    path = "member__organisation__path"


class Correction(models.Model):
    """What a member says is wrong about her, and what an officer made of it."""

    class Field(models.TextChoices):
        NAME = "name", t("姓名", "name")
        IDENTITY = "identity_number", t("身份证号", "identity number")
        PHONE = "phone", t("手机号", "phone")

    class Outcome(models.TextChoices):
        OPEN = "open", t("待处理", "waiting")
        DONE = "done", t("已更正", "corrected")
        REFUSED = "refused", t("未更正", "not corrected")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="corrections")
    field = models.CharField(max_length=20, choices=Field.choices)
    value = SealedField(null=True)
    note = models.CharField(max_length=400, blank=True)
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    reason = models.CharField(max_length=400, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects: Any = CorrectionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "field"], condition=Q(outcome="open"), name="members_one_open_correction"
            )
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"


class Counter(models.Model):
    """The last number given of a series. One update a number, so none is given twice."""

    name = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


# Django looks for tables in this module alone.
from huzhu.apps.members.desk_models import ExportRequest, Poster, SavedView, Tally, Target  # noqa: E402, F401
