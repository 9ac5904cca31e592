"""Django's SQLite backend with durable commits, immediate transactions and the writer's gate; Django demands this file's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.db.backends.sqlite3 import base as stock

from huzhu.config.sqlite.gate import Gate, GateClosed
from huzhu.config.sqlite.versions import SOUND_SINCE, is_sound

# FULL: an acknowledged commit survives a power cut. secure_delete: what is erased is overwritten. trusted_schema: a database
# file that somebody prepared cannot call functions when it is read.
PRAGMAS = (
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -20000",
    "temp_store = MEMORY",
    "journal_size_limit = 67108864",
    "secure_delete = ON",
    "trusted_schema = OFF",
)
DEFAULT_TIMEOUT_S = 20.0
# Django's stubs know neither its driver nor the methods that begin and end transactions; hence the casts.
Database = cast(Any, stock).Database


def refuse_unsound(version: tuple[int, int, int]) -> None:
    """Raises ImproperlyConfigured for a SQLite that can corrupt a database under several writers."""
    if not is_sound(version):
        found, needed = (".".join(map(str, one)) for one in (version, SOUND_SINCE))
        raise ImproperlyConfigured(
            f"SQLite {found} 在多个进程写入时可能损坏数据库，需要 {needed} 或更新：pip install pysqlite3，"
            f"或用 HUZHU_DATABASE_URL 指定 PostgreSQL。"
            f"SQLite {found} can corrupt a database that several processes write (sqlite.org/wal.html#walresetbug); "
            f"{needed} or newer is needed: pip install pysqlite3, or name a PostgreSQL in HUZHU_DATABASE_URL."
        )


refuse_unsound(Database.sqlite_version_info)


@register("huzhu")
def check_sqlite_version(**_: Any) -> list[CheckMessage]:
    """Says the same to `huzhu doctor`, should something else have opened Django's own backend."""
    try:
        refuse_unsound(Database.sqlite_version_info)
    except ImproperlyConfigured as refusal:
        return [Error(str(refusal), id="huzhu.E001")]
    return []


class DatabaseWrapper(stock.DatabaseWrapper):
    """Every transaction takes the pen when it begins; a statement outside one goes by SQLite's own waiting."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate: Gate | None = None

    def get_connection_params(self) -> dict[str, Any]:
        options = self.settings_dict["OPTIONS"]
        options.setdefault("timeout", DEFAULT_TIMEOUT_S)
        # A transaction that reads first and writes later cannot wait for the pen: SQLite fails it at once.
        options["transaction_mode"] = "IMMEDIATE"
        parameters: dict[str, Any] = super().get_connection_params()
        if not self.is_in_memory_db():
            self._gate = Gate(database=Path(parameters["database"]), timeout_s=float(parameters["timeout"]))
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if self._gate is not None and connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            # The change needs the file alone, and SQLite doesn't wait for that.
            with self._gate.held():
                connection.execute("PRAGMA journal_mode = WAL")
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        if self._gate is None or self._gate.is_held:
            cast(Any, super())._start_transaction_under_autocommit()
            return
        try:
            self._gate.enter()
        except GateClosed:
            raise OperationalError("database is locked: another writer did not finish in time") from None
        try:
            cast(Any, super())._start_transaction_under_autocommit()
        except BaseException:
            self._gate.leave()
            raise

    def _commit(self) -> None:
        cast(Any, super())._commit()
        self._leave()

    def _rollback(self) -> None:
        try:
            cast(Any, super())._rollback()
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            cast(Any, super())._close()
        finally:
            if self._gate is not None:
                self._gate.close()

    def _leave(self) -> None:
        """A commit or rollback that failed leaves the transaction open, and with it the pen where it is."""
        if self._gate is not None and self._gate.is_held and not (self.connection and self.connection.in_transaction):
            self._gate.leave()
