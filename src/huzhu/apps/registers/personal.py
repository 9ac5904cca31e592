"""What registers hold about people: riders as a platform knows them. Numbers are there as keyed hashes only."""

from __future__ import annotations

from huzhu.apps.vault.catalogue import Basis, Personal
from huzhu.rules.texts import Text

_PURPOSE = Text("核实会员在平台的工作", "to verify members' work for platforms")
_KEPT = Text(
    "平台不再列出之后，至登记册停用",
    "until the register is closed, marked as gone when the platform lists them no more",
)
_BASIS: Basis = "membership"


def _rider(zh: str, en: str) -> Personal:
    return Personal(Text(zh, en), _PURPOSE, _BASIS, _KEPT)


PERSONAL = {
    "RegisterRow.rider_no": _rider("骑手编号", "rider number"),
    "RegisterRow.name": _rider("姓名", "name"),
    "RegisterRow.name_key": _rider("姓名（查找用）", "name, for finding"),
    "RegisterRow.identity_index": _rider("身份证号索引", "index of the identity number"),
    "RegisterRow.identity_hash_index": _rider("身份证号摘要索引", "index of the identity number's hash"),
    "RegisterRow.phone_index": _rider("手机号索引", "index of the phone number"),
    "RegisterRow.work_region": _rider("工作区域", "region of work"),
    "RegisterRow.work_category": _rider("类别", "category of work"),
    "RegisterRow.in_platform_name": _rider("以平台名义接单", "works in the platform's name"),
    "RegisterRow.vehicle": _rider("车辆", "vehicle"),
    "RegisterRow.last_paid_order_on": _rider("最近一单日期", "date of the last paid order"),
    "RegisterRow.orders_30d": _rider("近 30 日单量", "orders of the last 30 days"),
    "RegisterLoad.asked_by": Personal(
        Text("提出人", "whoever asked for it"),
        Text("分清责任", "who answers for it"),
        "law",
        Text("至少三年", "three years at least"),
    ),
}
NOT_PERSONAL = (
    {
        f"Register.{name}"
        for name in (
            "id", "code", "name", "name_en", "platform", "kind", "url", "token", "valid_days", "is_active", "state", "error_zh", "error_en",
            "cursor", "loads", "loaded_at", "created_at",
        )
    }
    | {f"RegisterRow.{name}" for name in ("id", "register", "key", "digest", "platform", "as_of", "gone_at", "changed_at")}
    | {
        f"RegisterLoad.{name}"
        for name in (
            "id", "register", "file", "file_name", "sha256", "asked_at", "ended_at", "read", "added", "changed", "gone", "refused",
        )
    }
)  # fmt: skip
