"""The fourth step: people become members, some hundreds a commit. The officer's confirmation is the approval of all of them in one act."""

from __future__ import annotations

import datetime as dt
from collections import Counter as Counts
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from huzhu.apps.members.models import Member, Transfer, Work
from huzhu.apps.members.services import Place, next_numbers, place_of, tally
from huzhu.apps.registers.indexes import phone_index
from huzhu.apps.rosters.matching import (
    Tree,
    Works,
    approved_on,
    doubt_of,
    plan_of,
    takes_name,
    verdicts,
    work_changes,
    works_of,
)
from huzhu.apps.rosters.models import Match, Roster, Row
from huzhu.apps.rosters.packing import Said, unpack
from huzhu.apps.unions.models import User
from huzhu.ui.clock import CHINA, day_of
from huzhu.ui.numbers import rider_number


@dataclass
class Merge:
    """What one chunk writes, gathered first."""

    roster: Roster
    tree: Tree
    by: User | None
    at: dt.datetime
    said: dict[object, Said]
    works: Works = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)  # changed ones
    moves: list[Transfer] = field(default_factory=list)
    new_works: list[Work] = field(default_factory=list)
    changed_works: list[Work] = field(default_factory=list)
    results: Counts[str] = field(default_factory=Counts)
    places: list[tuple[Place | None, Place | None]] = field(default_factory=list)  # of members, before and after

    @property
    def on(self) -> dt.date:
        return day_of(self.at)


def merge(
    *, roster: Roster, tree: Tree, rows: Sequence[Row], by: User | None, at: dt.datetime
) -> tuple[Counts[str], int]:
    """Merge accepted rows, in the caller's transaction: how many of each result, and how many became doubtful on the way because
    somebody joined meanwhile. Done again after a rollback it does the same; a row that has a result is none of its business."""
    chunk = Merge(roster, tree, by, at, {row.pk: unpack(text=row.data.reveal()) for row in rows})
    strangers = [row for row in rows if row.member_id is None]
    known = [row for row in rows if row.member_id is not None]
    doubtful: list[Row] = []
    made = _insert(chunk, strangers)
    if made is None:
        made, met, doubtful = _insert_around(chunk, strangers)
        known += met
    _update(chunk, known)
    _write(chunk, known, made)
    chunk.results[Row.Result.CREATED] += len(made)
    return chunk.results, len(doubtful)


def _insert(chunk: Merge, rows: list[Row]) -> list[Row] | None:
    """Make members of rows, all in one; None where one of them is a member by now."""
    if not rows:
        return []
    numbers = next_numbers(on=chunk.on, count=len(rows))
    members = [_member(chunk, row, number) for row, number in zip(rows, numbers, strict=True)]
    try:
        with transaction.atomic():
            Member.objects.bulk_create(members)
    except IntegrityError:
        return None
    chunk.places += [(None, place_of(member)) for member in members]
    for row in rows:
        _note_work(chunk, row.pk, chunk.said[row.pk], is_new=True)
    return rows


def _member(chunk: Merge, row: Row, number: str) -> Member:
    said, on = chunk.said[row.pk], chunk.on
    asked_on = approved_on(said, on)
    member = Member(
        id=row.pk, number=number, organisation_id=chunk.tree.organisation_of(said), name=row.name, name_key=row.name_key,
        identity_index=row.identity_index, birth_date=said.birth_date, phone_index=row.phone_index, status=Member.Status.MEMBER,
        way=Member.Way.ROSTER, joined_on=on, decided_by=chunk.by, decided_at=chunk.at,
        applied_at=chunk.at if asked_on == on else dt.datetime.combine(asked_on, dt.time(), CHINA),
    )  # fmt: skip
    member.identity_number, member.phone = said.identity_number, said.phone
    return member


