"""A shift change at the station: everybody scans at once, most of them twice."""

from __future__ import annotations

import pytest

from huzhu.apps.audit.services import verify
from tests.site.cast import build
from tests.site.members.crowds import counted, is_shared_by_threads, join_all


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_a_thousand_joins_by_five_hundred_people_make_five_hundred_members() -> None:
    if not is_shared_by_threads():
        pytest.skip("the test database is in memory, which threads cannot share")
    ended = join_all(build(), people=500, times=2, threads=16)
    assert counted() == (500, 500)
    assert ended == {"new": 500, "known": 500}
    assert verify().fault is None
