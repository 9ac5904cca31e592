"""`huzhu createuser`: an account from the command line, for the first administrator and for emergencies."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any

import typer

from huzhu.cli.site.opening import Stop, language, open_site, refuse_pending
from huzhu.cli.speech import out
from huzhu.rules import Text


def createuser(
    username: Annotated[str, typer.Option("--username", help="用户名。User name.")] = "",
    name: Annotated[str, typer.Option("--name", help="显示的姓名。Name shown.")] = "",
    role: Annotated[str, typer.Option("--role", help="角色，如 administrator。Role, such as administrator.")] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="CODE", help="角色所在组织的代码，缺省为最上级。Organisation of the role.")
    ] = "",
    union: Annotated[
        str,
        typer.Option(
            "--union", help="组织树为空时建立的最上级工会。Name of the top union, made where there is no tree yet."
        ),
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="从标准输入读密码。Reads the password from stdin.")
    ] = False,
) -> None:
    """Asks for what was not given. There is no default password, and none on the command line, where others could read it."""
    lang = language()
    open_site()
    refuse_pending()
    from django.db import transaction

    from huzhu.apps.unions import services
    from huzhu.apps.unions.rights import ROLES
    from huzhu.ui.clock import now

    if role and role not in ROLES:
        known = ", ".join(ROLES)
        raise Stop(
            Text(f"--role：没有 {role} 这个角色，可选 {known}", f"--role: there is no role {role}; there are {known}")
        )
    username = username or _ask(Text("用户名", "User name").get(lang))
    name = name or _ask(Text("姓名", "Name").get(lang))
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _password_twice(lang == "zh")
    if not password:
        raise Stop(Text("密码不能为空", "A password cannot be empty"))
    with transaction.atomic():
        moment = now()
        user = services.create_user(by=None, at=moment, username=username, password=password, display_name=name)
        if role:
            services.grant(by=None, at=moment, user=user, role=role, organisation=_organisation(at, union))
    out().print(Text(f"已建立账号 {username}", f"Made the account {username}").get(lang), markup=False)


def _organisation(code: str, union: str) -> Any:
    """Where the role is held. In an empty tree the first administrator's union is made, and everything else imported by her."""
    from django_scopes import scopes_disabled

    from huzhu.apps.unions.models import Organisation

    with scopes_disabled():
        found = (
            Organisation.objects.filter(code=code).first() if code else Organisation.objects.order_by("path").first()
        )
    if found is None and not code and union:
        from huzhu.apps.unions.services import create_organisation
        from huzhu.ui.clock import now

        return create_organisation(by=None, at=now(), code="TOP", name=union, kind="federation", parent=None)
    if found is None and not code:
        raise Stop(
            Text(
                "还没有组织，请用 --union 给出最上级工会的名称",
                "There is no organisation yet; give the name of the top union as --union",
            )
        )
    if found is None:
        raise Stop(Text(f"--at：没有代码为“{code}”的组织", f"--at: there is no organisation with the code “{code}”"))
    return found


def _ask(what: str) -> str:
    if not sys.stdin.isatty():
        raise Stop(Text(f"缺少{what}，请用选项给出", f"{what} is missing; give it as an option"))
    return str(typer.prompt(what, err=True)).strip()


def _password_twice(is_zh: bool) -> str:
    if not sys.stdin.isatty():
        raise Stop(
            Text("不能从这里输入密码，请用 --password-stdin", "No terminal to type a password at; use --password-stdin")
        )
    first = getpass.getpass("密码：" if is_zh else "Password: ")
    if first != getpass.getpass("再输入一次：" if is_zh else "Once more: "):
        raise Stop(Text("两次输入的密码不同", "The two passwords differ"))
    return first
