"""Sealed files: they come back as they were or not at all, and nothing in clear outlives the process that opened it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

from huzhu.apps.vault import files
from huzhu.apps.vault.ciphers import TAG_BYTES, BadKey, Tampered

PLACE = "rosters_roster:1"
PIECE = files.PIECE_BYTES + TAG_BYTES
HEAD = files.HEAD.size


def content(size_bytes: int) -> bytes:
    return Random(size_bytes).randbytes(size_bytes)


def stored(size_bytes: int) -> str:
    return files.store(io.BytesIO(content(size_bytes)), PLACE)


def read(name: str, place: str = PLACE) -> bytes:
    with files.opened(name, place) as path:
        return path.read_bytes()


def refuses(name: str, place: str = PLACE) -> str:
    """What is said against a file, of which nothing is given away and nothing is left."""
    with pytest.raises(Tampered) as refusal, files.opened(name, place):
        pytest.fail("the block must not run")
    assert [path.name for path in (files._folder("tmp")).iterdir()] == [files.GATE]
    return str(refusal.value)


@pytest.mark.parametrize("size_bytes", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_file_comes_back_as_it_was(size_bytes: int) -> None:
    assert read(stored(size_bytes)) == content(size_bytes)


def test_a_stream_that_gives_a_little_at_a_time_is_stored_whole() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 65_521))

    assert read(files.store(Slow(content(2_500_000)), PLACE)) == content(2_500_000)


def test_nothing_of_it_lies_in_clear_and_nobody_else_can_read_it(home: Path) -> None:
    name = files.store(io.BytesIO("张伟,110101199001011234".encode() * 1000), PLACE)
    path = home / "files" / name
    assert b"110101199001011234" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with files.opened(name, PLACE) as clear:
        assert clear.stat().st_mode & 0o777 == 0o600
        assert clear.parent.stat().st_mode & 0o777 == 0o700
    assert not clear.exists()
    assert not clear.parent.exists()


def test_one_changed_bit_anywhere_is_seen(home: Path) -> None:
    name = stored(2_200_000)
    path, rng = home / "files" / name, Random(1)
    sound = path.read_bytes()
    for at in [
        *range(HEAD),
        HEAD,
        HEAD + PIECE - 1,
        HEAD + PIECE,
        len(sound) - 1,
        *(rng.randrange(len(sound)) for _ in range(10)),
    ]:
        changed = bytearray(sound)
        changed[at] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        with pytest.raises((Tampered, BadKey)), files.opened(name, PLACE):  # the fifth byte names the key
            pytest.fail("the block must not run")


@pytest.mark.parametrize("kept", [0, 3, HEAD, HEAD + 5, HEAD + PIECE, HEAD + PIECE + 7, HEAD + 2 * PIECE])
def test_a_file_that_was_cut_off_is_refused(home: Path, kept: int) -> None:
    name = stored(2_200_000)
    path = home / "files" / name
    path.write_bytes(path.read_bytes()[:kept])
    refuses(name)


def pieces(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + PIECE] for at in range(HEAD, len(sealed), PIECE)]


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (0, 1), (0, 2), (0, 1, 1, 2), (0, 1, 2, 2)])
def test_pieces_that_were_swapped_left_out_or_doubled_are_refused(home: Path, order: tuple[int, ...]) -> None:
    name = stored(3 << 20)
    path = home / "files" / name
    sealed = path.read_bytes()
    parts = pieces(sealed)
    assert len(parts) == 3
    path.write_bytes(sealed[:HEAD] + b"".join(parts[number] for number in order))
    assert "piece" in refuses(name)


def test_a_piece_of_another_file_of_the_same_place_is_refused(home: Path) -> None:
    one, other = stored(2 << 20), files.store(io.BytesIO(content(2 << 20)), PLACE)
    path = home / "files" / one
    sealed, foreign = path.read_bytes(), (home / "files" / other).read_bytes()
    path.write_bytes(sealed[: HEAD + PIECE] + foreign[HEAD + PIECE :])
    assert "piece 2" in refuses(one)


def test_a_file_opens_at_its_own_place_only(home: Path) -> None:
    name = stored(10)
    assert "rosters_roster:2" in refuses(name, "rosters_roster:2")
    (home / "files" / name).write_bytes(b"a file of somebody's own")
    assert "no sealed file" in refuses(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33, "/" + "0" * 31])
def test_a_name_that_is_none_reaches_no_file(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        files.delete(name)
    with pytest.raises(ValueError, match="no name"), files.opened(name, PLACE):
        pytest.fail("the block must not run")


def test_a_stream_that_breaks_leaves_nothing(home: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            if not found:
                raise OSError("the connection is gone")
            return found

    with pytest.raises(OSError, match="gone"):
        files.store(Broken(content(100)), PLACE)
    assert list((home / "files").iterdir()) == []


def test_a_deleted_file_is_gone_and_may_be_deleted_again() -> None:
    name = stored(10)
    files.delete(name)
    files.delete(name)
    with pytest.raises(FileNotFoundError), files.opened(name, PLACE):
        pytest.fail("the block must not run")


HOLDER = """
import io, sys, time
from django.conf import settings
settings.configure(HUZHU_HOME=sys.argv[1])
from huzhu.apps.vault import files
with files.workspace() as work:
    (work / "clear").write_text("what somebody must not read")
    draft = files._draft(files._folder("files") / ".draft")
    print(work, flush=True)
    time.sleep(60)
"""


def holder(home: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process with an open file and one half written."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_has_stays(home: Path) -> None:
    process, work = holder(home)
    try:
        with files.workspace() as mine:
            assert files.sweep() == 0
            assert (work / "clear").exists()
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            assert files.sweep() == 2  # the folder and the half-written file
            assert not work.exists()
            assert not (home / "files" / ".draft").exists()
            assert mine.exists()
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_folder_whose_process_was_killed_before_it_could_lock_it_is_swept() -> None:
    left = files._folder("tmp") / "left"
    left.mkdir()
    assert files.sweep() == 1
    assert not left.exists()


def test_sweeping_all_the_time_takes_nothing_from_those_who_work() -> None:
    stop, faults = threading.Event(), []

    def sweeping() -> None:
        while not stop.is_set():
            swept.append(files.sweep())

    def working(number: int) -> None:
        try:
            for turn in range(40):
                name = files.store(io.BytesIO(content(number * 100 + turn)), PLACE)
                assert read(name) == content(number * 100 + turn)
        except BaseException as error:
            faults.append(error)

    swept: list[int] = []
    sweeper = threading.Thread(target=sweeping)
    workers = [threading.Thread(target=working, args=(number,)) for number in range(4)]
    for thread in (sweeper, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    stop.set()
    sweeper.join()
    assert faults == []
    assert len(swept) > 10
    assert sum(swept) == 0
