"""The counts that are kept are those that a plain count gives, whoever joins, moves and leaves, and however many at once."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from django_scopes import scopes_disabled

from huzhu.apps.members import queries, services
from huzhu.apps.members.desk_models import Tally
from huzhu.apps.members.models import Member
from huzhu.cli.site.doctor import Health, examine
from tests.site.cast import AT, ON, Cast, build
from tests.site.members.crowds import is_shared_by_threads
from tests.site.members.joiners import CONSENTS, admitted, again, applied, user_of
from tests.site.rosters.feeding import feed, merge, person
from tests.site.tallies import kept, plain

YEAR = dt.timedelta(days=365)


def of(cast: Cast, **numbers: int) -> dict[tuple[Any, int], int]:
    """East, west and so on as the tables name them, in the year of the tests."""
    return {(cast.tree[f"{side}-station"].pk, ON.year): number for side, number in numbers.items() if number}


def test_joining_moving_leaving_and_coming_back_are_counted(cast: Cast) -> None:
    applied(cast)  # who only asked is not counted
    first, second = admitted(cast), admitted(cast)
    assert kept() == of(cast, east=2)
    services.transfer(by=cast.officer("district_officer", at="city"), at=AT, member=first, to=cast.tree["west-station"])
    assert kept() == of(cast, east=1, west=1)
    services.leave(by=user_of(second), at=AT, member=second)
    assert kept() == of(cast, west=1)
    services.rejoin(by=user_of(second), at=AT + YEAR, member=again(second), consents=CONSENTS)
    assert kept() == of(cast, west=1)
    services.approve(by=cast.officer("grassroots_officer", at="east-union"), at=AT + YEAR, member=again(second))
    assert kept() == of(cast, west=1) | {(cast.tree["east-station"].pk, ON.year + 1): 1}
    assert queries.summary(paths=("",)) == queries.Summary(current=2, this_year=1)
    assert queries.summary(paths=("",), on=ON) == queries.Summary(current=2, this_year=1)
    assert queries.summary(paths=(cast.tree["west"].path,), on=ON + YEAR) == queries.Summary(current=1, this_year=0)


def test_refusing_and_erasing_leave_the_counts_alone(cast: Cast) -> None:
    member = admitted(cast)
    services.refuse(by=cast.officer("grassroots_officer", at="east-union"), at=AT, member=applied(cast), reason="不符")
    services.leave(by=user_of(member), at=AT, member=member)
    services.erase(by=user_of(member), at=AT, member=again(member))
    assert kept() == plain() == {}


def test_a_roster_is_counted_where_its_people_are(cast: Cast) -> None:
    officer = cast.officer("district_officer", at="city")
    with scopes_disabled():
        merge(feed([person(n, station="east-station") for n in range(7)], by=officer, to=cast.tree["city"]), by=officer)
        assert kept() == of(cast, east=7)
        # Two of them move, one is new, and the others stay.
        lines = [person(n, station="west-station" if n > 4 else "east-station") for n in range(8)]
        merge(feed(lines, by=officer, to=cast.tree["city"]), by=officer)
    assert kept() == of(cast, east=5, west=3)


def test_a_wrong_count_is_found_by_the_doctor_and_mended_by_counting_anew(cast: Cast) -> None:
    admitted(cast)
    moved = admitted(cast)
    assert services.wrong() == 0
    Member._base_manager.filter(pk=moved.pk).update(organisation=cast.tree["west-station"])
    assert services.wrong() == 2
    found = next(finding for finding in examine() if finding.name == "tallies")
    assert (found.health, found.mend is not None) == (Health.BAD, True)
    assert services.recount() == 2
    assert services.wrong() == 0
    assert kept() == of(cast, east=1, west=1)
    assert services.recount() == 0


def test_a_site_that_has_members_already_begins_with_their_count(cast: Cast) -> None:
    for side in ("east", "east", "west"):
        admitted(cast, at=f"{side}-station")
    applied(cast)
    with scopes_disabled():
        Tally.objects.all().delete()
    migration = import_module("huzhu.apps.members.migrations.0003_tallies")
    with scopes_disabled():
        migration.count(apps, None)
    assert kept() == of(cast, east=2, west=1)


@pytest.mark.django_db(transaction=True)
def test_the_counts_hold_while_many_join_move_leave_and_are_imported() -> None:
    if not is_shared_by_threads():
        pytest.skip("the test database is in memory, which threads cannot share")
    cast = build()
    officer = cast.officer("district_officer", at="city")
    sides = [("east-station", "west-station")[n % 2] for n in range(24)]
    people = [admitted(cast, at=side) for side in sides]
    with scopes_disabled():
        waiting = [applied(cast, at=side) for side in sides[:8]]
        roster = feed(
            [person(600_000 + n, station=("west-station", "east-station")[n % 2]) for n in range(40)],
            by=officer, to=cast.tree["city"],
        )  # fmt: skip
    acts: list[Callable[[], object]] = [
        *(lambda one=one: services.approve(by=officer, at=AT, member=one) for one in waiting),
        *(lambda one=one: services.leave(by=user_of(one), at=AT, member=one) for one in people[:8]),
        *(
            lambda one=one, side=side: services.transfer(
                by=officer, at=AT, member=one,
                to=cast.tree["west-station" if side == "east-station" else "east-station"],
            )
            for one, side in zip(people[8:], sides[8:], strict=True)
        ),
        services.recount,
        services.recount,
    ]  # fmt: skip
    random.Random(5).shuffle(acts)
    acts.insert(0, lambda: merge(roster, by=officer))
    ended = at_once(acts, threads=6)
    assert Counter(ended) == {"done": len(acts)}
    # 24 + 8 approved - 8 who left + 40 of the roster; each side began with the same number and gave as many as it took.
    assert kept() == plain() == of(cast, east=32, west=32)


def at_once(acts: list[Callable[[], object]], *, threads: int) -> list[str]:
    """Each thread with a connection of its own; how each act ended."""
    gate = threading.Barrier(threads)

    def work(part: list[Callable[[], object]]) -> list[str]:
        gate.wait()
        ended = []
        try:
            for act in part:
                with scopes_disabled():
                    act()
                ended.append("done")
        except Exception as error:
            ended.append(repr(error))
        finally:
            connections.close_all()
        return ended

    with ThreadPoolExecutor(threads) as pool:
        return [one for part in pool.map(work, [acts[n::threads] for n in range(threads)]) for one in part]
