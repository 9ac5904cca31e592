"""What rosters hold about people: what a file said of them until they are members or the file is dropped."""

from __future__ import annotations

from huzhu.apps.vault.catalogue import Personal
from huzhu.rules.texts import Text

_PURPOSE = Text(
    "办理入会，告知每一行的结果", "to make members of the people listed, and to say what became of each row"
)
_KEPT = Text(
    "入会即清除；其余在办完后 30 天清除", "until the row is merged; the rest until 30 days after the roster is done"
)
_TRACE = Text("随名册保留，以查明由来", "with the roster, so that a membership can be traced to its source")
_LAW = Text("至少三年", "three years at least")
_WHO = Text("分清责任", "who answers for it")
_LIKE = Text("找出可能是同一人的记录，由人核对", "to find records that may be one person, for a person to compare")

PERSONAL = {
    "Roster.uploaded_by": Personal(Text("上传人", "whoever uploaded it"), _WHO, "law", _LAW),
    "Roster.confirmed_by": Personal(Text("确认人", "whoever confirmed it"), _WHO, "law", _LAW),
    "Roster.file_name": Personal(Text("文件名", "name of the file"), _PURPOSE, "membership", _TRACE),
    "Row.data": Personal(Text("该行内容", "what the row says"), _PURPOSE, "membership", _KEPT, is_sensitive=True),
    "Row.name": Personal(Text("姓名", "name"), _PURPOSE, "membership", _KEPT),
    "Row.name_key": Personal(Text("姓名（查找用）", "name, for finding"), _PURPOSE, "membership", _KEPT),
    "Row.identity_index": Personal(
        Text("身份证号索引", "index of the identity number"), _PURPOSE, "membership", _TRACE
    ),
    "Row.phone_index": Personal(Text("手机号索引", "index of the phone number"), _PURPOSE, "membership", _KEPT),
    "Row.member": Personal(Text("对应的会员", "the member it became"), _PURPOSE, "membership", _TRACE),
    "Row.decided_by": Personal(Text("处理人", "whoever decided it"), _WHO, "law", _LAW),
    "Match.member": Personal(Text("可能的会员", "the member it may be"), _LIKE, "membership", _TRACE),
    "Match.score_per_mille": Personal(Text("相似程度", "likeness"), _LIKE, "membership", _TRACE),
    "Match.reasons": Personal(Text("相似之处", "what is alike"), _LIKE, "membership", _TRACE),
    "Likeness.member": Personal(Text("会员", "the member"), _LIKE, "consent", _TRACE),
    "Likeness.register_row": Personal(Text("登记册的一行", "the row of a register"), _LIKE, "consent", _TRACE),
    "Likeness.score_per_mille": Personal(Text("相似程度", "likeness"), _LIKE, "consent", _TRACE),
    "Likeness.reasons": Personal(Text("相似之处", "what is alike"), _LIKE, "consent", _TRACE),
    "Likeness.decided_by": Personal(Text("核对人", "whoever compared them"), _WHO, "law", _LAW),
}
NOT_PERSONAL = (
    {
        f"Roster.{name}"
        for name in (
            "id", "organisation", "uploaded_at", "file", "sha256", "state", "columns", "ignored", "problems", "codes", "total", "accepted",
            "doubtful", "refused", "created", "updated", "transferred", "unchanged", "merges", "confirmed_at",
        )
    }
    | {f"Row.{name}" for name in ("id", "roster", "number", "state", "code", "problems", "plan", "result", "decided_at")}
    | {"Match.id", "Match.row"}
    | {f"Likeness.{name}" for name in ("id", "organisation", "state", "found_at", "decided_at")}
)  # fmt: skip
