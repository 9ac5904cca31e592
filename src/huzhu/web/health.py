"""For machines: does the site live, and how is it doing. Neither tells anything about anybody."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from huzhu.apps.jobs import services as jobs
from huzhu.apps.jobs.queries import is_working, silence
from huzhu.apps.unions.access import open_to_all
from huzhu.ui.clock import now
from huzhu.ui.refusals import NotFound

FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")


@open_to_all
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  a view's signature
    """503 without the database. A silent worker is told but is no reason to take the pages away: they work without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        is_well = is_working(at=now())
    except DatabaseError:
        return JsonResponse({"database": "bad", "worker": "unknown"}, status=503)
    return JsonResponse({"database": "ok", "worker": "ok" if is_well else "silent"})


@open_to_all
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text, for this machine or for who has the token. For others there is no such page."""
    if not _may_scrape(request):
        raise NotFound
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    own = CollectorRegistry()
    own.register(_Work())
    return HttpResponse(generate_latest(registry) + generate_latest(own), content_type=CONTENT_TYPE_LATEST)


class _Work(Collector):
    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("huzhu_jobs_waiting", "Jobs whose time has come", value=jobs.waiting(at=now()))
        silent = silence(at=now())
        if silent is not None:
            seconds = silent.total_seconds()
            yield GaugeMetricFamily("huzhu_worker_silent_seconds", "Since a worker last looked for work", value=seconds)


def _may_scrape(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token: str = settings.HUZHU_METRICS_TOKEN
    if token and scheme == "Bearer" and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # Behind a proxy on this machine everybody comes from this machine.
    if settings.HUZHU_PROXIES or any(name in request.META for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
