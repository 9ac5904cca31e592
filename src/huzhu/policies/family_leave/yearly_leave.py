"""Leave by the year: for each parent of a small child, and for the child of a parent of 60 or over in hospital. No
national text states days; each province's does.
"""

from __future__ import annotations

from huzhu.policies.family_leave.remedies import NO_NATIONAL_DAYS, SHANDONG
from huzhu.policies.family_leave.terms import DAYS_TAKEN, ON, POLICY, REGION, days_left, not_stated, province, results
from huzhu.rules import Draft, Node, Record, Rule, Text, Valid, fact, when, years
from huzhu.rules.authoring import Expression

YEARLY = "provincial-texts"


def _in_force(key: str) -> Expression:
    return lambda r: r.value(key, on=r.on, by=province(r))


CHILDCARE = Draft(
    policy=POLICY,
    name="childcare",
    title=Text("育儿假", "Childcare leave"),
    date_fact="on",
    facts=(REGION, ON, fact("birth_date_of_child", "date", "子女出生日期", "date of birth of the child"), DAYS_TAKEN),
    steps={"child_age": (Text("子女年龄", "age of the child"), lambda r: years(r.birth_date_of_child, r.on))},
    rules=(
        Rule(
            "child_too_old",
            lambda r: r.child_age < _in_force("childcare_age_years")(r),
            Text("子女未满规定年龄", "the child is young enough"),
            Text(
                "子女已满 {child_age} 周岁，须未满 {childcare_age_years} 周岁",
                "the child is {child_age}; must be under {childcare_age_years}",
            ),
            YEARLY,
        ),
    ),
    gives=(
        *results(
            leave=_in_force("childcare_days"),
            days_max=_in_force("childcare_days_max"),
            day_kind=not_stated,
            bound=_in_force("childcare_bound"),
            pay=_in_force("childcare_pay"),
            source=YEARLY,
        ),
        days_left(_in_force("childcare_days"), YEARLY),
    ),
    valid=(
        Valid(
            "birth_date_of_child",
            lambda r: r.birth_date_of_child <= r.on,
            Text("子女出生日期不晚于该日期", "a date of birth of the child not after `on`"),
        ),
    ),
    advice=(NO_NATIONAL_DAYS, SHANDONG),
)


def _is_covered(r: Record) -> Node:
    """True where the text speaks of this child, unknown where it is silent, and so never false: a text's conditions
    refuse nobody it does not speak of."""
    return r.only_child | _in_force("care_other_children")(r)


def _care_days(r: Record) -> Node:
    return when(r.only_child, _in_force("care_days_only_child")(r), _in_force("care_days_other_child")(r))


CARE = Draft(
    policy=POLICY,
    name="care",
    title=Text("父母住院护理假", "Leave to care for a parent in hospital"),
    date_fact="on",
    facts=(
        REGION,
        ON,
        fact("parent_birth_date", "date", "父母出生日期", "date of birth of the parent"),
        fact("parent_in_hospital", "bool", "父母患病住院", "the parent is in hospital"),
        fact(
            "only_child",
            "bool",
            "独生子女（河南：父母领取独生子女父母光荣证）",
            "is an only child (Henan: the parents hold the only-child certificate)",
        ),
        DAYS_TAKEN,
    ),
    steps={
        "parent_age": (Text("父母年龄", "age of the parent"), lambda r: years(r.parent_birth_date, r.on)),
        "is_covered": (Text("文本规定了这类子女的护理假", "the text speaks of this child"), _is_covered),
    },
    rules=(
        Rule(
            "parent_too_young",
            lambda r: ~r.is_covered | (r.parent_age >= _in_force("care_parent_age")(r)),
            Text("父母达到规定年龄", "the parent is old enough"),
            Text(
                "父母 {parent_age} 周岁，须年满 {care_parent_age} 周岁",
                "the parent is {parent_age}; must be {care_parent_age} or over",
            ),
            YEARLY,
        ),
        Rule(
            "parent_not_in_hospital",
            lambda r: ~r.is_covered | r.parent_in_hospital | ~_in_force("care_in_hospital")(r),
            Text("父母患病住院", "the parent is in hospital"),
            Text("父母没有住院", "the parent is not in hospital"),
            YEARLY,
        ),
    ),
    gives=(
        *results(
            leave=_care_days,
            days_max=lambda r: r.value("no_range", on=r.on),
            day_kind=not_stated,
            bound=_in_force("care_bound"),
            pay=_in_force("care_pay"),
            source=YEARLY,
        ),
        days_left(_care_days, YEARLY),
    ),
    valid=(
        Valid(
            "parent_birth_date",
            lambda r: r.parent_birth_date <= r.on,
            Text("父母出生日期不晚于该日期", "a date of birth of the parent not after `on`"),
        ),
    ),
    advice=(NO_NATIONAL_DAYS, SHANDONG),
)
