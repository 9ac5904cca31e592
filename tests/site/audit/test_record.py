"""The record: whole or said to be broken, and never changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from huzhu.apps.audit.models import Entry, Head
from huzhu.apps.audit.services import record, verify
from huzhu.rules.texts import Text
from tests.site.cast import AT

pytestmark = pytest.mark.django_db
TABLES = ("audit_entry", "audit_head")


def some(count: int) -> None:
    for n in range(1, count + 1):
        record(
            by=None,
            at=AT + dt.timedelta(seconds=n),
            act="test.done",
            words=Text(f"第{n}件事", f"Thing {n}"),
            details={"n": n},
        )


def unguarded(statement: str) -> None:
    """As somebody would who owns the database and takes the triggers away first."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in ("audit_entry_no_update", "audit_entry_no_delete", "audit_head_no_delete"):
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)


def test_an_untouched_chain_is_whole() -> None:
    some(5)
    found = verify()
    assert (found.entries, found.fault) == (5, None)
    assert found.head == f"5:{Entry.objects.get(sequence=5).hash}"
    assert verify(expected=found.head).fault is None


def test_the_hash_is_what_the_documents_say() -> None:
    """SHA-256 over canonical JSON, worked out here without the program's own function."""
    some(1)
    entry = Entry.objects.get()
    said = (
        '{"about":"","act":"test.done","actor":"","actor_name":"系统","at":"2026-11-02T01:30:01.000000+00:00",'
        '"details":{"n":1},"en":"Thing 1","path":"","previous":"' + "0" * 64 + '","sequence":1,"zh":"第1件事"}'
    )
    assert json.loads(said)["previous"] == entry.previous
    assert entry.hash == hashlib.sha256(said.encode()).hexdigest()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET zh = 'x' WHERE sequence = 2",
        "UPDATE audit_entry SET hash = hash",
        "DELETE FROM audit_entry WHERE sequence = 2",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_refuses_to_change_the_record(statement: str) -> None:
    some(3)
    with pytest.raises(DatabaseError, match="never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify().fault is None


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_entry SET zh = 'x' WHERE sequence = 3", "entry 3 has been changed"),
        ("UPDATE audit_entry SET actor = 'somebody' WHERE sequence = 1", "entry 1 has been changed"),
        ("DELETE FROM audit_entry WHERE sequence = 3", "entry 3 is gone; entry 4 comes next"),
        ("DELETE FROM audit_entry WHERE sequence = 5", "the chain should end with entry 5, it ends with 4"),
        ("UPDATE audit_entry SET previous = hash WHERE sequence = 4", "entry 4 does not follow from the one before"),
        ("DELETE FROM audit_entry", "the chain should end with entry 5, it ends with 0"),
    ],
)
def test_what_was_changed_past_the_triggers_is_named(statement: str, said: str) -> None:
    some(5)
    unguarded(statement)
    fault = verify().fault
    assert fault is not None
    assert fault.en == said


def test_a_chain_written_anew_misses_the_head_noted_elsewhere() -> None:
    some(3)
    noted = verify().head
    unguarded("DELETE FROM audit_entry")
    Head.objects.update(sequence=0, hash="0" * 64)
    some(2)
    assert verify().fault is None
    fault = verify(expected=noted).fault
    assert fault is not None
    assert noted in fault.en


def test_an_entry_goes_with_the_transaction_it_tells_of() -> None:
    def half() -> None:
        with transaction.atomic():
            some(1)
            raise LookupError

    with pytest.raises(LookupError):
        half()
    assert verify().entries == 0


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain() -> None:
    def write(n: int) -> None:
        try:
            for _ in range(5):
                record(by=None, at=AT, act="test.done", words=Text(f"线程{n}", f"Thread {n}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    found = verify()
    assert (found.entries, found.fault) == (30, None)
