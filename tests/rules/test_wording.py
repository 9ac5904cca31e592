"""Values and formulas in words, on rules made for the purpose."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from huzhu.rules import (
    Draft,
    Gives,
    Lang,
    Rule,
    Text,
    add_months,
    const,
    days,
    divide,
    fact,
    fact_or,
    fen,
    greatest,
    known,
    least,
    month_of,
    months,
    per_mille,
    prefix,
    share,
    when,
)
from huzhu.rules.authoring import Expression
from huzhu.rules.decider import Decider
from huzhu.rules.parameters import Parameters, Source
from huzhu.rules.render import text
from huzhu.rules.wording import Words, money, plain, tenths

FACTS = (
    fact("pay", "money", "工资", "pay", low=0),
    fact("rest", "days", "假期（天）", "leave (days)"),
    fact("born", "date", "出生日期", "date of birth"),
    fact("on", "date", "日期", "day"),
    fact("until", "date", "止日", "end", optional=True),
    fact("region", "text", "工作地", "region"),
    fact("cause", "text", "原因", "cause"),
    fact("paid", "bool", "已发", "has been paid"),
    fact("grade", "int", "等级", "grade", low=0, high=10),
)
GIVEN: dict[str, Any] = {
    "pay": 100_001,
    "rest": 3,
    "born": dt.date(2000, 1, 31),
    "on": dt.date(2024, 2, 29),
    "until": None,
    "region": "310115",
    "cause": "illness",
    "paid": True,
    "grade": 3,
}


def explained(**written: Any) -> dict[str, Any]:
    draft = Draft(policy="made-up", name="test", title=Text("试验", "test"), facts=FACTS, **{"rules": (), **written})
    program = draft.build(Parameters.of([]), {"here": Source("here", Text("此处", "here"))})
    return dict(Decider(program).explain(GIVEN)["explanation"])


def worked(write: Expression, *, lang: Lang = "en") -> str:
    """How a single result is worked out, after its name."""
    explanation = explained(gives=(Gives("sum", Text("结果", "result"), write),))
    heading = {"zh": "计算", "en": "How it is worked out"}[lang]
    return text(explanation, lang=lang).split(f"{heading}\n  · ")[1].split("\n")[0]


def condition(write: Expression, *, lang: Lang = "en", **facts: Any) -> str:
    """What a single condition says of what was compared."""
    rule = Rule("it", write, Text("条件", "condition"), Text("不是", "it is not"), "here")
    draft = Draft(policy="made-up", name="test", title=Text("试验", "test"), facts=FACTS, rules=(rule,))
    program = draft.build(Parameters.of([]), {"here": Source("here", Text("此处", "here"))})
    explanation = Decider(program).explain(GIVEN | facts)["explanation"]
    heading = {"zh": "逐项条件", "en": "Conditions"}[lang]
    return text(explanation, lang=lang).split(f"{heading}\n  ")[1].split(" [1]")[0]


@pytest.mark.parametrize(
    ("fen_", "written"),
    [(0, "0.00"), (7, "0.07"), (30_000, "300.00"), (-105, "-1.05"), (-5, "-0.05"), (10_000_000_001, "100,000,000.01")],
)
def test_money_in_yuan(fen_: int, written: str) -> None:
    assert money(fen_) == written


@pytest.mark.parametrize(("number", "written"), [(0, "0.0"), (5, "0.5"), (-5, "-0.5"), (-105, "-10.5"), (380, "38.0")])
def test_tenths(number: int, written: str) -> None:
    assert tenths(number) == written


@pytest.mark.parametrize(
    ("kind", "value", "unit", "zh", "en"),
    [
        ("money", 30_000, "fen", "300.00 元", "300.00 yuan"),
        ("money", 30_000, "fen/day", "300.00 元/天", "300.00 yuan/day"),
        ("days", 30, "", "30 天", "30 days"),
        ("days", 1, "days", "1 天", "1 day"),
        ("per_mille", 500, "", "50%", "50%"),
        ("per_mille", 505, "", "50.5%", "50.5%"),
        ("per_mille", 1000, "", "100%", "100%"),
        ("int", 180, "days", "180 天", "180 days"),
        ("int", 2, "years", "2 年", "2 years"),
        ("int", 60, "age", "60 周岁", "60 years"),
        ("int", 4, "months", "4 个月", "4 months"),
        ("int", -5, "deci_c", "-0.5 ℃", "-0.5 °C"),
        ("int", 1234, "", "1234", "1234"),
        ("date", dt.date(2024, 2, 29), "", "2024-02-29", "2024-02-29"),
        ("bool", False, "", "否", "no"),
        ("text", "food_delivery", "", "food_delivery", "food_delivery"),
        ("codes", ["rotate", "no_overtime"], "", "rotate、no_overtime", "rotate, no_overtime"),
        ("codes", [], "", "无", "none"),
        ("money", None, "fen", "未知", "not known"),
    ],
)
def test_a_value_by_its_kind(kind: str, value: object, unit: str, zh: str, en: str) -> None:
    assert [Words(lang=lang).value(kind, value, unit) for lang in ("zh", "en")] == [zh, en]


def test_a_persons_text_stays_on_one_line_and_cannot_steer_a_terminal() -> None:
    assert plain("a\n b\t\u3000c\x1b[2J\u202e\ud800") == "a b c\ufffd[2J\ufffd\ufffd"


def test_days_in_a_sentence_are_a_bare_number() -> None:
    says = {"zh": "{rest} 天，{pay}，{on}", "en": "{rest} days, {pay}, {on}"}
    figures = {
        "rest": {"kind": "days", "value": 3},
        "pay": {"kind": "money", "value": 100},
        "on": {"kind": "date", "value": None},
    }
    assert Words(lang="zh").sentence(says, figures) == "3 天，1.00 元，未知"
    assert Words(lang="en").sentence(says, figures) == "3 days, 1.00 yuan, not known"


def test_what_a_person_wrote_is_not_read_as_a_placeholder() -> None:
    figures = {"cause": {"kind": "text", "value": "{pay}"}, "pay": {"kind": "money", "value": 1}}
    assert Words(lang="en").sentence({"zh": "", "en": "{cause} {pay}"}, figures) == "{pay} 0.01 yuan"


@pytest.mark.parametrize(
    ("write", "formula"),
    [
        (lambda r: r.pay + fen(1), "1,000.02 yuan = pay 1,000.01 yuan + 0.01 yuan"),
        (lambda r: (r.pay - fen(1)) * r.grade, "3,000.00 yuan = (pay 1,000.01 yuan − 0.01 yuan) × grade 3"),
        (lambda r: r.pay - (r.pay - fen(1)), "0.01 yuan = pay 1,000.01 yuan − (pay 1,000.01 yuan − 0.01 yuan)"),
        (
            lambda r: share(r.pay, per_mille(505), rounding="down"),
            "505.00 yuan = pay 1,000.01 yuan × 50.5% (rounded down)",
        ),
        (lambda r: share(r.pay, per_mille(2000), rounding="up"), "2,000.02 yuan = pay 1,000.01 yuan × 200%"),
        (
            lambda r: divide(r.pay, 2, rounding="half_up"),
            "500.01 yuan = pay 1,000.01 yuan ÷ 2 (rounded to the nearest)",
        ),
        (lambda r: r.on - r.born, "8795 days = days from date of birth 2000-01-31 to day 2024-02-29"),
        (lambda r: months(r.born, r.on), "288 = full months from date of birth 2000-01-31 to day 2024-02-29"),
        (lambda r: month_of(r.on), "2 = the month of day 2024-02-29"),
        (lambda r: prefix(r.region, 2), "31 = the first 2 characters of region 310115"),
        (
            lambda r: add_months(r.born, const(1), month_end="down"),
            "2000-02-29 = date of birth 2000-01-31 + 1 month",
        ),
        (lambda r: add_months(r.born, r.grade, month_end="up"), "2000-05-01 = date of birth 2000-01-31 + grade 3"),
        (lambda r: greatest(r.rest - days(5), days(0)), "0 days = leave 3 days − 5 days, at least 0 days"),
        (lambda r: least(const(dt.date(2024, 1, 1)), r.on), "2024-01-01 = day 2024-02-29, not after 2024-01-01"),
        (
            lambda r: least(r.born + days(1), r.on, r.born),
            "2000-01-31 = the earlier of (date of birth 2000-01-31 + 1 day), day 2024-02-29 and date of birth 2000-01-31",
        ),
        (lambda r: greatest(r.on, fact_or(r.until, r.on)), "2024-02-29 = day 2024-02-29 (end: none)"),
        (
            lambda r: r.rest + when(r.grade > 3, days(9), days(0)) + when(r.paid, days(1), days(0)),
            "4 days = leave 3 days + 1 day (because has been paid = yes)",
        ),
        (lambda r: when(r.cause == "illness", r.pay * 2, r.pay), "2,000.02 yuan = pay 1,000.01 yuan × 2"),
    ],
)
def test_a_formula_in_words(write: Expression, formula: str) -> None:
    assert worked(write) == f"result {formula}"


def test_a_formula_in_chinese() -> None:
    assert worked(lambda r: greatest(r.rest - days(1), r.rest * 2), lang="zh") == (
        "结果 6 天 =（假期 3 天 − 1 天）与（假期 3 天 × 2）中较大的"
    )
    assert worked(lambda r: share(r.pay + fen(1), per_mille(333), rounding="up"), lang="zh") == (
        "结果 333.01 元 =（工资 1,000.01 元 + 0.01 元）× 33.3%（零头进一）"
    )


@pytest.mark.parametrize(
    ("write", "facts", "said"),
    [
        (lambda r: r.grade >= 4, {}, "✗ condition: grade 3 < 4"),
        (lambda r: ~(r.grade >= 4), {}, "✓ condition: grade 3 < 4"),
        (lambda r: r.grade == 4, {}, "✗ condition: grade is 3, not 4"),
        (lambda r: r.grade != 4, {"grade": None}, "? condition: grade (not known) ≠ 4"),
        (lambda r: ~(r.grade < 4), {"grade": None}, "? condition: grade (not known) ≥ 4"),
        (lambda r: r.on >= r.born + days(1), {}, "✓ condition: day 2024-02-29 ≥ date of birth 2000-01-31 + 1 day (that is 2000-02-01)"),
        (lambda r: (r.grade > 1) & r.paid, {}, "✓ condition: grade 3 > 1, and has been paid = yes"),
        (lambda r: (r.grade > 4) & r.paid, {}, "✗ condition: grade 3 ≤ 4"),
        (lambda r: (r.grade > 4) | ~r.paid, {}, "✗ condition: grade 3 ≤ 4, and has been paid = yes"),
        (
            lambda r: (r.grade > 4) | r.paid,
            {"paid": None, "grade": None},
            "? condition: grade (not known) > 4 or has been paid (not known)",
        ),
        (lambda r: (r.grade > 4) & r.paid, {"paid": None}, "✗ condition: grade 3 ≤ 4"),
        (lambda r: ~r.paid, {}, "✗ condition: has been paid = yes"),
        (lambda r: known(r.cause), {"cause": None}, "✗ condition: cause is not known"),
        (lambda r: r.cause.is_in(("a", "b")), {}, "✗ condition: cause illness is none of a, b"),
        (lambda r: r.cause.is_in([str(n) for n in range(9)]), {"cause": "8"}, "✓ condition: cause 8 is one of the 9 listed"),
        (lambda r: prefix(r.region, 2) == "37", {}, "✗ condition: region 310115 begins with 31, not 37"),
        (lambda r: (r.cause != "accident") | r.paid, {"paid": False}, "○ condition: does not apply to cause illness"),
        (lambda r: when(r.cause == "accident", r.paid, const(True)), {}, "○ condition: does not apply to cause illness"),
        (lambda r: when(r.cause == "illness", r.paid, const(True)), {}, "✓ condition: has been paid = yes"),
        (lambda r: when(r.cause == "illness", r.paid, const(True)), {"cause": None}, "? condition: cause (not known)"),
        (lambda r: when(r.paid, r.grade > 1, const(False)), {"paid": False}, "✗ condition: has been paid = no"),
    ],
)  # fmt: skip
def test_a_condition_is_put_as_what_holds(write: Expression, facts: dict[str, Any], said: str) -> None:
    assert condition(write, **facts) == said


def test_a_condition_in_chinese() -> None:
    assert (
        condition(lambda r: (r.grade > 4) | (r.pay < r.pay), lang="zh")
        == "✗ 条件：等级 3 ≤ 4，且工资 1,000.01 元 ≥ 工资 1,000.01 元"
    )
    assert condition(lambda r: (r.grade > 4) | r.paid, lang="zh", paid=None) == "? 条件：已发（未知）"


def test_a_named_step_is_named_and_spelt_out_once() -> None:
    steps = {"long": (Text("长假", "a long leave"), lambda r: r.rest > days(2))}
    rule = Rule("it", lambda r: r.long, Text("条件", "condition"), Text("不是", "it is not"), "here")
    written = text(explained(steps=steps, rules=(rule,)), lang="en")
    assert "  · a long leave = yes (leave 3 days > 2 days)\n" in written
    assert "  ✓ condition: a long leave = yes [1]\n" in written
