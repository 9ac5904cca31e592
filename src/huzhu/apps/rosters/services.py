"""What officers do with rosters: upload, decide what is doubtful, confirm, drop, take the rows that have to be mended."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from pathlib import Path, PurePosixPath
from typing import IO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from huzhu.apps.audit.services import record
from huzhu.apps.jobs.models import Job
from huzhu.apps.jobs.services import again, ask
from huzhu.apps.members.models import Member
from huzhu.apps.rosters import mending
from huzhu.apps.rosters.models import Match, Roster, Row
from huzhu.apps.rosters.packing import Said, unpack
from huzhu.apps.unions.models import Organisation, User, new_id
from huzhu.apps.unions.queries import may
from huzhu.apps.unions.scoping import whole_union
from huzhu.apps.vault import files
from huzhu.rules.texts import Lang, Text
from huzhu.ui.clock import day_of
from huzhu.ui.numbers import without_numbers
from huzhu.ui.refusals import NotAllowed, Refusal

CHECK, MATCH, MERGE, CLEAR = "rosters.check", "rosters.match", "rosters.merge", "rosters.clear"
MENDED_WITHIN = dt.timedelta(days=30)  # after that, what refused rows say is forgotten


class SameFile(Refusal):
    text = Text("这个文件已在 {on} 上传过。", "This very file was uploaded on {on}.")

    def __init__(self, *, roster: Roster) -> None:
        self.roster = roster
        super().__init__(on=day_of(roster.uploaded_at))


class NotReady(Refusal):
    text = Text(
        "这份名册现在不能确认：还在处理，或已经确认。",
        "This roster cannot be confirmed now: it is being worked on, or was confirmed already.",
    )


class NothingToMerge(Refusal):
    text = Text("没有可以入会的行。", "There is no row to merge.")


class AlreadyDecided(Refusal):
    text = Text("这一行已经有人处理了。", "Somebody has decided this row already.")


class NoSuchChoice(Refusal):
    text = Text("这一行不能这样处理。", "This row cannot be decided that way.")
    status = 422


def cleaned_file_name(*, name: str) -> str:
    """A file name as it may be shown: no path, no character that cannot be seen, no number of a person."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(c for c in unicodedata.normalize("NFKC", last) if unicodedata.category(c)[0] not in "CZ" or c == " ")
    return without_numbers(kept.strip()[-200:]) or "roster"


@transaction.atomic
def upload(*, by: User, at: dt.datetime, organisation: Organisation, stream: IO[bytes], file_name: str) -> Roster:
    """Store a roster and ask for it to be checked. Raises NotAllowed, and SameFile with the earlier one."""
    if not may(by, "rosters.upload", organisation, on=day_of(at)):
        raise NotAllowed
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    earlier = _earlier(organisation, digest)
    if earlier is not None:
        raise SameFile(roster=earlier)
    stream.seek(0)
    roster = Roster(
        id=new_id(),
        organisation=organisation,
        uploaded_by=by,
        uploaded_at=at,
        file_name=cleaned_file_name(name=file_name),
        sha256=digest,
    )
    roster.file = files.store(stream, roster.place)
    try:
        with transaction.atomic():
            roster.save(force_insert=True)
    except IntegrityError:
        files.delete(roster.file)
        earlier = _earlier(organisation, digest)
        if earlier is None:
            raise
        raise SameFile(roster=earlier) from None
    ask(
        kind=CHECK,
        key=f"{CHECK}:{roster.pk}",
        by=by,
        at=at,
        arguments={"roster": str(roster.pk)},
        organisation=organisation,
    )
    words = Text(f"上传名册“{roster.file_name}”", f"Uploaded the roster “{roster.file_name}”")
    record(by=by, at=at, act="roster.uploaded", words=words, about=roster, path=organisation.path)
    return roster


