"""What officers do at the desk beside deciding: revealing, exporting, saved views, targets, posters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django_scopes import scope

from huzhu.apps.audit import queries as audit
from huzhu.apps.audit.services import record
from huzhu.apps.members import exporting
from huzhu.apps.members.desk_models import ExportRequest, Poster, SavedView, Target
from huzhu.apps.members.models import Member
from huzhu.apps.members.queries import covers
from huzhu.apps.members.refusals import AlreadyDecided, NeedsAnother, NotAllowedYet
from huzhu.apps.members.services.deciding import locked
from huzhu.apps.unions.models import Organisation, User
from huzhu.apps.unions.queries import may, reach_of
from huzhu.apps.unions.scoping import whole_union
from huzhu.rules.texts import Text
from huzhu.ui.clock import CHINA, day_of
from huzhu.ui.numbers import without_numbers
from huzhu.ui.reasons import checked
from huzhu.ui.refusals import NotAllowed, NotFound, TooMany

REVEALS_AN_HOUR = 20
ROWS_WITHOUT_SECOND = 50
EXPORT_GOOD_FOR = dt.timedelta(days=7)
HOUR = dt.timedelta(hours=1)
WHAT = {"identity_number": ("身份证号", "identity number"), "phone": ("手机号", "phone")}


@transaction.atomic
def reveal(*, by: User, at: dt.datetime, member: Member, field: str, reason: str) -> str:
    """The clear text of a sealed field, for one look, and a record of it. Raises NotFound, TooMany, and what `checked` does."""
    if field not in WHAT:
        raise NotFound
    reason = checked(reason)
    User.objects.select_for_update().get(pk=by.pk)  # two looks at once would both count the same ones before them
    row = locked(by=by, at=at, member=member, permission="members.reveal")
    seen = audit.entries(paths=("",), act="member.revealed", actor=str(by.pk), since=at - HOUR)
    if seen.count() >= REVEALS_AN_HOUR:
        oldest = seen.order_by("sequence").values_list("at", flat=True)[0]
        raise TooMany(minutes=int((oldest + HOUR - at).total_seconds() // 60) + 1)
    held = getattr(row, field)
    if held is None:
        raise NotFound
    zh, en = WHAT[field]
    words = Text(
        f"查看 {row.alias} 的{zh}：{reason}",
        f"Looked at the {en} of {row.alias}: {reason}",
    )
    record(by=by, at=at, act="member.revealed", words=words, about=row, path=row.organisation.path)
    return str(held.reveal())


@transaction.atomic
def ask_export(*, by: User, at: dt.datetime, query: str, form: str, reason: str) -> ExportRequest:
    """Ask for a list. A short one is ready at once; a longer one when another officer has allowed it. Raises NotAllowed, NoReason."""
    reason = checked(reason)
    paths = reach_of(by, "members.export", on=day_of(at))
    if not paths:
        raise NotAllowed
    with scope(reach=paths):
        rows = exporting.matching(query=query, on=day_of(at)).order_by().count()
    state = ExportRequest.State.ALLOWED if rows <= ROWS_WITHOUT_SECOND else ExportRequest.State.ASKED
    made = ExportRequest.objects.create(
        query=query,
        paths=list(paths),
        form=form,
        rows=rows,
        reason=reason,
        state=state,
        asked_by=by,
        asked_at=at,
    )
    words = Text(
        f"申请导出 {rows} 名会员：{reason}",
        f"Asked to export {rows} members: {reason}",
    )
    record(by=by, at=at, act="export.asked", words=words, about=made, path=paths[0], details={"rows": rows})
    return made


@transaction.atomic
def allow_export(*, by: User, at: dt.datetime, request: ExportRequest) -> ExportRequest:
    """Allow what another officer asked for. Raises NeedsAnother, NotFound, AlreadyDecided."""
    row = _decide_export(by, at, request, ExportRequest.State.ALLOWED)
    words = Text(
        f"同意{row.asked_by.shown_name}导出 {row.rows} 名会员",
        f"Allowed the export of {row.rows} members by {row.asked_by.shown_name}",
    )
    record(by=by, at=at, act="export.allowed", words=words, about=row, path=row.paths[0], details={"rows": row.rows})
    return row


@transaction.atomic
def refuse_export(*, by: User, at: dt.datetime, request: ExportRequest) -> ExportRequest:
    """As `allow_export`, the other way."""
    row = _decide_export(by, at, request, ExportRequest.State.REFUSED)
    words = Text(
        f"不同意{row.asked_by.shown_name}导出 {row.rows} 名会员",
        f"Refused the export of {row.rows} members by {row.asked_by.shown_name}",
    )
    record(by=by, at=at, act="export.refused", words=words, about=row, path=row.paths[0])
    return row


def _decide_export(by: User, at: dt.datetime, request: ExportRequest, state: str) -> ExportRequest:
    if request.asked_by_id == by.pk:
        raise NeedsAnother
    if not covers(reach_of(by, "members.export", on=day_of(at)), request.paths):
        raise NotFound
    row = (
        ExportRequest.objects.select_for_update(of=("self",))
        .select_related("asked_by", "decided_by")
        .get(pk=request.pk)
    )
    if row.state != ExportRequest.State.ASKED:
        who = row.decided_by.shown_name if row.decided_by else ""
        when = "" if row.decided_at is None else f"{row.decided_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
        said = ("已同意", "allowed") if row.state == ExportRequest.State.ALLOWED else ("未同意", "refused")
        raise AlreadyDecided(who=who, who_en=who, when=when, outcome=said[0], outcome_en=said[1])
    row.state, row.decided_by, row.decided_at = state, by, at
    row.save()
    return row


def download(*, by: User, at: dt.datetime, request: ExportRequest, path: Path) -> int:
    """Write the list to a file: what matches now, within what was allowed and what `by` still reaches. Rows written.

    Raises NotFound, NotAllowedYet. The record is made before a byte leaves.
    """
    if request.asked_by_id != by.pk:
        raise NotFound
    if request.state != ExportRequest.State.ALLOWED or at > (request.decided_at or request.asked_at) + EXPORT_GOOD_FOR:
        raise NotAllowedYet
    reach = reach_of(by, "members.export", on=day_of(at))
    if not covers(reach, request.paths):
        raise NotFound
    with scope(reach=tuple(request.paths)):
        # Who joined since may be many more than the other officer allowed.
        found = exporting.matching(query=request.query, on=day_of(at)).filter(applied_at__lte=request.asked_at)
        written = exporting.write(members=found, form=request.form, path=path)
    with transaction.atomic():
        ExportRequest.objects.filter(pk=request.pk).update(downloaded_at=at, downloads=F("downloads") + 1)
        words = Text(f"导出 {written} 名会员：{request.reason}", f"Exported {written} members: {request.reason}")
        record(
            by=by,
            at=at,
            act="export.downloaded",
            words=words,
            about=request,
            path=request.paths[0],
            details={"rows": written},
        )
    return written


def save_view(*, by: User, at: dt.datetime, name: str, query: str) -> SavedView:
    """Keep a filter under a name; the same name again changes it."""
    return SavedView.objects.update_or_create(
        user=by, name=without_numbers(name)[:40], defaults={"query": without_numbers(query)[:500], "made_at": at}
    )[0]


def delete_view(*, by: User, name: str) -> None:
    SavedView.objects.filter(user=by, name=name).delete()


@transaction.atomic
def set_target(*, by: User, at: dt.datetime, organisation: Organisation, year: int, number: int) -> Target:
    """How many members an organisation means to have by the end of a year. Raises NotAllowed."""
    if not may(by, "targets.set", organisation, on=day_of(at)):
        raise NotAllowed
    with whole_union("the right was checked above"):
        made, _ = Target.objects.update_or_create(
            organisation=organisation, year=year, defaults={"number": number, "set_by": by, "set_at": at}
        )
    words = Text(
        f"{organisation.name} {year} 年目标 {number} 人",
        f"Target of {organisation.name_en or organisation.name} for {year}: {number}",
    )
    record(by=by, at=at, act="target.set", words=words, about=organisation, path=organisation.path)
    return made  # type: ignore[no-any-return]


@transaction.atomic
def poster_of(*, by: User, at: dt.datetime, organisation: Organisation) -> Poster:
    """A station's poster, with its serial. Raises NotAllowed."""
    if not may(by, "posters.print", organisation, on=day_of(at)):
        raise NotAllowed
    with whole_union("the right was checked above"):
        return Poster.objects.get_or_create(organisation=organisation, defaults={"changed_at": at, "changed_by": by})[0]  # type: ignore[no-any-return]


@transaction.atomic
def new_poster(*, by: User, at: dt.datetime, organisation: Organisation) -> Poster:
    """Make every poster of a station that hangs worthless. Raises NotAllowed."""
    poster_of(by=by, at=at, organisation=organisation)
    with whole_union("the right was checked above"):
        Poster.objects.filter(organisation=organisation).update(serial=F("serial") + 1, changed_at=at, changed_by=by)
        renewed: Poster = Poster.objects.get(organisation=organisation)
    words = Text(
        f"作废{organisation.name}的旧海报",
        f"Made the old posters of {organisation.name_en or organisation.name} worthless",
    )
    record(by=by, at=at, act="poster.renewed", words=words, about=organisation, path=organisation.path)
    return renewed
