"""Several people, each joining several times at once, on real connections."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from huzhu.apps.audit.services import verify
from huzhu.apps.members import services
from huzhu.apps.members.refusals import AlreadyDecided
from tests.site.cast import AT, build
from tests.site.members.crowds import counted, is_shared_by_threads, join_all
from tests.site.members.joiners import again, applied

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _real_connections() -> None:
    if not is_shared_by_threads():
        pytest.skip("the test database is in memory, which threads cannot share")


def test_forty_joins_by_ten_people_make_ten_members() -> None:
    cast = build()
    ended = join_all(cast, people=10, times=4, threads=8)
    assert counted() == (10, 10)
    assert ended["new"] == 10
    assert ended["known"] == 30
    assert verify().fault is None


def test_of_two_officers_at_once_one_wins_and_the_other_is_told() -> None:
    cast = build()
    officers = [cast.officer("grassroots_officer", at="east-union", name=name) for name in ("zhang", "li")]
    for _ in range(5):
        member = applied(cast)
        gate = threading.Barrier(2)

        def decide(officer: Any, member: Any = member, gate: Any = gate) -> str:
            gate.wait()
            try:
                services.approve(by=officer, at=AT, member=member)
                return str(officer.username)
            except AlreadyDecided as refusal:
                return refusal.said.zh
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(decide, officers))
        won = [one for one in said if one in ("zhang", "li")]
        told = [one for one in said if one not in won]
        assert len(won) == len(told) == 1
        assert told[0] == f"{won[0]}已于 2026-11-02 09:30 处理过，结果是“已批准”。"
        assert again(member).decided_by.username == won[0]
