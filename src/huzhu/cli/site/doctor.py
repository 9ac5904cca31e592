"""What can be wrong with a set-up, one check after another: what was found, and how to mend it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from huzhu.cli.site.opening import open_site, pending
from huzhu.rules import Text

LEAST_FREE_BYTES, SCARCE_FREE_BYTES = 1 << 30, 5 << 30


class Health(Enum):
    OK, WARN, BAD = "ok", "warn", "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `mend` says what to do, unless all is well."""

    name: str
    label: Text
    health: Health
    found: Text
    mend: Text | None = None


Said = tuple[Health, Text] | tuple[Health, Text, Text]


def examine() -> Iterator[Finding]:
    """Every check that can be made: without settings, or a database, what needs them is left out."""
    for name, label, check in BEFORE:
        yield _finding(name, label, check)
    settings = _finding("settings", Text("设置", "Settings"), _settings)
    yield settings
    if settings.health is Health.BAD:
        return
    has_database = True
    for name, label, check in AFTER:
        if name in NEEDS_DATABASE and not has_database:
            continue
        finding = _finding(name, label, check)
        has_database = has_database and (name != "database" or finding.health is not Health.BAD)
        yield finding


def _finding(name: str, label: Text, check: Callable[[], Said]) -> Finding:
    """A check that fails in a way it did not foresee is a finding too."""
    try:
        return Finding(name, label, *check())
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return Finding(
            name, label, Health.BAD, Text(said, said), Text("请按上面的提示处理", "What the message says comes first")
        )


def _ok(zh: str, en: str | None = None) -> Said:
    return Health.OK, Text(zh, zh if en is None else en)


def _python() -> Said:
    said = ".".join(map(str, sys.version_info[:3]))
    return _ok(said)


def _settings() -> Said:
    from django.core.exceptions import ImproperlyConfigured

    from huzhu.config.environment import BadSetting

    try:
        open_site()
    except (BadSetting, ImproperlyConfigured) as error:
        mend = Text(
            "按 docs/settings.md 设置环境变量；`huzhu keys new` 生成密钥",
            "Set them as docs/settings.md says; `huzhu keys new` makes keys",
        )
        return Health.BAD, Text(str(error), str(error)), mend
    from django.conf import settings

    mode: str = settings.ENV["HUZHU_ENV"]
    if mode != "production":
        return (
            Health.WARN,
            Text(f"HUZHU_ENV={mode}", f"HUZHU_ENV={mode}"),
            Text("正式使用时设为 production", "Real use takes production"),
        )
    return _ok("production")


def _sqlite() -> Said:
    from django.db import connection

    if connection.vendor != "sqlite":
        return _ok("未使用", "not used")
    from huzhu.config.sqlite.base import Database
    from huzhu.config.sqlite.versions import is_sound

    version = Database.sqlite_version_info
    said = ".".join(map(str, version))
    if not is_sound(version):
        return Health.BAD, Text(said, said), Text("pip install pysqlite3", "pip install pysqlite3")
    return _ok(said)


def _database() -> Said:
    from django.db import DatabaseError, connection

    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return Health.BAD, Text("还没有数据库", "there is none yet"), Text("运行：huzhu migrate", "Run: huzhu migrate")
    try:
        names = pending()
    except DatabaseError as error:
        said = str(error).strip()
        return (
            Health.BAD,
            Text(said, said),
            Text("检查 HUZHU_DATABASE_URL 和数据库服务", "Look at HUZHU_DATABASE_URL and whether the server runs"),
        )
    if names:
        return (
            Health.BAD,
            Text(f"缺 {len(names)} 项更新", f"{len(names)} migrations are missing"),
            Text("运行：huzhu migrate", "Run: huzhu migrate"),
        )
    host, options = connection.settings_dict.get("HOST", ""), connection.settings_dict["OPTIONS"]
    is_near = connection.vendor == "sqlite" or host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/")
    if not is_near and options.get("sslmode") not in ("verify-full", "verify-ca"):
        mend = Text("在地址后加 ?sslmode=verify-full", "Add ?sslmode=verify-full to the address")
        return Health.WARN, Text("到数据库的连接没有验证对方", "the connection does not prove whom it reached"), mend
    return _ok(f"{connection.vendor}，已是最新", f"{connection.vendor}, up to date")


