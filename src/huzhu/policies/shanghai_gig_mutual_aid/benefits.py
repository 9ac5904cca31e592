"""The plan's seven benefits: what each assesses, and the limits they share. The amounts are parameters; all but the
consolation were never published.
"""

from __future__ import annotations

from huzhu.rules import Limit, Node, Record, Text, const, per_mille, share, switch, when
from huzhu.rules.authoring import Expression

BENEFITS = (
    "hospital_allowance",
    "critical_illness",
    "critical_illness_hospital",
    "death_illness",
    "death_accident",
    "disability_accident",
    "injury_consolation",
)
CAUSES = ("illness", "accident")
BENEFIT_WORDS = {
    "hospital_allowance": Text("住院补助金", "hospital allowance"),
    "critical_illness": Text("重大疾病互助金（含新冠肺炎）", "critical illness benefit (COVID-19 included)"),
    "critical_illness_hospital": Text("重大疾病住院医疗补助金", "hospital medical subsidy for a critical illness"),
    "death_illness": Text("疾病身故互助金（含猝死）", "death by illness benefit (sudden death included)"),
    "death_accident": Text("意外身故互助金", "accidental death benefit"),
    "disability_accident": Text("意外伤残互助金", "accidental disability benefit"),
    "injury_consolation": Text("意外伤害慰问金", "consolation for an injury"),
}
CAUSE_WORDS = {"illness": Text("疾病", "illness"), "accident": Text("意外", "accident")}
ACCIDENT_ONLY = ("death_accident", "disability_accident", "injury_consolation")
ILLNESS_ONLY = ("death_illness", "critical_illness", "critical_illness_hospital")
CRITICAL_ILLNESS = ("critical_illness", "critical_illness_hospital")
COVER = ("cover_id",)


def assessed(r: Record) -> Node:
    """The amount before any limit. Values are those of the day the cover began."""

    def plan(key: str) -> Node:
        return r.value(key, on=r.cover_since)

    ratio = r.value("disability_ratio", on=r.cover_since, by=r.disability_grade)
    reached = when(r.disability_grade == 0, per_mille(0), ratio)
    disability = share(plan("disability_accident_amount"), reached, rounding="down")
    return switch(
        r.benefit,
        {
            "hospital_allowance": plan("hospital_allowance_per_day") * r.hospital_days,
            "critical_illness": plan("critical_illness_amount"),
            "critical_illness_hospital": share(
                r.expense_fen, plan("critical_illness_hospital_per_mille"), rounding="down"
            ),
            "death_illness": plan("death_illness_amount"),
            "death_accident": plan("death_accident_amount"),
            "disability_accident": disability,
        },
        plan("injury_consolation_amount"),
    )


def _of(*benefits: str) -> Expression:
    return lambda r: r.benefit.is_in(benefits)


def _value(key: str) -> Expression:
    return lambda r: r.value(key, on=r.cover_since)


LIMITS = (
    Limit(
        "hospital_allowance_days",
        Text("住院补助金天数上限", "days of hospital allowance"),
        _of("hospital_allowance"),
        _value("hospital_allowance_days"),
        COVER,
        counts=lambda r: r.hospital_days,
        each=_value("hospital_allowance_per_day"),
        source="plan-practice",
    ),
    Limit(
        "critical_illness_limit",
        Text("重大疾病互助金上限", "critical illness limit"),
        _of("critical_illness"),
        _value("critical_illness_limit"),
        COVER,
        source="plan-practice",
    ),
    Limit(
        "critical_illness_hospital_limit",
        Text("重大疾病住院医疗补助金上限", "limit of the hospital subsidy for a critical illness"),
        _of("critical_illness_hospital"),
        _value("critical_illness_hospital_limit"),
        COVER,
        source="plan-practice",
    ),
    Limit(
        "death_illness_limit",
        Text("疾病身故互助金上限", "death by illness limit"),
        _of("death_illness"),
        _value("death_illness_limit"),
        COVER,
        source="plan-practice",
    ),
    Limit(
        "injury_consolation_limit",
        Text("意外伤害慰问金上限", "consolation limit"),
        _of("injury_consolation"),
        _value("injury_consolation_limit"),
        COVER,
        source="workers-daily",
    ),
    Limit(
        "accident_limit",
        Text("意外身故与伤残合计上限", "accidental death and disability together"),
        _of("death_accident", "disability_accident"),
        _value("accident_limit"),
        COVER,
        source="plan-practice",
    ),
    Limit(
        "overall_limit",
        Text("一个保障期最高互助金", "most that one cover pays"),
        lambda _: const(True),
        _value("overall_limit"),
        COVER,
        source="workers-daily",
    ),
)
