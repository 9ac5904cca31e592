"""A change of keys reaches everything that is sealed, wherever it lies; files that no row names go, and no others."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.test import Client
from django_scopes import scopes_disabled

from huzhu.apps.registers.models import Register, RegisterLoad
from huzhu.apps.rosters import services as rosters
from huzhu.apps.rosters.models import Roster
from huzhu.apps.unions.models import User
from huzhu.apps.unions.second_factors import unseal
from huzhu.apps.vault import files
from huzhu.apps.vault.ciphers import BadKey
from huzhu.apps.vault.services import keys_in_use, rotate, sweep
from tests.site.cast import AT, Cast
from tests.site.rosters.feeding import as_csv, finish, person

OLD = f"1:aes256gcm:hex:{hashlib.sha256(b'huzhu test key').hexdigest()}"
NEW = f"2:aes256gcm:hex:{'ab' * 32}"
DAY = dt.timedelta(days=1)
LARGE = b"0123456789abcdef" * 200_000  # four pieces
pytestmark = pytest.mark.django_db


def uploaded(cast: Cast, n: int) -> Roster:
    by = User.objects.filter(username="feeder").first() or cast.officer("district_officer", at="east", name="feeder")
    return rosters.upload(
        by=by, at=AT, organisation=cast.tree["east-union"], stream=as_csv([person(n)]), file_name=f"{n}.csv"
    )


def loading(content: bytes) -> RegisterLoad:
    register = Register.objects.create(
        code="food", name="x", platform="demo-food", kind="file", valid_days=30, created_at=AT
    )
    name = files.store(io.BytesIO(content), register.place)
    return RegisterLoad.objects.create(register=register, file=name, asked_at=AT)


def content_of(name: str, place: str) -> bytes:
    with files.opened(name, place) as path:
        return path.read_bytes()


def aged(path: Path, at: dt.datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_new_key_takes_over_the_files_and_the_old_one_may_go(cast: Cast, home: Path, settings: Any) -> None:
    load, roster = loading(LARGE), uploaded(cast, 1)
    settings.HUZHU_KEYS = f"{OLD},{NEW}"
    changed = rotate()
    assert (changed["registers.RegisterLoad.file"], changed["rosters.Roster.file"]) == (1, 1)
    assert keys_in_use().keys() == {2}
    settings.HUZHU_KEYS = NEW
    assert content_of(load.file, load.register.place) == LARGE
    assert content_of(roster.file, roster.place) == as_csv([person(1)]).read()
    assert sorted(path.name for path in (home / "files").iterdir()) == sorted([load.file, roster.file])


def test_files_and_second_factors_hold_a_key_in_use(cast: Cast, settings: Any) -> None:
    cast.officer("auditor")
    loading(b"x")
    settings.HUZHU_KEYS = f"{OLD},{NEW}"
    assert keys_in_use()[1] == 2


def test_a_change_of_keys_over_files_goes_on_where_it_stopped(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: two of five are done, and a third is half written beside the one it would replace."""
    made = [uploaded(cast, n) for n in range(1, 6)]
    settings.HUZHU_KEYS = f"{OLD},{NEW}"
    written = files._write
    done: list[str] = []

    def killed(name: str, stream: Any, place: str) -> None:
        if len(done) == 2:
            (files._folder("files") / ".half").write_bytes(b"HZF1 and no more")
            raise KeyboardInterrupt
        written(name, stream, place)
        done.append(name)

    monkeypatch.setattr(files, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.setattr(files, "_write", written)
    assert sorted(files.keys()) == [1, 1, 1, 2, 2]
    assert sweep(at=AT) == 1
    assert rotate()["rosters.Roster.file"] == 3
    settings.HUZHU_KEYS = NEW
    for n, roster in enumerate(made, start=1):
        assert content_of(roster.file, roster.place) == as_csv([person(n)]).read()


def test_whoever_reads_a_file_while_it_is_sealed_anew_reads_it_whole(settings: Any) -> None:
    name = files.store(io.BytesIO(LARGE), "somewhere")
    settings.HUZHU_KEYS = f"{OLD},{NEW}"
    pieces = files._pieces(files._folder("files") / name, "somewhere")
    first = next(pieces)
    assert files.reseal(name, "somewhere")
    assert first + b"".join(pieces) == LARGE
    assert content_of(name, "somewhere") == LARGE
    assert not files.reseal(name, "somewhere")


def test_a_file_let_go_while_it_is_sealed_anew_does_not_come_back(
    cast: Cast, home: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = uploaded(cast, 1)
    settings.HUZHU_KEYS = f"{OLD},{NEW}"
    written = files._write

    def let_go(name: str, stream: Any, place: str) -> None:
        files.delete(name)
        with scopes_disabled():
            Roster.objects.filter(pk=roster.pk).update(file="")
        written(name, stream, place)

    monkeypatch.setattr(files, "_write", let_go)
    rotate()
    assert list((home / "files").iterdir()) == []


def test_second_factors_and_sessions_outlive_the_key_they_were_sealed_with(cast: Cast, settings: Any) -> None:
    officer = cast.officer("auditor")
    RecoveryCodes.activate(officer)
    secret = Authenticator.objects.get(user=officer, type="totp").data["secret"]
    codes = Authenticator.objects.get(user=officer, type="recovery_codes").wrap().generate_codes()
    client: Client = cast.client(officer)
    settings.HUZHU_KEYS = f"{OLD},{NEW}"
    changed = rotate()
    assert (changed["mfa.Authenticator.data"], changed["sessions.Session.session_data"]) == (2, 1)
    settings.HUZHU_KEYS = NEW
    found = Authenticator.objects.get(user=officer, type="totp")
    assert found.data["secret"] != secret
    assert re.fullmatch("[A-Z2-7]{16,}", unseal(found.data["secret"]))
    assert Authenticator.objects.get(user=officer, type="recovery_codes").wrap().generate_codes() == codes
    assert client.get("/account/2fa/").status_code == 200
    with pytest.raises(BadKey):
        unseal(secret)


def test_a_file_whose_row_was_never_committed_goes_a_day_later(cast: Cast, home: Path) -> None:
    """What a web process leaves that is killed between the file and the end of its transaction."""
    kept = uploaded(cast, 1)
    with transaction.atomic():
        uploaded(cast, 2)
        transaction.set_rollback(True)
    left = [path for path in (home / "files").iterdir() if path.name != kept.file]
    assert len(left) == 1
    for path in (home / "files").iterdir():
        aged(path, AT)
    assert sweep(at=AT + DAY) == 0
    assert left[0].exists()
    assert sweep(at=AT + DAY + dt.timedelta(seconds=1)) == 1
    assert [path.name for path in (home / "files").iterdir()] == [kept.file]
    assert content_of(kept.file, kept.place) == as_csv([person(1)]).read()


def test_the_worker_sweeps_by_itself(cast: Cast, home: Path) -> None:  # noqa: ARG001  the tables
    name = files.store(io.BytesIO(b"nobody's"), "nowhere")
    aged(home / "files" / name, AT)
    with time_machine.travel(AT + 2 * DAY, tick=False):
        finish()
    assert list((home / "files").iterdir()) == []
