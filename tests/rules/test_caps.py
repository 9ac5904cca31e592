"""What events draw on their caps: by hand, against the plain reference of the Shanghai plan, and what must hold whatever the
events are.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu import policies
from huzhu.rules import Limit, const, fen
from huzhu.rules.decider import Decider
from huzhu.rules.parameters import UNPUBLISHED
from tests.oracles.shanghai_cases import random_claims_batch, random_enrol_case
from tests.oracles.shanghai_claims import claims
from tests.oracles.shanghai_enrol import enrol
from tests.rules.written import LONG_AGO, WORD, Expression, event, events, parameter, rule, value

Row = dict[str, Any]
ALWAYS: Expression = lambda _: const(True)  # noqa: E731  # as a rule is written


def limit(name: str, most: int, *per: str, applies: Expression = ALWAYS) -> Limit:
    return Limit(name, WORD, applies, lambda _: fen(most), per or ("cover",))


def drawn(decider: Decider, *rows: Row) -> list[tuple[str, int | None, list[str]]]:
    return [(one["outcome"], one["payable_fen"], one["limited_by"]) for one in decider.decide_all(rows)]


ONE = Decider(events(limit("most", 100)))


# By hand


def test_each_event_gets_what_the_ones_before_it_have_left() -> None:
    rows = [event("1", 60), event("2", 60), event("3", 60)]
    assert drawn(ONE, *rows) == [("granted", 60, []), ("granted", 40, ["most"]), ("refused", 0, ["most"])]
    assert ONE.decide_all(rows)[2]["reasons"] == ["cap_exhausted"]
    assert [one["assessed_fen"] for one in ONE.decide_all(rows)] == [60, 60, 60]


def test_an_amount_that_just_fits_is_not_limited() -> None:
    assert drawn(ONE, event("1", 100)) == [("granted", 100, [])]
    assert drawn(ONE, event("1", 101)) == [("granted", 100, ["most"])]


def test_the_date_decides_and_then_the_id_by_code_point() -> None:
    later, earlier = dt.date(2024, 1, 2), dt.date(2024, 1, 1)
    rows = [
        event("a", 60, on=later),
        event("\U00020000", 60, on=earlier),
        event("Ａ", 60, on=earlier),
        event("b", 60, on=earlier),
    ]
    assert [paid for _, paid, _ in drawn(ONE, *rows)] == [0, 0, 40, 60]
    assert [paid for _, paid, _ in drawn(ONE, event("10", 60), event("9", 60), event("2", 60))] == [60, 0, 40]
    assert [paid for _, paid, _ in drawn(ONE, event("a", 60), event("B", 60))] == [40, 60]


def test_covers_do_not_draw_on_each_other() -> None:
    assert [paid for _, paid, _ in drawn(ONE, event("1", 90), event("2", 90, cover="L"))] == [90, 90]


def test_settled_events_come_first_and_use_what_they_were_paid_even_past_the_limit() -> None:
    settled = event("9", 5, seq=7, paid=70, on=dt.date(2024, 12, 31))
    assert drawn(ONE, event("1", 60), settled) == [("granted", 30, ["most"]), ("settled", 70, [])]
    past = event("9", None, seq=0, paid=170, on=None, kind=None)
    assert drawn(ONE, event("1", 60), past) == [("refused", 0, ["most"]), ("settled", 170, [])]
    assert ONE.decide_all([past])[0] | {"illustrative": None} == {
        "outcome": "settled", "reasons": [], "missing": [], "not_tested": [], "assessed_fen": None, "payable_fen": 170,
        "limited_by": [], "illustrative": None,
    }  # fmt: skip


def test_what_is_refused_or_open_uses_nothing() -> None:
    decider = Decider(events(limit("most", 100), rules=(rule("counted", lambda r: r.count > 0),)))
    rows = [
        event("1", 90, count=0),
        event("2", 90),
        event("3", 90, count=1, cover=None),
        event("4", 0, count=1),
        event("5", 90, count=1),
    ]
    assert drawn(decider, *rows) == [
        ("refused", 0, []), ("undetermined", None, []), ("undetermined", None, []), ("refused", 0, []), ("granted", 90, []),
    ]  # fmt: skip
    assert [one["reasons"] for one in decider.decide_all(rows)] == [["counted"], [], [], ["nothing_to_pay"], []]


NESTED = Decider(events(limit("kinds", 50, "cover", "kind"), limit("most", 100)))


def test_inner_caps_cut_first_and_every_cap_that_cut_is_named() -> None:
    rows = [event("1", 70, kind="a"), event("2", 40, kind="b"), event("3", 30, kind="b"), event("4", 30, kind="c")]
    assert drawn(NESTED, *rows) == [
        ("granted", 50, ["kinds"]), ("granted", 40, []), ("granted", 10, ["kinds"]), ("refused", 0, ["most"]),
    ]  # fmt: skip
    both = [event("1", 50, kind="a"), event("2", 45, kind="b"), event("3", 60, kind="c")]
    assert drawn(NESTED, *both)[2] == ("granted", 5, ["kinds", "most"])


def test_an_event_that_gets_nothing_uses_nothing_of_its_inner_caps() -> None:
    outer = Limit("most", WORD, lambda r: r.kind == "a", lambda _: fen(0), ("cover",))
    decider = Decider(events(limit("all", 100), outer))
    assert drawn(decider, event("1", 60, kind="a"), event("2", 60, kind="b")) == [
        ("refused", 0, ["most"]),
        ("granted", 60, []),
    ]


def test_a_cap_that_does_not_apply_neither_limits_nor_is_used() -> None:
    decider = Decider(events(limit("some", 50, applies=lambda r: r.kind == "a"), limit("most", 200)))
    assert drawn(decider, event("1", 60, kind="b"), event("2", 60, kind="a")) == [
        ("granted", 60, []),
        ("granted", 50, ["some"]),
    ]


def counted(most: int, each: int, *per: str) -> Limit:
    keys = per or ("cover",)
    return Limit("days", WORD, ALWAYS, lambda _: const(most), keys, counts=lambda r: r.count, each=lambda _: fen(each))


def test_a_count_limits_by_what_each_is_worth() -> None:
    decider = Decider(events(counted(10, 7), assessed=lambda r: r.count * fen(7)))
    rows = [event("1", count=6), event("2", count=6), event("3", count=6)]
    assert drawn(decider, *rows) == [("granted", 42, []), ("granted", 28, ["days"]), ("refused", 0, ["days"])]


def test_settled_counts_are_used_in_full_and_an_unknown_one_not_at_all() -> None:
    decider = Decider(events(counted(10, 7), assessed=lambda r: r.count * fen(7)))
    settled = [event("1", count=8, seq=1, paid=0), event("2", count=None, seq=2, paid=56)]
    assert drawn(decider, *settled, event("3", count=6))[2] == ("granted", 14, ["days"])


def test_days_that_another_cap_leaves_unpaid_are_used_where_anything_is_paid() -> None:
    decider = Decider(events(counted(10, 7), limit("most", 20), assessed=lambda r: r.count * fen(7)))
    assert drawn(decider, event("1", count=6)) == [("granted", 20, ["most"])]
    rows = [event("1", count=6), event("2", count=6, cover="L")]
    assert [paid for _, paid, _ in drawn(decider, *rows)] == [20, 20]


def test_a_limit_may_change_between_two_events_of_a_cover() -> None:
    change = dt.date(2024, 6, 1)
    most = parameter("ceiling", "money", value(LONG_AGO, 100, change), value(change, 150))
    program = events(Limit("most", WORD, ALWAYS, lambda r: r.value("ceiling", on=r.on), ("cover",)), parameters=(most,))
    rows = [event("1", 90), event("2", 90), event("3", 90, on=change)]
    assert drawn(Decider(program), *rows) == [("granted", 90, []), ("granted", 10, ["most"]), ("granted", 50, ["most"])]


def test_a_cap_that_was_never_published_leaves_the_event_open() -> None:
    never = parameter("ceiling", "money", value(LONG_AGO, UNPUBLISHED))
    program = events(
        Limit("most", WORD, ALWAYS, lambda r: r.value("ceiling", on=r.on), ("cover",)), parameters=(never,)
    )
    found = Decider(program).decide(event("1", 5))
    assert (found["outcome"], found["missing"], found["payable_fen"]) == ("undetermined", ["parameter:ceiling"], None)


# Against the plain reference, 20,000 random rows each


@pytest.mark.parametrize("overlay", [None, "demo"])
def test_shanghais_claims_equal_the_plain_reference(overlay: str | None) -> None:
    rows = random_claims_batch(Random(2022), 20_000, unknown_covers=True)
    found = Decider(policies.get("shanghai-gig-mutual-aid").program("claims", overlay=overlay)).decide_all(rows)
    differ = [
        (row, answer, wanted)
        for row, answer, wanted in zip(rows, found, claims(rows, demo=overlay == "demo"), strict=True)
        if answer | {"missing": set(answer["missing"])} != wanted
    ]
    assert differ[:3] == []


def test_shanghais_enrolment_equals_the_plain_reference() -> None:
    rng = Random(2022)
    rows = [random_enrol_case(rng) for _ in range(20_000)]
    found = Decider(policies.get("shanghai-gig-mutual-aid").program("enrol")).decide_all(rows)
    differ = [
        (row, answer)
        for row, answer in zip(rows, found, strict=True)
        if answer | {"missing": set(answer["missing"])} != enrol(row)
    ]
    assert differ[:3] == []


# What must hold whatever the events are


ALL = Decider(
    events(
        counted(12, 10, "cover", "kind"),
        limit("kinds", 90, "cover", "kind"),
        limit("some", 120, applies=lambda r: r.kind == "a"),
        limit("most", 200),
    )
)


@st.composite
def batches(draw: Any) -> list[Row]:
    count = draw(st.integers(1, 14))
    rows = []
    for number in draw(st.permutations(range(count))):
        row = event(
            f"C{number}",
            draw(st.sampled_from([None, 0, 1, 30, 60, 100, 1_000])),
            kind=draw(st.sampled_from(["a", "b", None])),
        )
        row |= {"cover": draw(st.sampled_from(["K", "L", None])), "count": draw(st.sampled_from([None, 0, 1, 5, 20]))}
        row |= {"on": draw(st.sampled_from([dt.date(2024, 1, 1), dt.date(2024, 1, 2)]))}
        if draw(st.integers(0, 4)) == 0:
            row |= {"seq": number, "paid": draw(st.sampled_from([0, 1, 50, 300]))}
        rows.append(row)
    return rows


@given(batches())
def test_a_group_is_never_paid_more_than_its_cap_unless_it_was_settled_so(rows: list[Row]) -> None:
    answers = ALL.decide_all(rows)
    for keys, most, applies in ((("cover", "kind"), 90, "ab"), (("cover",), 200, "ab"), (("cover",), 120, "a")):
        paid: dict[Any, int] = {}
        settled: dict[Any, int] = {}
        for row, answer in zip(rows, answers, strict=True):
            key = tuple(row[name] for name in keys)
            if row["kind"] is not None and row["kind"] in applies and answer["payable_fen"]:
                into = settled if answer["outcome"] == "settled" else paid
                into[key] = into.get(key, 0) + answer["payable_fen"]
        assert all(total <= max(0, most - settled.get(key, 0)) for key, total in paid.items())


@given(batches(), st.randoms())
def test_the_order_of_the_rows_given_changes_nothing(rows: list[Row], random: Any) -> None:
    answers = {row["id"]: answer for row, answer in zip(rows, ALL.decide_all(rows), strict=True)}
    shuffled = random.sample(rows, len(rows))
    assert {row["id"]: answer for row, answer in zip(shuffled, ALL.decide_all(shuffled), strict=True)} == answers


@given(batches())
def test_settled_events_keep_what_they_were_paid_whatever_is_filed_beside_them(rows: list[Row]) -> None:
    for row, answer in zip(rows, ALL.decide_all(rows), strict=True):
        if "seq" in row:
            assert (answer["outcome"], answer["payable_fen"], answer["limited_by"]) == ("settled", row["paid"], [])
            assert (answer["reasons"], answer["missing"], answer["assessed_fen"]) == ([], [], None)


@given(batches())
def test_nobody_is_paid_more_than_was_assessed_nor_less_than_nothing(rows: list[Row]) -> None:
    for answer in ALL.decide_all(rows):
        match answer["outcome"]:
            case "granted":
                assert 0 < answer["payable_fen"] <= answer["assessed_fen"]
                assert bool(answer["limited_by"]) == (answer["payable_fen"] < answer["assessed_fen"])
            case "refused":
                assert answer["payable_fen"] == 0
                assert bool(answer["limited_by"]) == (answer["reasons"] == ["cap_exhausted"])
            case "undetermined":
                assert (answer["payable_fen"], answer["limited_by"]) == (None, [])


@given(batches())
def test_an_event_that_used_nothing_may_as_well_not_have_been_filed(rows: list[Row]) -> None:
    answers = ALL.decide_all(rows)
    used = [row for row, answer in zip(rows, answers, strict=True) if answer["outcome"] in ("granted", "settled")]
    kept = [answer for answer in answers if answer["outcome"] in ("granted", "settled")]
    assert ALL.decide_all(used) == kept


@given(batches())
def test_an_event_alone_is_assessed_as_it_is_among_others(rows: list[Row]) -> None:
    among = ALL.decide_all(rows)
    alone = [ALL.decide(row) for row in rows]
    assert [one["assessed_fen"] for one in among] == [one["assessed_fen"] for one in alone]
    assert all((a["payable_fen"] or 0) <= (b["payable_fen"] or 0) for a, b in zip(among, alone, strict=True))
