"""What is known of members, cut to what the reader may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Sum

from huzhu.apps.members.desk_models import ExportRequest, Poster, SavedView, Tally, Target
from huzhu.apps.members.models import Correction, Member, Resolution, SecondApplication, Transfer
from huzhu.apps.members.posters import read_card_token, read_token
from huzhu.apps.unions.models import Organisation, User
from huzhu.apps.unions.queries import Anyone, may, reach_of
from huzhu.apps.unions.scoping import whole_union, within
from huzhu.ui.charts import Bar, Bars
from huzhu.ui.refusals import NotFound
from huzhu.ui.words import t

BARS_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class Own:
    """How a worker stands, for her own pages: a member's row, or an application that waits for an officer. Both look alike."""

    status: str
    name: str
    number: str
    organisation: Organisation
    applied_at: dt.datetime
    joined_on: dt.date | None = None
    reason: str = ""
    member: Member | None = None
    second: SecondApplication | None = None

    @property
    def is_member(self) -> bool:
        return self.status == Member.Status.MEMBER


@dataclass(frozen=True, slots=True)
class Summary:
    """Members of some subtrees."""

    current: int
    this_year: int


def own(*, by: Anyone) -> Own | None:
    """Her own membership or application; None where there is none."""
    if not isinstance(by, User):
        return None
    with whole_union("a person's own row"):
        member = Member.objects.select_related("organisation").filter(user=by).first()
        if member is not None:
            return Own(
                member.status, member.name, member.number or "", member.organisation, member.applied_at, member.joined_on,
                member.reason, member=member,
            )  # fmt: skip
        open_ones = SecondApplication.objects.filter(user=by, outcome=SecondApplication.Outcome.OPEN)
        second = open_ones.select_related("scanned_at", "employer").order_by("asked_at").first()
    if second is None:
        return None
    return Own(Member.Status.APPLIED, second.name, "", second.scanned_at, second.asked_at, second=second)


def station_of(*, token: str) -> Organisation | None:
    """The organisation whose poster carries this token, while that poster is good."""
    link = read_token(token=token)
    if link is None:
        return None
    with whole_union("anybody may scan a poster"):
        poster = Poster.objects.select_related("organisation").filter(organisation__code=link.code).first()
    if poster is None or poster.serial != link.serial or not poster.organisation.is_active:
        return None
    return poster.organisation  # type: ignore[no-any-return]


def card_of(*, token: str) -> Member | None:
    """The member whose card carries this token, for whoever checks it."""
    number = read_card_token(token=token)
    with whole_union("anybody may check a card"):
        return None if number is None else Member.objects.select_related("organisation").filter(number=number).first()


def access_member(*, by: Anyone, id: object, permission: str, on: dt.date) -> Member:  # noqa: A002  as it stands in addresses
    """The member, where `by` has the permission over her. Raises NotFound."""
    related = ("organisation", "user", "decided_by", "by_resolution")
    found: Member = _by_path(Member, id, permission, by, on, "organisation", *related)
    return found


def _by_path(model: Any, id: object, permission: str, by: Anyone, on: dt.date, organisation: str, *related: str) -> Any:  # noqa: A002, PLR0917
    with whole_union("the right is checked on the row"):
        try:
            found = model.objects.select_related(*related).filter(pk=id).first()
        except (ValidationError, ValueError):
            found = None
    place: Any = found
    for name in organisation.split("."):
        place = None if place is None else getattr(place, name)
    if found is None or not may(by, permission, place, on=on):
        raise NotFound
    return found


def access_second(*, by: Anyone, id: object, on: dt.date) -> SecondApplication:  # noqa: A002
    """An application that a person has to look at. Raises NotFound."""
    related = ("organisation", "scanned_at", "member", "employer", "decided_by")
    found: SecondApplication = _by_path(SecondApplication, id, "members.approve", by, on, "organisation", *related)
    return found


def access_correction(*, by: Anyone, id: object, on: dt.date) -> Correction:  # noqa: A002
    """A correction asked for. Raises NotFound."""
    found: Correction = _by_path(
        Correction, id, "members.edit", by, on, "member.organisation", "member", "member__organisation"
    )
    return found


def covers(reach: tuple[str, ...], paths: list[str]) -> bool:
    """Whether every subtree lies in the reach."""
    return bool(reach) and all(any(path.startswith(held) for held in reach) for path in paths)


def access_export(*, by: User, id: Any, on: dt.date) -> ExportRequest:  # noqa: A002
    """A list asked for: for whoever asked, and for whoever may allow it. Raises NotFound."""
    try:
        found = ExportRequest.objects.select_related("asked_by", "decided_by").filter(pk=id).first()
    except (ValidationError, ValueError):
        found = None
    if found is None or not (found.asked_by_id == by.pk or covers(reach_of(by, "members.export", on=on), found.paths)):
        raise NotFound
    return found


