"""Opening a site for a command, and saying in words what hinders it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import ParamSpec

import typer

from huzhu.cli.speech import BAD_INPUT, lang_of
from huzhu.rules import Lang, Text

SETTINGS = "huzhu.config.settings"
NEEDED = ("django", "granian", "structlog")
NOT_INSTALLED = Text(
    "这条命令需要站点部分，尚未安装：pip install 'huzhu[web]'",
    "This command needs the site, which is not installed: pip install 'huzhu[web]'",
)
P = ParamSpec("P")


class Stop(Exception):
    """A command cannot go on, for a reason it has words for."""

    def __init__(self, text: Text, *, status: int = BAD_INPUT) -> None:
        self.text, self.status = text, status
        super().__init__(text.en)


def site_door(command: Callable[P, None]) -> Callable[P, None]:
    """Maps what a site refuses, once, for every command."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        if any(find_spec(name) is None for name in NEEDED):
            _end(NOT_INSTALLED, BAD_INPUT)
        from django.core.exceptions import ImproperlyConfigured
        from django.db import DatabaseError

        from huzhu.config.environment import BadSetting
        from huzhu.ui.refusals import Refusal

        try:
            command(*args, **kwargs)
        except Stop as stop:
            _end(stop.text, stop.status)
        except Refusal as refusal:
            _end(refusal.said, BAD_INPUT)
        except (BadSetting, ImproperlyConfigured) as error:
            _end(Text(str(error), str(error)), BAD_INPUT)
        except DatabaseError as error:
            said = str(error).strip()
            _end(
                Text(
                    f"数据库：{said}。`huzhu doctor` 会说明原因。",
                    f"The database says: {said}. `huzhu doctor` looks for the reason.",
                ),
                BAD_INPUT,
            )

    return wrapped


def open_site() -> None:
    """Raises BadSetting or ImproperlyConfigured where the settings are not safe or cannot be meant."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django

    django.setup()


def pending() -> Sequence[str]:
    """Migrations that the database lacks, by name."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return [f"{one.app_label}.{one.name}" for one, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def refuse_pending() -> None:
    names = pending()
    if names:
        raise Stop(
            Text(
                f"数据库尚未更新，缺 {len(names)} 项。请先运行：huzhu migrate",
                f"The database lacks {len(names)} migrations. Run first: huzhu migrate",
            )
        )


def language() -> Lang:
    return lang_of(None)


def _end(text: Text, status: int) -> None:
    typer.echo(text.get("en" if os.environ.get("HUZHU_LANG") == "en" else "zh"), err=True)
    raise typer.Exit(status)
