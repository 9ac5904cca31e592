"""What accounts and roles hold about people."""

from __future__ import annotations

from huzhu.apps.vault.catalogue import Personal
from huzhu.rules.texts import Text

_ACCOUNT = Text("登录和分清责任", "to sign in, and to know who did what")
_OPEN = Text("账号存续期间及其后三年", "while the account is there, and three years after")
_SIGN_IN = Text("登录", "to sign in")
PERSONAL = {
    "User.username": Personal(Text("用户名", "user name"), _ACCOUNT, "membership", _OPEN),
    "User.display_name": Personal(Text("姓名", "name"), _ACCOUNT, "membership", _OPEN),
    "User.phone": Personal(
        Text("手机号", "mobile number"),
        Text("登录和通知", "to sign in and to be told things"),
        "membership",
        _OPEN,
        is_sensitive=True,
    ),
    "User.phone_index": Personal(Text("手机号索引", "keyed hash of the number"), _SIGN_IN, "membership", _OPEN),
    "User.password": Personal(Text("密码的散列", "hash of the password"), _SIGN_IN, "membership", _OPEN),
    "User.last_login": Personal(Text("上次登录", "last sign-in"), _ACCOUNT, "law", _OPEN),
    "Grant.user": Personal(Text("任职人", "whoever holds a role"), _ACCOUNT, "law", _OPEN),
    "Grant.granted_by": Personal(Text("授予人", "whoever gave a role"), _ACCOUNT, "law", _OPEN),
    "ApiToken.user": Personal(Text("令牌代表的人", "whom a token acts for"), _ACCOUNT, "law", _OPEN),
    "TreeImport.by": Personal(Text("导入人", "whoever imported"), _ACCOUNT, "law", _OPEN),
}
NOT_PERSONAL = (
    {f"Employer.{name}" for name in ("id", "name", "uscc", "platform")}
    | {
        f"Organisation.{name}"
        for name in (
            "id", "path", "depth", "numchild", "code", "name", "name_en", "kind", "region", "employer", "address", "hotline", "is_active",
        )
    }
    | {f"User.{name}" for name in ("id", "language", "is_active", "created_at", "password_set_at", "must_change_password")}
    | {f"Grant.{name}" for name in ("id", "organisation", "role", "since", "until")}
    | {f"ApiToken.{name}" for name in ("id", "name", "digest", "scopes", "created_at", "expires_at", "revoked_at")}
    | {f"Tries.{name}" for name in ("key", "count", "until")}
    | {f"TreeImport.{name}" for name in ("id", "rows", "file_name", "at", "done_at")}
)  # fmt: skip
