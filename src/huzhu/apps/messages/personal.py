"""What messages hold about people: to whom, in which words, by which way."""

from __future__ import annotations

from huzhu.apps.vault.catalogue import Personal
from huzhu.rules.texts import Text

_KEPT = Text("三年", "three years")
_TELL = Text("通知本人", "to tell the person")
PERSONAL = {
    "Message.recipient": Personal(Text("收件人", "recipient"), _TELL, "membership", _KEPT),
    "Message.zh": Personal(Text("通知内容（中文）", "what was told, in Chinese"), _TELL, "membership", _KEPT),
    "Message.en": Personal(Text("通知内容（英文）", "what was told, in English"), _TELL, "membership", _KEPT),
    "Message.read_at": Personal(Text("阅读时间", "when it was read"), _TELL, "membership", _KEPT),
    "Delivery.message": Personal(Text("所属通知", "the message it belongs to"), _TELL, "membership", _KEPT),
    "Delivery.address": Personal(
        Text("手机号或邮箱", "phone number or e-mail address"), _TELL, "membership", _KEPT, is_sensitive=True
    ),
    "Delivery.text": Personal(
        Text("短信或邮件内容", "text of the SMS or e-mail"),
        _TELL,
        "membership",
        Text("发出即删除", "until sent"),
        is_sensitive=True,
    ),
    "Code.phone_index": Personal(
        Text("手机号索引", "keyed hash of a phone number"),
        Text("核实手机号是本人的", "to prove that the number is the person’s"),
        "membership",
        Text("下一个验证码覆盖，或十分钟失效", "until the next code; it holds ten minutes"),
    ),
}
NOT_PERSONAL = (
    {f"Message.{name}" for name in ("id", "kind", "key", "url", "created_at")}
    | {
        f"Delivery.{name}"
        for name in (
            "id", "channel", "state", "attempts", "not_before", "backend", "is_console", "fault", "created_at", "ended_at",
        )
    }
    | {f"Code.{name}" for name in ("id", "purpose", "digest", "tries", "expires_at", "used_at")}
)  # fmt: skip