def _keys() -> Said:
    from huzhu.apps.vault.ciphers import BadKey
    from huzhu.apps.vault.fields import ring

    try:
        found = ring()
    except BadKey as error:
        return (
            Health.BAD,
            Text(str(error), str(error)),
            Text("`huzhu keys new` 生成密钥", "`huzhu keys new` makes keys"),
        )
    numbers = ", ".join(map(str, found.keys))
    return _ok(f"有密钥 {numbers}，用 {found.current} 加密", f"keys {numbers}; {found.current} seals")


def _modes() -> Said:
    """Who else on this machine could read the keys and the data."""
    from django.conf import settings

    home: Path = settings.HUZHU_HOME
    keys: Path | None = settings.ENV["HUZHU_KEYS_FILE"]
    for path, wanted in ((keys, "600"), (home, "700")):
        if path is not None and path.exists() and path.stat().st_mode & 0o077:
            return Health.WARN if path is home else Health.BAD, Text(f"别的用户能读 {path}", f"others can read {path}"), Text(
                f"chmod {wanted} {path}", f"chmod {wanted} {path}"
            )  # fmt: skip
    return _ok("只有本用户能读", "only their owner can read them")


def _safety() -> Said:
    from django.conf import settings

    wrong = []
    if settings.DEBUG:
        wrong.append("DEBUG")
    if len(settings.SECRET_KEY) < 50:
        wrong.append("HUZHU_SECRET_KEY")
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        wrong.append("HUZHU_HOSTS")
    if settings.ENV["HUZHU_ENV"] == "production" and settings.HUZHU_MADE_UP_PEOPLE:
        wrong.append("HUZHU_MADE_UP_PEOPLE")
    if wrong:
        said = ", ".join(wrong)
        return (
            Health.BAD,
            Text(f"不安全：{said}", f"not safe: {said}"),
            Text("见 docs/settings.md", "See docs/settings.md"),
        )
    return _ok("密钥、域名、调试开关正常", "secret, hosts and debug switch are as they should be")


def _https() -> Said:
    from django.conf import settings

    if not (settings.SESSION_COOKIE_SECURE and settings.SECURE_SSL_REDIRECT and settings.SECURE_HSTS_SECONDS):
        found = Text("登录会话可经明文 HTTP 传送", "sessions may travel over plain HTTP")
        return Health.WARN, found, Text("正式站点用 HTTPS（HUZHU_HTTPS=1）", "A real site takes HTTPS (HUZHU_HTTPS=1)")
    if not settings.HUZHU_PROXIES:
        found = Text("只接受 HTTPS，前面却没有代理", "HTTPS only, and no proxy is said to be in front")
        mend = Text(
            "在前面放一个终止 TLS 的代理，并设 HUZHU_PROXIES=1",
            "Put a proxy that speaks TLS in front, and set HUZHU_PROXIES=1",
        )
        return Health.WARN, found, mend
    return _ok("只经 HTTPS", "HTTPS only")


def _static() -> Said:
    from django.contrib.staticfiles import finders

    lacking = [name for name in ("ui/huzhu.css", "ui/huzhu.js") if finders.find(name) is None]
    if lacking:
        said = ", ".join(lacking)
        return Health.BAD, Text(f"缺 {said}", f"{said} is missing"), Text("重新安装互助", "Install Huzhu again")
    return _ok("齐全", "all there")


def _fonts() -> Said:
    import typst

    chinese = sorted(
        name
        for name in typst.Fonts(include_embedded_fonts=False).families()
        if any(word in name for word in ("CJK", "Han", "Song", "Hei", "Ming", "WenQuan"))
    )
    if not chinese:
        found = Text("没有中文字体，印不出海报和证书", "no Chinese font: posters and certificates cannot be printed")
        return (
            Health.WARN,
            found,
            Text("Debian：apt-get install fonts-noto-cjk", "On Debian: apt-get install fonts-noto-cjk"),
        )
    return _ok(chinese[0])


