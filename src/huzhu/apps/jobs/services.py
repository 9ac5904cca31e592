"""Asking for long work, taking it, and getting on with it so that being killed loses and doubles nothing."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from huzhu.apps.jobs.models import Heartbeat, Job
from huzhu.apps.unions.models import Organisation, User
from huzhu.rules.texts import Text

LEASE = dt.timedelta(seconds=45)
ATTEMPTS = 5
UNEXPECTED = Text(
    "系统出错，已记录。请联系管理员，或稍后重试。",
    "Something went wrong on our side and was logged. Ask your administrator, or try again later.",
)

# A step does one piece of a job in its own transaction, ends it with `advance`, and says whether there is more to do.
Step = Callable[[Job, dt.datetime], bool]
STEPS: dict[str, Step] = {}


class LeaseLost(Exception):
    """Another worker has this job by now: what was just done must not be committed."""


def handles(kind: str) -> Callable[[Step], Step]:
    """Declares the step of a kind of job."""

    def declared(step: Step) -> Step:
        if STEPS.setdefault(kind, step) is not step:
            raise AssertionError(f"{kind} has two steps")
        return step

    return declared


def ask(
    *, kind: str, key: str, by: User | None, at: dt.datetime, arguments: dict[str, Any] | None = None,
    organisation: Organisation | None = None, total: int | None = None, not_before: dt.datetime | None = None,
) -> Job:  # fmt: skip
    """Ask for work, in the caller's transaction. The same key again gives the job that is there already."""
    try:
        with transaction.atomic():
            return Job.objects.create(
                kind=kind, key=key, arguments=arguments or {}, asked_by=by, organisation=organisation, total=total,
                created_at=at, not_before=not_before or at,
            )  # fmt: skip
    except IntegrityError:
        return Job.objects.get(key=key)


@transaction.atomic
def again(*, job: Job, at: dt.datetime) -> None:
    """Let a job that was stopped by an error go on from its cursor."""
    Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.WAITING, attempts=0, not_before=at, ended_at=None, error_zh="", error_en=""
    )


@transaction.atomic
def take(*, at: dt.datetime) -> Job | None:
    """The next job that waits or whose worker went silent, leased to the caller; None where there is none."""
    # What the clock of a machine that was ahead wrote must not stand still until the right clock is there: nobody leases for so long.
    ahead = at + 2 * LEASE
    free = Q(state=Job.State.WAITING) | Q(Q(lease_until__lte=at) | Q(lease_until__gt=ahead), state=Job.State.RUNNING)
    due = Q(not_before__lte=at) | Q(created_at__gt=ahead, not_before=F("created_at"))
    job = Job.objects.select_for_update(skip_locked=True).filter(free, due).order_by("not_before", "created_at").first()
    if job is None:
        return None
    job.token, job.state, job.lease_until = secrets.token_hex(16), Job.State.RUNNING, at + LEASE
    job.attempts += 1
    if job.attempts > ATTEMPTS:
        _end(job, state=Job.State.FAILED, at=at, error=UNEXPECTED)
        return None
    job.save()
    return job


def advance(
    *, job: Job, at: dt.datetime, cursor: dict[str, Any], done: int | None = None, total: int | None = None
) -> None:
    """Note how far the work is, inside the transaction of the piece just done. Raises LeaseLost: the piece is rolled back."""
    if not transaction.get_connection().in_atomic_block:
        raise AssertionError("the cursor is written with the work it tells of")
    job.cursor, job.lease_until, job.attempts = cursor, at + LEASE, 0
    job.done = job.done if done is None else done
    job.total = job.total if total is None else total
    kept = Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING).update(
        cursor=cursor, lease_until=job.lease_until, attempts=0, done=job.done, total=job.total
    )
    if not kept:
        raise LeaseLost(str(job))


@transaction.atomic
def finish(*, job: Job, at: dt.datetime) -> None:
    if not Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING).exists():
        raise LeaseLost(str(job))
    _end(job, state=Job.State.DONE, at=at, error=Text("", ""))


@transaction.atomic
def fail(*, job: Job, at: dt.datetime, error: Text) -> None:
    """Stop for good, with words for whoever asked."""
    if Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING).exists():
        _end(job, state=Job.State.FAILED, at=at, error=error)


@transaction.atomic
def put_back(*, job: Job, at: dt.datetime) -> None:
    """Try again in a while, longer each time: the database or a network was away."""
    wait = dt.timedelta(seconds=2 ** min(job.attempts, 6))
    Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING).update(
        state=Job.State.WAITING, token="", lease_until=None, not_before=at + wait
    )


def beat(*, at: dt.datetime) -> None:
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": at})


def waiting(*, at: dt.datetime) -> int:
    """Jobs whose time has come."""
    return Job.objects.filter(state=Job.State.WAITING, not_before__lte=at).count()


def _end(job: Job, *, state: str, at: dt.datetime, error: Text) -> None:
    Job.objects.filter(pk=job.pk).update(
        state=state, ended_at=at, lease_until=None, token="", error_zh=error.zh, error_en=error.en,
        total=F("total") if state == Job.State.FAILED else F("done"),
    )  # fmt: skip
