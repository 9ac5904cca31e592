from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site import postgres

# Minutes of whole commands and hostile files: `pytest -m slow`.
pytestmark = pytest.mark.slow

HUZHU = [sys.executable, "-m", "huzhu"]
PASSWORD = "four plain words together"


class Site:
    """A site in a folder of its own, and its commands as a person would type them."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.environment = {
            **os.environ, "HUZHU_ENV": "test", "HUZHU_HOME": str(folder / "home"), "HUZHU_DATABASE_URL": database, "HUZHU_LANG": "en",
        }  # fmt: skip

    def run(self, *words: str | Path, typed: str = "", status: int = 0) -> str:
        done = subprocess.run(
            [*HUZHU, *map(str, words)],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == status, done.stderr[-3000:]
        return done.stdout + done.stderr

    def add(self, name: str) -> None:
        self.run("createuser", "--username", name, "--name", name, "--password-stdin", typed=PASSWORD)

    def entries(self) -> int:
        return int(json.loads(self.run("audit", "verify", "--json"))["entries"])


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    if request.param == "sqlite":
        made = Site(tmp_path)
        made.run("migrate")
        yield made
        return
    with postgres.started() as url:
        made = Site(tmp_path, url)
        made.environment["PATH"] = f"{postgres.newest_programs()}{os.pathsep}{os.environ['PATH']}"
        made.run("migrate")
        yield made


def test_a_backup_brings_back_the_day_it_was_made(site: Site, tmp_path: Path) -> None:
    site.add("anna")
    files = tmp_path / "home" / "files"
    files.mkdir(parents=True, exist_ok=True)
    (files / "kept").write_bytes(b"roster")
    site.run("backup", "-o", tmp_path / "copy.zip")
    site.add("bert")
    (files / "later").write_bytes(b"other")
    (files / "kept").unlink()
    assert site.entries() == 2
    assert "--yes overwrites" in site.run("restore", tmp_path / "copy.zip", status=2)
    assert site.entries() == 2
    site.run("restore", tmp_path / "copy.zip", "--yes")
    assert site.entries() == 1
    assert {path.name: path.read_bytes() for path in files.iterdir()} == {"kept": b"roster"}
    site.add("bert")  # the name is free again, and the site goes on
    assert site.entries() == 2


def test_a_backup_tells_what_it_holds_and_holds_no_key(site: Site, tmp_path: Path) -> None:
    site.add("anna")
    site.run("backup", "-o", tmp_path / "copy.zip")
    assert (tmp_path / "copy.zip").stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["rows"]["unions_user"] == 1
    assert manifest["faults"] == []
    assert "audit.0001_initial" in manifest["migrations"]
    assert manifest["audit"].startswith("1:")
    assert all(isinstance(key, int) for key in manifest["keys"])


def test_a_damaged_backup_is_refused_before_anything_is_touched(site: Site, tmp_path: Path) -> None:
    site.add("anna")
    copy, bad = tmp_path / "copy.zip", tmp_path / "bad.zip"
    site.run("backup", "-o", copy)
    whole = copy.read_bytes()
    for content in (whole[: len(whole) // 2], b"", whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:]):
        bad.write_bytes(content)
        assert "bad.zip" in site.run("restore", bad, "--yes", status=2)
    assert site.entries() == 1


def test_a_backup_of_a_newer_huzhu_or_with_unknown_keys_is_refused(site: Site, tmp_path: Path) -> None:
    site.run("backup", "-o", tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    manifest["migrations"].append("audit.9999_of_tomorrow")
    manifest["keys"] = [77]
    with zipfile.ZipFile(tmp_path / "newer.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps(manifest))
    said = site.run("restore", tmp_path / "newer.zip", "--yes", status=2)
    assert "audit.9999_of_tomorrow" in said
    assert "77" in said


def test_a_backup_never_replaces_a_file(site: Site, tmp_path: Path) -> None:
    (tmp_path / "copy.zip").write_bytes(b"the only backup of last year")
    site.run("backup", "-o", tmp_path / "copy.zip", status=2)
    assert (tmp_path / "copy.zip").read_bytes() == b"the only backup of last year"


def test_nothing_is_restored_under_a_running_site(tmp_path: Path) -> None:
    import pysqlite3

    site = Site(tmp_path)
    site.run("migrate")
    site.run("backup", "-o", tmp_path / "copy.zip")
    connection = pysqlite3.connect(str(tmp_path / "home" / "huzhu.sqlite3"))
    connection.execute("SELECT count(*) FROM django_migrations").fetchone()
    try:
        assert "in use" in site.run("restore", tmp_path / "copy.zip", "--yes", status=2)
    finally:
        connection.close()
    site.run("restore", tmp_path / "copy.zip", "--yes")