def _disk() -> Said:
    from django.conf import settings

    home: Path = settings.HUZHU_HOME
    while not home.exists():
        home = home.parent
    free = shutil.disk_usage(home).free
    said = Text(f"{home} 还有 {free / 2**30:.1f} GiB", f"{free / 2**30:.1f} GiB free at {home}")
    if free < SCARCE_FREE_BYTES:
        mend = Text("清出空间；磁盘满时站点不能保存", "Make room: a site on a full disk cannot save")
        return Health.BAD if free < LEAST_FREE_BYTES else Health.WARN, said, mend
    return Health.OK, said


def _worker() -> Said:
    from huzhu.apps.jobs.queries import SILENT_AFTER, silence
    from huzhu.ui.clock import now

    silent = silence(at=now())
    if silent is None or silent > SILENT_AFTER:
        found = (
            Text("从未运行", "has never run")
            if silent is None
            else Text(f"已 {silent} 没有动静", f"silent for {silent}")
        )
        return Health.WARN, found, Text("运行 huzhu serve（或 huzhu worker）", "Run huzhu serve, or huzhu worker")
    return _ok("在运行", "at work")


def _time_zone() -> Said:
    from django.conf import settings

    if settings.TIME_ZONE != "Asia/Shanghai":
        return (
            Health.BAD,
            Text(settings.TIME_ZONE, settings.TIME_ZONE),
            Text("期限按北京时间计算", "Deadlines count in China's time"),
        )
    named = os.environ.get("TZ")
    return _ok(settings.TIME_ZONE if named is None else f"{settings.TIME_ZONE}（TZ={named}）", settings.TIME_ZONE)


def _audit() -> Said:
    from huzhu.apps.audit.models import Entry, Head

    head, last = Head.objects.filter(pk=1).first(), Entry.objects.order_by("-sequence").first()
    if (head and head.hash) != (last and last.hash) and (last is not None or (head is not None and head.sequence)):
        found = Text("链尾与最后一条不符", "the head is not the last entry's")
        return Health.BAD, found, Text("运行 huzhu audit verify 找出是哪一条", "huzhu audit verify finds the entry")
    if head is None or last is None:
        return _ok("还没有记录", "nothing recorded yet")
    return _ok(f"{head.sequence} 条", f"{head.sequence} entries")


def _tallies() -> Said:
    from huzhu.apps.members import services

    wrong = services.wrong()
    if wrong:
        found = Text(f"{wrong} 项与逐个清点不符", f"{wrong} are not what a plain count gives")
        return Health.BAD, found, Text("运行：huzhu recount", "Run: huzhu recount")
    return _ok("与逐个清点一致", "equal to a plain count")


def _messages() -> Said:
    from django.conf import settings

    shown = [
        name
        for name, words in (("HUZHU_SMS", settings.HUZHU_SMS), ("HUZHU_EMAIL_URL", settings.HUZHU_EMAIL_URL))
        if words in ("", "console")
    ]
    if shown:
        said = ", ".join(shown)
        found = Text(f"{said}：只写到日志，没有人收到", f"{said}: only written to the log, nobody receives them")
        return Health.WARN, found, Text("设置短信和邮件的后端", "Set backends for SMS and e-mail")
    return _ok("短信和邮件都有后端", "SMS and e-mail have backends")


NEEDS_DATABASE = {"worker", "audit", "tallies"}
BEFORE: tuple[tuple[str, Text, Callable[[], Said]], ...] = (("python", Text("Python", "Python"), _python),)
AFTER: tuple[tuple[str, Text, Callable[[], Said]], ...] = (
    ("sqlite", Text("SQLite", "SQLite"), _sqlite),
    ("database", Text("数据库", "Database"), _database),
    ("keys", Text("密钥", "Keys"), _keys),
    ("modes", Text("文件权限", "File modes"), _modes),
    ("safety", Text("安全设置", "Safety"), _safety),
    ("https", Text("HTTPS", "HTTPS"), _https),
    ("static", Text("样式文件", "Static files"), _static),
    ("fonts", Text("中文字体", "Chinese fonts"), _fonts),
    ("disk", Text("磁盘", "Disk"), _disk),
    ("worker", Text("后台", "Worker"), _worker),
    ("time_zone", Text("时区", "Time zone"), _time_zone),
    ("audit", Text("审计记录", "Audit record"), _audit),
    ("tallies", Text("会员计数", "Counts of members"), _tallies),
    ("messages", Text("短信和邮件", "SMS and e-mail"), _messages),
)
