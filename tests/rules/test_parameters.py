"""Dated parameters: what may not be declared, what is in force on a day, and overlays, which change nothing but themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu import policies
from huzhu.policies.loading import read_parameters, what_if
from huzhu.rules import RuleError
from huzhu.rules.decider import Decider
from huzhu.rules.documents import document, version
from huzhu.rules.kinds import Kind
from huzhu.rules.parameters import UNPUBLISHED, Overlay, Parameter, Parameters, Value, checked, parse_constant
from tests.rules.written import LONG_AGO, SOURCES, WORD, a, decision, gives, parameter, rule, value

DAY = dt.timedelta(1)
SUMMER, AUTUMN, WINTER = dt.date(2022, 7, 1), dt.date(2022, 10, 1), dt.date(2022, 12, 1)
ON = a("on", "date")


def refused(said: str, *values: Value, kind: str = "int", by: str | None = None) -> None:
    with pytest.raises(RuleError, match=said) as error:
        checked(parameter("limit", kind, *values, by=by))
    assert str(error.value).startswith("parameter limit")


# What may not be declared


def test_a_date_has_one_value() -> None:
    said = "values overlap: 60 from 2022-07-01 until no end, and 63 from 2022-10-01; a date must have one value"
    refused(said, value(SUMMER, 60), value(AUTUMN, 63))
    refused(said, value(AUTUMN, 63), value(SUMMER, 60))
    refused("until 2022-10-02, and 63", value(SUMMER, 60, AUTUMN + DAY), value(AUTUMN, 63))
    refused("values overlap", value(SUMMER, 60), value(SUMMER, 60))
    refused("values overlap", value(SUMMER, UNPUBLISHED), value(AUTUMN, 63))


def test_a_table_has_one_value_for_a_date_and_a_key() -> None:
    refused("for key '31': values overlap", value(SUMMER, 1, key="31"), value(AUTUMN, 2, key="31"), by="text")
    assert (
        len(
            checked(parameter("limit", "int", value(SUMMER, 1, key="31"), value(AUTUMN, 2, key="37"), by="text")).values
        )
        == 2
    )


def test_a_value_that_ends_where_the_next_begins_does_not_overlap_it() -> None:
    found = checked(parameter("limit", "int", value(AUTUMN, 63), value(SUMMER, 60, AUTUMN)))
    assert [one.value for one in found.values] == [60, 63]


def test_a_gap_between_two_values_may_be_declared() -> None:
    assert len(checked(parameter("limit", "int", value(SUMMER, 60, AUTUMN - DAY), value(AUTUMN, 63))).values) == 2


@pytest.mark.parametrize("until", [SUMMER, SUMMER - DAY])
def test_a_value_may_not_end_before_it_has_held_for_a_day(until: dt.date) -> None:
    refused("`until` is the first day without it", value(SUMMER, 60, until))


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("int", "60"), ("int", True), ("int", SUMMER), ("money", 1.5), ("money", 60.0), ("money", Decimal(60)), ("days", "30"),
        ("bool", 1), ("bool", "true"), ("date", "2022-07-01"), ("date", dt.datetime(2022, 7, 1)), ("text", 31), ("text", None),  # noqa: DTZ001
        ("per_mille", -1), ("per_mille", 10_001), ("days", 40_000), ("int", 10**9 + 1), ("money", 10**11 + 1), ("int", None),
        ("date", dt.date(1899, 12, 31)), ("date", dt.date(2201, 1, 1)),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_or_out_of_bounds_is_refused(kind: str, what: Any) -> None:
    refused("is a float|is not a|is outside what", value(SUMMER, what), kind=kind)


def test_a_table_needs_a_key_for_each_value_and_nothing_else_has_one() -> None:
    refused("needs a key, not None", value(SUMMER, 1), by="text")
    refused("needs no key, not '31'", value(SUMMER, 1, key="31"))
    refused("needs a key, not 31", value(SUMMER, 1, key=31), by="text")
    refused("needs a key, not '31'", value(SUMMER, 1, key="31"), by="int")
    refused("needs a key, not True", value(SUMMER, 1, key=True), by="int")


@pytest.mark.parametrize("by", ["date", "bool", "money", "codes"])
def test_a_table_is_keyed_by_text_or_int(by: str) -> None:
    refused("keyed by text or int", value(SUMMER, 1, key="31"), by=by)


def test_a_parameter_without_values_is_refused_with_how_to_say_that_none_was_published() -> None:
    refused('has no values; a value that was never published is written value = "unpublished"')


@pytest.mark.parametrize("confidence", ["recalled", "unconfirmed"])
def test_what_is_only_recalled_decides_nothing(confidence: str) -> None:
    refused(
        f'a {confidence} value decides nothing: write "unpublished" and keep it in a note',
        value(SUMMER, 60, confidence=confidence),
    )
    kept = checked(parameter("limit", "int", value(SUMMER, UNPUBLISHED, confidence=confidence)))
    assert not kept.values[0].is_published


# From a file


A_FILE = """
[limit]
type = "int"
label = { zh = "限", en = "limit" }
[[limit.values]]
from = 2022-07-01
value = 60
source = "text"
confidence = "confirmed"
checked_on = 2026-11-01
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("value = 60", "value = 60.5", "60.5 is not a whole number; money is in fen, rates in per mille"),
        ("value = 60", 'value = "sixty"', "'sixty' is not a int"),
        ("value = 60", "", "`value` is missing; a value that was never published"),
        ("value = 60", "valeu = 60", "unknown words valeu; known are"),
        ("from = 2022-07-01", "", "`from` is missing"),
        ("from = 2022-07-01", 'from = "2022-07-01"', "is not a date"),
        ("from = 2022-07-01", "from = 2022-07-01T00:00:00", "is not a date"),
        ("from = 2022-07-01", "from = 2022-07-01\nuntil = 2022-07-01", "first day without it"),
        ('"confirmed"', '"sure"', "no confidence 'sure'; there are confirmed"),
        ('"confirmed"', '"recalled"', "decides nothing"),
        ("checked_on = 2026-11-01", "", "`checked_on` is missing"),
        ('"int"', '"float"', "no type 'float'; there are bool, int"),
        (', en = "limit"', "", "in both languages"),
        ("value = 60", "value = 60\nkey = 3", "needs no key"),
        (A_FILE, "limit = 60", "a parameter is a table"),
        ("[limit]", "[limit", "parameters.toml"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name_and_the_parameter(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    path = tmp_path / "parameters.toml"
    path.write_text(A_FILE, encoding="utf-8")
    assert [one.key for one in read_parameters(path)] == ["limit"]
    path.write_text(A_FILE.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(RuleError, match=said) as error:
        read_parameters(path)
    assert str(path) in str(error.value)


# What is in force


def read_on(
    values: tuple[Value, ...], on: dt.date | None, *, by: str | None = None, key: Any = None
) -> tuple[str, Any, list[str]]:
    """Outcome, value and what is missing of a decision that gives a parameter's value."""
    facts = (ON, *([a("key", by)] if by else []))

    def read(r: Any) -> Any:
        return r.value("limit", on=r.on, by=r.key) if by else r.value("limit", on=r.on)

    program = decision(*facts, results=(gives("found", read),), parameters=(parameter("limit", "int", *values, by=by),))
    answer = Decider(program).decide({"on": on} | ({"key": key} if by else {}))
    return answer["outcome"], answer["found"], answer["missing"]


CHANGING = (value(SUMMER, 60, AUTUMN), value(AUTUMN, 63, WINTER), value(WINTER + DAY, 65, WINTER + 3 * DAY))


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (SUMMER - DAY, None), (SUMMER, 60), (AUTUMN - DAY, 60), (AUTUMN, 63), (WINTER - DAY, 63), (WINTER, None), (WINTER + DAY, 65),
        (WINTER + 2 * DAY, 65), (WINTER + 3 * DAY, None), (LONG_AGO, None), (dt.date(2200, 12, 31), None),
    ],
)  # fmt: skip
def test_the_day_a_value_begins_and_the_day_it_ends(on: dt.date, found: int | None) -> None:
    assert read_on(CHANGING, on) == (("no_rule" if found is None else "granted"), found, [])


def test_the_last_value_is_never_taken_for_a_day_before_the_first() -> None:
    assert read_on((value(SUMMER, 60, AUTUMN), value(AUTUMN, 63)), LONG_AGO) == ("no_rule", None, [])
    assert read_on((value(SUMMER, 60),), SUMMER - DAY) == ("no_rule", None, [])


def test_an_unknown_day_asks_for_the_day() -> None:
    assert read_on(CHANGING, None) == ("undetermined", None, ["on"])


def test_what_was_never_published_asks_for_no_day() -> None:
    assert read_on((value(LONG_AGO, UNPUBLISHED),), None) == ("undetermined", None, ["parameter:limit"])
    assert read_on((value(LONG_AGO, UNPUBLISHED),), SUMMER) == ("undetermined", None, ["parameter:limit"])


def test_what_was_unpublished_for_a_time_is_missing_on_those_days_alone() -> None:
    values = (value(LONG_AGO, UNPUBLISHED, SUMMER), value(SUMMER, 60))
    assert read_on(values, SUMMER - DAY) == ("undetermined", None, ["parameter:limit"])
    assert read_on(values, SUMMER) == ("granted", 60, [])
    assert read_on(values, None) == ("undetermined", None, ["on"])


TABLE = (value(SUMMER, 1, key="31"), value(SUMMER, UNPUBLISHED, key="37"), value(SUMMER, 3, AUTUMN, key="45"))


@pytest.mark.parametrize(
    ("key", "on", "expected"),
    [
        ("31", SUMMER, ("granted", 1, [])),
        ("31", SUMMER - DAY, ("no_rule", None, [])),
        ("37", SUMMER, ("undetermined", None, ["parameter:limit"])),
        ("37", SUMMER - DAY, ("no_rule", None, [])),
        ("45", AUTUMN, ("no_rule", None, [])),
        ("11", SUMMER, ("undetermined", None, ["parameter:limit"])),
        ("11", LONG_AGO, ("undetermined", None, ["parameter:limit"])),
        ("11", None, ("undetermined", None, ["parameter:limit"])),
        ("31", None, ("undetermined", None, ["on"])),
        (None, SUMMER, ("undetermined", None, ["key"])),
        (None, None, ("undetermined", None, ["on", "key"])),
    ],
)
def test_a_table_is_read_by_date_and_key(
    key: str | None, on: dt.date | None, expected: tuple[str, Any, list[str]]
) -> None:
    assert read_on(TABLE, on, by="text", key=key) == expected


@given(st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2020, 3, 1)), min_size=1, max_size=6, unique=True), st.data())
def test_every_day_of_a_random_history_reads_as_the_history_says(starts: list[dt.date], data: st.DataObject) -> None:
    starts.sort()
    ends: list[dt.date | None] = [*starts[1:], None]
    cut = [end if end and data.draw(st.booleans()) else start + DAY for start, end in zip(starts, ends, strict=True)]
    program = decision(
        ON,
        results=(gives("found", lambda r: r.value("limit", on=r.on)),),
        parameters=(
            parameter("limit", "int", *(value(s, n, e) for n, (s, e) in enumerate(zip(starts, cut, strict=True)))),
        ),
    )
    decider = Decider(program)
    for number in range(62):
        on = dt.date(2019, 12, 31) + number * DAY
        in_force = [n for n, (s, e) in enumerate(zip(starts, cut, strict=True)) if s <= on < e]
        assert decider.decide({"on": on})["found"] == (in_force[0] if in_force else None)


