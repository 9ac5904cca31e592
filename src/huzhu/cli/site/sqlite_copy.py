"""Copying a SQLite database while it is written, and putting a copy in its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from huzhu.cli.site.opening import Stop
from huzhu.rules import Text

BUSY = Text("数据库正在使用，请先停止站点", "The database is in use; stop the site first")


def copy(*, source: Path, target: Path) -> None:
    """One consistent moment of the database. Writers go on: in WAL mode a reader holds nobody up."""
    driver = _driver()
    origin, made = driver.connect(str(source), timeout=20), driver.connect(str(target))
    try:
        origin.execute("BEGIN")
        origin.execute(
            "SELECT count(*) FROM sqlite_schema"
        ).fetchone()  # from here on this is the moment that is copied
        origin.backup(made)
    finally:
        origin.close()
        made.close()
    target.chmod(0o600)


def settle(*, path: Path) -> None:
    """Everything into the one file, nothing left beside it. Raises Stop where others have the database open."""
    driver = _driver()
    connection = driver.connect(str(path), timeout=1, isolation_level=None)
    try:
        # Leaving WAL mode is refused while anybody else has the database open, which is what is asked here.
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except driver.OperationalError:
        raise Stop(BUSY) from None
    finally:
        connection.close()
    if mode != "delete":
        raise Stop(BUSY)


def is_empty(*, path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return True
    driver = _driver()
    connection = driver.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,))
    except driver.DatabaseError:
        return False  # something is there, if not a database
    finally:
        connection.close()


def put_in_place(*, copy: Path, path: Path) -> None:
    """One rename: before it the old database is whole, after it the new one."""
    if not is_empty(path=path):
        settle(path=path)
    for suffix in ("-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)  # of an old database; a new one must not take them for its own
    copy.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _driver() -> Any:
    """The SQLite that the site runs on."""
    from huzhu.cli.site.opening import open_site

    open_site()
    import sqlite3

    return sqlite3
