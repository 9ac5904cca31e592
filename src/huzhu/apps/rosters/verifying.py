"""What the registers say about members, kept with each for as long as it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from huzhu.apps.audit.services import record
from huzhu.apps.jobs.models import Job
from huzhu.apps.jobs.services import ask
from huzhu.apps.members.models import Member, Verification, Work
from huzhu.apps.registers.indexes import hash_index_of
from huzhu.apps.registers.models import RegisterRow
from huzhu.apps.registers.queries import Found, Sought, find_many, rows_by_id
from huzhu.apps.rosters.linking import DOUBTFUL_FROM, Record, link
from huzhu.apps.rosters.models import Likeness
from huzhu.apps.rosters.services import AlreadyDecided
from huzhu.apps.unions.models import Organisation, User
from huzhu.apps.unions.queries import may
from huzhu.apps.unions.scoping import whole_union
from huzhu.rules.texts import Text
from huzhu.ui.clock import day_of
from huzhu.ui.refusals import NotAllowed

VERIFY_ALL = "rosters.verify_all"
LINKED_AT_MOST = 20_000
ROWS_AT_MOST = 300_000
CANDIDATES = 3


def verify_many(*, members: Sequence[Member], at: dt.datetime, by: User | None = None) -> dict[object, list[Found]]:
    """Look members up and note what is found, in the caller's transaction; by member. The same found again changes nothing."""
    has_hashes = RegisterRow.objects.exclude(identity_hash_index=None).exists()
    sought = [sought_of(member=member, has_hashes=has_hashes) for member in members]
    found = find_many(sought=sought, on=day_of(at))
    Verification.objects.bulk_create(
        [_verification(member_id, one, at, by) for member_id, all_found in found.items() for one in all_found],
        update_conflicts=True, unique_fields=["member", "register", "platform", "as_of"],
        update_fields=[*SAID, "rider_no", "how", "score_per_mille", "verified_at", "expires_on"],
    )  # fmt: skip
    return found


SAID = ["work_region", "work_category", "in_platform_name", "vehicle", "last_paid_order_on", "orders_30d"]


def sought_of(*, member: Member, has_hashes: bool) -> Sought:
    """A register that has only hashes of numbers is asked with the hash of hers, for which her number has to be opened."""
    by_hash = (
        hash_index_of(number=member.identity_number.reveal())
        if has_hashes and member.identity_number is not None
        else None
    )
    return Sought(member.pk, member.name_key, member.identity_index, by_hash, member.phone_index)


def _verification(member_id: object, found: Found, at: dt.datetime, by: User | None) -> Verification:
    return of_row(member_id=member_id, row=found.row, how=found.how, expires_on=found.expires_on, at=at, by=by)


def of_row(
    *,
    member_id: Any,
    row: RegisterRow,
    how: str,
    expires_on: dt.date,
    at: dt.datetime,
    by: User | None,
    score_per_mille: int = 1000,
) -> Verification:
    return Verification(
        member_id=member_id, register=row.register.code, platform=row.platform, rider_no=row.rider_no, how=how, as_of=row.as_of,
        score_per_mille=score_per_mille, verified_at=at, expires_on=expires_on, by=by, **{name: getattr(row, name) for name in SAID},
    )  # fmt: skip


