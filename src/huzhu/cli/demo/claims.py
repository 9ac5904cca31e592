"""An invented year of claims, as many and as costly as two million covers see, with the mistakes that real ones have.

How often each benefit is claimed, and how much, is dealt from small decks of cards rather than drawn, so that the
frequencies and averages come out as stated and anyone can check them with a pencil.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

Card = TypeVar("Card")

FIRST_COVER = date(2024, 1, 1)
COVER_START_DAYS = 366
WAITING_DAYS = 30

# Claims in good order per 100,000 covers; the rest up to 3,000 are the mistaken ones.
PER_100K = {
    "injury_consolation": 2_000,
    "hospital_allowance": 800,
    "critical_illness": 50,
    "critical_illness_hospital": 40,
    "death_illness": 8,
    "disability_accident": 10,
    "death_accident": 2,
}
ALL_PER_100K = 3_000

# Sixteen stays of 6 days on average; fifty grades whose ratios average 16 % (80,000 of 500,000 yuan);
# twenty hospital bills of 16,000 yuan on average, half of which is the subsidy, one of them past its cap.
STAYS = (1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 10, 12, 13)
GRADES = (1, 4, 6, *(8,) * 2, *(9,) * 7, *(10,) * 38)
BILLS_YUAN = (
    *(3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 8_500, 9_000, 9_500, 10_000),
    *(11_000, 12_000, 13_000, 14_000, 15_000, 18_000, 21_000, 24_000, 30_000, 92_000),
)

# Consolations and stays that arrived earlier are settled: so much an event, so much a day (as in the printed case).
SETTLED_BEFORE = date(2024, 6, 1)
SETTLED_CONSOLATION_FEN = 50_000
SETTLED_HOSPITAL_DAY_FEN = 30_000

DISTRICTS = {
    "浦东新区": 22,
    "闵行区": 12,
    "松江区": 9,
    "宝山区": 9,
    "嘉定区": 8,
    "杨浦区": 6,
    "普陀区": 6,
    "奉贤区": 5,
    "徐汇区": 5,
    "青浦区": 5,
    "静安区": 4,
    "虹口区": 3,
    "金山区": 3,
    "长宁区": 3,
    "崇明区": 2,
    "黄浦区": 2,
}

SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("claim_id", "member_id", "cover_id")),
        *(pa.field(name, pa.date32()) for name in ("cover_since", "cover_until", "continuous_since")),
        *(pa.field(name, pa.string()) for name in ("benefit", "cause")),
        *(pa.field(name, pa.date32()) for name in ("event_date", "filed_on")),
        *(pa.field(name, pa.int64()) for name in ("hospital_days", "disability_grade", "expense_fen")),
        *(pa.field(name, pa.int64()) for name in ("settled_seq", "settled_fen")),
        pa.field("district", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Cover:
    """One member's year."""

    number: int
    since: date
    until: date
    continuous_since: date
    district: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One event as it was filed. `arrived` orders the claims, also those whose `filed_on` was forgotten."""

    cover: Cover
    benefit: str
    cause: str | None
    event_date: date | None
    filed_on: date | None
    arrived: date
    continuous_since: date | None
    hospital_days: int | None = None
    disability_grade: int | None = None
    expense_fen: int | None = None
    settled_seq: int | None = None
    settled_fen: int | None = None


def write_claims(*, path: Path, covers: int = 2_000_000, seed: int = 20220701) -> int:
    """Write the claims of a year of `covers` covers to `path` (Parquet) and return how many rows that is, three per
    hundred covers: the same file for the same numbers, on any day."""
    claims = year_of_claims(covers=covers, seed=seed)
    columns: dict[str, list[Any]] = {
        "claim_id": [f"C{number:07d}" for number in range(1, len(claims) + 1)],
        "member_id": [f"M{claim.cover.number:08d}" for claim in claims],
        "cover_id": [f"V{claim.cover.number:08d}" for claim in claims],
        "cover_since": [claim.cover.since for claim in claims],
        "cover_until": [claim.cover.until for claim in claims],
        "district": [claim.cover.district for claim in claims],
    }
    for name in SCHEMA.names:
        if name not in columns:
            columns[name] = [getattr(claim, name) for claim in claims]
    pq.write_table(pa.table(columns, schema=SCHEMA), path)
    return len(claims)


def year_of_claims(*, covers: int, seed: int) -> list[Claim]:
    """The claims in the order in which they arrived, some of the earlier ones already settled."""
    year = _Year(covers=covers, rng=Random(seed))
    year.file_those_in_order()
    year.settle_the_first()
    year.file_mistakes()
    filed = [claim for claims in year.claims.values() for claim in claims] + year.mistakes
    return sorted(filed, key=lambda claim: claim.arrived)


def deal(cards: Sequence[Card], rng: Random) -> Iterator[Card]:
    """Deal a shuffled deck to its last card, then shuffle and deal again."""
    while True:
        yield from rng.sample(cards, len(cards))


def two_years_after(day: date) -> date:
    """The last day to file: the same day two years on; 29 February: 28 February."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 2, 2, 28)
    return day.replace(year=day.year + 2)


