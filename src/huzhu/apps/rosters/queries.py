"""Reading rosters: those of a part of the union, their rows, the queue of what is doubtful."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from huzhu.apps.jobs.models import Job
from huzhu.apps.members.models import Member
from huzhu.apps.rosters import services
from huzhu.apps.rosters.models import Likeness, Match, Roster, Row
from huzhu.apps.unions.models import Organisation, User
from huzhu.apps.unions.queries import may, organisations, reach_of
from huzhu.apps.unions.scoping import whole_union
from huzhu.ui.refusals import NotFound


def rosters() -> QuerySet[Roster]:
    """Those in reach, the latest first."""
    found: QuerySet[Roster] = Roster.objects.select_related("organisation", "uploaded_by").order_by("-uploaded_at")
    return found


def access_roster(*, id: UUID | str) -> Roster:  # noqa: A002 - as every access function
    """The roster, where the open reach holds its organisation. Raises NotFound."""
    found = rosters().filter(pk=id).first()
    if found is None:
        raise NotFound
    return found


def access_row(*, roster: Roster, number: int) -> Row:
    """A row of a roster that was found in reach. Raises NotFound."""
    row = Row.objects.filter(roster=roster, number=number).first()
    if row is None:
        raise NotFound
    row.roster = roster
    return row


def access_likeness(*, id: object) -> Likeness:  # noqa: A002 - as every access function
    found: Likeness | None = Likeness.objects.select_related("organisation").filter(pk=id).first()
    if found is None:
        raise NotFound
    return found


def rows(*, roster: Roster, state: str = "", code: str = "", result: str = "") -> QuerySet[Row]:
    found = Row.objects.filter(roster=roster).order_by("number")
    for name, value in (("state", state), ("code", code), ("result", result)):
        if value:
            found = found.filter(**{name: value})
    return found


def next_doubtful(*, roster: Roster, after: int = 0) -> Row | None:
    """The first row behind `after` that a person has to decide, or the first of all when there is none behind."""
    waiting = Row.objects.filter(roster=roster, state=Row.State.DOUBTFUL, result="").order_by("number")
    return waiting.filter(number__gt=after).first() or waiting.first()


def plans(*, roster: Roster) -> dict[str, int]:
    """What merging would do, in how many rows."""
    found = (
        Row.objects.filter(roster=roster, state=Row.State.ACCEPTED, result="").values_list("plan").annotate(Count("pk"))
    )
    return dict(found)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member beside a doubtful row. Outside the officer's reach only the name's first character and the union are told."""

    match: Match
    member: Member
    organisation: Organisation
    is_in_reach: bool


def candidates(*, row: Row, by: User, on: dt.date) -> list[Candidate]:
    with whole_union("the members a row may be, wherever they are; what is told of them is cut below"):
        matches = list(
            Match.objects.filter(row=row).select_related("member__organisation").order_by("-score_per_mille")
        )
    return [
        Candidate(
            match, match.member, match.member.organisation, may(by, "members.view", match.member.organisation, on=on)
        )
        for match in matches
    ]


def job_of(*, roster: Roster) -> Job | None:
    """The work on a roster that is under way or was last."""
    kind = {
        "checking": services.CHECK,
        "refused": services.CHECK,
        "matching": services.MATCH,
        "ready": services.MATCH,
    }.get(roster.state)
    keys = {services.MERGE: f"{services.MERGE}:{roster.pk}:{roster.merges}"}
    kind = kind or services.MERGE
    return Job.objects.filter(key=keys.get(kind, f"{kind}:{roster.pk}")).first()


def may_upload_to(*, by: User, on: dt.date) -> QuerySet[Organisation]:
    return organisations(paths=reach_of(by, "rosters.upload", on=on)).filter(is_active=True)


def open_likenesses() -> QuerySet[Likeness]:
    """Members and rows of registers that may be one person, in reach, the likeliest first."""
    found: QuerySet[Likeness] = Likeness.objects.filter(state=Likeness.State.OPEN).select_related("organisation")
    return found.order_by("-score_per_mille", "pk")


def member_of(*, likeness: Likeness) -> Member:
    with whole_union("the member of a likeness that was found in reach"):
        member: Member = Member.objects.select_related("organisation").get(pk=likeness.member_id)
    return member


def doubtful_count() -> int:
    """How many rows in reach wait for a person, for the desk."""
    return sum(
        Roster.objects.filter(doubtful__gt=0).exclude(state=Roster.State.DROPPED).values_list("doubtful", flat=True)
    )
