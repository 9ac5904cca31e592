"""Who may do what: roles, what each permits, and which two nobody may hold together. Pure tables."""

from __future__ import annotations

from typing import Final

from huzhu.rules.texts import Text

# A permission is `thing.act`. A role gives its permissions at the organisation where it is held and everything below it.
ROLES: Final[dict[str, Text]] = {
    "worker": Text("职工", "worker"),
    "grassroots_officer": Text("基层工会干部", "grassroots officer"),
    "district_officer": Text("区级工会干部", "district officer"),
    "claims_officer": Text("审核员", "claims officer"),
    "approver": Text("审批人", "approver"),
    "finance": Text("财务", "finance"),
    "programme_manager": Text("项目管理员", "programme manager"),
    "rules_editor": Text("规则编辑", "rules editor"),
    "auditor": Text("审计", "auditor"),
    "administrator": Text("系统管理员", "administrator"),
}

_GRASSROOTS = frozenset(
    {
        "desk.view", "unions.view", "members.view", "members.approve", "members.edit", "members.reveal",
        "posters.print", "rosters.view", "rosters.upload", "rosters.decide", "targets.view",
    }
)  # fmt: skip
PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    "worker": frozenset(),
    "grassroots_officer": _GRASSROOTS,
    "district_officer": _GRASSROOTS | {"members.export", "targets.set", "registers.view"},
    "claims_officer": frozenset({"desk.view", "members.view", "members.reveal"}),
    "approver": frozenset({"desk.view", "members.view"}),
    "finance": frozenset({"desk.view"}),
    "programme_manager": frozenset({"desk.view", "unions.view", "targets.view"}),
    "rules_editor": frozenset({"desk.view"}),
    "auditor": frozenset({"desk.view", "unions.view", "audit.view", "audit.export", "targets.view"}),
    "administrator": frozenset(
        {"desk.view", "unions.view", "unions.manage", "users.manage", "registers.view", "registers.manage"}
    ),
}

OFFICERS: Final = frozenset(role for role, permits in PERMISSIONS.items() if permits)

_APART = {
    "auditor": {
        "grassroots_officer",
        "district_officer",
        "claims_officer",
        "approver",
        "finance",
        "rules_editor",
        "administrator",
    },
    "administrator": {"grassroots_officer", "district_officer", "claims_officer", "approver", "finance"},
    "claims_officer": {"approver", "finance"},
    "approver": {"finance", "rules_editor"},
}
# Whoever prepares does not approve, whoever pays does neither, and whoever checks does nothing else (GB/T 22239 8.1.10).
INCOMPATIBLE: Final = frozenset(frozenset({one, other}) for one, others in _APART.items() for other in others)


def permits(role: str, permission: str) -> bool:
    return permission in PERMISSIONS[role]


def all_permissions() -> frozenset[str]:
    return frozenset().union(*PERMISSIONS.values())


def clash(held: set[str], new: str) -> str | None:
    """A held role that must not stand beside the new one."""
    return next((role for role in sorted(held) if frozenset({role, new}) in INCOMPATIBLE), None)