class _Year:
    """The covers that had a claim, and the claims so far. The methods named for a benefit each file one claim."""

    def __init__(self, *, covers: int, rng: Random) -> None:
        self.covers = covers
        self.rng = rng
        self.known: dict[int, Cover] = {}
        self.claims: dict[str, list[Claim]] = {benefit: [] for benefit in PER_100K}
        self.mistakes: list[Claim] = []
        self.stays = deal(STAYS, rng)
        self.grades = deal(GRADES, rng)
        self.bills_yuan = deal(BILLS_YUAN, rng)

    def cover(self) -> Cover:
        """Any of the covers; now and then one that has a claim already."""
        number = self.rng.randrange(self.covers)
        if number not in self.known:
            since = FIRST_COVER + timedelta(days=self.rng.randrange(COVER_START_DAYS))
            is_leap_day = (since.month, since.day) == (2, 29)
            until = date(since.year + 1, 3, 1) if is_leap_day else since.replace(year=since.year + 1)
            renewed = self.rng.randrange(100) < 40
            self.known[number] = Cover(
                number=number,
                since=since,
                until=until,
                continuous_since=since - timedelta(days=365) if renewed else since,
                district=self.rng.choices(tuple(DISTRICTS), weights=tuple(DISTRICTS.values()))[0],
            )
        return self.known[number]

    def day(self, *, cover: Cover, cause: str) -> date:
        """A day on which such an event is covered."""
        first = cover.since
        if cause == "illness":
            first = max(first, cover.continuous_since + timedelta(days=WAITING_DAYS))
        return first + timedelta(days=self.rng.randrange((cover.until - first).days))

    def claim(self, benefit: str, cause: str, *, cover: Cover | None = None, on: date | None = None) -> Claim:
        """A claim with everything its benefit needs, filed within three months."""
        cover = cover or self.cover()
        on = on or self.day(cover=cover, cause=cause)
        filed = on + timedelta(days=self.rng.randrange(1, 90))
        if on < FIRST_COVER + timedelta(days=90) and self.rng.randrange(50) == 0:
            filed = two_years_after(on)
        blank = Claim(cover, benefit, cause, on, filed, filed, cover.continuous_since)
        if benefit == "injury_consolation":
            return replace(blank, disability_grade=0)
        if benefit == "disability_accident":
            return replace(blank, disability_grade=next(self.grades))
        if benefit == "critical_illness_hospital":
            return replace(blank, expense_fen=next(self.bills_yuan) * 100 + self.rng.randint(-9_999, 9_999))
        if benefit == "hospital_allowance":
            return self.stay(blank, days=next(self.stays))
        return blank

    def stay(self, claim: Claim, *, days: int) -> Claim:
        """The claim with that many days in hospital; nobody files before they are home."""
        filed = claim.arrived + timedelta(days=days)
        assert claim.event_date is not None, "a stay begins on a day"
        if claim.arrived == two_years_after(claim.event_date):
            filed = claim.arrived
        return replace(claim, hospital_days=days, filed_on=filed, arrived=filed)

    def file_those_in_order(self) -> None:
        for benefit, per_100k in PER_100K.items():
            count = self.covers * per_100k // 100_000
            file = self.claims[benefit]
            file.extend(getattr(self, benefit)(count))
            assert len(file) == count, "the frequencies are the promise of this module"

    def injury_consolation(self, count: int) -> Iterator[Claim]:
        """A few couriers fall again and again, past the twelve events that the limit holds."""
        unlucky = [self.cover() for _ in range(min(max(1, self.covers // 250_000), count // 14))]
        for cover in unlucky:
            yield from (self.claim("injury_consolation", "accident", cover=cover) for _ in range(14))
        for _ in range(count - 14 * len(unlucky)):
            yield self.claim("injury_consolation", "accident")

    def hospital_allowance(self, count: int) -> Iterator[Claim]:
        """A few long illnesses pass the limit of days; some accidents bring a consolation as well."""
        long_ill = [self.cover() for _ in range(min(max(1, self.covers // 160_000), count // 3))]
        for cover in long_ill:
            for stay in range(3):
                on = cover.since + timedelta(days=35 + 100 * stay)
                yield self.stay(
                    self.claim("hospital_allowance", "illness", cover=cover, on=on), days=self.rng.randint(61, 80)
                )
        causes = deal((*("illness",) * 14, *("accident",) * 3, *("both",) * 3), self.rng)
        for cause in islice(causes, count - 3 * len(long_ill)):
            if cause == "both":
                injury = self.rng.choice(self.claims["injury_consolation"])
                yield self.claim("hospital_allowance", "accident", cover=injury.cover, on=injury.event_date)
            else:
                yield self.claim("hospital_allowance", cause)

    def critical_illness(self, count: int) -> Iterator[Claim]:
        return (self.claim("critical_illness", "illness") for _ in range(count))

    def critical_illness_hospital(self, count: int) -> Iterator[Claim]:
        """The bills of those who fell critically ill."""
        for illness in self.rng.sample(self.claims["critical_illness"], count):
            yield self.claim("critical_illness_hospital", "illness", cover=illness.cover, on=illness.event_date)

    def death_illness(self, count: int) -> Iterator[Claim]:
        return (self.claim("death_illness", "illness") for _ in range(count))

    def disability_accident(self, count: int) -> Iterator[Claim]:
        return (self.claim("disability_accident", "accident") for _ in range(count))

    def death_accident(self, count: int) -> Iterator[Claim]:
        """Some die of an accident after another one has disabled them: both together are past the shared limit."""
        disabled = self.rng.sample(self.claims["disability_accident"], count * 15 // 100)
        for injury in disabled:
            assert injury.event_date is not None, "a claim in order has its day"
            left = (injury.cover.until - injury.event_date).days
            on = injury.event_date + timedelta(days=self.rng.randrange(left))
            yield self.claim("death_accident", "accident", cover=injury.cover, on=on)
        for _ in range(count - len(disabled)):
            yield self.claim("death_accident", "accident")

    def settle_the_first(self) -> None:
        """Mark the consolations and stays that arrived before `SETTLED_BEFORE` as paid, in order within each cover."""
        settled: Counter[int] = Counter()
        both = ("injury_consolation", "hospital_allowance")
        places = [(benefit, index) for benefit in both for index in range(len(self.claims[benefit]))]
        for benefit, index in sorted(places, key=lambda place: self.claims[place[0]][place[1]].arrived):
            claim = self.claims[benefit][index]
            if claim.arrived >= SETTLED_BEFORE:
                break
            settled[claim.cover.number] += 1
            self.claims[benefit][index] = replace(
                claim,
                settled_seq=settled[claim.cover.number],
                settled_fen=SETTLED_CONSOLATION_FEN
                if claim.hospital_days is None
                else claim.hospital_days * SETTLED_HOSPITAL_DAY_FEN,
            )

    def file_mistakes(self) -> None:
        count = self.covers * ALL_PER_100K // 100_000 - sum(len(claims) for claims in self.claims.values())
        cards = [mistake for times, mistake in MISTAKES for _ in range(times)]
        self.mistakes.extend(mistake(self) for mistake in islice(deal(cards, self.rng), count))

    def everyday(self) -> Claim:
        """A claim of the two frequent kinds, to make a mistake with."""
        if self.rng.randrange(3):
            return self.claim("injury_consolation", "accident")
        return self.claim("hospital_allowance", self.rng.choice(("illness", "accident")))

    def outside_cover(self) -> Claim:
        claim = self.everyday()
        cover = claim.cover
        after = cover.until + timedelta(days=self.rng.choice((0, self.rng.randint(1, 40))))
        before = cover.since - timedelta(days=self.rng.randint(1, 20))
        return self.claim(claim.benefit, "accident", cover=cover, on=self.rng.choice((after, after, before)))

    def in_waiting_period(self) -> Claim:
        cover = self.cover()
        while cover.continuous_since < cover.since:
            cover = self.cover()
        on = cover.since + timedelta(days=self.rng.randrange(WAITING_DAYS))
        benefit = self.rng.choice((*("hospital_allowance",) * 8, "critical_illness", "death_illness"))
        return self.claim(benefit, "illness", cover=cover, on=on)

    def filed_late(self) -> Claim:
        """Of the first months only, so that the late filings are not years away from the others."""
        claim = self.everyday()
        while claim.event_date is None or claim.event_date > FIRST_COVER + timedelta(days=180):
            claim = self.everyday()
        filed = two_years_after(claim.event_date) + timedelta(days=self.rng.choice((1, self.rng.randint(2, 60))))
        return replace(claim, filed_on=filed, arrived=filed)

    def wrong_cause(self) -> Claim:
        benefit, cause = self.rng.choice(
            (
                *(("injury_consolation", "illness"),) * 12,
                *(("death_accident", "illness"), ("disability_accident", "illness")),
                *(("death_illness", "accident"), ("critical_illness", "accident")),
            )
        )
        return self.claim(benefit, cause)

    def consolation_with_a_grade(self) -> Claim:
        claim = self.claim("injury_consolation", "accident")
        return replace(claim, disability_grade=self.rng.choice((3, 7, 8, 9, 10, 10)))

    def filed_twice(self) -> Claim:
        """The same event again, some days later and under a number of its own: nothing is left for it."""
        rare = self.claims["critical_illness"] + self.claims["death_illness"]
        claim = self.rng.choice(rare or self.claims["injury_consolation"] or [self.everyday()])
        filed = claim.arrived + timedelta(days=self.rng.randint(3, 30))
        return replace(claim, filed_on=filed, arrived=filed, settled_seq=None, settled_fen=None)


def _lacking(fact: str, *of: tuple[str, str]) -> Callable[[_Year], Claim]:
    unknown: dict[str, Any] = {fact: None}
    return lambda year: replace(year.claim(*year.rng.choice(of)), **unknown)


CONSOLATION = ("injury_consolation", "accident")
DISABILITY = ("disability_accident", "accident")
STAY = ("hospital_allowance", "illness")
ILLNESS = ("critical_illness", "illness")
BILL = ("critical_illness_hospital", "illness")

# How many of ninety mistaken claims carry which mistake.
MISTAKES: tuple[tuple[int, Callable[[_Year], Claim]], ...] = (
    (15, _Year.outside_cover),
    (14, _Year.in_waiting_period),
    (12, _Year.filed_late),
    (12, _Year.wrong_cause),
    (7, _Year.consolation_with_a_grade),
    (2, lambda year: replace(year.claim(*DISABILITY), disability_grade=0)),
    (1, lambda year: replace(year.claim(*STAY), hospital_days=0)),
    (3, _Year.filed_twice),
    (6, _lacking("disability_grade", *(CONSOLATION,) * 9, DISABILITY)),
    (6, _lacking("hospital_days", STAY)),
    (5, _lacking("cause", CONSOLATION, CONSOLATION, ILLNESS)),
    (2, _lacking("expense_fen", BILL)),
    (2, _lacking("filed_on", CONSOLATION, STAY)),
    (2, _lacking("continuous_since", STAY)),
    (1, _lacking("event_date", CONSOLATION)),
)
