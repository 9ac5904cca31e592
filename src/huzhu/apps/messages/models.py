"""Messages to people, their ways out of the house, and codes that prove a phone number."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from huzhu.apps.unions.models import User, new_id
from huzhu.apps.vault.fields import IndexField, SealedField
from huzhu.ui.words import t


class Message(models.Model):
    """What somebody is told, in both languages. It is always in the app; the same key is the same message."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.ForeignKey(User, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=150, unique=True)
    zh = models.TextField()
    en = models.TextField()
    url = models.CharField(max_length=200, blank=True)  # a page of this site
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["recipient", "-created_at"], name="messages_inbox")]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def words(self) -> str:
        return t(self.zh, self.en)


class Delivery(models.Model):
    """One way out of one message, or of a code. The text is dropped once a gateway has it."""

    class Channel(models.TextChoices):
        SMS = "sms", t("短信", "SMS")
        EMAIL = "email", t("邮件", "e-mail")

    class State(models.TextChoices):
        QUEUED = "queued", t("待发送", "waiting")
        SENT = "sent", t("已发送", "sent")
        FAILED = "failed", t("未发出", "not sent")
        WITHHELD = "withheld", t("不发送", "not to be sent")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = SealedField(null=True)
    text = SealedField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    backend = models.CharField(max_length=150, blank=True)
    is_console = models.BooleanField(default=False)
    fault = models.CharField(max_length=80, blank=True)  # the kind of the last error, never its words
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["is_console", "-created_at"], name="messages_console")]
        constraints = [
            models.UniqueConstraint(fields=["message", "channel"], name="messages_one_delivery_a_channel"),
            models.CheckConstraint(
                condition=~Q(state="queued") | Q(address__isnull=False), name="messages_queued_has_address"
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Code(models.Model):
    """The code last sent to a number for a purpose. Only its keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone_index = IndexField()
    purpose = models.CharField(max_length=30)
    digest = models.BinaryField(max_length=16)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phone_index", "purpose"], name="messages_one_code_a_purpose")]

    def __str__(self) -> str:
        return f"code for {self.purpose}"
