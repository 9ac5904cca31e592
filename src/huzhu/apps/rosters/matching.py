"""The third step: which rows are members already, exactly; and, for rows without a number, who they may be (linking.py)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from huzhu.apps.members.models import Member, Work
from huzhu.apps.rosters.linking import Record, link
from huzhu.apps.rosters.models import Match, Roster, Row
from huzhu.apps.rosters.packing import Said, unpack
from huzhu.apps.unions.models import Employer, Organisation
from huzhu.rules.texts import Text

LINKED_AT_MOST = (
    20_000  # rows without a number; more of them is a file without numbers, which people cannot settle by hand
)
MEMBERS_AT_MOST = 300_000
CANDIDATES = 5

DOUBTS = {
    "member_name_differs": (
        Text("已有会员是这个身份证号，但姓名不同", "a member has this identity number and another name"),
        Text("请对照证件：姓名以证件为准", "compare with the card: the name on the card is the right one"),
    ),
    "member_elsewhere": (
        Text("此人是别的工会的会员", "this person is a member of another union"),
        Text("确认本人已转来，再接收", "accept the transfer if the person has moved here"),
    ),
    "member_left": (
        Text("此人已退会，或申请未获批准", "this person has left, or an application was refused"),
        Text("确认本人愿意重新入会，再接收", "accept if the person wants to join again"),
    ),
    "member_other_number": (
        Text("手机号和姓名与一位会员相同，身份证号不同", "phone and name are a member's, the identity number is not"),
        Text("请核对身份证号，或确认是两个人", "check the identity number, or confirm that they are two people"),
    ),
}
SAME_NUMBER = Text("身份证号相同", "the same identity number")
SAME_PHONE = Text("手机号和姓名相同", "the same phone and name")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is found for one row: a member, or a doubt about one; `plan` is what merging would do."""

    member: Member | None = None
    plan: str = Row.Result.CREATED
    doubt: str = ""
    reason: Text | None = None


class Tree:
    """The organisations below a roster's, by what a row may call them, and the employers of platforms. Read once a step's process."""

    def __init__(self, organisation: Organisation) -> None:
        self.root = organisation
        below = Organisation.objects.filter(path__startswith=organisation.path, is_active=True)
        found = list(below.values_list("pk", "code", "name", "name_en"))
        self.ids = {pk for pk, *_ in found}
        named: dict[str, set[UUID]] = defaultdict(set)
        for pk, *names in found:
            for name in filter(None, names):
                named[name].add(pk)
        # A name that two have names neither.
        self.by_name = {name: next(iter(ids)) for name, ids in named.items() if len(ids) == 1}
        employers = Employer.objects.exclude(platform=None)
        self.employers = {word: employer.pk for employer in employers for word in (employer.platform, employer.name)}
        self.platforms: dict[object, str] = {employer.pk: str(employer.platform) for employer in employers}

    def organisation_of(self, said: Said) -> UUID:
        return self.by_name.get(said.organisation or "") or self.root.id

    def names_one(self, said: Said) -> bool:
        return (said.organisation or "") in self.by_name

    def employer_of(self, said: Said) -> UUID | None:
        return self.employers.get(said.platform or "")


def verdicts(*, rows: Sequence[Row], tree: Tree) -> dict[object, Verdict]:
    """By row key; a row that is nobody's yet has no entry."""
    identities = {row.identity_index: row for row in rows if row.identity_index is not None}
    phones = {row.phone_index for row in rows if row.phone_index is not None}
    members = Member.objects.exclude(status=Member.Status.ERASED)
    by_identity = {m.identity_index: m for m in members.filter(identity_index__in=list(identities))}
    by_phone: dict[bytes, list[Member]] = defaultdict(list)
    for member in members.filter(phone_index__in=list(phones)):
        by_phone[member.phone_index].append(member)
    found: dict[object, Verdict] = {}
    for row in rows:
        member = by_identity.get(row.identity_index)
        if member is not None:
            found[row.pk] = _of_number(row, member, tree)
            continue
        alike = [m for m in by_phone.get(row.phone_index, ()) if m.name_key == row.name_key]
        if not alike:
            continue
        free = [m for m in alike if m.identity_index is None or row.identity_index is None]
        if len(free) == 1 and len(alike) == 1:
            found[row.pk] = _standing(row, free[0], tree, SAME_PHONE)
        elif row.identity_index is not None:
            found[row.pk] = Verdict(alike[0], doubt="member_other_number", reason=SAME_PHONE)
    _settle_plans(rows, found, tree)
    return found


def _of_number(row: Row, member: Member, tree: Tree) -> Verdict:
    if member.name_key != row.name_key:
        return Verdict(member, doubt="member_name_differs", reason=SAME_NUMBER)
    return _standing(row, member, tree, SAME_NUMBER)


def _standing(row: Row, member: Member, tree: Tree, reason: Text) -> Verdict:  # noqa: ARG001 - as `_of_number`
    if member.status in (Member.Status.LEFT, Member.Status.REFUSED):
        return Verdict(member, doubt="member_left", reason=reason)
    if member.organisation_id not in tree.ids:
        return Verdict(member, doubt="member_elsewhere", reason=reason)
    return Verdict(member, plan=Row.Result.UNCHANGED, reason=reason)


