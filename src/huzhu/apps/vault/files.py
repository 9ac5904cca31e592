"""Files with personal data, stored sealed in pieces, so that a file of any size takes little memory and no change goes unseen."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import struct
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from django.conf import settings

from huzhu.apps.vault.ciphers import TAG_BYTES, BadKey, Tampered
from huzhu.apps.vault.fields import ring

MAGIC = b"HZF1"
PIECE_BYTES = 1 << 20
PREFIX_BYTES = 8  # random, a file; with the piece's number it makes the nonce
HEAD = struct.Struct(f">4sB{PREFIX_BYTES}s")
CLEAR, LOCK, GATE = "clear", "lock", ".gate"


def store(stream: IO[bytes], place: str) -> str:
    """Seal what the stream holds to `place`; the name to open it by. When this returns, it is on the disk."""
    name = secrets.token_hex(16)
    _write(name, stream, place)
    return name


def reseal(name: str, place: str) -> bool:
    """Seal a file with the current key where another one sealed it; whether that was so. It is there whole, under the old key or the
    new one, at every moment, and whoever is reading it reads on."""
    path = _folder("files") / _checked(name)
    if _key_of(path) == ring().current:
        return False
    with opened(name, place) as clear, clear.open("rb") as stream:
        _write(name, stream, place)
    return True


def keys() -> Iterator[int]:
    """The number of the key of every stored file."""
    for path in _stored():
        with suppress(FileNotFoundError):
            if number := _key_of(path):
                yield number


def remove_orphans(*, named: Collection[str], before: float) -> int:
    """Remove the files that are not among the `named` and older than a moment (seconds since the epoch); how many there were."""
    removed = 0
    for path in _stored():
        with suppress(FileNotFoundError):
            if path.name not in named and path.stat().st_mtime < before:
                path.unlink()
                removed += 1
    return removed


@contextmanager
def opened(name: str, place: str) -> Iterator[Path]:
    """The file in clear, in a folder of its own that only this user can read and that goes when the block ends. What is made of
    the file may be put beside it. Raises Tampered, or BadKey, before any of the block is run."""
    with workspace() as work:
        clear = work / CLEAR
        with os.fdopen(os.open(clear, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for piece in _pieces(_folder("files") / _checked(name), place):
                out.write(piece)
        yield clear


def delete(name: str) -> None:
    (_folder("files") / _checked(name)).unlink(missing_ok=True)


def sweep() -> int:
    """Remove what killed processes left half done; how much there was. What has a living owner is locked, and stays."""
    removed = 0
    with _gate(fcntl.LOCK_EX):
        for work in [path for path in _folder("tmp").iterdir() if path.is_dir()]:
            with suppress(OSError), (work / LOCK).open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(work)
                removed += 1
        for draft in _folder("files").glob(".*"):
            with suppress(OSError), draft.open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                draft.unlink()
                removed += 1
    return removed


@contextmanager
def workspace() -> Iterator[Path]:
    """A folder that only this user can read, for what must not outlive the block. Swept where its process is killed."""
    with _gate(fcntl.LOCK_SH):
        work = Path(tempfile.mkdtemp(dir=_folder("tmp")))  # 0700
        lock = (work / LOCK).open("ab")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            yield work
        finally:
            with _gate(fcntl.LOCK_SH):
                shutil.rmtree(work)


@contextmanager
def _gate(how: int) -> Iterator[None]:
    """Whoever makes or removes something of its own passes together with others; a sweep passes alone. So a sweep meets nothing that
    is made and not locked yet, or half removed."""
    with (_folder("tmp") / GATE).open("ab") as gate:
        fcntl.flock(gate, how)
        yield


def _write(name: str, stream: IO[bytes], place: str) -> None:
    folder = _folder("files")
    draft = folder / f".{secrets.token_hex(16)}"
    key, prefix = ring().sealing, os.urandom(PREFIX_BYTES)
    try:
        with _draft(draft) as out:
            out.write(HEAD.pack(MAGIC, key.number, prefix))
            number, piece = 0, _full(stream)
            while True:
                following = _full(stream)
                out.write(key.encrypt(_nonce(prefix, number), piece, _about(place, number, is_last=not following)))
                if not following:
                    break
                number, piece = number + 1, following
            out.flush()
            os.fsync(out.fileno())
            draft.replace(folder / name)  # while it is still locked, or a sweep might take it for left behind
    finally:
        draft.unlink(missing_ok=True)
    _sync(folder)


def _stored() -> list[Path]:
    return [path for path in _folder("files").iterdir() if not path.name.startswith(".")]


def _key_of(path: Path) -> int:
    with path.open("rb") as stored:
        head = stored.read(HEAD.size)
    return head[len(MAGIC)] if head.startswith(MAGIC) and len(head) == HEAD.size else 0  # 0 is no key's number


def _draft(path: Path) -> IO[bytes]:
    with _gate(fcntl.LOCK_SH):
        out = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        fcntl.flock(out, fcntl.LOCK_EX)
    return out


def _pieces(path: Path, place: str) -> Iterator[bytes]:
    with path.open("rb") as stored:
        head = stored.read(HEAD.size)
        if len(head) < HEAD.size or not head.startswith(MAGIC):
            raise Tampered(f"{place}: this is no sealed file")
        _, key_number, prefix = HEAD.unpack(head)
        key = ring().keys.get(key_number)
        if key is None:
            raise BadKey(f"{place} was sealed with key {key_number}, which HUZHU_KEYS does not hold")
        number, piece = 0, stored.read(PIECE_BYTES + TAG_BYTES)
        while True:
            following = stored.read(PIECE_BYTES + TAG_BYTES)
            about = _about(place, number, is_last=not following)
            try:
                yield key.open(bytes([key_number]) + _nonce(prefix, number) + piece, about)
            except (InvalidTag, ValueError):
                raise Tampered(
                    f"{place}: piece {number + 1} was not sealed for this place, or has been changed"
                ) from None
            if not following:
                return
            number, piece = number + 1, following


def _full(stream: IO[bytes]) -> bytes:
    """A whole piece, unless the stream ends in it: a stream may give less than it is asked for."""
    parts, wanted = [], PIECE_BYTES
    while wanted and (part := stream.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + number.to_bytes(4)


def _about(place: str, number: int, *, is_last: bool) -> bytes:
    """What a piece is bound to: no piece can be moved, left out, or taken for the end."""
    return f"{place}\0{number}\0{'last' if is_last else 'more'}".encode()


def _folder(name: str) -> Path:
    folder = Path(settings.HUZHU_HOME) / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _checked(name: str) -> str:
    if len(name) != 32 or not set(name) <= set("0123456789abcdef"):
        raise ValueError("no name of a stored file")
    return name


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