# Overlays


LIMITS = Parameters.of(
    [
        parameter("limit", "int", value(SUMMER, 60, AUTUMN), value(AUTUMN, 63)),
        parameter("other", "int", value(SUMMER, 1)),
    ]
)


def over(*values: Value, key: str = "limit", illustrative: bool = False) -> Overlay:
    return Overlay("trial", {key: values}, illustrative)


def history(parameters: Parameters, key: str = "limit") -> list[tuple[dt.date, Any, dt.date | None, str | None]]:
    return [(one.since, one.value, one.until, one.overlay) for one in parameters[key].values]


def test_an_overlay_holds_from_its_first_day_and_earlier_days_keep_what_they_had() -> None:
    between = AUTUMN - 10 * DAY
    laid = LIMITS.with_overlay(over(value(between, 99)))
    assert history(laid) == [(SUMMER, 60, between, None), (between, 99, None, "trial")]
    assert history(LIMITS.with_overlay(over(value(LONG_AGO, 99)))) == [(LONG_AGO, 99, None, "trial")]
    assert history(laid, "other") == history(LIMITS, "other")


def test_an_overlay_leaves_what_it_was_laid_over_as_it_was() -> None:
    before = history(LIMITS)
    laid = LIMITS.with_overlay(over(value(SUMMER, 99)))
    assert history(LIMITS) == before
    assert (LIMITS.overlays, laid.overlays) == ((), ("trial",))
    assert laid["other"] is LIMITS["other"]


