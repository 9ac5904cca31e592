"""Leave for a birth: the mother's, after a miscarriage, and the father's. The national part is Order 619 of 28 April
2012, Art. 7; what a province adds stands in its population and family planning ordinance.
"""

from __future__ import annotations

from huzhu.policies.family_leave.remedies import DYSTOCIA, FLOOR, NO_NATIONAL_DAYS, ORDER_619, SHANDONG
from huzhu.policies.family_leave.terms import NATIONAL, ON, POLICY, REGION, not_stated, province, results
from huzhu.rules import Draft, Node, Record, Text, const, days, fact, when
from huzhu.rules.authoring import Expression

BIRTH = fact("birth_date_of_child", "date", "子女出生日期", "date of birth of the child")


def _at_birth(key: str) -> Expression:
    return lambda r: r.value(key, on=r.birth_date_of_child)


def _province_at_birth(key: str) -> Expression:
    return lambda r: r.value(key, on=r.birth_date_of_child, by=province(r))


def _national_days(r: Record) -> Node:
    """Each addition is read only where it applies, so that a plain birth never lacks its value."""
    difficult = when(r.dystocia, _at_birth("maternity_dystocia_days")(r), days(0))
    further = when(r.births > 1, _at_birth("maternity_extra_child_days")(r) * (r.births - 1), days(0))
    return _at_birth("maternity_base_days")(r) + difficult + further


MATERNITY = Draft(
    policy=POLICY,
    name="maternity",
    title=Text("产假", "Maternity leave"),
    facts=(
        REGION,
        BIRTH,
        fact("births", "int", "本次分娩的婴儿数（双胞胎为2）", "children born together (2: twins)", low=1, high=10),
        fact("dystocia", "bool", "难产（医疗机构认定）", "difficult birth (as a medical institution states)"),
    ),
    steps={
        "national_days": (Text("国家规定的天数", "days by the national rule"), _national_days),
        "extra_days": (Text("本省增加的天数", "days the province adds"), _province_at_birth("maternity_extra_days")),
        "holidays_extend": (
            Text("本省增加的天数遇法定节假日顺延", "statutory holidays extend the days the province adds"),
            _province_at_birth("maternity_holidays_extend"),
        ),
    },
    rules=(),
    gives=results(
        leave=lambda r: r.national_days + r.extra_days,
        days_max=_at_birth("no_range"),
        day_kind=_province_at_birth("maternity_day_kind"),
        bound=lambda _: const("exactly"),
        pay=_at_birth("maternity_pay"),
        source=NATIONAL,
    ),
    advice=(FLOOR, DYSTOCIA, ORDER_619),
)

MISCARRIAGE = Draft(
    policy=POLICY,
    name="miscarriage",
    title=Text("流产假", "Leave after a miscarriage"),
    date_fact="on",
    facts=(
        REGION,  # the national text is the same everywhere; a province's own would be read by it
        ON,
        fact("months_pregnant", "int", "怀孕满几个月", "completed months of pregnancy", low=0, high=10, unit="months"),
    ),
    rules=(),
    gives=results(
        leave=lambda r: when(
            r.months_pregnant < r.value("miscarriage_months", on=r.on),
            r.value("miscarriage_early_days", on=r.on),
            r.value("miscarriage_late_days", on=r.on),
        ),
        days_max=lambda r: r.value("no_range", on=r.on),
        day_kind=not_stated,
        # A province may give more, and none of their texts on this was read.
        bound=lambda _: const("at_least"),
        pay=lambda r: r.value("maternity_pay", on=r.on),
        source=NATIONAL,
    ),
    advice=(ORDER_619,),
)

PATERNITY = Draft(
    policy=POLICY,
    name="paternity",
    title=Text("陪产（护理）假", "Leave for the father"),
    facts=(REGION, BIRTH),
    rules=(),
    gives=results(
        leave=_province_at_birth("paternity_days"),
        days_max=_at_birth("no_range"),
        day_kind=not_stated,
        bound=_province_at_birth("paternity_bound"),
        pay=_province_at_birth("paternity_pay"),
        source="provincial-texts",
    ),
    advice=(NO_NATIONAL_DAYS, SHANDONG),
)
