"""Bringing registers up to date: reads a platform's file or asks its server, and hands each piece to `registers`."""

from __future__ import annotations

import atexit
import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack

from django.conf import settings
from django.db import transaction

from huzhu.apps.jobs.models import Job
from huzhu.apps.jobs.services import advance, handles
from huzhu.apps.members.identity import Identity, read_identity, read_phone
from huzhu.apps.members.names import Name, read_name, same_person_key
from huzhu.apps.registers import services as registers
from huzhu.apps.registers.client import Rider, ask_page
from huzhu.apps.registers.indexes import identity_hash_index, identity_index, phone_index
from huzhu.apps.registers.models import RegisterLoad
from huzhu.apps.registers.queries import LOAD, SYNC
from huzhu.apps.registers.services import Facts
from huzhu.apps.rosters import sheets
from huzhu.apps.rosters.checks import Checker, RosterRow
from huzhu.apps.rosters.sheets import SheetRow
from huzhu.apps.vault import files
from huzhu.apps.vault.fields import index_of
from huzhu.bulk.problems import BadInput, Problem
from huzhu.rules.texts import Text
from huzhu.ui.clock import day_of
from huzhu.ui.refusals import Invalid, Refusal

OLDEST_AS_OF = dt.timedelta(days=3660)
NO_KEY = Text(
    "没有能分清骑手的列：要有身份证号、身份证号摘要或骑手编号，或者姓名和手机号",
    "no column tells riders apart: there must be identity numbers, their hashes or rider numbers, or names and phones",
)
NO_RIDER = Text("没有一行可用，登记册没有改动", "no row can be used; nobody was marked as gone")


def facts_of_row(*, row: RosterRow, load: RegisterLoad) -> Facts:
    name = row.name or ""
    return Facts(
        name=name[:100], name_key=same_person_key(name=name)[:100], platform=load.register.platform, rider_no=(row.rider_no or "")[:40],
        identity_index=identity_index(number=row.identity_number) if row.identity_number else None,
        identity_hash_index=identity_hash_index(digest=row.identity_hash) if row.identity_hash else None,
        phone_index=phone_index(phone=row.phone) if row.phone else None,
        work_region=row.work_region or "", work_category=row.work_category or "", in_platform_name=row.in_platform_name,
        vehicle=(row.vehicle or "")[:30], last_paid_order_on=row.last_paid_order_on, orders_30d=row.orders_30d, as_of=row.as_of,
    )  # fmt: skip


def facts_of_rider(*, rider: Rider, load: RegisterLoad, on: dt.date) -> Facts | None:
    """None for a rider whose numbers are no numbers, or whose dates lie in the future: it is counted as refused."""
    number = (
        read_identity(text=rider.identity_number, on=on, made_up=settings.HUZHU_MADE_UP_PEOPLE)
        if rider.identity_number
        else None
    )
    phone = read_phone(text=rider.phone, made_up=settings.HUZHU_MADE_UP_PEOPLE) if rider.phone else None
    name = read_name(text=rider.name) if rider.name else None
    is_bad = (rider.identity_number and not isinstance(number, Identity)) or (
        rider.phone and not isinstance(phone, str)
    )
    is_bad = is_bad or (rider.name and not isinstance(name, Name))
    dates = (rider.as_of, rider.last_paid_order_on)
    if is_bad or any(date is not None and not on - OLDEST_AS_OF <= date <= on for date in dates):
        return None
    said = name.text if isinstance(name, Name) else ""
    return Facts(
        name=said[:100], name_key=same_person_key(name=said)[:100],
        platform=rider.platform or load.register.platform, rider_no=rider.rider_no,
        identity_index=identity_index(number=number.number) if isinstance(number, Identity) else None,
        identity_hash_index=identity_hash_index(digest=rider.identity_sha256) if rider.identity_sha256 else None,
        phone_index=phone_index(phone=phone) if isinstance(phone, str) else None,
        work_region=rider.work_region, work_category=rider.work_category, in_platform_name=rider.in_platform_name,
        vehicle=rider.vehicle, last_paid_order_on=rider.last_paid_order_on, orders_30d=rider.orders_30d, as_of=rider.as_of,
        is_gone=rider.gone,
    )  # fmt: skip