def test_overlays_lie_one_over_the_other_in_order() -> None:
    first, second = over(value(SUMMER, 1)), replace(over(value(AUTUMN, 2)), name="second")
    assert history(LIMITS.with_overlay(first).with_overlay(second)) == [
        (SUMMER, 1, AUTUMN, "trial"),
        (AUTUMN, 2, None, "second"),
    ]
    assert history(LIMITS.with_overlay(second).with_overlay(first)) == [(SUMMER, 1, None, "trial")]


def test_an_overlay_of_one_key_leaves_the_other_keys_of_the_table() -> None:
    table = Parameters.of(
        [parameter("table", "int", value(SUMMER, 1, key="31"), value(SUMMER, 2, key="37"), by="text")]
    )
    laid = table.with_overlay(over(value(AUTUMN, 9, key="37"), key="table"))
    assert [(one.key, one.value, one.until) for one in laid["table"].values] == [
        ("31", 1, None),
        ("37", 2, AUTUMN),
        ("37", 9, None),
    ]


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        (over(value(SUMMER, 1), key="limits"), "no parameter 'limits'"),
        (over(value(SUMMER, "sixty")), "is not a int"),
        (over(value(SUMMER, 1, key="31")), "needs no key"),
        (over(value(SUMMER, 1), value(AUTUMN, 2)), "values overlap"),
    ],
)
def test_an_overlay_is_checked_as_parameters_are(overlay: Overlay, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        LIMITS.with_overlay(overlay)


@pytest.mark.parametrize("what", [LIMITS, LIMITS["limit"], LIMITS["limit"].values[0]])
def test_parameters_cannot_be_changed(what: Any) -> None:
    name = {Parameters: "by_key", Parameter: "values", Value: "value"}[type(what)]
    with pytest.raises(AttributeError):
        setattr(what, name, None)


def test_a_parameter_cannot_be_put_into_a_set_of_them() -> None:
    parameters = Parameters.of([LIMITS["limit"]])
    with pytest.raises(TypeError):
        parameters.by_key["limit"] = LIMITS["other"]  # type: ignore[index]


def decided(parameters: Parameters) -> dict[str, Any]:
    from huzhu.rules import Draft

    draft = Draft(
        "test", "decision", WORD, (a("age", "int"), ON), (rule("young", lambda r: r.age < r.value("limit", on=r.on)),)
    )
    return Decider(draft.build(parameters, SOURCES)).decide({"age": 61, "on": SUMMER})


def test_evaluations_with_and_without_an_overlay_may_be_interleaved() -> None:
    laid = LIMITS.with_overlay(over(value(SUMMER, 99), illustrative=True))
    outcomes = [
        (decided(one)["outcome"], decided(one).get("illustrative")) for one in (LIMITS, laid, LIMITS, laid, LIMITS)
    ]
    assert outcomes == [("refused", None), ("granted", True), ("refused", None), ("granted", True), ("refused", None)]


def test_what_if_values_of_a_policy_do_not_leak_into_its_other_programs() -> None:
    policy = policies.get("shanghai-gig-mutual-aid")
    before = version(document(policy.program("enrol")))
    changed = policy.program("enrol", changes={"age_limit": "65"})
    assert version(document(changed)) != before
    assert version(document(policy.program("enrol"))) == before
    assert version(document(policy.program("enrol", changes={"age_limit": "65"}))) == version(document(changed))


# What-if values as typed


def test_a_what_if_holds_from_the_parameters_first_day_through_every_later_change() -> None:
    laid = LIMITS.with_overlay(what_if(LIMITS, {"limit": "65"}))
    assert history(laid) == [(SUMMER, 65, None, "what-if:limit=65")]


def test_a_what_if_for_one_key_of_a_table() -> None:
    table = Parameters.of([parameter("table", "int", value(SUMMER, 1, key=1), value(AUTUMN, 2, key=2), by="int")])
    laid = table.with_overlay(what_if(table, {"table[2]": "9", "table[7]": "8"}))
    assert [(one.key, one.since, one.value) for one in laid["table"].values] == [
        (1, SUMMER, 1),
        (2, AUTUMN, 9),
        (7, SUMMER, 8),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit": "65.5"}, "--set limit: '65.5' is not a int"),
        ({"limit": ""}, "is not a int"),
        ({"limit": "10000000000"}, "outside what a int may be"),
        ({"limit[31]": "65"}, "limit is no table"),
        ({"limits": "65"}, "no parameter 'limits'"),
        ({"table": "65"}, r"table is a table: write table\[KEY\]=..."),
        ({"table[]": "65"}, "needs a key"),
    ],
)
def test_a_what_if_that_cannot_be_meant_is_refused(changes: dict[str, str], said: str) -> None:
    table = parameter("table", "int", value(SUMMER, 1, key=1), by="int")
    parameters = Parameters.of([LIMITS["limit"], table])
    with pytest.raises(RuleError, match=said):
        parameters.with_overlay(what_if(parameters, changes))