def likenesses(*, at: dt.datetime) -> list[Likeness]:
    """Current members whom no register knows exactly, and rows of registers that may be them; what was decided stays decided."""
    on = day_of(at)
    verified = Verification.objects.filter(expires_on__gt=on).values("member_id")
    members = list(Member.objects.current().exclude(pk__in=verified).order_by("pk")[:LINKED_AT_MOST])
    known = Verification.objects.filter(expires_on__gt=on).exclude(rider_no="").values_list("platform", "rider_no")
    taken = set(known.iterator()) if members else set()
    rows = (
        RegisterRow.objects.filter(gone_at=None, register__is_active=True, as_of__lte=on)
        .exclude(name="")
        .order_by("pk")
    )
    if not members or not rows.exists():
        return []
    if rows.count() > ROWS_AT_MOST:
        rows = rows.filter(name_key__in={member.name_key for member in members})
    listed = [
        row for row in rows.select_related("register")[:ROWS_AT_MOST]
        if (row.platform, row.rider_no) not in taken and row.as_of + dt.timedelta(days=row.register.valid_days) > on
    ]  # fmt: skip
    pairs = link(
        left=_members(members),
        right=[Record(at_, row.name, None, row.work_region, row.platform) for at_, row in enumerate(listed)],
    )
    count: dict[int, int] = {}
    found = []
    for pair in pairs:
        member, row = members[pair.left], listed[pair.right]
        if _are_two(member, row) or pair.probability < DOUBTFUL_FROM:
            continue
        count[pair.left] = count.get(pair.left, 0) + 1
        if count[pair.left] <= CANDIDATES:
            found.append(
                Likeness(
                    organisation_id=member.organisation_id, member=member, register_row=row, found_at=at,
                    score_per_mille=min(int(pair.probability * 1000), 999), reasons=[[said.zh, said.en] for said in pair.reasons],
                )
            )  # fmt: skip
    return found


def _are_two(member: Member, row: RegisterRow) -> bool:
    return None not in (member.identity_index, row.identity_index) and member.identity_index != row.identity_index


def _members(members: Sequence[Member]) -> list[Record]:
    works = {
        member: (region, platform)
        for member, region, platform in Work.objects.filter(member__in=[m.pk for m in members]).values_list(
            "member_id", "work_region", "employer__platform"
        )
    }
    regions = dict(Organisation.objects.values_list("pk", "region"))
    records = []
    for at, member in enumerate(members):
        region, platform = works.get(member.pk, ("", None))
        year = member.birth_date.year if member.birth_date else None
        records.append(Record(at, member.name, None, region or regions.get(member.organisation_id), platform, year))
    return records


@transaction.atomic
def decide_likeness(*, by: User, at: dt.datetime, likeness: Likeness, is_same: bool) -> None:
    """Say whether a member and a row of a register are one person; if so, what the register says is noted with her.

    Raises NotAllowed, AlreadyDecided.
    """
    organisation = likeness.organisation
    if not may(by, "rosters.decide", organisation, on=day_of(at)):
        raise NotAllowed
    state = Likeness.State.SAME if is_same else Likeness.State.OTHER
    with whole_union("one likeness that was found in reach"):
        changed = Likeness.objects.filter(pk=likeness.pk, state=Likeness.State.OPEN).update(
            state=state, decided_by=by, decided_at=at
        )
        if not changed:
            raise AlreadyDecided
        if is_same:  # nobody is two people: the other proposals for her and for this row are answered by it
            rest = Likeness.objects.filter(
                Q(member=likeness.member_id) | Q(register_row=likeness.register_row_id), state=Likeness.State.OPEN
            )
            rest.update(state=Likeness.State.OTHER, decided_by=by, decided_at=at)
    row = rows_by_id(ids=[likeness.register_row_id])[likeness.register_row_id]
    if is_same:
        made = of_row(
            member_id=likeness.member_id, row=row, how=Verification.How.PERSON, at=at, by=by, score_per_mille=likeness.score_per_mille,
            expires_on=row.as_of + dt.timedelta(days=row.register.valid_days),
        )  # fmt: skip
        Verification.objects.bulk_create(
            [made], update_conflicts=True, unique_fields=["member", "register", "platform", "as_of"],
            update_fields=[*SAID, "rider_no", "how", "score_per_mille", "verified_at", "expires_on", "by"],
        )  # fmt: skip
    said = ("是同一人", "are one person") if is_same else ("不是同一人", "are two people")
    words = Text(
        f"核对：会员与登记册“{row.register.name}”的一行{said[0]}",
        f"Compared: a member and a row of the register “{row.register.name_en or row.register.name}” {said[1]}",
    )
    record(by=by, at=at, act="likeness.decided", words=words, about=likeness, path=organisation.path)


def ask_verify_all(*, by: User | None, at: dt.datetime) -> Job:
    """Ask for every current member to be looked up again; once a day, however often it is asked."""
    return ask(kind=VERIFY_ALL, key=f"{VERIFY_ALL}:{day_of(at)}", by=by, at=at)
