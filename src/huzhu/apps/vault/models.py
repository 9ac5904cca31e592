"""How far a change of keys has come."""

from __future__ import annotations

from django.db import models


class Rotation(models.Model):
    """One column on its way to the current key. The row is kept when it is done, as the record of it."""

    column = models.CharField(max_length=100)
    to_key = models.PositiveSmallIntegerField()
    after = models.CharField(max_length=64, default="")  # the last row's key that has been seen
    changed = models.PositiveBigIntegerField(default=0)
    is_done = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["column", "to_key"], name="vault_one_rotation_a_key")]

    def __str__(self) -> str:
        return f"{self.column} → {self.to_key}"
