"""What officers decide: approving, refusing, moving, who is who, and the committee's standing resolutions."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from huzhu.apps.audit.services import record
from huzhu.apps.members.models import Member, Resolution, SecondApplication, Transfer, Verification, Work
from huzhu.apps.members.names import same_person_key
from huzhu.apps.members.refusals import AlreadyDecided, IdentityTaken, NotAMember, SameOrganisation
from huzhu.apps.members.services.applying import give_consents
from huzhu.apps.members.services.tallying import place_of, tally
from huzhu.apps.members.services.verifying import admit, look_up, tell
from huzhu.apps.unions.models import Organisation, User
from huzhu.apps.unions.queries import may
from huzhu.apps.unions.scoping import whole_union
from huzhu.rules.texts import Text
from huzhu.ui.clock import CHINA, day_of
from huzhu.ui.reasons import checked
from huzhu.ui.refusals import NotAllowed, NotFound

REFUSED = Text("您的入会申请未获批准：{reason}", "Your application was not approved: {reason}")
MOVED = Text("您的会籍已转到{organisation}。", "Your membership has moved to {organisation_en}.")


def locked(*, by: User, at: dt.datetime, member: Member, permission: str) -> Member:
    """The member's row, held until the transaction ends. Raises NotFound where `by` lacks the permission over her."""
    with whole_union("whose right it is, is checked on the row itself"):
        row: Member | None = (
            Member.objects.select_for_update(of=("self",))
            .select_related("organisation", "user")
            .filter(pk=member.pk)
            .first()
        )
    if row is None or not may(by, permission, row.organisation, on=day_of(at)):
        raise NotFound
    return row


@transaction.atomic
def approve(*, by: User, at: dt.datetime, member: Member) -> Member:
    """Make an applicant a member. Raises AlreadyDecided, naming who and when, where somebody was faster."""
    row = locked(by=by, at=at, member=member, permission="members.approve")
    _must_be_open(row)
    with whole_union("the number of a card is counted for all"):
        admit(member=row, at=at, by=by)
    return row


@transaction.atomic
def refuse(*, by: User, at: dt.datetime, member: Member, reason: str) -> Member:
    """Refuse an applicant, who is told the reason. Raises AlreadyDecided, and what `checked` does."""
    reason = checked(reason)
    row = locked(by=by, at=at, member=member, permission="members.approve")
    _must_be_open(row)
    row.status, row.reason, row.decided_by, row.decided_at = (
        Member.Status.REFUSED,
        reason,
        by,
        at,
    )
    row.save()
    tell(member=row, kind="member.refused", at=at, text=REFUSED, reason=reason)
    words = Text(
        f"未批准 {row.alias} 的入会申请：{reason}",
        f"Refused the application of {row.alias}: {reason}",
    )
    record(by=by, at=at, act="member.refused", words=words, about=row, path=row.organisation.path)
    return row


def _must_be_open(member: Member) -> None:
    if member.is_open:
        return
    by, when = member.decided_by, member.decided_at
    status = Member.Status(member.status)
    zh = {"member": "已批准", "refused": "未批准", "left": "已撤回或退会", "erased": "已注销"}[status.value]
    en = {"member": "approved", "refused": "refused", "left": "withdrawn or left", "erased": "erased"}[status.value]
    raise AlreadyDecided(
        who=by.shown_name if by else "系统",
        who_en=by.shown_name if by else "The system",
        when="" if when is None else f"{when.astimezone(CHINA):%Y-%m-%d %H:%M}",
        outcome=zh,
        outcome_en=en,
    )


@transaction.atomic
def transfer(*, by: User, at: dt.datetime, member: Member, to: Organisation) -> Transfer:
    """Move a member to another organisation in one step; both sides find it in their records."""
    row = locked(by=by, at=at, member=member, permission="members.edit")
    if row.status != Member.Status.MEMBER:
        raise NotAMember
    if row.organisation_id == to.pk or not to.is_active:
        raise SameOrganisation(field="to")
    source = row.organisation
    made: Transfer = Transfer.objects.create(
        member=row, from_organisation=source, to_organisation=to, on=day_of(at), by=by
    )
    before, row.organisation = place_of(row), to
    row.save()
    tally(moves=[(before, place_of(row))])
    SecondApplication._base_manager.filter(member=row).update(organisation=to)
    tell(
        member=row, kind="member.moved", at=at, text=MOVED, organisation=to.name, organisation_en=to.name_en or to.name
    )
    words = Text(
        f"{row.alias} 由{source.name}转到{to.name}",
        f"Moved {row.alias} from {source.name_en or source.name} to {to.name_en or to.name}",
    )
    # Whoever sees one side's record need not see the other's, so each side has an entry.
    record(by=by, at=at, act="member.moved_out", words=words, about=row, path=source.path)
    record(by=by, at=at, act="member.moved_in", words=words, about=row, path=to.path)
    return made


