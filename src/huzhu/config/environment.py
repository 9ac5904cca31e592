"""Every setting of a site: a name in the environment, its type, default and meaning. Nothing else configures Huzhu.
docs/settings.md lists the same, and a test holds them together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huzhu.rules.texts import Text


class BadSetting(Exception):
    """A setting that cannot be meant, or that is not safe: the site does not start."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable. `read` turns its words into a value, and raises ValueError saying what is expected."""

    name: str
    read: Callable[[str], Any]
    default: Any
    meaning: Text
    expected: str


def _flag(words: str) -> bool:
    if words.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise ValueError("1 or 0")
    return words.lower() in ("1", "true", "yes")


def _list(words: str) -> list[str]:
    return [part.strip() for part in words.split(",") if part.strip()]


def _whole(words: str) -> int:
    number = int(words)
    if number < 0:
        raise ValueError("a whole number of at least 0")
    return number


def _mode(words: str) -> str:
    if words not in ("production", "demo", "test"):
        raise ValueError("production, demo or test")
    return words


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("HUZHU_ENV", _mode, "production", Text("运行方式", "what the site is for"), "production, demo or test"),
        Setting(
            "HUZHU_HOME",
            Path,
            Path("huzhu-site"),
            Text("数据文件夹", "folder of the database, files and keys"),
            "a folder",
        ),
        Setting(
            "HUZHU_DATABASE_URL",
            str,
            "",
            Text("数据库", "the database; empty: SQLite in HUZHU_HOME"),
            "postgresql://user:password@host/name",
        ),
        Setting(
            "HUZHU_SECRET_KEY", str, "", Text("签名密钥", "signs sessions and links"), "50 random characters or more"
        ),
        Setting(
            "HUZHU_KEYS",
            str,
            "",
            Text("加密密钥", "keys of encrypted fields, the last one writes"),
            "number:algorithm:base64, separated by commas",
        ),
        Setting("HUZHU_INDEX_KEY", str, "", Text("索引密钥", "key of the blind index"), "32 bytes in base64"),
        Setting(
            "HUZHU_KEYS_FILE",
            Path,
            None,
            Text("密钥文件", "file that holds the three keys above, one NAME=value a line"),
            "a file only its owner can read",
        ),
        Setting("HUZHU_HOSTS", _list, [], Text("域名", "host names the site answers to"), "huzhu.example.org"),
        Setting("HUZHU_HTTPS", _flag, True, Text("经由 HTTPS", "reached by HTTPS only"), "1 or 0"),
        Setting(
            "HUZHU_PROXIES",
            _whole,
            0,
            Text("前置代理层数", "trusted proxies in front, whose X-Forwarded-For counts"),
            "a whole number",
        ),
        Setting("HUZHU_LOG", str, "json", Text("日志格式", "form of the log"), "json or console"),
        Setting(
            "HUZHU_METRICS_TOKEN",
            str,
            "",
            Text("指标令牌", "token for /metrics from elsewhere than this machine"),
            "a long random word",
        ),
        Setting(
            "HUZHU_SMS",
            str,
            "console",
            Text("短信", "backend of SMS: console, or a dotted path"),
            "console or a dotted path",
        ),
        Setting(
            "HUZHU_EMAIL_URL",
            str,
            "",
            Text("邮件", "server for e-mail; empty: console"),
            "smtp+tls://user:password@host:587",
        ),
        Setting("HUZHU_EMAIL_FROM", str, "", Text("发件人", "sender of e-mail"), "huzhu@example.org"),
        Setting(
            "HUZHU_OIDC",
            str,
            "",
            Text("单点登录", "OpenID Connect providers"),
            "id|name|server URL|client id|secret, separated by ;",
        ),
        Setting(
            "HUZHU_PASSWORD_PROFILE",
            str,
            "asvs",
            Text("密码规则", "password rules: asvs, or dengbao3 (等保三级)"),
            "asvs or dengbao3",
        ),
        Setting(
            "HUZHU_IDLE_MINUTES",
            _whole,
            15,
            Text("工作人员空闲退出", "minutes without a request after which officers are signed out"),
            "a whole number",
        ),
        Setting(
            "HUZHU_MADE_UP_PEOPLE",
            _flag,
            False,
            Text("接受编造的身份证号（地区 00）", "accepts made-up identity numbers (region 00)"),
            "1 or 0",
        ),
    )
}


def environment(source: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Every setting's value, by its name. Raises BadSetting for a value that cannot be meant or a name nobody knows."""
    source = os.environ if source is None else source
    unknown = sorted(
        name for name in source if name.startswith("HUZHU_") and name not in SETTINGS and name not in OTHERS
    )
    if unknown:
        raise BadSetting(f"{', '.join(unknown)}: no such setting. docs/settings.md lists them all.")
    given = {**_from_file(source.get("HUZHU_KEYS_FILE", "")), **source}
    return {name: _value(setting, given.get(name, "")) for name, setting in SETTINGS.items()}


# Read elsewhere: the language of the command line, and what the build and its tests ask for.
OTHERS = {"HUZHU_LANG", "HUZHU_REQUIRE_ALL", "HUZHU_TEST_DATABASE"}


def _value(setting: Setting, words: str) -> Any:
    if words == "":
        return setting.default
    try:
        return setting.read(words)
    except ValueError as error:
        raise BadSetting(f"{setting.name}={words!r}: {error}. Expected: {setting.expected}.") from None


def _from_file(name: str) -> dict[str, str]:
    if not name:
        return {}
    path = Path(name)
    try:
        if path.stat().st_mode & 0o077:
            raise BadSetting(f"HUZHU_KEYS_FILE: others than its owner can read {path}. Run: chmod 600 {path}")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadSetting(f"HUZHU_KEYS_FILE: {path}: {error.strerror}") from None
    pairs = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    wrong = sorted(pairs.keys() - {"HUZHU_SECRET_KEY", "HUZHU_KEYS", "HUZHU_INDEX_KEY"})
    if wrong:
        raise BadSetting(f"HUZHU_KEYS_FILE: {path}: {', '.join(wrong)} does not belong there.")
    return pairs


def refuse_unsafe(values: Mapping[str, Any]) -> None:
    """Raises BadSetting where a production site would not be safe, all reasons at once."""
    if values["HUZHU_ENV"] != "production":
        return
    wrong = []
    if len(values["HUZHU_SECRET_KEY"]) < 50:
        wrong.append("HUZHU_SECRET_KEY is missing or shorter than 50 characters")
    if not values["HUZHU_KEYS"] or not values["HUZHU_INDEX_KEY"]:
        wrong.append("HUZHU_KEYS and HUZHU_INDEX_KEY must be there (`huzhu keys new` makes them)")
    if not values["HUZHU_HOSTS"] or "*" in values["HUZHU_HOSTS"]:
        wrong.append("HUZHU_HOSTS must name the hosts of this site")
    if not values["HUZHU_HTTPS"]:
        wrong.append("HUZHU_HTTPS=0 would send sessions and identity numbers in the clear")
    if values["HUZHU_MADE_UP_PEOPLE"]:
        wrong.append("HUZHU_MADE_UP_PEOPLE=1 belongs to the demo and the tests")
    if wrong:
        raise BadSetting("The site does not start:\n" + "\n".join(f"- {reason}" for reason in wrong))
