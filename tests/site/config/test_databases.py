from __future__ import annotations

from pathlib import Path

import pytest

from huzhu.config.databases import databases, from_url
from huzhu.config.environment import BadSetting


def test_without_an_address_the_database_is_a_file_at_home(tmp_path: Path) -> None:
    found = databases({"HUZHU_DATABASE_URL": "", "HUZHU_HOME": tmp_path})["default"]
    assert found["ENGINE"] == "huzhu.config.sqlite"
    assert found["NAME"] == tmp_path / "huzhu.sqlite3"


def test_an_address_of_postgresql_is_taken_apart_and_unquoted() -> None:
    found = from_url(
        url="postgresql://me%40here:p%2Fw%3A@db.example.org:5433/huz%20hu?sslmode=verify-full&sslrootcert=/etc/ca.pem&pool=3"
    )
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["USER"], found["PASSWORD"]) == ("me@here", "p/w:")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example.org", "5433", "huz hu")
    assert found["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ca.pem",
        "pool": {"min_size": 1, "max_size": 3, "timeout": 10},
    }


def test_a_folder_of_sockets_stands_in_the_query() -> None:
    found = from_url(url="postgresql://postgres@/postgres?host=%2Ftmp%2Fpg&pool=0")
    assert (found["HOST"], found["USER"], found["PASSWORD"]) == ("/tmp/pg", "postgres", "")
    assert found["OPTIONS"] == {}


def test_sqlite_takes_the_full_path_of_a_file(tmp_path: Path) -> None:
    assert from_url(url=f"sqlite://{tmp_path}/a%20b.sqlite3")["NAME"] == tmp_path / "a b.sqlite3"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:secret-word@host/name", "postgresql:// or sqlite:///"),
        ("huzhu.sqlite3", "postgresql:// or sqlite:///"),
        ("sqlite://relative/path", "full path"),
        ("sqlite:///tmp", "is a folder"),
        ("sqlite:///tmp/x.sqlite3?cache=shared", "full path"),
        ("postgresql://u:secret-word@host", "name of a database"),
        ("postgresql://u:secret-word@host/", "name of a database"),
        ("postgresql://u:secret-word@host/a/b", "name of a database"),
        ("postgresql://u:secret-word@host:port/name", "a number from 1 to 65535"),
        ("postgresql://u:secret-word@host:99999/name", "a number from 1 to 65535"),
        ("postgresql://u:secret-word@host/name?sslmode=maybe", "sslmode is one of"),
        ("postgresql://u:secret-word@host/name?ssl=true", "ssl is not known"),
        ("postgresql://u:secret-word@host/name?sslmode", "name=value"),
        ("postgresql://u:secret-word@host/name?pool=many", "0 to 1000"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_without_telling_its_password(url: str, said: str) -> None:
    with pytest.raises(BadSetting) as refused:
        from_url(url=url)
    assert said in str(refused.value)
    assert "secret-word" not in str(refused.value)
