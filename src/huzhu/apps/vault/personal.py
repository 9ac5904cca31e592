"""What the vault's own tables hold about people: nothing."""

from __future__ import annotations

from huzhu.apps.vault.catalogue import Personal

PERSONAL: dict[str, Personal] = {}
NOT_PERSONAL = {f"Rotation.{name}" for name in ("id", "column", "to_key", "after", "changed", "is_done")}
