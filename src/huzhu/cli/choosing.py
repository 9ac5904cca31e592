"""Which decision an ID names, with the overlay and the what-if values asked for; says in words what there is instead."""

from __future__ import annotations

from pathlib import Path

from huzhu import policies
from huzhu.bulk.problems import BadInput, Problem
from huzhu.policies.loading import Policy
from huzhu.rules import Program, RuleError, Text
from huzhu.rules.kinds import LIMITS, NAMES, Kind
from huzhu.rules.parameters import parse_constant


def _bad(where: str, zh: str, en: str, value: str | None = None) -> BadInput:
    return BadInput(file=where, problems=[Problem(Text(zh, en), value=value)])


def decisions_of(written: str) -> tuple[Policy, list[str]]:
    """What `policy/decision` or `policy` names; a policy may be the path of a folder. RuleError where it cannot be used."""
    if _is_policy(written):
        policy = policies.get(written)
        return policy, list(policy.drafts)
    head, _, decision = written.rpartition("/")
    if _is_policy(head):
        policy = policies.get(head)
        if decision not in policy.drafts:
            raise _which(policy, written)
        return policy, [decision]
    there = ", ".join(policies.POLICIES)
    raise _bad(
        "ID",
        f"没有这个政策；有：{there}；也可以写政策文件夹的路径",
        f"there is no such policy; there are: {there}, or the path of a policy folder",
        written,
    )


def _is_policy(name: str) -> bool:
    return name in policies.POLICIES or bool(name and (Path(name) / "policy.toml").exists())


def program_of(written: str, overlay: str | None, changes: list[str] | None) -> Program:
    """The decision an ID names, with overlay and what-if values laid over it."""
    policy, names = decisions_of(written)
    if _is_policy(written):
        raise _which(policy, written)
    check_overlay(policy, overlay)
    program = policy.program(names[0], overlay=overlay)
    if not changes:
        return program
    return policy.program(names[0], overlay=overlay, changes=_parsed(program, changes))


def _which(policy: Policy, written: str) -> BadInput:
    have = ", ".join(f"{policy.id}/{name}" for name in policy.drafts)
    return _bad("ID", f"请写明哪一项裁定：{have}", f"name a decision: {have}", written)


def build_all(policy: Policy) -> None:
    """RuleError where a decision cannot be built, though no example may ask for it."""
    for name in policy.drafts:
        for overlay in (None, *policy.overlays):
            policy.program(name, overlay=overlay)


def check_overlay(policy: Policy, overlay: str | None) -> None:
    if overlay is None or overlay in policy.overlays:
        return
    have = ", ".join(policy.overlays)
    raise _bad(
        "--overlay",
        f"{policy.id} 有：{have}" if have else f"{policy.id} 没有叠加数值",
        f"{policy.id} has: {have}" if have else f"{policy.id} has none",
        overlay,
    )


def _parsed(program: Program, changes: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for change in changes:
        name, sign, value = (part.strip() for part in change.partition("="))
        if not sign or not name or not value:
            raise _bad("--set", "应为 KEY=VALUE", "expected KEY=VALUE", change)
        if name in found:
            raise _bad("--set", f"{name} 给了两次", f"{name} is given twice", change)
        _check_change(program, name, value, change)
        found[name] = value
    return found


def _check_change(program: Program, name: str, value: str, change: str) -> None:
    parameter = program.parameters.get(name.partition("[")[0])
    if parameter is None:
        have = ", ".join(sorted(program.parameters))
        raise _bad("--set", f"{program.id} 用到的数值有：{have}", f"the values {program.id} reads are: {have}", change)
    kind = parameter.kind
    zh, en = f"应为{NAMES[kind].zh}", f"expected {NAMES[kind].en}"
    if kind in (Kind.MONEY, Kind.DAYS):
        most = LIMITS[kind][1]
        zh, en = f"{zh}，0 至 {most}", f"{en}, from 0 to {most}"
    try:
        read = parse_constant(kind, value, "--set")
    except RuleError:
        raise _bad("--set", zh, en, change) from None
    if kind in (Kind.MONEY, Kind.DAYS) and isinstance(read, int) and read < 0:
        raise _bad("--set", zh, en, change)