def _earlier(organisation: Organisation, digest: str) -> Roster | None:
    with whole_union("a file is compared with those of its own organisation, whose right was just checked"):
        alike = Roster.objects.filter(organisation=organisation, sha256=digest)
        found: Roster | None = alike.exclude(state__in=[Roster.State.REFUSED, Roster.State.DROPPED]).first()
    return found


@transaction.atomic
def decide(*, by: User, at: dt.datetime, row: Row, act: str, member_id: str | UUID | None = None) -> None:
    """Settle a doubtful row: `accept` it (as `member_id`, one of its matches, if it has any), take it as a `new` person, or `refuse`.

    Raises NotAllowed, AlreadyDecided, NoSuchChoice.
    """
    roster = row.roster
    if not may(by, "rosters.decide", roster.organisation, on=day_of(at)):
        raise NotAllowed
    row = Row.objects.select_for_update().get(pk=row.pk)
    if row.state != Row.State.DOUBTFUL or row.result:
        raise AlreadyDecided
    matches = {str(match.member_id) for match in Match.objects.filter(row=row)}
    row.decided_by, row.decided_at = by, at
    if act == "refuse":
        row.state, row.plan = Row.State.REFUSED, ""
    elif act == "accept" and (str(member_id) in matches if matches else member_id is None):
        row.state, row.member_id = Row.State.ACCEPTED, member_id if matches else None
        row.plan = Row.Result.UPDATED if matches else Row.Result.CREATED
    elif act == "new" and matches and not _number_is_taken(row):
        row.state, row.member_id, row.plan = Row.State.ACCEPTED, None, Row.Result.CREATED
    else:
        raise NoSuchChoice
    row.save(update_fields=["state", "member", "plan", "decided_by", "decided_at"])
    counts = {row.state: F(row.state) + 1, "doubtful": F("doubtful") - 1}
    with whole_union("the roster of a row that was just found in reach"):
        Roster.objects.filter(pk=roster.pk).update(**counts)
        if row.state == Row.State.ACCEPTED:
            Roster.objects.filter(pk=roster.pk, state=Roster.State.DONE).update(state=Roster.State.READY)
    said = {
        "accept": ("接收", "Accepted"),
        "new": ("作为新会员接收", "Accepted as a new person"),
        "refuse": ("拒绝", "Refused"),
    }[act]
    words = Text(
        f"{said[0]}名册“{roster.file_name}”第 {row.number} 行",
        f"{said[1]} row {row.number} of the roster “{roster.file_name}”",
    )
    record(by=by, at=at, act=f"roster.row_{act}", words=words, about=row, path=roster.organisation.path)


def _number_is_taken(row: Row) -> bool:
    with whole_union("a number is taken wherever its member is"):
        return row.identity_index is not None and Member.objects.filter(identity_index=row.identity_index).exists()


@transaction.atomic
def confirm(*, by: User, at: dt.datetime, roster: Roster) -> Job:
    """Approve everybody on the roster who is accepted and not merged yet, and ask for it to be done.

    Raises NotAllowed, NotReady, NothingToMerge.
    """
    if not may(by, "rosters.decide", roster.organisation, on=day_of(at)):
        raise NotAllowed
    many = Row.objects.filter(roster=roster, state=Row.State.ACCEPTED, result="").count()
    if roster.state == Roster.State.READY and not many:
        raise NothingToMerge
    changed = Roster.objects.filter(pk=roster.pk, state=Roster.State.READY).update(
        state=Roster.State.MERGING, confirmed_by=by, confirmed_at=at, merges=F("merges") + 1
    )
    if not changed:
        raise NotReady
    roster.refresh_from_db()
    job = ask(
        kind=MERGE, key=f"{MERGE}:{roster.pk}:{roster.merges}", by=by, at=at, arguments={"roster": str(roster.pk)},
        organisation=roster.organisation, total=many,
    )  # fmt: skip
    words = Text(
        f"确认名册“{roster.file_name}”：批准 {many} 人入会或更新",
        f"Confirmed the roster “{roster.file_name}”: {many} people approved or brought up to date",
    )
    record(by=by, at=at, act="roster.confirmed", words=words, about=roster, path=roster.organisation.path)
    return job


