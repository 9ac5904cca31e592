"""A site in a process of its own, for tests that kill its workers. It has everything loaded and forks for each word it is told, so that
a worker costs no start: `python -m tests.faults.importing FOLDER`, words on its input, the forked process's id and status on its output."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROWS, STEP = 20_000, 10_000  # of a roster, and by how many people one differs from the next
FIGURES = ("state", "total", "accepted", "doubtful", "refused", "created", "updated", "unchanged", "file")
LEASE = dt.timedelta(0)  # whoever was killed is followed at once


def lines(number: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the n-th roster has, each row with the problem that must be found in it: half of its people were on the one before."""
    from tests.site.rosters.feeding import person

    first = number * STEP + 1
    for n in range(first, first + ROWS):
        line = person(n)
        if n % 100 == 7:
            yield "identity_check_digit", (line[0], line[1][:17] + ("1" if line[1][17] != "1" else "2"), *line[2:])
        elif n % 100 == 8 and n > first + 100:
            other = person(n - 90)  # a good one, with the same number
            yield "identity_duplicate", (*other[:2], *line[2:])
        elif n % 1000 == 9:
            yield "name_placeholder", ("测试", *line[1:])
        else:
            yield "", line


def expected_people(rosters: int) -> set[str]:
    return {line[1] for number in range(rosters) for code, line in lines(number) if not code}


def prepare() -> dict[str, Any]:
    from django.core.management import call_command

    from tests.site.cast import build

    call_command("migrate", verbosity=0)
    cast = build()
    cast.officer("district_officer", at="east", name="officer")
    return {}


def feed(number: str) -> dict[str, Any]:
    from huzhu.apps.rosters import services
    from huzhu.apps.unions.models import Organisation, User
    from tests.site.cast import AT
    from tests.site.rosters.feeding import as_csv

    stream = as_csv([line for _, line in lines(int(number))])
    organisation = Organisation.objects.get(code="east-union")
    by = User.objects.get(username="officer")
    services.upload(by=by, at=AT, organisation=organisation, stream=stream, file_name=f"{number}.csv")
    return {}


def work() -> dict[str, Any]:
    """A worker, until nothing waits; before, what an officer does: lets stopped work go on, and confirms what is ready."""
    from huzhu.apps.jobs import services as jobs
    from huzhu.apps.jobs.loop import work as work_on
    from huzhu.apps.jobs.models import Job
    from huzhu.apps.rosters import services
    from huzhu.apps.rosters.models import Roster
    from huzhu.apps.unions.models import User
    from huzhu.ui.clock import now

    jobs.LEASE = LEASE
    for job in Job.objects.filter(state="failed"):
        jobs.again(job=job, at=now())
    for roster in Roster.objects.select_related("organisation").filter(state="ready", accepted__gt=0):
        services.confirm(by=User.objects.get(username="officer"), at=now(), roster=roster)
    work_on(stop=threading.Event(), until_idle=True)
    return {"states": list(Roster.objects.order_by("uploaded_at", "pk").values_list("state", flat=True))}


def account() -> dict[str, Any]:
    """What is there in the end."""
    from django.conf import settings

    from huzhu.apps.audit.models import Entry
    from huzhu.apps.audit.services import verify
    from huzhu.apps.members.models import Member, Work
    from huzhu.apps.rosters.models import Roster, Row

    fault = verify().fault
    rosters = list(Roster.objects.order_by("pk"))
    people = [member.identity_number.reveal() for member in Member.objects.all()]
    home = Path(settings.HUZHU_HOME)
    return {
        "fault": None if fault is None else str(fault), "people": people,
        "numbers": len(set(Member.objects.values_list("number", flat=True))), "works": Work.objects.count(),
        "acts": dict(Counter(Entry.objects.filter(act__startswith="roster.").values_list("act", flat=True))),
        "rows": [list(one.rows.order_by("number").values_list("number", "code", "state", "result")) for one in rosters],
        "figures": [{name: getattr(one, name) for name in FIGURES} for one in rosters],
        "left": sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and path.parent.name in ("files", "tmp")),
        "kept": sum(Row.objects.filter(roster=one).exclude(result="").exclude(data=None).count() for one in rosters),
    }  # fmt: skip


def upload(path: str) -> dict[str, Any]:
    """Upload one file, let a worker check it, and say what became of it."""
    from huzhu.apps.jobs.models import Job
    from huzhu.apps.rosters import services
    from huzhu.apps.rosters.models import Roster
    from huzhu.apps.unions.models import Organisation, User
    from huzhu.ui.clock import now

    organisation = Organisation.objects.get(code="east-union")
    by = User.objects.get(username="officer")
    with Path(path).open("rb") as stream:
        roster = services.upload(by=by, at=now(), organisation=organisation, stream=stream, file_name=Path(path).name)
    work()
    job = Job.objects.get(key=f"{services.CHECK}:{roster.pk}")
    found = Roster.objects.get(pk=roster.pk)
    return {
        "state": found.state,
        "problems": found.problems,
        "job": job.state,
        "rows": found.total,
        "codes": found.codes,
        "file": found.file,
    }


WORDS = {one.__name__: one for one in (prepare, feed, work, account, upload)}


def main() -> None:
    import django

    django.setup()
    from django_scopes import scopes_disabled

    from huzhu.apps.jobs.loop import load_steps

    load_steps()
    import huzhu.apps.rosters.views  # noqa: F401 - what a worker would have to load otherwise

    folder = Path(sys.argv[1])
    for said in sys.stdin:
        word, *arguments = said.split()
        if threading.active_count() != 1:
            raise AssertionError("a process with threads is not forked")
        child = os.fork()
        if child == 0:
            with scopes_disabled():
                found = WORDS[word](*arguments)
            (folder / "said.json").write_text(json.dumps(found), encoding="utf-8")
            sys.exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
