"""Looks through a whole database: sound, complete, with which keys. Run as a program it looks at a copy, with the site's own code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from huzhu.cli.site.opening import Stop, open_site
from huzhu.rules import Text


def inspect() -> dict[str, Any]:
    """What a manifest tells of the database that is open. `faults` says in words what is not sound."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder
    from django_scopes import scopes_disabled

    from huzhu.apps.audit import services as audit
    from huzhu.apps.vault import services as vault

    faults = []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            said = [row[0] for row in cursor.execute("PRAGMA integrity_check").fetchall()]
            faults += [f"integrity_check: {line}" for line in said if line != "ok"]
            strays = cursor.execute("PRAGMA foreign_key_check").fetchall()
            faults += [f"foreign_key_check: {table} {row} -> {parent}" for table, row, parent, _ in strays[:20]]
        rows = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            rows[table] = cursor.fetchone()[0]
    with scopes_disabled():
        record = audit.verify()
        keys = sorted(vault.keys_in_use())
    if record.fault is not None:
        faults.append(f"audit: {record.fault.en}")
    migrations = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
    return {"migrations": migrations, "rows": rows, "keys": keys, "audit": record.head, "faults": faults}


def inspect_copy(url: str) -> dict[str, Any]:
    """The same of another database, in a process of its own: Django opens one site a process."""
    done = subprocess.run(
        [sys.executable, "-m", "huzhu.cli.site.inspection"],
        env={**os.environ, "HUZHU_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise Stop(Text(f"副本打不开：{reason}", f"The copy cannot be opened: {reason}"), status=1)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    open_site()
    json.dump(inspect(), sys.stdout)
