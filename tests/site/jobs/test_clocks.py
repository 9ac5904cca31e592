"""A clock that jumps, in either direction: no work is lost, doubled or left lying, and the record stays whole."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import transaction

from huzhu.apps.audit.services import record, verify
from huzhu.apps.jobs import services
from huzhu.apps.jobs.models import Job
from huzhu.apps.jobs.queries import is_working
from huzhu.rules.texts import Text
from tests.site.cast import AT, Cast

DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


def asked(at: dt.datetime, *, key: str = "one", later: dt.timedelta | None = None) -> Job:
    return services.ask(kind="test.count", key=key, by=None, at=at, not_before=None if later is None else at + later)


def taken(at: dt.datetime) -> Job:
    job = services.take(at=at)
    assert job is not None
    return job


def advance(job: Job, at: dt.datetime, n: int) -> None:
    with transaction.atomic():
        services.advance(job=job, at=at, cursor={"n": n}, done=n)


def test_a_clock_that_jumps_ahead_gives_the_work_to_another_and_doubles_nothing() -> None:
    asked(AT)
    first = taken(AT)
    advance(first, AT, 1)
    second = taken(AT + DAY)
    with pytest.raises(services.LeaseLost):
        advance(first, AT + DAY, 2)
    assert second.cursor == {"n": 1}
    advance(second, AT + DAY, 2)
    assert Job.objects.get().cursor == {"n": 2}


def test_a_lease_that_a_clock_ahead_gave_ends_when_the_clock_is_right_again() -> None:
    """The worker was killed meanwhile: without this its work would lie for a day."""
    asked(AT)
    advance(taken(AT + DAY), AT + DAY, 1)
    second = taken(AT)
    assert second.cursor == {"n": 1}
    assert second.lease_until == AT + services.LEASE


def test_a_worker_that_lives_on_while_the_clock_is_set_back_writes_nothing_twice() -> None:
    asked(AT)
    first = taken(AT + DAY)
    advance(first, AT + DAY, 1)
    second = taken(AT)
    with pytest.raises(services.LeaseLost):
        advance(first, AT, 2)
    advance(second, AT, 2)
    assert Job.objects.get().cursor == {"n": 2}


@pytest.mark.parametrize("seconds", [1, 30, 45])
def test_two_machines_a_little_apart_do_not_take_each_others_work(seconds: int) -> None:
    asked(AT)
    ahead = AT + dt.timedelta(seconds=seconds)
    taken(ahead)
    assert services.take(at=AT) is None


def test_work_asked_for_by_a_clock_ahead_is_done_at_once_and_what_was_to_wait_waits() -> None:
    asked(AT + DAY)
    assert taken(AT).key == "one"
    asked(AT + DAY, key="later", later=30 * DAY)
    assert services.take(at=AT) is None


def test_a_heartbeat_of_a_clock_ahead_is_soon_a_right_one() -> None:
    services.beat(at=AT + DAY)
    services.beat(at=AT)
    assert is_working(at=AT)
    assert not is_working(at=AT + DAY)


def test_the_record_is_whole_though_its_times_go_back() -> None:
    for at in (AT, AT + DAY, AT - DAY, AT):
        record(by=None, at=at, act="test.said", words=Text("一", "one"))
    assert (verify().entries, verify().fault) == (4, None)


@pytest.mark.parametrize(("jump", "status"), [(-DAY, 302), (DAY, 302), (-dt.timedelta(minutes=5), 200)])
def test_an_idle_session_does_not_outlast_the_limit_because_the_clock_was_set_back(
    cast: Cast, jump: dt.timedelta, status: int
) -> None:
    officer = cast.officer("auditor")
    with time_machine.travel(AT, tick=False) as clock:
        client = cast.client(officer)
        assert client.get("/desk/").status_code == 200
        clock.move_to(AT + jump)
        assert client.get("/desk/").status_code == status
