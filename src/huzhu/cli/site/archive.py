"""A backup is one ZIP: the database, the files of the site, and a manifest with the hash of each. Keys are never in it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from huzhu.bulk.problems import BadInput, Problem
from huzhu.rules import Text

MANIFEST, FORM = "manifest.json", 1
BLOCK = 1 << 20


def write(*, path: Path, members: Iterable[tuple[str, Path]], manifest: dict[str, Any]) -> None:
    """Writes beside `path`, reads all of it again, and only then gives it its name. Only its owner can read it."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                hashes = {name: _add(archive, name, source) for name, source in members}
                whole = {"form": FORM, **manifest, "members": hashes}
                archive.writestr(MANIFEST, json.dumps(whole, ensure_ascii=False, indent=1))
            file.flush()
            os.fsync(file.fileno())
        check(path=part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def check(*, path: Path) -> dict[str, Any]:
    """The manifest of a backup that is whole. Raises BadInput for any other file."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            if manifest.get("form") != FORM:
                raise _refused(path, "由另一版本的互助制作", "made by another version of Huzhu")
            names = {name for name in archive.namelist() if name != MANIFEST}
            if names != manifest["members"].keys():
                raise _refused(path, "内容与清单不符", "its content is not what its manifest lists")
            for name, expected in manifest["members"].items():
                with archive.open(name) as member:
                    if _hash(member) != expected:
                        raise _refused(path, f"{name} 已损坏", f"{name} is damaged")
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, AttributeError, NotImplementedError):
        raise _refused(path, "不是完整的备份", "not a whole backup") from None
    return manifest


def take(*, path: Path, name: str, target: Path) -> None:
    """Unpacks one member to a file only its owner can read, on disk for good when this returns."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(path) as archive, archive.open(name) as member:
        shutil.copyfileobj(member, file, BLOCK)
        file.flush()
        os.fsync(file.fileno())


def _add(archive: zipfile.ZipFile, name: str, source: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as file, archive.open(name, "w", force_zip64=True) as member:
        while block := file.read(BLOCK):
            digest.update(block)
            member.write(block)
    return digest.hexdigest()


def _hash(file: BinaryIO | Any) -> str:
    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _refused(path: Path, zh: str, en: str) -> BadInput:
    return BadInput(file=str(path), problems=[Problem(Text(zh, en))])
