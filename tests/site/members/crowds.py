"""Many people joining at once, each request on a connection of its own."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections

from huzhu.apps.members import services
from huzhu.apps.members.models import Member
from huzhu.apps.unions.models import User
from huzhu.apps.unions.scoping import whole_union
from tests.site.cast import AT, Cast, identity_number, phone
from tests.site.members.joiners import application

NAMES = ("李晓明", "王芳", "张伟", "欧阳海", "古丽娜尔·买买提")


def join_all(cast: Cast, *, people: int, times: int, threads: int) -> Counter[str]:
    """Each of `people` sends the same application `times` times, all mixed and at once; how each ended."""
    each = [
        application(cast, number=identity_number(), mobile=phone(), name=NAMES[n % len(NAMES)]) for n in range(people)
    ]
    asked = each * times
    random.Random(7).shuffle(asked)
    gate = threading.Barrier(threads)

    def work(part: list[Any]) -> list[str]:
        gate.wait()
        try:
            return [services.apply(at=AT, application=one).how for one in part]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        ended = list(pool.map(work, [asked[n::threads] for n in range(threads)]))
    return Counter(how for part in ended for how in part)


def is_shared_by_threads() -> bool:
    """An in-memory SQLite is not: its threads would each have an empty one."""
    return connection.vendor != "sqlite" or not connection.is_in_memory_db()  # type: ignore[attr-defined]


def counted() -> tuple[int, int]:
    """Members, and the accounts that are theirs."""
    with whole_union("a test counts"):
        return Member.objects.count(), User.objects.filter(member__isnull=False).count()
