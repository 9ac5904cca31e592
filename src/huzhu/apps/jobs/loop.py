"""The worker: takes jobs one after another and does them piece by piece. A door: it reads the clock."""

from __future__ import annotations

import importlib
import importlib.util
import math
import threading
import time

import structlog
from django.apps import apps
from django.db import DatabaseError, close_old_connections, connection
from django_scopes import scopes_disabled

from huzhu.apps.jobs import services
from huzhu.apps.jobs.models import Job
from huzhu.apps.unions.limits import forget_old
from huzhu.apps.vault.services import sweep
from huzhu.ui.clock import now
from huzhu.ui.refusals import Refusal

LOG = structlog.get_logger("huzhu.jobs")
PAUSE_SECONDS, BEAT_SECONDS, SWEEP_SECONDS = 1.0, 15.0, 3600.0


def load_steps() -> None:
    """Import every app's `tasks` module, where its steps are declared."""
    for config in apps.get_app_configs():
        if config.name.startswith("huzhu.") and importlib.util.find_spec(f"{config.name}.tasks"):
            importlib.import_module(f"{config.name}.tasks")


def work(*, stop: threading.Event, until_idle: bool = False) -> int:
    """Work until told to stop, or until nothing waits; jobs brought to an end. A step under way is finished first."""
    load_steps()
    ended, beaten, swept = 0, -math.inf, -math.inf
    while not stop.is_set():
        if not connection.in_atomic_block:  # it would cut off the transaction of whoever called this to work until idle
            close_old_connections()
        try:
            if time.monotonic() - beaten >= BEAT_SECONDS:
                services.beat(at=now())
                forget_old(at=now())
                beaten = time.monotonic()
            if time.monotonic() - swept >= SWEEP_SECONDS:
                sweep(at=now())
                swept = time.monotonic()
            job = services.take(at=now())
        except DatabaseError:
            if until_idle:
                raise
            LOG.exception("jobs.database")
            stop.wait(PAUSE_SECONDS)
            continue
        if job is None:
            if until_idle:
                break
            stop.wait(PAUSE_SECONDS)
            continue
        ended += _run(job, stop)
    return ended


def _run(job: Job, stop: threading.Event) -> int:
    """Do a job's pieces until it ends, the lease is lost or the worker is stopped."""
    log = LOG.bind(job=str(job.pk), kind=job.kind)
    try:
        step = services.STEPS[job.kind]
        # A job was asked for by somebody who had the right; it sees what its own arguments name.
        with scopes_disabled():
            while step(job, now()):
                if stop.is_set():
                    services.put_back(job=job, at=now())
                    return 0
        services.finish(job=job, at=now())
    except services.LeaseLost:
        log.warning("jobs.lease_lost")
        return 0
    except Refusal as refusal:
        services.fail(job=job, at=now(), error=refusal.said)
    except DatabaseError:
        log.exception("jobs.database")
        _put_back(job)
        return 0
    except Exception:
        log.exception("jobs.failed")
        services.fail(job=job, at=now(), error=services.UNEXPECTED)
    return 1


def _put_back(job: Job) -> None:
    try:
        services.put_back(job=job, at=now())
    except DatabaseError:
        LOG.exception("jobs.put_back")  # the lease ends by itself
