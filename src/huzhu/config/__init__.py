"""Settings, addresses and servers of a site. Everything may be used here, and nothing uses this."""

from __future__ import annotations

import sqlite3
import sys

from huzhu.config.sqlite.versions import is_sound


def _sound_sqlite() -> None:
    """Puts pysqlite3 in the place of the interpreter's sqlite3, where that is too old, before Django looks for it.

    Older versions can corrupt a WAL database that several processes write, and Python 3.11 on Debian has such a one. Only
    who opens Huzhu's settings comes through here: the rules, files and their commands keep the interpreter's. Where
    neither will do, the database backend refuses to start (sqlite/base.py).
    """
    if is_sound(sqlite3.sqlite_version_info):
        return
    try:
        import pysqlite3
        import pysqlite3.dbapi2
    except ImportError:
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


_sound_sqlite()
