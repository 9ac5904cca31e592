"""The record: entries that nobody changes, each carrying the hash of the one before. Triggers in the database hold this too."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One thing somebody did or saw. `sequence` has no gaps."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=36)  # a user's id, or empty: nobody signed in, or the system
    actor_name = models.CharField(max_length=200)
    act = models.CharField(max_length=60)
    about = models.CharField(max_length=80)  # "members.Member:<id>", or empty
    path = models.CharField(max_length=255)  # of the organisation in the union tree it belongs to, or empty
    zh = models.TextField()
    en = models.TextField()
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["about", "sequence"], name="audit_about"),
            models.Index(fields=["actor", "sequence"], name="audit_actor"),
            models.Index(fields=["act", "sequence"], name="audit_act"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.act}"


class Head(models.Model):
    """The end of the chain: one row, whose lock puts writers in a line."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"
