"""Corrections: a member says what is wrong, an officer looks at it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from huzhu.apps.audit.services import record
from huzhu.apps.members.identity import Fault, read_identity, read_phone
from huzhu.apps.members.models import Correction, Member
from huzhu.apps.members.names import read_name, same_person_key
from huzhu.apps.members.refusals import AlreadyAsked, AlreadyDecided, IdentityTaken
from huzhu.apps.members.services.deciding import locked
from huzhu.apps.members.services.verifying import tell
from huzhu.apps.registers.indexes import identity_index, phone_index
from huzhu.apps.unions.models import User
from huzhu.apps.unions.scoping import whole_union
from huzhu.apps.unions.services import PHONE
from huzhu.apps.vault.fields import index_of
from huzhu.rules.texts import Text
from huzhu.ui.clock import CHINA, day_of
from huzhu.ui.reasons import checked
from huzhu.ui.refusals import Invalid, NotFound

DONE = Text("您申请更正的{what}已更正。", "Your {what_en} has been corrected.")
REFUSED = Text("您申请更正的{what}没有更正：{reason}", "Your {what_en} was not corrected: {reason}")
WHAT = {"name": ("姓名", "name"), "identity_number": ("身份证号", "identity number"), "phone": ("手机号", "phone")}


def read_value(*, field: str, text: str, on: dt.date) -> str:
    """The value in its ordinary form. Raises Invalid, saying how to mend it."""
    if field == "name":
        name = read_name(text=text)
        found: Any = name if isinstance(name, Fault) else name.text
    elif field == "phone":
        found = read_phone(text=text, made_up=settings.HUZHU_MADE_UP_PEOPLE)
    else:
        identity = read_identity(text=text, on=on, made_up=settings.HUZHU_MADE_UP_PEOPLE)
        found = identity if isinstance(identity, Fault) else identity.number
    if isinstance(found, Fault):
        raise Invalid(Text(f"{found.what.zh}。{found.fix.zh}。", f"{found.what.en}: {found.fix.en}."), field="value")
    return str(found)


@transaction.atomic
def correct(*, by: User, at: dt.datetime, member: Member, field: str, value: str, note: str = "") -> Correction:
    """Ask for a correction of one's own data. Raises NotFound, Invalid, AlreadyAsked, and what `checked` does."""
    if member.user_id != by.pk or field not in WHAT:
        raise NotFound
    clear = read_value(field=field, text=value, on=day_of(at))
    try:
        with transaction.atomic():
            made: Correction = Correction.objects.create(
                member=member, field=field, value=clear, note=checked(note, field="note", is_needed=False), asked_at=at
            )
    except IntegrityError:
        raise AlreadyAsked(field="field") from None
    zh, en = WHAT[field]
    words = Text(f"{member.alias} 申请更正{zh}", f"{member.alias} asked for a correction of the {en}")
    record(by=by, at=at, act="correction.asked", words=words, about=member, path=member.organisation.path)
    return made


@transaction.atomic
def decide_correction(
    *, by: User, at: dt.datetime, correction: Correction, accept: bool, reason: str = ""
) -> Correction:
    """Make the correction or refuse it. Raises NotFound, AlreadyDecided, IdentityTaken, and what `checked` does."""
    reason = checked(reason, is_needed=not accept)
    member = locked(by=by, at=at, member=correction.member, permission="members.edit")
    with whole_union("the row was checked above"):
        row: Correction = Correction.objects.select_for_update(of=("self",)).get(pk=correction.pk)
        if row.outcome != Correction.Outcome.OPEN:
            raise _decided(row)
        row.outcome = Correction.Outcome.DONE if accept else Correction.Outcome.REFUSED
        row.reason, row.decided_by, row.decided_at = reason, by, at
        if accept:
            try:
                with transaction.atomic():
                    _write(member, row.field, row.value.reveal(), on=day_of(at))
            except IntegrityError:
                raise IdentityTaken from None
        row.value = None  # what was wished for is kept no longer than the decision takes
        row.save()
    zh, en = WHAT[row.field]
    tell(
        member=member,
        kind="member.correction",
        at=at,
        text=DONE if accept else REFUSED,
        what=zh,
        what_en=en,
        reason=reason,
    )
    done = ("更正", "Corrected") if accept else ("未更正", "Did not correct")
    words = Text(f"{done[0]} {member.alias} 的{zh}", f"{done[1]} the {en} of {member.alias}")
    record(by=by, at=at, act="correction.decided", words=words, about=member, path=member.organisation.path)
    return row


def _decided(row: Correction) -> AlreadyDecided:
    done = row.outcome == Correction.Outcome.DONE
    who = row.decided_by.shown_name if row.decided_by else ""
    when = "" if row.decided_at is None else f"{row.decided_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return AlreadyDecided(
        who=who,
        who_en=who,
        when=when,
        outcome="已更正" if done else "未更正",
        outcome_en="corrected" if done else "not corrected",
    )


def _write(member: Member, field: str, value: str, *, on: dt.date) -> None:
    if field == "name":
        member.name, member.name_key, member.name_doubt = value, same_person_key(name=value), ""
    elif field == "identity_number":
        identity = read_identity(text=value, on=on, made_up=settings.HUZHU_MADE_UP_PEOPLE)
        if isinstance(identity, Fault):  # it was right when it was asked for
            raise Invalid(identity.what)
        member.identity_number, member.identity_index = value, identity_index(number=value)
        member.birth_date = identity.birth_date
    else:
        member.phone, member.phone_index = value, phone_index(phone=value)
        if member.user is not None:
            user = member.user
            user.phone, user.phone_index = value, index_of(value, purpose=PHONE)
            user.save(update_fields=["phone", "phone_index"])
    member.save()
