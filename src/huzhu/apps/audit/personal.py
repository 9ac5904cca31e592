"""What the record holds about people: who did what to whom."""

from __future__ import annotations

from huzhu.apps.vault.catalogue import Personal
from huzhu.rules.texts import Text

_PURPOSE = Text("证明谁在何时做了什么", "to prove who did what, and when")
_KEPT = Text(
    "至少三年（个人信息保护法第五十六条）", "three years at least (Personal Information Protection Law, article 56)"
)

PERSONAL = {
    "Entry.actor": Personal(Text("经办人账号", "account of whoever did it"), _PURPOSE, "law", _KEPT),
    "Entry.actor_name": Personal(Text("经办人", "whoever did it"), _PURPOSE, "law", _KEPT),
    "Entry.about": Personal(Text("涉及的记录", "what it was done to"), _PURPOSE, "law", _KEPT),
    "Entry.zh": Personal(Text("事项（中文）", "what was done, in Chinese"), _PURPOSE, "law", _KEPT),
    "Entry.en": Personal(Text("事项（英文）", "what was done, in English"), _PURPOSE, "law", _KEPT),
    "Entry.details": Personal(Text("细节", "details"), _PURPOSE, "law", _KEPT),
}
NOT_PERSONAL = {f"Entry.{name}" for name in ("sequence", "at", "act", "path", "previous", "hash")} | {
    f"Head.{name}" for name in ("id", "sequence", "hash")
}