def exports(*, by: User, on: dt.date) -> list[ExportRequest]:
    """The lists somebody asked for and those she may allow, newest first."""
    reach = reach_of(by, "members.export", on=on)
    recent = ExportRequest.objects.select_related("asked_by", "decided_by").order_by("-asked_at")[:200]
    return [one for one in recent if one.asked_by_id == by.pk or covers(reach, one.paths)]


def saved_views(*, by: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=by).order_by("name")


def applications() -> QuerySet[Member]:
    """Who waits for approval in the open part of the tree, longest first."""
    return Member.objects.applied().select_related("organisation").order_by("id")  # type: ignore[no-any-return]


def second_applications() -> QuerySet[SecondApplication]:
    rows = SecondApplication.objects.filter(outcome=SecondApplication.Outcome.OPEN)
    return rows.select_related("organisation", "member").order_by("asked_at")  # type: ignore[no-any-return]


def corrections() -> QuerySet[Correction]:
    rows = Correction.objects.filter(outcome=Correction.Outcome.OPEN)
    return rows.select_related("member", "member__organisation").order_by("asked_at")  # type: ignore[no-any-return]


def for_meeting(*, since: dt.date) -> QuerySet[Member]:
    """Who became a member under a standing resolution since a day, for the committee's next meeting."""
    rows = Member.objects.filter(by_resolution__isnull=False, joined_on__gte=since)
    return rows.select_related("organisation", "by_resolution").order_by("organisation_id", "joined_on", "id")  # type: ignore[no-any-return]


def resolutions() -> QuerySet[Resolution]:
    return Resolution.objects.select_related("organisation", "recorded_by").order_by("-passed_on")  # type: ignore[no-any-return]


def transfers() -> QuerySet[Transfer]:
    """Moves into and out of the open part of the tree, newest first."""
    rows = Transfer.objects.select_related("member", "from_organisation", "to_organisation", "by")
    return rows.order_by("-id")  # type: ignore[no-any-return]


def summary(*, paths: tuple[str, ...], on: dt.date | None = None) -> Summary | None:
    """How many members there are; None where the reader may see none. `this_year` counts those who joined in the year of `on`,
    or the last year that anybody joined.
    """
    if not paths:
        return None
    with whole_union("cut to the paths below"):
        rows = Tally.objects.filter(within("organisation__path", paths)).exclude(number=0).values_list("year")
        years = {year: int(number) for year, number in rows.annotate(people=Sum("number"))}
    year = on.year if on is not None else max(years, default=0)
    return Summary(current=sum(years.values()), this_year=years.get(year, 0))


def waiting(*, paths: tuple[str, ...]) -> int | None:
    """How many applications wait for somebody with these paths."""
    if not paths:
        return None
    with whole_union("cut to the paths below"):
        mine = within("organisation__path", paths)
        seconds = SecondApplication.objects.filter(mine, outcome=SecondApplication.Outcome.OPEN).count()
        return int(Member.objects.applied().filter(mine).count() + seconds)


def counts(*, paths: tuple[str, ...]) -> dict[str, int]:
    """Members by the path of their organisation."""
    with whole_union("cut to the paths below"):
        rows = Tally.objects.filter(within("organisation__path", paths)).values_list("organisation__path")
        return {path: int(number) for path, number in rows.annotate(people=Sum("number"))}


def target_rows(
    *, paths: tuple[str, ...], year: int, parent: Organisation | None = None
) -> list[tuple[Organisation, int, int | None]]:
    """Organisations, each with the members of its whole subtree and its target: the children of `parent`, or of the
    tops of what may be seen. A top without children stands for itself.
    """
    if not paths:
        return []
    counted = counts(paths=paths if parent is None else (parent.path,))
    tops = (
        [parent]
        if parent is not None
        else list(Organisation.objects.filter(within("path", paths), depth=_top_depth(paths)))
    )
    below = Q(pk__in=[])
    for top in tops:
        below |= Q(path__startswith=top.path, depth=top.depth + 1)
    shown = [*tops, *Organisation.objects.filter(below).order_by("path")]
    with whole_union("cut to the organisations shown"):
        wanted = dict(Target.objects.filter(organisation__in=shown, year=year).values_list("organisation_id", "number"))
    rows = []
    for one in shown:
        total = sum(number for path, number in counted.items() if path.startswith(one.path))
        rows.append((one, total, wanted.get(one.pk)))
    return rows


def _top_depth(paths: tuple[str, ...]) -> int:
    return min(1 if path == "" else len(path) // Organisation.steplen for path in paths)


def target_bars(*, paths: tuple[str, ...], year: int, parent: Organisation | None = None) -> Bars:
    """Members against targets, as a chart with its table."""
    rows = target_rows(paths=paths, year=year, parent=parent)[:BARS_AT_MOST]
    return Bars(
        key="targets",
        caption=str(t("{year} 年会员数和目标", "Members and targets, {year}", year=year)),
        rows=[Bar(label=str(one.shown_name), value=total, target=wanted) for one, total, wanted in rows],
        value_label=str(t("会员", "Members")),
        target_label=str(t("目标", "Target")),
        label_label=str(t("组织", "Organisation")),
    )
