"""What the site's tests share: the cast, and a way to empty tables that refuse to be emptied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

if TYPE_CHECKING:
    from tests.site.cast import Cast


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:  # noqa: ARG001  opens the database
    """A small union and its people. Whatever a test did, members are counted right at its end."""
    from tests.site import tallies  # models can be loaded only once Django is set up
    from tests.site.cast import build

    yield build()
    if connection.closed_in_transaction:  # by a test that ended its request by hand
        return
    assert tallies.kept() == tallies.plain(), "a service changed who is a member where and did not call `tally`"


def _triggers() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return list(cursor.fetchall())


@pytest.fixture(autouse=True, scope="session")
def _emptied_between_tests() -> Iterator[None]:
    """Tests with transactions of their own end by emptying every table; the triggers that forbid it stand aside meanwhile."""
    ordinary = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: Any) -> None:
        if connection.vendor == "sqlite":
            triggers = _triggers()
            with connection.cursor() as cursor:
                for name, _ in triggers:
                    cursor.execute(f"DROP TRIGGER {name}")
            ordinary(self)
            with connection.cursor() as cursor:
                for _, sql in triggers:
                    cursor.execute(sql)
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
            )
            tables = [row[0] for row in cursor.fetchall()]
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        ordinary(self)
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = ordinary  # type: ignore[attr-defined]
