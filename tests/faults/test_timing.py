"""Whether somebody has an account cannot be told by how long an answer takes: the same statements and the same hashing are done
for everybody. Work is what is held; times are printed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client

from huzhu.apps.unions import services
from huzhu.apps.unions.models import User
from tests.site.cast import AT, PASSWORD, Cast, phone

TIMES = 300
SAVEPOINT = re.compile('"s\\d+_x\\d+"')  # each has a name of its own
LOGIN, CODE = "/account/login/", "/account/login/code/"
pytestmark = [pytest.mark.faults, pytest.mark.django_db]


class Work:
    """What was done for one request, and how long it took."""

    hashes = 0

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements.append(SAVEPOINT.sub("", sql))
        return execute(sql, params, many, context)

    @property
    def done(self) -> tuple[int, tuple[str, ...]]:
        return self.hashes, tuple(self.statements)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time a password is hashed."""
    counted: list[int] = []
    for name in ("encode", "verify"):
        true = getattr(Argon2PasswordHasher, name)

        def counting(self: Any, *args: Any, _true: Any = true, **kwargs: Any) -> Any:
            counted.append(1)
            return _true(self, *args, **kwargs)

        monkeypatch.setattr(Argon2PasswordHasher, name, counting)
    return counted


def measured(post: Callable[[Client], Any], hashes: list[int], *, number: int) -> Work:
    """One request of a browser of its own, from an address of its own."""
    cache.clear()  # which is tidied now and then, whoever comes by
    client = Client(REMOTE_ADDR=f"198.18.{number // 250}.{number % 250 + 1}")
    work, before = Work(), len(hashes)
    with connection.execute_wrapper(work):
        began = time.perf_counter()
        answer = post(client)
        work.seconds = time.perf_counter() - began
    assert answer.status_code in (200, 302), answer.status_code
    work.hashes = len(hashes) - before
    return work


def alternately(kinds: dict[str, Callable[[int], Callable[[Client], Any]]], hashes: list[int]) -> dict[str, list[Work]]:
    """Each kind in turn, the first one another each time, so that nobody is always first."""
    names = list(kinds)
    found: dict[str, list[Work]] = {name: [] for name in names}
    for n in range(-5, TIMES):
        for k in range(len(names)):
            name = names[(n + k) % len(names)]
            work = measured(kinds[name](n + 5), hashes, number=(n + 5) * len(names) + k)
            if n >= 0:  # the first ones load what is loaded once
                found[name].append(work)
    return found


def tell(what: str, found: dict[str, list[Work]]) -> None:
    said = ", ".join(f"{name} {median(work.seconds for work in works) * 1000:.2f} ms" for name, works in found.items())
    print(f"\n{what}, medians of {TIMES}: {said}")


def test_signing_in_is_the_same_work_whether_there_is_an_account_or_not(cast: Cast, hashes: list[int]) -> None:
    cast.officer("finance", name="known")
    User.objects.filter(pk=cast.officer("finance", name="closed").pk).update(is_active=False)

    def of(name: str, password: str) -> Callable[[Client], Any]:
        return lambda client: client.post(LOGIN, {"login": name, "password": password})

    hashes.clear()
    found = alternately(
        {
            "known": lambda n: of("known", f"wrong {n}"),
            "unknown": lambda n: of(f"nobody{n}", f"wrong {n}"),
            "closed": lambda _: of("closed", PASSWORD),
        },
        hashes,
    )
    tell("sign-in with a wrong password, or to a closed account", found)
    done = {name: {work.done for work in works} for name, works in found.items()}
    assert {hashed for one in done.values() for hashed, _ in one} == {1}
    assert done["known"] == done["unknown"]
    assert done["known"] == done["closed"]
    assert len(done["known"]) == 1


def test_a_code_by_phone_is_the_same_work_whether_the_number_has_an_account_or_not(
    cast: Cast,  # noqa: ARG001  the tables
    hashes: list[int],
) -> None:
    known, unknown = ([phone() for _ in range(TIMES + 5)] for _ in range(2))
    for number in known:
        services.create_user(by=None, at=AT, username=None, password=None, display_name="陈*", phone=number)

    def of(number: str) -> Callable[[Client], Any]:
        return lambda client: client.post(CODE, {"phone": number})

    found = alternately({"known": lambda n: of(known[n]), "unknown": lambda n: of(unknown[n])}, hashes)
    tell("asking for a code by phone", found)
    done = {name: {work.done for work in works} for name, works in found.items()}
    assert done["known"] == done["unknown"]
    assert len(done["known"]) == 1