@transaction.atomic
def verify(*, by: User, at: dt.datetime, member: Member) -> list[Verification]:
    """Ask the registers again. Raises NotFound."""
    row = locked(by=by, at=at, member=member, permission="members.edit")
    if not row.consents.filter(purpose="verification", withdrawn_at=None).exists():
        raise NotAllowed
    found = look_up(member=row, at=at, by=by)
    words = Text(f"核对 {row.alias}：{len(found)} 份登记一致", f"Checked {row.alias}: {len(found)} registers agree")
    record(by=by, at=at, act="member.verified", words=words, about=row, path=row.organisation.path)
    return found


@transaction.atomic
def record_resolution(
    *,
    by: User,
    at: dt.datetime,
    organisation: Organisation,
    passed_on: dt.date,
    words: str,
    until: dt.date | None = None,
) -> Resolution:
    """Note a committee's standing resolution. Raises NotAllowed, and what `checked` does."""
    if not may(by, "members.approve", organisation, on=day_of(at)):
        raise NotAllowed
    words = checked(words, field="words")
    made: Resolution = Resolution.objects.create(
        organisation=organisation, passed_on=passed_on, words=words, until=until, recorded_by=by
    )
    said = Text(
        f"登记{organisation.name}委员会 {passed_on} 的常设决议：{words}",
        f"Recorded the standing resolution of {organisation.name_en or organisation.name} of {passed_on}: {words}",
    )
    record(by=by, at=at, act="resolution.recorded", words=said, about=made, path=organisation.path)
    return made


@transaction.atomic
def decide_second(
    *, by: User, at: dt.datetime, second: SecondApplication, accept: bool, reason: str = ""
) -> SecondApplication:
    """Settle who is who. Accepting the same identity number gives the member the new phone; accepting another one makes the
    applicant, whose phone it now is, a person of her own. Raises NotFound, AlreadyDecided.
    """
    reason = checked(reason, is_needed=not accept)
    member = locked(by=by, at=at, member=second.member, permission="members.approve")
    with whole_union("the phone may belong to anybody"):
        row = SecondApplication.objects.select_for_update(of=("self",)).select_related("user").get(pk=second.pk)
        if row.outcome != SecondApplication.Outcome.OPEN:
            raise _second_decided(row)
        row.outcome = SecondApplication.Outcome.ACCEPTED if accept else SecondApplication.Outcome.DISMISSED
        row.reason, row.decided_by, row.decided_at = reason, by, at
        row.save()
        if accept:
            try:
                with transaction.atomic():
                    _same_person(member, row) if row.identity_index == member.identity_index else _another_person(
                        member, row
                    )
            except IntegrityError:
                raise IdentityTaken from None
    outcome = ("采纳", "Accepted") if accept else ("未采纳", "Dismissed")
    words = Text(
        f"{outcome[0]}与 {member.alias} 号码相同的申请{'：' + reason if reason else ''}",
        f"{outcome[1]} the application with the numbers of {member.alias}{': ' + reason if reason else ''}",
    )
    record(by=by, at=at, act="member.second_decided", words=words, about=member, path=member.organisation.path)
    return row  # type: ignore[no-any-return]


def _second_decided(row: SecondApplication) -> AlreadyDecided:
    names = {
        "accepted": ("已采纳", "accepted"),
        "dismissed": ("未采纳", "dismissed"),
        "withdrawn": ("已撤回", "withdrawn"),
    }
    zh, en = names[row.outcome]
    who = row.decided_by.shown_name if row.decided_by else ""
    when = "" if row.decided_at is None else f"{row.decided_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return AlreadyDecided(who=who or "申请人", who_en=who or "The applicant", when=when, outcome=zh, outcome_en=en)


def _same_person(member: Member, row: SecondApplication) -> None:
    """The member has a new phone: it opens her account from now on."""
    member.phone, member.phone_index = row.phone, row.phone_index
    if row.user is not None:
        # The account of the new phone was made for her; the old one opens nothing any more.
        member.user = row.user
    elif member.user is None:
        raise IdentityTaken
    member.save()
    give_consents(member=member, versions=row.consents, at=row.asked_at)


def _another_person(member: Member, row: SecondApplication) -> None:
    """The phone was somebody else's before: they lose it, and the applicant is an applicant like any other."""
    account = member.user
    Member.objects.filter(pk=member.pk).update(phone=None, phone_index=None)
    if account is not None and row.user is None:
        # The account goes with the phone; its name becomes the applicant's when she signs in by code.
        Member.objects.filter(pk=member.pk).update(user=None)
        row.user = account
        User.objects.filter(pk=account.pk).update(display_name=row.name[:1] + "*")
    fresh = Member.objects.create(
        organisation=row.scanned_at,
        user=row.user,
        name=row.name,
        name_key=same_person_key(name=row.name),
        identity_number=row.identity_number,
        identity_index=row.identity_index,
        birth_date=row.birth_date,
        phone=row.phone,
        phone_index=row.phone_index,
        status=Member.Status.APPLIED,
        way=Member.Way.SCAN,
        applied_at=row.asked_at,
    )
    Work.objects.create(
        member=fresh,
        employer=row.employer,
        rider_no=row.rider_no,
        work_category=row.work_category,
        said_at=row.asked_at,
    )
    give_consents(member=fresh, versions=row.consents, at=row.asked_at)
    SecondApplication.objects.filter(pk=row.pk).update(user=row.user)
