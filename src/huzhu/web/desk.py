"""Long work in the words of whoever waits for it. Kinds that nobody waits for are named too, so that none is shown by its code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from huzhu.apps.jobs.models import Job
from huzhu.ui.words import t

KINDS = {
    "rosters.check": t("核对名册", "Checking a roster"),
    "rosters.match": t("名册与会员比对", "Matching a roster with members"),
    "rosters.merge": t("名册入会", "Taking a roster’s people in"),
    "registers.load": t("读入平台登记", "Reading a platform’s register"),
    "registers.sync": t("更新平台登记", "Bringing a register up to date"),
    "rosters.verify_all": t("核对全部会员的登记", "Looking all members up in the registers"),
}
UNSEEN = frozenset({"rosters.clear", "messages.deliver"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A line of the desk: what goes on, how far it is, and where it is seen whole."""

    label: str
    state: str
    tone: str
    done: int
    total: int | None
    url: str


def running(*, jobs: Iterable[Job]) -> list[Running]:
    """The work that somebody waits for, in the order given."""
    return [
        Running(
            label=KINDS[job.kind],
            state=str(job.get_state_display()),
            tone="info" if job.state == Job.State.RUNNING else "plain",
            done=job.done,
            total=job.total,
            url=reverse("rosters:roster", args=[job.arguments["roster"]]) if "roster" in job.arguments else "",
        )
        for job in jobs
        if job.kind in KINDS
    ]