def _insert_around(chunk: Merge, rows: list[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    """Somebody of these joined since they were matched: made now, members now, and doubtful now."""
    found = verdicts(rows=rows, tree=chunk.tree)
    free = [row for row in rows if row.pk not in found]
    met, doubtful = [], []
    for row in rows:
        verdict = found.get(row.pk)
        if verdict is None:
            continue
        if verdict.doubt:
            make_doubtful(row=row, code=verdict.doubt)
            doubtful.append(row)
        else:
            row.member = verdict.member
            met.append(row)
    made = _insert(chunk, free)
    if made is None:  # and another joined just now: one by one, each against what is there at that moment
        made = []
        for row in free:
            one = _insert(chunk, [row])
            if one is None:
                make_doubtful(
                    row=row, code="member_left"
                )  # somebody whom no rule may match, such as one who was erased
                doubtful.append(row)
            else:
                made.append(row)
    Row.objects.bulk_update(doubtful, ["state", "code", "problems", "member"])
    Match.objects.bulk_create(
        [
            Match(row=row, member=found[row.pk].member, score_per_mille=1000)
            for row in doubtful
            if row.pk in found and found[row.pk].member
        ],
        ignore_conflicts=True,
    )
    return made, met, doubtful


def make_doubtful(*, row: Row, code: str) -> None:
    row.state, row.code, row.problems, row.plan = Row.State.DOUBTFUL, code, [*(row.problems or []), doubt_of(code)], ""


def _update(chunk: Merge, rows: list[Row]) -> None:
    """Bring members that are there already up to what their rows say."""
    found = {m.pk: m for m in Member.objects.select_for_update().filter(pk__in=[row.member_id for row in rows])}
    chunk.works = works_of(members=found.values())
    joining = [
        row
        for row in rows
        if found[row.member_id].status != Member.Status.MEMBER and found[row.member_id].number is None
    ]
    given = next_numbers(on=chunk.on, count=len(joining)) if joining else []
    numbers = dict(zip([row.pk for row in joining], given, strict=True))
    for row in rows:
        member, said = found[row.member_id], chunk.said[row.pk]
        row.result = plan_of(member=member, row=row, said=said, tree=chunk.tree, works=chunk.works)
        chunk.results[row.result] += 1
        if row.result == Row.Result.UNCHANGED:
            continue
        before = place_of(member)
        if row.result == Row.Result.TRANSFERRED:
            target = chunk.tree.organisation_of(said)
            chunk.moves.append(
                Transfer(
                    member=member,
                    from_organisation_id=member.organisation_id,
                    to_organisation_id=target,
                    on=chunk.on,
                    by=chunk.by,
                )
            )
            member.organisation_id = target
        _change(chunk, member, row, said, numbers.get(row.pk))
        chunk.places.append((before, place_of(member)))
        chunk.members.append(member)


def _change(chunk: Merge, member: Member, row: Row, said: Said, number: str | None) -> None:
    if member.status != Member.Status.MEMBER:
        member.status, member.left_on, member.reason = Member.Status.MEMBER, None, ""
        member.number = member.number or number
        member.joined_on, member.decided_by, member.decided_at = chunk.on, chunk.by, chunk.at
    if takes_name(member=member, row=row):
        member.name, member.name_key = row.name, row.name_key
    if said.phone is not None and row.phone_index != member.phone_index:
        member.phone, member.phone_index = said.phone, phone_index(phone=said.phone)
    if said.identity_number is not None and member.identity_index is None:
        member.identity_number, member.identity_index, member.birth_date = (
            said.identity_number,
            row.identity_index,
            said.birth_date,
        )
    if work_changes(member=member, said=said, tree=chunk.tree, works=chunk.works):
        _note_work(chunk, member.pk, said)


def _note_work(chunk: Merge, member_id: UUID, said: Said, *, is_new: bool = False) -> None:
    employer = chunk.tree.employer_of(said)
    if employer is None:
        return
    work = None if is_new else chunk.works.get((member_id, employer))
    if work is None:
        work = Work(member_id=member_id, employer_id=employer)
        chunk.new_works.append(work)
    else:
        chunk.changed_works.append(work)
    work.rider_no = (rider_number(said.rider_no or "") or work.rider_no)[:40]
    work.work_category, work.work_region = (
        said.work_category or work.work_category,
        said.work_region or work.work_region,
    )
    work.said_at = chunk.at


MEMBER_FIELDS = [
    "number", "name", "name_key", "organisation", "identity_number", "identity_index", "birth_date", "phone", "phone_index",
    "status", "joined_on", "left_on", "decided_by", "decided_at", "reason",
]  # fmt: skip


def _write(chunk: Merge, known: list[Row], made: list[Row]) -> None:
    for member in chunk.members:  # what is sealed is sealed anew by saving, not by a bulk update
        member.save(update_fields=MEMBER_FIELDS)
    Transfer.objects.bulk_create(chunk.moves)
    Work.objects.bulk_create(chunk.new_works)
    Work.objects.bulk_update(
        chunk.changed_works, ["rider_no", "work_category", "work_region", "said_at"], batch_size=200
    )
    by_result: dict[str, list[Row]] = {}
    for row in known:
        by_result.setdefault(row.result, []).append(row)
    for result, rows in by_result.items():
        Row.objects.filter(pk__in=[row.pk for row in rows]).update(result=result, data=None)
    met = [row for row in known if row.member_id is not None]
    if met:
        Row.objects.bulk_update(met, ["member"], batch_size=200)
    set_made(rows=made)
    tally(moves=chunk.places)


def set_made(*, rows: list[Row]) -> None:
    """The member of a row that made one has the row's own key."""
    Row.objects.filter(pk__in=[row.pk for row in rows]).update(result=Row.Result.CREATED, member_id=F("pk"), data=None)
