"""A member's own acts: leaving and coming back, withdrawing consent, taking her data away, being erased."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from huzhu.apps.audit.services import record
from huzhu.apps.members import personal
from huzhu.apps.members.consents import REQUIRED
from huzhu.apps.members.identity import masked_identity
from huzhu.apps.members.models import Consent, Member, SecondApplication, Work
from huzhu.apps.members.refusals import ConsentNeeded, NotAMember, StillAMember
from huzhu.apps.members.services.applying import renew_consents
from huzhu.apps.members.services.tallying import place_of, tally
from huzhu.apps.members.services.verifying import admit_if_verified
from huzhu.apps.unions.models import Organisation, User
from huzhu.apps.unions.scoping import whole_union
from huzhu.apps.vault.catalogue import BASES
from huzhu.apps.vault.fields import Sealed
from huzhu.rules.texts import Text
from huzhu.ui.clock import day_of
from huzhu.ui.reasons import checked
from huzhu.ui.refusals import NotFound


def _own(by: User, member: Member) -> Member:
    """Her own row, held until the transaction ends."""
    row: Member | None = (
        Member.objects.select_for_update(of=("self",))
        .select_related("organisation", "user")
        .filter(pk=member.pk, user=by)
        .first()
    )
    if row is None:
        raise NotFound
    return row


@transaction.atomic
def leave(*, by: User, at: dt.datetime, member: Member, reason: str = "") -> Member:
    """Leave the union, or withdraw an application. Raises NotFound, NotAMember, and what `checked` does."""
    reason = checked(reason, is_needed=False)
    with whole_union("a person's own row"):
        row = _own(by, member)
        if row.status not in (Member.Status.MEMBER, Member.Status.APPLIED):
            raise NotAMember
        before = place_of(row)
        row.status, row.left_on, row.reason, row.decided_at, row.decided_by = (
            Member.Status.LEFT,
            day_of(at),
            reason,
            at,
            by,
        )
        row.save()
        tally(moves=[(before, None)])
        words = (
            Text(f"{row.alias} 退会", f"{row.alias} left")
            if before is not None
            else Text(f"{row.alias} 撤回入会申请", f"{row.alias} withdrew the application")
        )
        record(by=by, at=at, act="member.left", words=words, about=row, path=row.organisation.path)
    return row


@transaction.atomic
def rejoin(
    *, by: User, at: dt.datetime, member: Member, consents: frozenset[str], organisation: Organisation | None = None
) -> Member:
    """Apply again after leaving, with what is known already. Raises NotFound, ConsentNeeded, StillAMember."""
    if not consents >= REQUIRED:
        raise ConsentNeeded
    with whole_union("a person's own row"):
        row = _own(by, member)
        if row.status != Member.Status.LEFT:
            raise StillAMember
        row.status, row.applied_at, row.left_on, row.reason = Member.Status.APPLIED, at, None, ""
        row.decided_by, row.decided_at, row.joined_on = None, None, None
        row.organisation = organisation or row.organisation
        row.save()
        renew_consents(member=row, purposes=consents, at=at)
        if not admit_if_verified(member=row, at=at, may_ask="verification" in consents):
            words = Text(f"{row.alias} 再次申请入会", f"{row.alias} applied again")
            record(by=by, at=at, act="member.applied", words=words, about=row, path=row.organisation.path)
    return row


@transaction.atomic
def withdraw_application(*, by: User, at: dt.datetime, second: SecondApplication) -> None:
    """Take back an application that an officer was to look at. Raises NotFound."""
    with whole_union("a person's own row"):
        changed = SecondApplication.objects.filter(
            pk=second.pk, user=by, outcome=SecondApplication.Outcome.OPEN
        ).update(outcome=SecondApplication.Outcome.WITHDRAWN, decided_at=at)
        if not changed:
            raise NotFound
        member = Member.objects.select_related("organisation").get(pk=second.member_id)
        words = Text(
            f"与 {member.alias} 号码相同的申请已撤回",
            f"The application with the numbers of {member.alias} was withdrawn",
        )
        record(by=None, at=at, act="member.second_withdrawn", words=words, about=member, path=member.organisation.path)


@transaction.atomic
def withdraw_consent(*, by: User, at: dt.datetime, member: Member, purpose: str) -> None:
    """Withdraw a consent; from here on nothing is done that rests on it. Withdrawing the one to membership is leaving."""
    with whole_union("a person's own row"):
        row = _own(by, member)
        if not row.consents.filter(purpose=purpose, withdrawn_at=None).update(withdrawn_at=at):
            raise NotFound
        if purpose == "membership" and row.status in (Member.Status.MEMBER, Member.Status.APPLIED):
            leave(by=by, at=at, member=row, reason="")
        words = Text(f"{row.alias} 撤回同意（{purpose}）", f"{row.alias} withdrew consent ({purpose})")
        record(by=by, at=at, act="consent.withdrawn", words=words, about=row, path=row.organisation.path)


@transaction.atomic
def erase(*, by: User, at: dt.datetime, member: Member) -> None:
    """Remove what tells who she is. Number, organisation and days stay, as does the record, which speaks of her by number.

    Raises NotFound, StillAMember. SQLite overwrites what is deleted (secure_delete); PostgreSQL with its next vacuum.
    """
    with whole_union("a person's own row"):
        row = _own(by, member)
        if row.status in (Member.Status.MEMBER, Member.Status.APPLIED):
            raise StillAMember
        row.name, row.name_key, row.name_doubt, row.reason = "", "", "", ""
        row.identity_number = row.identity_index = row.birth_date = row.phone = row.phone_index = None
        row.user, row.status = None, Member.Status.ERASED
        row.save()
        row.works.all().delete()
        row.verifications.all().delete()
        row.corrections.all().delete()
        row.second_applications.all().delete()
        SecondApplication.objects.filter(user=by).delete()
        words = Text(f"{row.alias} 注销，个人信息已删除", f"{row.alias} was erased")
        record(by=None, at=at, act="member.erased", words=words, about=row, path=row.organisation.path)
        # An officer's account is for her work; a worker's was for this alone.
        if not by.grants.exists():
            User.objects.filter(pk=by.pk).update(
                display_name="已注销", username=None, phone=None, phone_index=None, is_active=False
            )


@transaction.atomic
def export_own(*, by: User, at: dt.datetime, member: Member) -> dict[str, Any]:
    """Everything kept about her, in words and values, with why and for how long; a record of the export is made."""
    with whole_union("a person's own row"):
        row = _own(by, member)
        tables = {
            "member": [row],
            "works": row.works.order_by("said_at"),
            "consents": row.consents.order_by("given_at"),
            "verifications": row.verifications.order_by("verified_at"),
            "transfers": row.transfers.order_by("on"),
            "corrections": row.corrections.order_by("asked_at"),
        }
        said = {name: [_told(one) for one in rows] for name, rows in tables.items()}
        words = Text(f"{row.alias} 导出自己的信息", f"{row.alias} exported her own data")
        record(by=by, at=at, act="member.exported_own", words=words, about=row, path=row.organisation.path)
    return {"made_at": at.isoformat(), **said}


def export_waiting(*, second: SecondApplication, at: dt.datetime) -> dict[str, Any]:
    """The same for an applicant whose application waits for an officer; it looks as any applicant's does."""
    row = Member(
        pk=second.pk, organisation_id=second.scanned_at_id, name=second.name, identity_number=second.identity_number,
        birth_date=second.birth_date, phone=second.phone, status=Member.Status.APPLIED, way=Member.Way.SCAN, applied_at=second.asked_at,
    )  # fmt: skip
    work = Work(
        employer=second.employer, rider_no=second.rider_no, work_category=second.work_category, said_at=second.asked_at
    )
    given = [
        Consent(purpose=name, version=version, given_at=second.asked_at) for name, version in second.consents.items()
    ]
    said: dict[str, Iterable[models.Model]] = {
        "member": [row], "works": [work], "consents": given, "verifications": [], "transfers": [], "corrections": [],
    }  # fmt: skip
    return {"made_at": at.isoformat(), **{name: [_told(one) for one in rows] for name, rows in said.items()}}


def _told(row: models.Model) -> list[dict[str, Any]]:
    """The personal columns of a row that hold something, each with what the catalogue says of it."""
    told = []
    for field in row._meta.local_fields:
        item = personal.PERSONAL.get(f"{row._meta.object_name}.{field.name}")
        if item is None:
            continue
        value = getattr(row, field.attname)
        if isinstance(value, Sealed):
            # A file travels; the number on it she has on her card.
            value = masked_identity(number=value.reveal()) if field.name == "identity_number" else value.reveal()
        if value in (None, "", b"") or isinstance(value, bytes):
            continue
        if field.is_relation:
            value = (
                str(getattr(row, field.name))
                if field.name in ("employer", "organisation", "from_organisation", "to_organisation")
                else None
            )
        elif isinstance(value, dt.date | dt.datetime):
            value = value.isoformat()
        if value is None:
            continue
        told.append(
            {
                "zh": item.label.zh, "en": item.label.en, "value": value,
                "purpose_zh": item.purpose.zh, "purpose_en": item.purpose.en,
                "basis_zh": BASES[item.basis].zh, "basis_en": BASES[item.basis].en,
                "kept_zh": item.kept.zh, "kept_en": item.kept.en,
            }
        )  # fmt: skip
    return told
