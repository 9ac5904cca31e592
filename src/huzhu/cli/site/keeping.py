"""`huzhu doctor`, `huzhu keys`, `huzhu recount` and `huzhu audit verify`: is the site sound, and what keeps it so."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from huzhu.bulk.problems import BadInput, Problem
from huzhu.cli.site.opening import language, open_site, refuse_pending
from huzhu.cli.speech import FAILED, out, say_json, tell
from huzhu.rules import Text


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出。As JSON.")] = False,
) -> None:
    """Exit status 1 when something is bad; what is only doubtful is told, and passes."""
    from huzhu.cli.site.doctor import Health, examine

    lang = language()
    findings = list(examine())
    is_bad = any(finding.health is Health.BAD for finding in findings)
    if as_json:
        say_json(
            [{"check": one.name, "health": one.health.value, "found": one.found, "mend": one.mend} for one in findings]
        )
    else:
        screen = out()
        for one in findings:
            mark = {Health.OK: ("正常", "ok  "), Health.WARN: ("注意", "warn"), Health.BAD: ("有误", "bad ")}[
                one.health
            ]
            screen.print(f"{mark[lang == 'en']}  {one.label.get(lang)}: {one.found.get(lang)}", markup=False)
            if one.mend is not None:
                screen.print(f"      → {one.mend.get(lang)}", markup=False)
    if is_bad:
        raise typer.Exit(FAILED)


def new_keys(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="密钥文件。The file of keys.")] = Path(
        "huzhu-keys"
    ),
) -> None:
    """Only its owner can read the file. Without it nobody can read what is sealed: keep a copy away from the backups."""
    from huzhu.apps.vault.ciphers import new_index_key, new_key

    lines = [
        f"HUZHU_SECRET_KEY={secrets.token_urlsafe(48)}",
        f"HUZHU_KEYS={new_key(1)}",
        f"HUZHU_INDEX_KEY={new_index_key()}",
    ]
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput(
            file=str(output),
            problems=[
                Problem(Text("已有此文件；旧密钥不能丢", "this file is there already, and old keys must not be lost"))
            ],
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    path = output.resolve()
    tell(language())(
        Text(
            f"已生成 {path}。请另存一份，并设置 HUZHU_KEYS_FILE={path}",
            f"Made {path}. Keep a copy elsewhere, and set HUZHU_KEYS_FILE={path}",
        )
    )


def rotate() -> None:
    """Add the new key at the end of HUZHU_KEYS first. May be stopped and run again."""
    open_site()
    refuse_pending()
    from django_scopes import scopes_disabled

    from huzhu.apps.vault import services
    from huzhu.apps.vault.fields import ring

    lang = language()
    with scopes_disabled():
        changed = services.rotate()
        used = services.keys_in_use()
    screen = out()
    for column, rows in changed.items():
        screen.print(f"{column}: {rows:,}", markup=False)
    spare = sorted(ring().keys.keys() - used.keys() - {ring().current})
    if spare:
        said = ", ".join(map(str, spare))
        text = Text(
            f"数据库不再用密钥 {said}；旧备份仍要用它", f"The database no longer needs key {said}; older backups do"
        )
        screen.print(text.get(lang), markup=False)


def recount() -> None:
    """Safe at any time: who joins or leaves meanwhile waits."""
    open_site()
    refuse_pending()
    from huzhu.apps.members import services

    wrong = services.recount()
    said = Text(f"已重新清点，更正 {wrong} 项", f"Counted anew: {wrong} counts were mended")
    tell(language())(said)


def verify(
    head: Annotated[
        str,
        typer.Option(
            "--head",
            metavar="N:HASH",
            help="另存的链尾，应在链上。A head noted elsewhere, which must lie on the chain.",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出。As JSON.")] = False,
) -> None:
    """Exit status 1 when an entry was changed, removed or put in; says which."""
    open_site()
    refuse_pending()
    from huzhu.apps.audit import services

    found = services.verify(expected=head)
    if as_json:
        say_json({"entries": found.entries, "head": found.head, "fault": found.fault})
    else:
        whole = Text(
            f"{found.entries:,} 条，完整。链尾（请另存）：{found.head}",
            f"{found.entries:,} entries, whole. Head, to be noted elsewhere: {found.head}",
        )
        out().print((found.fault or whole).get(language()), markup=False)
    if found.fault is not None:
        raise typer.Exit(FAILED)