def _settle_plans(rows: Sequence[Row], found: dict[object, Verdict], tree: Tree) -> None:
    """For members that rows are sure of: whether anything would change."""
    sure = {row.pk: row for row in rows if row.pk in found and not found[row.pk].doubt}
    works = works_of(
        members=[verdict.member for pk, verdict in found.items() if pk in sure and verdict.member is not None]
    )
    for pk, row in sure.items():
        member = found[pk].member
        assert member is not None
        plan = plan_of(member=member, row=row, said=unpack(text=row.data.reveal()), tree=tree, works=works)
        found[pk] = Verdict(member, plan=plan, reason=found[pk].reason)


Works = dict[tuple[object, object], Work]


def works_of(*, members: Iterable[Member]) -> Works:
    ids = [member.pk for member in members]
    return {(work.member_id, work.employer_id): work for work in Work.objects.filter(member_id__in=ids)} if ids else {}


def plan_of(*, member: Member, row: Row, said: Said, tree: Tree, works: Works) -> str:
    """What merging this row would do to the member."""
    if member.organisation_id not in tree.ids or (
        tree.names_one(said) and member.organisation_id != tree.organisation_of(said)
    ):
        return Row.Result.TRANSFERRED
    if member.status != Member.Status.MEMBER:
        return Row.Result.UPDATED
    is_new_phone = row.phone_index is not None and row.phone_index != member.phone_index
    is_new_number = row.identity_index is not None and member.identity_index is None
    is_new_name = takes_name(member=member, row=row)
    if is_new_phone or is_new_number or is_new_name or work_changes(member=member, said=said, tree=tree, works=works):
        return Row.Result.UPDATED
    return Row.Result.UNCHANGED


def takes_name(*, member: Member, row: Row) -> bool:
    """Whether an officer, with the card at hand, has said that the row's name is the right one for this number."""
    is_decided = row.decided_by_id is not None and row.identity_index is not None
    return is_decided and row.identity_index == member.identity_index and row.name != member.name


def work_changes(*, member: Member, said: Said, tree: Tree, works: Works) -> bool:
    """Whether the row says something of work that is not known yet. What it leaves empty changes nothing."""
    employer = tree.employer_of(said)
    if employer is None:
        return False
    work = works.get((member.pk, employer))
    if work is None:
        return True
    pairs = (
        (said.rider_no, work.rider_no),
        (said.work_category, work.work_category),
        (said.work_region, work.work_region),
    )
    return any(new and new != old for new, old in pairs)


def doubt_of(code: str) -> dict[str, str]:
    what, fix = DOUBTS[code]
    return {"column": "", "code": code, "zh": what.zh, "en": what.en, "fix_zh": fix.zh, "fix_en": fix.en}


def candidates(*, roster: Roster, tree: Tree) -> list[Match]:
    """Whom the rows without a number may be, among the members of the roster's part of the union: the likeliest few of each."""
    found = Row.objects.filter(roster=roster, state=Row.State.DOUBTFUL, identity_index=None, member=None).exclude(
        name=""
    )
    rows = list(found.order_by("number")[:LINKED_AT_MOST])
    if not rows:
        return []
    members = Member.objects.current().filter(organisation__path__startswith=tree.root.path)
    if members.count() > MEMBERS_AT_MOST:
        members = members.filter(name_key__in={row.name_key for row in rows})
    people = list(members.only("pk", "name", "organisation_id", "birth_date")[:MEMBERS_AT_MOST])
    names = dict(Organisation.objects.filter(pk__in=tree.ids).values_list("pk", "name"))
    works: dict[object, tuple[str, str]] = {
        member: (region, tree.platforms.get(employer, ""))
        for member, employer, region in Work.objects.filter(member__in=members).values_list(
            "member_id", "employer_id", "work_region"
        )
    }
    left = [_record_of_row(at, row, tree) for at, row in enumerate(rows)]
    right = []
    for at, person in enumerate(people):
        region, platform = works.get(person.pk, (None, None))
        right.append(
            Record(
                at,
                person.name,
                names.get(person.organisation_id),
                region,
                platform,
                person.birth_date and person.birth_date.year,
            )
        )
    matches: list[Match] = []
    taken: dict[int, int] = defaultdict(int)
    for pair in link(left=left, right=right):
        taken[pair.left] += 1
        if taken[pair.left] <= CANDIDATES:
            reasons = [[reason.zh, reason.en] for reason in pair.reasons]
            score = min(int(pair.probability * 1000), 999)
            matches.append(
                Match(row=rows[pair.left], member=people[pair.right], score_per_mille=score, reasons=reasons)
            )
    return matches


def _record_of_row(at: int, row: Row, tree: Tree) -> Record:
    said = unpack(text=row.data.reveal())
    employer = tree.employer_of(said)
    platform = tree.platforms.get(employer) if employer is not None else said.platform
    year = said.birth_date.year if said.birth_date else None
    return Record(at, row.name, said.organisation, said.work_region, platform, year)


def open_doubts() -> Q:
    return Q(state=Row.State.DOUBTFUL, result="")


def approved_on(said: Said, on: dt.date) -> dt.date:
    """When somebody on a roster asked to join: the day it says, never one to come."""
    return said.applied_on if said.applied_on is not None and said.applied_on <= on else on
