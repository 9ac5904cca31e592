"""What registers say about a member, and becoming a member under a committee's standing resolution."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from huzhu.apps.audit.services import record
from huzhu.apps.members.models import Counter, Member, Resolution, Verification, Work
from huzhu.apps.members.services.tallying import place_of, tally
from huzhu.apps.messages import services as messages
from huzhu.apps.registers import queries as registers
from huzhu.apps.registers.indexes import hash_index_of
from huzhu.apps.unions.models import Employer, Organisation, User
from huzhu.rules.texts import Text
from huzhu.ui.clock import day_of

APPROVED = Text(
    "您已成为{organisation}的会员，会员号 {number}。",
    "You are now a member of {organisation_en}. Your member number is {number}.",
)


def look_up(*, member: Member, at: dt.datetime, by: User | None = None) -> list[Verification]:
    """Ask the registers about a member and keep what they say. Rows they said before stay."""
    held = member.identity_number
    found = registers.find(
        name_key=member.name_key,
        on=day_of(at),
        identity_index=member.identity_index,
        identity_hash_index=None if held is None else hash_index_of(number=held.reveal()),
        phone_index=member.phone_index,
    )
    made = []
    for one in found:
        row = one.row
        facts: dict[str, Any] = {
            "rider_no": row.rider_no,
            "how": one.how,
            "work_region": row.work_region,
            "work_category": row.work_category,
            "in_platform_name": row.in_platform_name,
            "vehicle": row.vehicle,
            "last_paid_order_on": row.last_paid_order_on,
            "orders_30d": row.orders_30d,
            "verified_at": at,
            "expires_on": one.expires_on,
            "by": by,
        }
        key: dict[str, Any] = {"member": member, "register": one.register, "platform": row.platform, "as_of": row.as_of}
        made.append(Verification.objects.update_or_create(**key, defaults=facts)[0])
        _note_work(member, made[-1], at)
    return made


def _note_work(member: Member, said: Verification, at: dt.datetime) -> None:
    """What a register knows of the work stands above what the worker said."""
    employer = Employer.objects.filter(platform=said.platform).first()
    if employer is None:
        return
    known = {"rider_no": said.rider_no, "work_category": said.work_category, "work_region": said.work_region}
    Work.objects.update_or_create(
        member=member,
        employer=employer,
        defaults={"said_at": at, **{name: value for name, value in known.items() if value}},
    )


def standing_resolution(*, organisation: Organisation, on: dt.date) -> Resolution | None:
    """The resolution in force for an organisation: its own, or one further up."""
    above = [organisation.path[:end] for end in range(len(organisation.path), 0, -Organisation.steplen)]
    in_force = Resolution.objects.filter(
        Q(until=None) | Q(until__gt=on), organisation__path__in=above, passed_on__lte=on
    )
    return in_force.order_by("-organisation__path", "-passed_on").first()  # type: ignore[no-any-return]


def admit_if_verified(*, member: Member, at: dt.datetime, may_ask: bool) -> bool:
    """Make an applicant a member at once where a register matches exactly, a resolution says so and nobody doubts the name."""
    verifications = look_up(member=member, at=at) if may_ask else []
    resolution = standing_resolution(organisation=member.organisation, on=day_of(at))
    if not verifications or resolution is None or member.name_doubt:
        return False
    admit(member=member, at=at, by=None, resolution=resolution)
    return True


def admit(*, member: Member, at: dt.datetime, by: User | None, resolution: Resolution | None = None) -> None:
    """Give number and membership to a member whose row the caller has locked, tell her, and record it."""
    on, before = day_of(at), place_of(member)
    member.number = member.number or next_numbers(on=on)[0]  # who comes back has the number of before
    member.status, member.joined_on, member.left_on = Member.Status.MEMBER, on, None
    member.decided_by, member.decided_at, member.by_resolution, member.reason = by, at, resolution, ""
    member.save()
    tally(moves=[(before, place_of(member))])
    organisation = member.organisation
    figures = {
        "organisation": organisation.name, "organisation_en": organisation.name_en or organisation.name, "number": member.number,
    }  # fmt: skip
    tell(member=member, kind="member.approved", at=at, text=APPROVED, **figures)
    how = ("，依据常设决议", ", under the standing resolution") if resolution is not None else ("", "")
    words = Text(
        f"批准 {member.alias} 加入{organisation.name}{how[0]}",
        f"Approved {member.alias} as a member of {figures['organisation_en']}{how[1]}",
    )
    record(by=by, at=at, act="member.approved", words=words, about=member, path=organisation.path)


def tell(*, member: Member, kind: str, at: dt.datetime, text: Text, **figures: str) -> None:
    """A message to a member who has an account. The same decision is told once."""
    if member.user is None:
        return
    words = Text(text.zh.format(**figures), text.en.format(**figures))
    key = f"{kind}:{member.pk}:{at.isoformat()}"
    messages.send(to=member.user, kind=kind, key=key, words=words, at=at, channels=("app", "sms"))


@transaction.atomic
def next_numbers(*, on: dt.date, count: int = 1) -> list[str]:
    """Numbers for cards: two digits of the year, eight that count on, and a check digit (Luhn)."""
    series = f"card:{on.year}"
    # One update takes the whole stretch and holds the row until we are done, so no number is given twice.
    if not Counter.objects.filter(name=series).update(last=F("last") + count):
        Counter.objects.get_or_create(name=series)
        Counter.objects.filter(name=series).update(last=F("last") + count)
    last = Counter.objects.values_list("last", flat=True).get(name=series)
    return [with_check_digit(f"{on.year % 100:02d}{n:08d}") for n in range(last - count + 1, last + 1)]


def with_check_digit(digits: str) -> str:
    """ISO/IEC 7812: from the right every second digit doubled, sums of digits to a multiple of ten."""
    total = 0
    for place, letter in enumerate(reversed(digits)):
        digit = int(letter) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return f"{digits}{-total % 10}"
