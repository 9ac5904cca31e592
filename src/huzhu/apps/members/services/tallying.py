"""Members counted by organisation and year of joining, in the same transaction as whatever changes who counts where: counting a
million takes half a second, reading what is kept takes none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F

from huzhu.apps.members.desk_models import Tally
from huzhu.apps.members.models import Member
from huzhu.apps.unions.scoping import whole_union

Place = tuple[UUID, int]


def place_of(member: Member) -> Place | None:
    """Where a member counts: her organisation and the year she joined. None for whoever is no member."""
    if member.status != Member.Status.MEMBER or member.joined_on is None:
        return None
    return member.organisation_id, member.joined_on.year


def tally(*, moves: Iterable[tuple[Place | None, Place | None]]) -> None:
    """Note from where to where people went, in the caller's transaction; call it after the last number was given, and once."""
    changes: Counter[Place] = Counter()
    for before, after in moves:
        if before is not None:
            changes[before] -= 1
        if after is not None:
            changes[after] += 1
    with whole_union("a move may lead anywhere"):
        for (organisation, year), number in sorted(changes.items()):  # in one order, so that no two wait for each other
            if number:
                _add(organisation, year, number)


def _add(organisation: UUID, year: int, number: int) -> None:
    row = {"organisation_id": organisation, "year": year}
    if not Tally.objects.filter(**row).update(number=F("number") + number):
        Tally.objects.get_or_create(**row)
        Tally.objects.filter(**row).update(number=F("number") + number)


@transaction.atomic
def recount() -> int:
    """Count all members anew while writers wait; how many tallies were wrong."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Whoever has changed a member and not yet its tally is not seen by the count below, and adds to it afterwards.
            cursor.execute(f"LOCK TABLE {Tally._meta.db_table} IN EXCLUSIVE MODE")
    with whole_union("all are counted"):
        held = {(row.organisation_id, row.year): row.number for row in Tally.objects.filter(number__gt=0)}
        found = counted()
        Tally.objects.all().delete()
        Tally.objects.bulk_create(
            Tally(organisation_id=organisation, year=year, number=number)
            for (organisation, year), number in found.items()
        )
    return sum(held.get(place) != found.get(place) for place in held.keys() | found.keys())


def counted() -> dict[Place, int]:
    """What the tallies should be, by a plain count of everybody."""
    rows = Member.objects.current().order_by().values_list("organisation_id", "joined_on__year")
    return {(organisation, year): number for organisation, year, number in rows.annotate(number=Count("*"))}


def wrong() -> int:
    """How many tallies differ from a plain count. One statement, so that both are seen at the same moment."""
    year, words = connection.ops.date_extract_sql("year", "joined_on", ())
    member, kept = Member._meta.db_table, Tally._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM ("
            f"SELECT organisation_id, {year} AS year, COUNT(*) AS number FROM {member} WHERE status = %s GROUP BY 1, 2"
            f" UNION ALL SELECT organisation_id, year, -number FROM {kept}"
            f") AS both_sides GROUP BY organisation_id, year HAVING SUM(number) <> 0) AS unequal",
            [*words, Member.Status.MEMBER],
        )
        return int(cursor.fetchone()[0])
