"""A site with many members, filled by `bulk_create` with what the services would have stored: sealed numbers, blind indexes, accounts,
consents, messages, verifications, a record that hangs together, and one merged roster. The same on every run.

One member in five joined by scanning and has an account; the others came by the roster.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from bench.rosters import GIVEN, SURNAMES, number

DISTRICTS, STREETS = 16, 15
CODE_OF_STATION = "d{district}-s{street}-S"
PASSWORD = "a bench has no secrets"
BATCH = 1_000
A_COMMIT = 20_000
SCANNED = 5  # one member in so many
APPLICANTS = 500
OFFICERS = (
    ("bench-city", "district_officer", "city"),
    ("bench-district", "district_officer", "d1"),
    ("bench-grassroots", "grassroots_officer", "d1-s1-U"),
    ("bench-auditor", "auditor", "city"),
    ("bench-admin", "administrator", "city"),
)


def fill(*, people: int, at: dt.datetime) -> None:
    """Everything, in an empty database that has its tables."""
    from django_scopes import scopes_disabled

    tree = _tree(at)
    with scopes_disabled():
        filling = Filling(tree=tree, people=people, at=at)
        filling.run()


def _tree(at: dt.datetime) -> dict[str, Any]:
    """A city of 16 districts, 240 streets, and a union with its station in each street."""
    from django.db import transaction

    from huzhu.apps.unions import services as unions
    from huzhu.apps.unions.models import Employer, Organisation

    made: dict[str, Any] = {}

    def add(code: str, name: str, kind: str, parent: str | None) -> None:
        above = None if parent is None else Organisation.objects.get(pk=made[parent])
        made[code] = unions.create_organisation(by=None, at=at, code=code, name=name, kind=kind, parent=above).pk

    with transaction.atomic():
        add("city", "某市总工会", "city", None)
        for d in range(1, DISTRICTS + 1):
            add(f"d{d}", f"第{d}区总工会", "district", "city")
            for s in range(1, STREETS + 1):
                add(f"d{d}-s{s}", f"第{d}区{s}街道总工会", "street", f"d{d}")
                add(f"d{d}-s{s}-U", f"第{d}区{s}街道新就业群体工会", "grassroots", f"d{d}-s{s}")
                add(f"d{d}-s{s}-S", f"第{d}区{s}街道骑手驿站", "station", f"d{d}-s{s}-U")
        Employer.objects.create(name="某外卖平台", platform="demo-food")
        for username, role, where in OFFICERS:
            user = unions.create_user(by=None, at=at, username=username, password=PASSWORD, display_name=username)
            place = Organisation.objects.get(pk=made[where])
            unions.grant(by=None, at=at - dt.timedelta(days=400), user=user, role=role, organisation=place)
    return made


def name_of(n: int) -> str:
    return SURNAMES[n % 20] + GIVEN[n // 20 % 29] + GIVEN[n // 580 % 29]


@lru_cache(maxsize=20_000)
def _key_of(name: str) -> str:
    from huzhu.apps.members.names import same_person_key

    return same_person_key(name=name)


class Filling:
    """Rows of every table for one piece of the people after another."""

    def __init__(self, *, tree: dict[str, Any], people: int, at: dt.datetime) -> None:
        from huzhu.apps.audit.models import Head
        from huzhu.apps.unions.models import Employer, Organisation

        self.people, self.at, self.on = people, at, at.date()
        self.employer = Employer.objects.get(platform="demo-food").pk
        bottom = Organisation.objects.filter(kind__in=["grassroots", "station"]).order_by("path")
        self.places: list[tuple[Any, str]] = list(bottom.values_list("pk", "path"))
        self.city = tree["city"]
        self.head = Head.objects.get(pk=1)
        self.roster: Any = None
        self.row = itertools.count(2)

    def run(self) -> None:
        from django.db import connection, transaction

        from huzhu.apps.members.models import Counter
        from huzhu.apps.rosters.models import Roster

        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous = OFF")
        self.roster = Roster.objects.create(
            organisation_id=self.city, uploaded_at=self.at, confirmed_at=self.at, file_name="名册.csv", sha256="0" * 64,
            state=Roster.State.DONE, columns=["name", "identity_number", "phone"],
        )  # fmt: skip
        for first in range(0, self.people, A_COMMIT):
            with transaction.atomic():
                self._store(range(first, min(first + A_COMMIT, self.people)))
        with transaction.atomic():
            self._store(range(self.people, self.people + APPLICANTS), has_joined=False)
            Counter.objects.create(name=f"card:{self.on.year}", last=self.people)
            self.head.save()
            rows = self.people - self.people // SCANNED
            Roster.objects.filter(pk=self.roster.pk).update(total=rows, accepted=rows, created=rows)
        self._settle()

    def _settle(self) -> None:
        """What the running site does by and by: counts that it keeps, and the database's own statistics."""
        from django.db import connection

        from huzhu.apps.members import services

        if hasattr(services, "recount"):
            services.recount()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")

    def _store(self, span: range, *, has_joined: bool = True) -> None:
        made: dict[type[Any], list[Any]] = {}
        for n in span:
            for one in self._person(n, has_joined=has_joined):
                made.setdefault(type(one), []).append(one)
        for model, rows in made.items():  # in the order of foreign keys, as `_person` gives them
            model._base_manager.bulk_create(rows, batch_size=BATCH)

    def _person(self, n: int, *, has_joined: bool) -> Iterator[Any]:
        from huzhu.apps.members.consents import CURRENT
        from huzhu.apps.members.models import Consent, Member, Verification, Work
        from huzhu.apps.members.services.verifying import with_check_digit
        from huzhu.apps.messages.models import Message
        from huzhu.apps.registers.indexes import identity_index, phone_index
        from huzhu.apps.rosters.models import Row
        from huzhu.apps.unions.models import User, new_id
        from huzhu.apps.unions.services import PHONE
        from huzhu.apps.vault.fields import index_of

        name, phone, identity = name_of(n), f"13{n:09d}", number(n)
        place, path = self.places[n % len(self.places)]
        is_scan = n % SCANNED == 0 or not has_joined
        # Members joined over three years, the last of them this year.
        joined = dt.date(self.on.year - (n % 3), 1 + n % 10, 1 + n % 28)
        key, user = new_id(), None
        if is_scan:
            user = User(display_name=name[0] + "*", created_at=self.at, phone_index=index_of(phone, purpose=PHONE))
            user.phone = phone
            user.set_unusable_password()
            yield user
        member = Member(
            id=key, organisation_id=place, user=user, name=name, name_key=_key_of(name), identity_number=identity,
            identity_index=identity_index(number=identity), birth_date=dt.date(1970 + n // 10_000_000, 5, 17), phone=phone,
            phone_index=phone_index(phone=phone), status=Member.Status.MEMBER if has_joined else Member.Status.APPLIED,
            way=Member.Way.SCAN if is_scan else Member.Way.ROSTER, applied_at=self.at,
            number=with_check_digit(f"{self.on.year % 100:02d}{n + 1:08d}") if has_joined else None,
            joined_on=joined if has_joined else None, decided_at=self.at if has_joined else None,
        )  # fmt: skip
        yield member
        yield Work(
            member_id=key, employer_id=self.employer, rider_no=f"R{n:08d}", work_category="food_delivery", work_region="310115",
            said_at=self.at,
        )  # fmt: skip
        if not is_scan:
            yield Row(
                id=key, roster=self.roster, number=next(self.row), state=Row.State.ACCEPTED, name=name, name_key=member.name_key,
                identity_index=member.identity_index, phone_index=member.phone_index, member_id=key, plan=Row.Result.CREATED,
                result=Row.Result.CREATED,
            )  # fmt: skip
            return
        for purpose in ("membership", "verification"):
            yield Consent(member_id=key, purpose=purpose, version=CURRENT[purpose].version, given_at=self.at)
        for kind in ("member.approved", "member.moved"):
            words = {"zh": f"您的会员号 {member.number}。", "en": f"Your member number is {member.number}."}
            yield Message(
                recipient=user, kind=kind, key=f"{kind}:{key}:{self.at.isoformat()}", created_at=self.at, **words
            )
        yield Verification(
            member_id=key, register="demo", platform="demo-food", rider_no=f"R{n:08d}", how=Verification.How.IDENTITY,
            work_category="food_delivery", as_of=self.on, verified_at=self.at, expires_on=self.on + dt.timedelta(days=90),
        )  # fmt: skip
        yield self._entry(member, path)

    def _entry(self, member: Any, path: str) -> Any:
        from huzhu.apps.audit.chain import hash_of
        from huzhu.apps.audit.models import Entry

        entry = Entry(
            sequence=self.head.sequence + 1, at=self.at, actor="", actor_name="系统", act="member.approved",
            about=f"members.Member:{member.pk}", path=path, zh=f"批准 {member.alias} 加入", en=f"Approved {member.alias}",
            details={}, previous=self.head.hash,
        )  # fmt: skip
        entry.hash = hash_of(entry)
        self.head.sequence, self.head.hash = entry.sequence, entry.hash
        return entry
