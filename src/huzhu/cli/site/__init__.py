"""Commands that run and look after a site. Django is imported where it is used: the rules work without it."""

from __future__ import annotations

import typer

from huzhu.cli.site import accounts, copies, keeping, running
from huzhu.cli.site.opening import site_door
from huzhu.cli.speech import door


def add_to(app: typer.Typer) -> None:
    """Puts the site's commands beside the others."""
    for command, said in (
        (running.serve, "运行站点：网页和后台。Runs the site: pages and background work."),
        (running.worker, "只运行后台。Runs the background work alone."),
        (running.migrate, "建立或更新数据库。Makes or updates the database."),
        (accounts.createuser, "建立账号。Makes an account."),
        (copies.backup, "备份，站点照常运行。Copies the database and files while the site runs, and checks the copy."),
        (copies.restore, "从备份恢复。Puts a backup in the place of the database."),
        (keeping.recount, "重新清点会员。Counts the members of every organisation anew."),
        (keeping.doctor, "检查站点。Says what is wrong with a set-up and how to mend it."),
    ):
        app.command(help=said)(door(site_door(command)))
    keys = typer.Typer(no_args_is_help=True, help="加密密钥。Keys of encrypted fields.")
    keys.command("new", help="生成密钥文件。Makes a file of fresh keys.")(door(site_door(keeping.new_keys)))
    keys.command("rotate", help="用最新的密钥重新加密。Seals everything with the newest key.")(
        door(site_door(keeping.rotate))
    )
    app.add_typer(keys, name="keys")
    audit = typer.Typer(no_args_is_help=True, help="审计记录。The record of acts.")
    audit.callback()(lambda: None)  # a group, though it has one command
    audit.command("verify", help="验证记录完整。Proves that the record is whole.")(door(site_door(keeping.verify)))
    app.add_typer(audit, name="audit")
