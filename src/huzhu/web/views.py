"""The front page, the officers' desk, and what is kept about people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django_scopes import scope

from huzhu.apps.jobs import queries as jobs
from huzhu.apps.members import queries as members
from huzhu.apps.rosters import queries as rosters
from huzhu.apps.unions.access import needs, open_to_all
from huzhu.apps.unions.queries import is_officer, reach_of
from huzhu.apps.vault.catalogue import BASES, Personal, listed
from huzhu.ui.clock import now, today
from huzhu.ui.words import say
from huzhu.web.desk import running


@require_safe
@open_to_all
def front(request: HttpRequest) -> HttpResponse:
    """An officer's way is to the desk; a worker sees what comes next; a stranger what this is."""
    if is_officer(request.user, on=today()):
        return redirect("desk")
    return render(request, "web/front.html", {"member": members.own(by=request.user)})


@needs("desk.view")
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for a person today, each with its way."""
    on = today()

    def has(permission: str) -> tuple[str, ...]:
        return reach_of(request.user, permission, on=on)

    context = {
        "members": members.summary(paths=has("members.view"), on=on),
        "waiting": members.waiting(paths=has("members.approve")),
        "doubtful": _doubtful(has("rosters.decide")),
        "running": running(jobs=jobs.under_way(paths=has("rosters.view"))),
        "is_working": jobs.is_working(at=now()),
        "bars": members.target_bars(paths=has("targets.view"), year=on.year),
        "may_upload": bool(has("rosters.upload")),
    }
    return render(request, "web/desk.html", context)


def _doubtful(paths: tuple[str, ...]) -> int | None:
    """Rows of rosters that wait for a person; None for whoever decides none."""
    if not paths:
        return None
    with scope(reach=paths):
        return rosters.doubtful_count()


@require_safe
@open_to_all
def privacy(request: HttpRequest) -> HttpResponse:
    """The catalogue of personal data, for everybody to read."""
    alike: dict[tuple[str, str, str], list[Personal]] = {}
    for one in sorted(listed(), key=lambda one: one.app != "members"):  # what is kept about a worker comes first
        for item in one.personal.values():
            alike.setdefault((say(item.purpose), say(BASES[item.basis]), say(item.kept)), []).append(item)
    lines = [
        {"purpose": purpose, "basis": basis, "kept": kept, "labels": _named_once(items)}
        for (purpose, basis, kept), items in alike.items()
    ]
    return render(request, "web/privacy.html", {"lines": lines})


def _named_once(items: list[Personal]) -> list[tuple[str, bool]]:
    """Each label with whether it is sensitive; several tables may hold the same thing."""
    named: dict[str, bool] = {}
    for item in items:
        label = str(say(item.label))
        named[label] = named.get(label, False) or item.is_sensitive
    return list(named.items())
