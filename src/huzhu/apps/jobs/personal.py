"""What long work holds about people: who asked for it. Arguments and cursors hold keys of rows, never what is in them."""

from __future__ import annotations

from huzhu.apps.vault.catalogue import Personal
from huzhu.rules.texts import Text

PERSONAL = {
    "Job.asked_by": Personal(
        Text("提出人", "whoever asked for it"),
        Text("告知结果，分清责任", "to tell them the result, and who answers for it"),
        "law",
        Text("至少三年", "three years at least"),
    ),
}
NOT_PERSONAL = {
    f"Job.{name}"
    for name in (
        "id", "kind", "key", "arguments", "organisation", "state", "cursor", "done", "total", "token", "lease_until",
        "attempts", "not_before", "error_zh", "error_en", "created_at", "ended_at",
    )
} | {"Heartbeat.id", "Heartbeat.at"}  # fmt: skip
