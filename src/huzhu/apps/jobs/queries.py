"""How long work stands."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from huzhu.apps.jobs.models import Heartbeat, Job
from huzhu.apps.unions.scoping import within

SILENT_AFTER = dt.timedelta(minutes=2)


def under_way(*, paths: tuple[str, ...]) -> QuerySet[Job]:
    """Work of some subtrees that waits or runs."""
    found = Job.objects.filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).exclude(organisation=None)
    return found.filter(within("organisation__path", paths)).order_by("created_at") if paths else found.none()


def silence(*, at: dt.datetime) -> dt.timedelta | None:
    """How long ago a worker last looked for work; None where none ever did."""
    beat = Heartbeat.objects.first()
    return None if beat is None else at - beat.at


def is_working(*, at: dt.datetime) -> bool:
    """Whether a worker has looked for work lately."""
    silent = silence(at=at)
    return silent is not None and silent < SILENT_AFTER
