"""Joining by scan: one person is one row, however often and from however many phones at once she asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import IntegrityError, transaction

from huzhu.apps.audit.services import record
from huzhu.apps.members.consents import REQUIRED, versions_of
from huzhu.apps.members.identity import Identity
from huzhu.apps.members.models import Consent, Member, SecondApplication, Work
from huzhu.apps.members.names import Name, same_person_key
from huzhu.apps.members.refusals import ConsentNeeded
from huzhu.apps.members.services.verifying import admit_if_verified, next_numbers
from huzhu.apps.registers.indexes import identity_index, phone_index
from huzhu.apps.unions import services as unions
from huzhu.apps.unions.models import Employer, Organisation, User
from huzhu.apps.unions.scoping import whole_union
from huzhu.apps.vault.fields import index_of
from huzhu.rules.texts import Text
from huzhu.ui.formats import masked
from huzhu.ui.numbers import rider_number

TRIES = 5
__all__ = ["Application", "Joined", "apply", "give_consents", "next_numbers", "renew_consents"]


@dataclass(frozen=True, slots=True)
class Application:
    """What a worker said of herself. The phone has been proved by a code."""

    organisation: Organisation  # where she scanned
    identity: Identity = field(repr=False)
    name: Name = field(repr=False)
    phone: str = field(repr=False)
    employer: Employer
    work_category: str
    rider_no: str = ""
    consents: frozenset[str] = frozenset()

    @property
    def identity_index(self) -> bytes:
        return identity_index(number=self.identity.number)

    @property
    def phone_index(self) -> bytes:
        return phone_index(phone=self.phone)

    @property
    def account_index(self) -> bytes:
        """Accounts have an index of their own: who signs in is not who is a member."""
        return index_of(self.phone, purpose=unions.PHONE)


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of an application. `user` may be signed in: the phone is hers. It is None where the account is somebody's else."""

    how: Literal["new", "known", "again", "queued"]
    member: Member | None
    user: User | None


class _Met(Exception):
    """Somebody else wrote the row between our looking and our writing: look again."""


def apply(*, at: dt.datetime, application: Application) -> Joined:
    """Join, or find the person again. The same person at the same time from two phones makes one member.

    Raises ConsentNeeded.
    """
    if not application.consents >= REQUIRED:
        raise ConsentNeeded
    with whole_union("the person may be a member anywhere"):
        for _ in range(TRIES):
            try:
                with transaction.atomic():
                    return _once(application, at)
            except _Met:
                continue
    raise AssertionError(f"an application met others {TRIES} times")


def _once(application: Application, at: dt.datetime) -> Joined:
    # Rows are written in one order everywhere (member, account, counter, record), so that no two writers wait for each other.
    known = Member.objects.filter(identity_index=application.identity_index).select_for_update().first()
    if known is not None:
        return _known(known, application, at) if _is_her_phone(known, application) else _queue(known, application, at)
    account = User.objects.filter(phone_index=application.account_index).first()
    holder = None if account is None else Member.objects.filter(user=account).first()
    if holder is not None and holder.identity_index == application.identity_index:
        raise _Met  # she herself, from another request that ended since the first look
    if holder is not None and not _is_same_without_number(holder, application):
        return _queue(holder, application, at)
    unnumbered = holder or _without_number(application)
    member = _insert(application, at) if unnumbered is None else _complete(unnumbered, application)
    return _settled(member, application, at, how="new" if unnumbered is None else "again")


def _is_her_phone(member: Member, application: Application) -> bool:
    if member.phone_index == application.phone_index:
        return True
    return member.user is not None and member.user.phone_index == application.account_index


def _known(member: Member, application: Application, at: dt.datetime) -> Joined:
    """The same person with the same phone: her card, or a new application where she had left or been refused."""
    if member.status in (Member.Status.LEFT, Member.Status.REFUSED):
        member.organisation, member.status, member.applied_at = application.organisation, Member.Status.APPLIED, at
        member.left_on, member.reason, member.decided_by, member.decided_at = None, "", None, None
        member.save()
        return _settled(member, application, at, how="again")
    give_consents(member=member, versions=versions_of(purposes=application.consents), at=at)
    user = _account(member, application, at)
    return Joined("known", member, user)


def _settled(member: Member, application: Application, at: dt.datetime, *, how: Literal["new", "again"]) -> Joined:
    """What belongs to a fresh application: work, consents, account, the record, and a look into the registers."""
    _note_work(member, application, at)
    renew_consents(member=member, purposes=application.consents, at=at)
    user = _account(member, application, at)
    admitted = admit_if_verified(member=member, at=at, may_ask="verification" in application.consents)
    if not admitted:
        words = Text(
            f"{member.alias} 在{application.organisation.name}扫码申请入会",
            f"{member.alias} applied at {application.organisation.name} by scanning",
        )
        record(by=user, at=at, act="member.applied", words=words, about=member, path=application.organisation.path)
    return Joined(how, member, user)