class _File:
    """The one file of a register this process is reading, and the keys that were in it so far."""

    token = ""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.seen: set[bytes] = set()
        self.chunks: Iterator[list[SheetRow]] = iter(())

    def open(self, job: Job, load: RegisterLoad) -> None:
        if self.token == job.token:
            return
        self.close()
        path = self.stack.enter_context(files.opened(load.file, load.register.place))
        sheet = sheets.open_roster(path=path, work=path.parent, needed=())
        columns = set(sheet.columns)
        if not columns & {"identity_number", "identity_hash", "rider_no"} and not columns >= {"name", "phone"}:
            raise BadInput(file=load.file_name, problems=[Problem(NO_KEY, row=1)])
        self.chunks = sheet.chunks()
        self.checker = Checker(
            on=day_of(load.asked_at), key=index_of(str(load.pk), purpose="registers.duplicates"), needed=(),
            made_up=settings.HUZHU_MADE_UP_PEOPLE,
        )  # fmt: skip
        self.token = job.token

    def facts(self, load: RegisterLoad) -> tuple[int, list[Facts], int] | None:
        """The last row's number, what the next rows say, and how many say nothing usable."""
        chunk = next(self.chunks, None)
        if chunk is None:
            return None
        found = [self.checker.check(row)[0] for row in chunk]
        facts = [facts_of_row(row=row, load=load) for row in found if row is not None]
        self.seen |= {key[:8] for one in facts if (key := one.key()) is not None}
        return chunk[-1].number, facts, len(found) - len(facts)

    def close(self) -> None:
        self.stack.close()
        self.token, self.seen = "", set()


_file = _File()
atexit.register(_file.close)


def _failing(load: RegisterLoad, error: Text) -> None:
    _file.close()
    registers.fail(load=load, error=error)


@handles(LOAD)
def load_file(job: Job, at: dt.datetime) -> bool:
    load = RegisterLoad.objects.select_related("register", "asked_by").get(pk=job.arguments["load"])
    if load.ended_at is not None:
        registers.forget_file(load=load)
        return False
    try:
        _file.open(job, load)
        return _load_piece(job, load, at)
    except BadInput as error:
        said = error.problems[0].expected
        _failing(load, said)
        raise Invalid(said) from None
    except BaseException:
        _file.close()
        raise


def _load_piece(job: Job, load: RegisterLoad, at: dt.datetime) -> bool:
    on = day_of(load.asked_at)
    if job.cursor.get("read"):
        return _mark_gone(job, load, at)
    found = _file.facts(load)
    written = job.cursor.get("row", 0)
    with transaction.atomic():
        if found is None:
            advance(job=job, at=at, cursor={"read": True, "after": ""})
            return True
        last, facts, refused = found
        if last > written:
            registers.put(load=load, facts=facts, at=at, on=on, refused=refused)
            advance(job=job, at=at, cursor={"row": last}, done=job.done + len(facts) + refused)
        else:  # read again after a stop, for the keys alone
            advance(job=job, at=at, cursor=job.cursor)
    return True


def _mark_gone(job: Job, load: RegisterLoad, at: dt.datetime) -> bool:
    while (
        _file.facts(load) is not None
    ):  # after a stop the whole file has to be read again before anything is missing from it
        continue
    if not _file.seen:  # everybody would be marked as gone by a file that says nothing of anybody
        raise BadInput(file=load.file_name, problems=[Problem(NO_RIDER)])
    with transaction.atomic():
        after = registers.mark_gone(load=load, seen=_file.seen, after=job.cursor.get("after", ""), at=at)
        if not after:
            registers.finish(load=load, at=at)
        advance(job=job, at=at, cursor={"read": True, "after": after})
    if not after:
        _file.close()
    return True


@handles(SYNC)
def sync(job: Job, at: dt.datetime) -> bool:
    load = RegisterLoad.objects.select_related("register", "asked_by").get(pk=job.arguments["load"])
    if load.ended_at is not None:
        return False
    register = load.register
    token = register.token.reveal() if register.token is not None else ""
    try:
        answer = ask_page(url=register.url, token=token, cursor=job.cursor.get("cursor", register.cursor))
    except Refusal as refusal:
        registers.fail(load=load, error=refusal.said)
        raise
    on = day_of(at)
    facts = [facts_of_rider(rider=rider, load=load, on=on) for rider in answer.riders]
    good = [one for one in facts if one is not None]
    with transaction.atomic():
        registers.put(load=load, facts=good, at=at, on=on, refused=len(facts) - len(good))
        if not answer.has_more:
            registers.finish(load=load, at=at, cursor=answer.cursor)
        advance(job=job, at=at, cursor={"cursor": answer.cursor}, done=job.done + len(facts))
    return answer.has_more