def test_a_what_if_for_what_the_decision_does_not_read_is_refused() -> None:
    with pytest.raises(RuleError, match="reads no parameter 'overall_limit'; it reads: "):
        policies.get("shanghai-gig-mutual-aid").program("enrol", changes={"overall_limit": "1"})


@pytest.mark.parametrize(
    ("kind", "written", "found"),
    [
        ("int", "-5", -5), ("money", "7200", 7_200), ("bool", "TRUE", True), ("bool", "false", False),
        ("date", "2024-02-29", dt.date(2024, 2, 29)), ("text", "31", "31"),
        ("int", "unpublished", UNPUBLISHED), ("text", "unpublished", UNPUBLISHED),
    ],
)  # fmt: skip
def test_a_value_typed_by_hand_is_of_the_parameters_kind(kind: str, written: str, found: Any) -> None:
    assert parse_constant(Kind(kind), written, "--set k") == found


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("bool", "1"),
        ("bool", "yes"),
        ("date", "2023-02-29"),
        ("date", "1 July"),
        ("int", "1e3"),
        ("days", "x"),
        ("per_mille", "-1"),
    ],
)
def test_a_value_typed_by_hand_that_is_of_another_kind_is_refused(kind: str, written: str) -> None:
    with pytest.raises(RuleError, match="--set k: "):
        parse_constant(Kind(kind), written, "--set k")


def test_a_parameter_answers_for_a_date_and_a_key() -> None:
    table = checked(Parameter("table", Kind.INT, WORD, TABLE, by=Kind.TEXT))
    found = table.at(SUMMER, "31")
    assert found is not None
    assert found.value == 1
    assert (table.at(SUMMER - DAY, "31"), table.at(SUMMER, "11"), table.at(SUMMER)) == (None, None, None)
    assert table.table_keys() == ["31", "37", "45"]