def _insert(application: Application, at: dt.datetime) -> Member:
    try:
        with transaction.atomic():
            made: Member = Member.objects.create(
                organisation=application.organisation,
                status=Member.Status.APPLIED,
                way=Member.Way.SCAN,
                applied_at=at,
                phone=application.phone,
                phone_index=application.phone_index,
                **_who(application),
            )
            return made
    except IntegrityError:
        raise _Met from None


def _who(application: Application) -> dict[str, Any]:
    return {
        "name": application.name.text,
        "name_key": same_person_key(name=application.name.text),
        "name_doubt": " ".join(fault.code for fault in application.name.doubts),
        "identity_number": application.identity.number,
        "identity_index": application.identity_index,
        "birth_date": application.identity.birth_date,
    }


def _is_same_without_number(member: Member, application: Application) -> bool:
    return (
        member.identity_index is None
        and member.name_key == same_person_key(name=application.name.text)
        and bool(member.name_key)
    )


def _without_number(application: Application) -> Member | None:
    """A member from a roster that had no identity numbers: the same proved phone and the same name."""
    key = same_person_key(name=application.name.text)
    # Asked for by phone alone: SQLite would rather walk through everybody who has no account.
    for member in Member.objects.filter(phone_index=application.phone_index).select_for_update().order_by("pk"):
        is_free = member.identity_index is None and member.user_id is None and member.status != Member.Status.ERASED
        if is_free and member.name_key == key:
            return member  # type: ignore[no-any-return]
    return None


def _complete(member: Member, application: Application) -> Member:
    for name, value in _who(application).items():
        setattr(member, name, value)
    member.phone, member.phone_index = application.phone, application.phone_index
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError:
        raise _Met from None
    return member


def _account(member: Member, application: Application, at: dt.datetime) -> User | None:
    """Her account, made where there is none, tied to the member."""
    if member.user_id is not None:
        return member.user
    user = _account_of_phone(application, at)
    if Member.objects.filter(user=user).exclude(pk=member.pk).exists():
        raise _Met
    member.user = user
    Member.objects.filter(pk=member.pk).update(user=user)
    return user


def _account_of_phone(application: Application, at: dt.datetime) -> User:
    user = User.objects.filter(phone_index=application.account_index).first()
    if user is not None:
        return user
    try:
        # Accounts are named in the record, which outlives an erasure: only the masked name goes there.
        name = masked(application.name.text)
        return unions.create_user(
            by=None, at=at, username=None, password=None, display_name=name, phone=application.phone
        )
    except unions.NameTaken:
        raise _Met from None


def _note_work(member: Member, application: Application, at: dt.datetime) -> None:
    said = {"rider_no": rider_number(application.rider_no), "work_category": application.work_category, "said_at": at}
    Work.objects.update_or_create(member=member, employer=application.employer, defaults=said)


def renew_consents(*, member: Member, purposes: frozenset[str], at: dt.datetime) -> None:
    """Note what a fresh application agrees to, and nothing else: what was agreed to for an earlier one ends here."""
    member.consents.filter(withdrawn_at=None).update(withdrawn_at=at)
    give_consents(member=member, versions=versions_of(purposes=purposes), at=at)


def give_consents(*, member: Member, versions: Mapping[str, str], at: dt.datetime) -> None:
    """Note the texts agreed to, by purpose; one that holds already stays as it is."""
    for purpose, version in versions.items():
        Consent.objects.get_or_create(
            member=member, purpose=purpose, version=version, withdrawn_at=None, defaults={"given_at": at}
        )


def _queue(member: Member, application: Application, at: dt.datetime) -> Joined:
    """Put it before an officer. The applicant gets an account of her own where her phone has none, as any applicant would."""
    same = {"identity_index": application.identity_index, "phone_index": application.phone_index}
    open_one = SecondApplication.objects.filter(outcome=SecondApplication.Outcome.OPEN, **same).first()
    if open_one is not None:
        return Joined("queued", None, open_one.user)
    try:
        with transaction.atomic():
            second = SecondApplication.objects.create(
                organisation_id=member.organisation_id,
                scanned_at=application.organisation,
                member=member,
                name=application.name.text,
                identity_number=application.identity.number,
                birth_date=application.identity.birth_date,
                phone=application.phone,
                employer=application.employer,
                rider_no=rider_number(application.rider_no),
                work_category=application.work_category,
                asked_at=at,
                consents=versions_of(purposes=application.consents),
                **same,
            )
    except IntegrityError:
        raise _Met from None
    user: User | None = _account_of_phone(application, at)
    if Member.objects.filter(user=user).exists():
        user = None  # the phone opens somebody else's account, which a scan must not
    SecondApplication.objects.filter(pk=second.pk).update(user=user)
    words = Text(
        f"与 {member.alias} 相同的号码再次申请入会，待核对",
        f"An application with the numbers of {member.alias} has to be looked at",
    )
    path = Organisation.objects.values_list("path", flat=True).get(pk=member.organisation_id)
    record(by=None, at=at, act="member.second_application", words=words, about=member, path=path)
    return Joined("queued", None, user)
