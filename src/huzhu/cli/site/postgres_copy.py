"""Copying a PostgreSQL database by its own programs, and putting a copy in its place in one transaction."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, cast

from huzhu.cli.site.opening import Stop
from huzhu.rules import Text

CLOSING_S = 3.0
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def copy(*, target: Path, inspect: Any) -> dict[str, Any]:
    """Dumps one moment of the database, and says what `inspect` finds at the same moment."""
    from django.db import connection, transaction

    program = _program("pg_dump")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
        found: dict[str, Any] = inspect()
        _run(
            program,
            f"--snapshot={snapshot}",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--file={target}",
            _address(),
        )
    target.chmod(0o600)
    _run(program.with_name("pg_restore"), "--file=/dev/null", str(target))  # reads every row of it
    return found


def is_empty() -> bool:
    from django.db import connection

    return not connection.introspection.table_names()


def put_in_place(*, copy: Path, script: Path) -> None:
    """The old content goes and the new comes in one transaction; a failure leaves the old."""
    program = _program("pg_restore")
    _refuse_others()
    _run(program, "--no-owner", "--no-privileges", f"--file={script}", str(copy))
    _run(
        program.with_name("psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction",
        "--command=SET lock_timeout = '10s'; SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public",
        f"--file={script}", "--output=/dev/null", _address(),
    )  # fmt: skip


def _refuse_others() -> None:
    """Our own connections are given a moment to end; whoever is there after that is somebody else."""
    import psycopg
    from django.db import connection, connections

    address, password = _address(), connection.settings_dict["PASSWORD"]
    connections.close_all()
    cast(Any, connection).close_pool()
    until = time.monotonic() + CLOSING_S
    with psycopg.connect(address, password=password or None, autocommit=True) as alone:
        while (others := alone.execute(OTHERS).fetchone()) and others[0]:
            if time.monotonic() >= until:
                text = Text(
                    f"数据库还有 {others[0]} 个连接，请先停止站点",
                    f"The database has {others[0]} other connections; stop the site first",
                )
                raise Stop(text)
            time.sleep(0.1)


def _program(name: str) -> Path:
    """The first on this machine that is not older than the server: an older one refuses the work."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10000
    on_path = [Path(folder) / name for folder in os.environ.get("PATH", "").split(os.pathsep)]
    for path in [*on_path, *sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)]:
        if shutil.which(path) is None:
            continue
        version = re.search(
            r"(\d+)", subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
        )
        if version is not None and int(version[1]) >= server:
            return path
    raise Stop(
        Text(
            f"备份 PostgreSQL 要用 {server} 版或更新的 {name}，本机没有。Debian：apt-get install postgresql-client-{server}",
            f"{name} of PostgreSQL {server} or newer is needed and not on this machine. "
            f"On Debian: apt-get install postgresql-client-{server}",
        )
    )


def _address() -> str:
    """libpq's words without the password, which others on the machine could read in the list of processes."""
    from django.db import connection
    from psycopg.conninfo import make_conninfo

    said = connection.settings_dict
    options = {name: value for name, value in said["OPTIONS"].items() if isinstance(value, str)}
    named = {"dbname": said["NAME"], "user": said["USER"], "host": said["HOST"], "port": said["PORT"]}
    return make_conninfo("", **{name: value for name, value in {**options, **named}.items() if value})


def _run(program: Path, *words: str) -> None:
    from django.db import connection

    password = {"PGPASSWORD": connection.settings_dict["PASSWORD"]} if connection.settings_dict["PASSWORD"] else {}
    done = subprocess.run(
        [program, *words], env={**os.environ, **password}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Stop(Text(f"{program.name}：{done.stderr.strip()}", f"{program.name}: {done.stderr.strip()}"), status=1)
