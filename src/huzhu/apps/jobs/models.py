"""Long work as rows: who wants what, how far it is, and who is at it until when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from huzhu.apps.unions.models import Organisation, User, new_id
from huzhu.ui.words import t


class Job(models.Model):
    """A piece of long work. Its cursor is written in the same transaction as the work it tells of."""

    class State(models.TextChoices):
        WAITING = "waiting", t("等待中", "waiting")
        RUNNING = "running", t("进行中", "running")
        DONE = "done", t("已完成", "done")
        FAILED = "failed", t("已停止", "stopped by an error")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=100, unique=True)  # the same work asked for twice is one job
    arguments = models.JSONField(default=dict)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    cursor = models.JSONField(default=dict)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True)
    token = models.CharField(max_length=32, default="")  # of the worker that holds the lease
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)  # leases that ended without a step
    not_before = models.DateTimeField()
    error_zh = models.TextField(default="")
    error_en = models.TextField(default="")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "not_before"], name="jobs_next")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="jobs_running_has_lease"
            ),
            models.CheckConstraint(condition=Q(total=None) | Q(done__lte=F("total")), name="jobs_done_within_total"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def error(self) -> str:
        return t(self.error_zh, self.error_en) if self.error_zh else ""


class Heartbeat(models.Model):
    """When a worker last looked for work: one row."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.at)
