"""What each text says. The list is kept by hand: a policy is here because somebody put it here."""

from __future__ import annotations

from pathlib import Path

from huzhu.policies.loading import HERE, Policy, load
from huzhu.rules.errors import RuleError

POLICIES = (
    "shanghai-gig-mutual-aid",
    "family-leave",
    "heat-work",
    "collective-agreement",
    "disability-scale",
    "critical-illness-list",
)


def get(policy_id: str) -> Policy:
    """A policy by its id, or from a folder of one's own. RuleError where there is none or where it cannot be used."""
    if policy_id in POLICIES:
        return load(HERE / policy_id.replace("-", "_"))
    folder = Path(policy_id)
    if (folder / "policy.toml").exists():
        return load(folder.resolve())
    raise RuleError(f"no policy {policy_id!r}; there are: {', '.join(POLICIES)}, or the path of a policy folder")
