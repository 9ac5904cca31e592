"""How many requests, how long they took: counted by the view's name, never by a path that holds somebody's number.

`huzhu serve` runs several web processes and any of them may be asked for the figures; it names a folder in
PROMETHEUS_MULTIPROC_DIR where each leaves its own, and the one that is asked adds them up (web/health.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

REQUESTS = Counter("huzhu_requests", "Requests answered", ["view", "method", "status"])
SECONDS = Histogram(
    "huzhu_request_seconds",
    "Time until the answer began",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class MetricsMiddleware:
    """Stands outside everything that may answer by itself, so that refusals count too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        view = _name(request)
        method = (
            request.method if request.method in METHODS else "other"
        )  # anybody may invent methods, and each would stay
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        SECONDS.labels(view).observe(time.perf_counter() - began)
        return response


def _name(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None:
        return "none"
    return match.view_name or match._func_path
