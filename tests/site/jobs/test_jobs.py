"""Long work: taken by one worker at a time, gone on with after a death, and never written by a worker that was replaced."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from huzhu.apps.jobs import loop, services
from huzhu.apps.jobs.models import Job
from huzhu.rules.texts import Text
from huzhu.ui.refusals import Invalid
from tests.site.cast import AT

pytestmark = pytest.mark.django_db
LATER = AT + services.LEASE + dt.timedelta(seconds=1)


@pytest.fixture
def steps() -> Iterator[dict[str, services.Step]]:
    """Kinds that a test declares are gone after it."""
    before = dict(services.STEPS)
    yield services.STEPS
    services.STEPS.clear()
    services.STEPS.update(before)


def ask(kind: str = "test.count", key: str = "one") -> Job:
    return services.ask(kind=kind, key=key, by=None, at=AT, total=3)


def counting(to: int) -> services.Step:
    def step(job: Job, at: dt.datetime) -> bool:
        with transaction.atomic():
            n = job.cursor.get("n", 0) + 1
            services.advance(job=job, at=at, cursor={"n": n}, done=n)
        return bool(n < to)

    return step


def test_the_same_work_asked_for_twice_is_one_job() -> None:
    assert ask().pk == ask().pk
    assert Job.objects.count() == 1


def test_a_job_is_done_piece_by_piece(steps: dict[str, services.Step]) -> None:
    steps["test.count"] = counting(3)
    job = ask()
    assert loop.work(stop=threading.Event(), until_idle=True) == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.cursor) == ("done", 3, 3, {"n": 3})


def test_nobody_takes_a_job_that_somebody_is_at() -> None:
    ask()
    assert services.take(at=AT) is not None
    assert services.take(at=AT) is None


def test_a_job_whose_worker_went_silent_is_taken_over_from_its_cursor() -> None:
    ask()
    first = services.take(at=AT)
    assert first is not None
    counting(3)(first, AT)
    second = services.take(at=LATER)
    assert second is not None
    assert (second.pk, second.cursor) == (first.pk, {"n": 1})


def test_a_worker_that_was_replaced_writes_nothing_more() -> None:
    ask()
    first = services.take(at=AT)
    second = services.take(at=LATER)
    assert first is not None
    assert second is not None
    with pytest.raises(services.LeaseLost):
        counting(3)(first, LATER)
    with pytest.raises(services.LeaseLost):
        services.finish(job=first, at=LATER)
    counting(3)(second, LATER)
    assert Job.objects.get().cursor == {"n": 1}


@pytest.mark.django_db(transaction=True)
def test_a_cursor_is_only_written_inside_a_transaction() -> None:
    ask()
    job = services.take(at=AT)
    assert job is not None
    with pytest.raises(AssertionError, match="written with the work"):
        services.advance(job=job, at=AT, cursor={"n": 1})


def test_a_refusal_ends_the_job_with_its_words(steps: dict[str, services.Step]) -> None:
    def refuse(_job: Job, _at: dt.datetime) -> bool:
        raise Invalid(Text("文件是空的", "The file is empty"))

    steps["test.count"] = refuse
    job = ask()
    loop.work(stop=threading.Event(), until_idle=True)
    job.refresh_from_db()
    assert (job.state, job.error_zh, job.error_en) == ("failed", "文件是空的", "The file is empty")


def test_an_unexpected_error_ends_the_job_without_telling_secrets(steps: dict[str, services.Step]) -> None:
    def break_down(_job: Job, _at: dt.datetime) -> bool:
        raise ZeroDivisionError("11010519491231002X")

    steps["test.count"] = break_down
    job = ask()
    loop.work(stop=threading.Event(), until_idle=True)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "11010519491231002X" not in job.error_zh + job.error_en
    services.again(job=job, at=AT)
    steps["test.count"] = counting(1)
    loop.work(stop=threading.Event(), until_idle=True)
    job.refresh_from_db()
    assert (job.state, job.error_zh) == ("done", "")


def test_a_job_that_kills_its_worker_again_and_again_is_given_up() -> None:
    ask()
    at = AT
    for _ in range(services.ATTEMPTS):
        assert services.take(at=at) is not None
        at += services.LEASE + dt.timedelta(seconds=1)
    assert services.take(at=at) is None
    assert Job.objects.get().state == "failed"


def test_a_stopped_worker_puts_its_job_back(steps: dict[str, services.Step]) -> None:
    stop = threading.Event()

    def step(job: Job, at: dt.datetime) -> bool:
        stop.set()
        return counting(3)(job, at)

    steps["test.count"] = step
    ask()
    assert loop.work(stop=stop) == 0
    assert (Job.objects.get().state, Job.objects.get().cursor) == ("waiting", {"n": 1})


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_job() -> None:
    for n in range(10):
        ask(key=str(n))

    def take(_: int) -> list[str]:
        try:
            return [job.key for job in iter(lambda: services.take(at=AT), None)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [key for keys in pool.map(take, range(4)) for key in keys]
    assert sorted(taken) == sorted(str(n) for n in range(10))