@transaction.atomic
def drop(*, by: User, at: dt.datetime, roster: Roster) -> None:
    """Give a roster up before it is confirmed: nobody joins by it, and what it says is forgotten. Raises NotAllowed, NotReady."""
    if not may(by, "rosters.upload", roster.organisation, on=day_of(at)):
        raise NotAllowed
    open_states = [Roster.State.CHECKING, Roster.State.MATCHING, Roster.State.READY]
    if not Roster.objects.filter(pk=roster.pk, state__in=open_states, merges=0).update(state=Roster.State.DROPPED):
        raise NotReady
    forget(roster=roster, at=at, later=dt.timedelta())
    words = Text(f"放弃名册“{roster.file_name}”", f"Dropped the roster “{roster.file_name}”")
    record(by=by, at=at, act="roster.dropped", words=words, about=roster, path=roster.organisation.path)


def forget(*, roster: Roster, at: dt.datetime, later: dt.timedelta) -> None:
    """Ask for what the roster's rows say to be removed in a while, in the caller's transaction."""
    ask(
        kind=CLEAR, key=f"{CLEAR}:{roster.pk}:{roster.merges}", by=None, at=at, arguments={"roster": str(roster.pk)},
        organisation=roster.organisation, not_before=at + later,
    )  # fmt: skip


@transaction.atomic
def go_on(*, by: User, at: dt.datetime, roster: Roster, job: Job) -> None:
    """Let a roster whose work was stopped by an error go on from where it was."""
    if not may(by, "rosters.upload", roster.organisation, on=day_of(at)):
        raise NotAllowed
    again(job=job, at=at)


def recount(*, roster: Roster) -> None:
    """Set the roster's figures to what its rows say."""
    rows = Row.objects.filter(roster=roster)
    states = dict(rows.values_list("state").annotate(Count("pk")))
    results = dict(rows.exclude(result="").values_list("result").annotate(Count("pk")))
    codes = dict(rows.exclude(code="").filter(~Q(state=Row.State.ACCEPTED)).values_list("code").annotate(Count("pk")))
    with whole_union("the figures of one roster"):
        Roster.objects.filter(pk=roster.pk).update(
            codes=codes, **{state: states.get(state, 0) for state in Row.State.values},
            **{result: results.get(result, 0) for result in Row.Result.values},
        )  # fmt: skip


def to_mend(*, by: User, at: dt.datetime, roster: Roster, path: Path, lang: Lang) -> int:
    """Write the rows that are refused or doubtful to a spreadsheet, with what is wrong and how to mend it; how many there are.

    It holds whole identity numbers, so only who may upload to this organisation gets it, and it is recorded. Raises NotAllowed.
    """
    if not may(by, "rosters.upload", roster.organisation, on=day_of(at)):
        raise NotAllowed
    rows = Row.objects.filter(roster=roster, result="").exclude(state=Row.State.ACCEPTED).order_by("number")
    many = rows.count()
    words = Text(
        f"下载名册“{roster.file_name}”中需要改正的 {many} 行",
        f"Downloaded the {many} rows of the roster “{roster.file_name}” that need mending",
    )
    record(by=by, at=at, act="roster.exported", words=words, about=roster, path=roster.organisation.path)
    found = ((row.number, said_by(row=row).cells, row.problems or []) for row in rows.iterator(chunk_size=1000))
    mending.write(rows=found, columns=roster.columns, path=path, lang=lang)
    return many


def said_by(*, row: Row) -> Said:
    """What a row says, as long as it is kept. Whoever shows it masks its numbers."""
    return Said() if row.data is None else unpack(text=row.data.reveal())
