"""The Shanghai mutual-aid plan for platform workers, from July 2022 (Workers' Daily, 14 August 2022): who may join, and
what each event pays.
"""

from __future__ import annotations

import datetime as dt

from huzhu.policies.shanghai_gig_mutual_aid.benefits import (
    ACCIDENT_ONLY,
    BENEFIT_WORDS,
    BENEFITS,
    CAUSE_WORDS,
    CAUSES,
    CRITICAL_ILLNESS,
    ILLNESS_ONLY,
    LIMITS,
    assessed,
)
from huzhu.rules import (
    Draft,
    EventRules,
    Gives,
    Node,
    Record,
    Rule,
    Text,
    Valid,
    add_years,
    const,
    days,
    fact,
    fact_or,
    greatest,
    known,
    prefix,
    when,
    years,
)

POLICY = "shanghai-gig-mutual-aid"
PLAN_START = dt.date(2022, 7, 1)
CATEGORIES = ("ride_hailing", "food_delivery", "instant_delivery", "same_city_freight", "express")
CATEGORY_WORDS = {
    "ride_hailing": Text("出行", "ride-hailing"),
    "food_delivery": Text("外卖", "food delivery"),
    "instant_delivery": Text("即时配送", "instant delivery"),
    "same_city_freight": Text("同城货运", "same-city freight"),
    "express": Text("快递", "express"),
}
SHANGHAI = "31"  # GB/T 2260


def _plan_date(r: Record) -> Node:
    """An application before the plan began is refused for that; every other test reads the plan's first values."""
    return greatest(r.applied_on, const(PLAN_START))


ENROL = Draft(
    policy=POLICY,
    name="enrol",
    title=Text("参保资格", "Who may join"),
    date_fact="applied_on",
    facts=(
        fact("birth_date", "date", "出生日期", "date of birth"),
        fact("work_region", "text", "工作地（六位行政区划代码）", "where they work (six-digit region code)", digits=6),
        fact("platform_registered", "bool", "已在平台注册并接单", "registered with a platform and taking orders"),
        fact("in_platform_name", "bool", "以平台名义从业", "works in the platform's name"),
        fact("uses_vehicle", "bool", "使用交通工具", "uses a vehicle"),
        fact("work_category", "text", "从业类别", "kind of work", words=CATEGORY_WORDS),
        fact("paid", "bool", "取得劳动报酬", "earns pay"),
        fact("union_member", "bool", "工会会员", "union member"),
        fact("applied_on", "date", "申请日期", "date of application"),
        fact(
            "covered_until",
            "date",
            "现有保障止日（不含；空为未参保）",
            "covered until (excluded; empty: not covered)",
            optional=True,
        ),
    ),
    steps={
        "plan_date": (Text("取值日期", "values as of"), _plan_date),
        "age": (Text("年龄", "age"), lambda r: years(r.birth_date, r.applied_on)),
        "since": (
            Text("保障起日", "cover begins"),
            lambda r: greatest(r.applied_on + days(1), fact_or(r.covered_until, r.applied_on + days(1))),
        ),
    },
    rules=(
        Rule(
            "before_plan_start",
            lambda r: r.applied_on >= r.value("plan_start", on=r.plan_date),
            Text("计划已经实施", "the plan has begun"),
            Text(
                "申请日期 {applied_on} 早于计划实施日 {plan_start}",
                "applied on {applied_on}, before the plan began on {plan_start}",
            ),
            "workers-daily",
        ),
        Rule(
            "age_60_or_over",
            lambda r: r.age < r.value("age_limit", on=r.plan_date),
            Text("未满60周岁", "under 60"),
            Text(
                "申请时年满 {age} 周岁，须未满 {age_limit} 周岁",
                "{age} years old on applying; must be under {age_limit}",
            ),
            "workers-daily",
        ),
        Rule(
            "under_min_age",
            lambda r: r.age >= r.value("min_age", on=r.plan_date),
            Text("达到最低年龄", "old enough"),
            Text("申请时 {age} 周岁，最低年龄 {min_age}", "{age} years old on applying; the lowest age is {min_age}"),
            "not-published",
            restriction=True,
        ),
        Rule(
            "not_in_shanghai",
            lambda r: prefix(r.work_region, 2) == SHANGHAI,
            Text("在上海从业", "works in Shanghai"),
            Text("工作地代码 {work_region} 不在上海（31开头）", "region {work_region} is not in Shanghai (31...)"),
            "workers-daily",
        ),
        Rule(
            "not_registered",
            lambda r: r.platform_registered,
            Text("在平台注册并接单", "registered with a platform and taking orders"),
            Text("没有在平台注册接单", "not registered with a platform"),
            "workers-daily",
        ),
        Rule(
            "not_in_platform_name",
            lambda r: r.in_platform_name,
            Text("以平台名义从业", "works in the platform's name"),
            Text("不以平台名义从业", "does not work in the platform's name"),
            "workers-daily",
        ),
        Rule(
            "no_vehicle",
            lambda r: r.uses_vehicle,
            Text("使用交通工具", "uses a vehicle"),
            Text("不使用交通工具", "uses no vehicle"),
            "workers-daily",
        ),
        Rule(
            "category_not_listed",
            lambda r: r.work_category.is_in(CATEGORIES),
            Text(
                "出行、外卖、即时配送、同城货运或快递",
                "ride-hailing, food delivery, instant delivery, same-city freight or express",
            ),
            Text("从业类别 {work_category} 不在计划所列之内", "{work_category} is not among the kinds of work listed"),
            "workers-daily",
        ),
        Rule(
            "unpaid",
            lambda r: r.paid,
            Text("取得劳动报酬", "earns pay"),
            Text("没有取得劳动报酬", "earns no pay"),
            "workers-daily",
        ),
        Rule(
            "not_union_member",
            lambda r: r.union_member,
            Text("是工会会员", "is a union member"),
            Text("不是工会会员", "is not a union member"),
            "workers-daily",
        ),
    ),
    gives=(
        Gives("since", Text("保障起日", "cover begins"), lambda r: r.since, source="plan-rules"),
        Gives(
            "until",
            Text("保障止日（不含）", "cover ends (excluded)"),
            lambda r: add_years(r.since, const(1), leap="mar1"),
            source="plan-rules",
        ),
        Gives(
            "premium_fen",
            Text("参保费", "contribution"),
            lambda r: r.value("premium", on=r.plan_date),
            source="workers-daily",
        ),
    ),
    valid=(
        Valid(
            "birth_date",
            lambda r: r.birth_date <= r.applied_on,
            Text("出生日期不晚于申请日期", "a date of birth not after applied_on"),
        ),
    ),
)


def _needs_cause(r: Record) -> Node:
    """Which cause each benefit is for; the hospital allowance is for both."""
    accident = ~r.benefit.is_in(ACCIDENT_ONLY) | (r.cause == "accident")
    illness = ~r.benefit.is_in(ILLNESS_ONLY) | (r.cause == "illness")
    return accident & illness


def _waited(r: Record) -> Node:
    """Illness only. Where an accident is all that could pay, an unknown cause is asked for by `wrong_cause` alone: were it
    an illness, no date could help."""
    settled_elsewhere = r.benefit.is_in(ACCIDENT_ONLY) & ~known(r.cause)
    over = r.event_date >= r.continuous_since + r.value("waiting_period_days", on=r.cover_since)
    return settled_elsewhere | (r.cause == "accident") | over


CLAIMS = Draft(
    policy=POLICY,
    name="claims",
    title=Text("互助金给付", "What a claim pays"),
    facts=(
        fact("claim_id", "text", "申请编号", "claim number", required=True),
        fact("member_id", "text", "会员编号", "member number"),
        fact("cover_id", "text", "保障编号", "cover number"),
        fact("cover_since", "date", "保障起日", "cover begins"),
        fact("cover_until", "date", "保障止日（不含）", "cover ends (excluded)"),
        fact("continuous_since", "date", "连续参保起日", "covered without a gap since"),
        fact("benefit", "text", "保障项目", "benefit", choices=BENEFITS, words=BENEFIT_WORDS),
        fact("cause", "text", "原因", "cause", choices=CAUSES, words=CAUSE_WORDS),
        fact("event_date", "date", "事故或确诊日期", "date of the event"),
        fact("filed_on", "date", "申请日期", "date of filing"),
        fact("hospital_days", "int", "住院天数", "days in hospital", low=0, high=36_600, unit="days"),
        fact(
            "disability_grade", "int", "伤残等级（0：经评定无）", "disability grade (0: assessed, none)", low=0, high=10
        ),
        fact("expense_fen", "money", "住院医疗费用", "hospital costs", low=0, unit="fen"),
        fact(
            "settled_seq",
            "int",
            "已结案次序（空为未结案）",
            "order of settlement (empty: not settled)",
            low=0,
            optional=True,
        ),
        fact("settled_fen", "money", "已结案金额", "settled amount", low=0, unit="fen", optional=True),
    ),
    rules=(
        Rule(
            "outside_cover",
            lambda r: (r.cover_since <= r.event_date) & (r.event_date < r.cover_until),
            Text("事故发生在保障期内", "the event lies within the cover"),
            Text(
                "发生日期 {event_date} 不在保障期 {cover_since} 至 {cover_until}（不含）之内",
                "the event of {event_date} lies outside the cover from {cover_since} until {cover_until} (excluded)",
            ),
            "plan-rules",
        ),
        Rule(
            "waiting_period",
            _waited,
            Text("疾病已过等待期", "an illness after the waiting period"),
            Text(
                "疾病发生日期 {event_date} 在自 {continuous_since} 起 {waiting_period_days} 天的等待期内",
                "the illness of {event_date} falls within the waiting period of {waiting_period_days} days from {continuous_since}",
            ),
            "plan-practice",
            restriction=True,
        ),
        Rule(
            "filed_late",
            lambda r: r.filed_on <= add_years(r.event_date, r.value("filing_years", on=r.cover_since), leap="feb28"),
            Text("在申请时限内", "filed in time"),
            Text(
                "申请日期 {filed_on} 晚于发生日期 {event_date} 后 {filing_years} 年",
                "filed on {filed_on}, later than {filing_years} years after the event of {event_date}",
            ),
            "plan-practice",
            restriction=True,
        ),
        Rule(
            "wrong_cause",
            _needs_cause,
            Text("原因与保障项目相符", "the cause is one this benefit is for"),
            Text("项目 {benefit} 不适用于原因 {cause}", "{benefit} is not for cause {cause}"),
            "workers-daily",
        ),
        Rule(
            "illness_not_listed",
            lambda r: ~r.benefit.is_in(CRITICAL_ILLNESS) | (r.value("illness_list", on=r.cover_since) == "2020"),
            Text("疾病在所列目录内", "the illness is on the plan's list"),
            Text("疾病不在目录 {illness_list} 内", "the illness is not on list {illness_list}"),
            "not-published",
            restriction=True,
        ),
        Rule(
            "below_consolation_standard",
            lambda r: (
                (r.benefit != "injury_consolation") | (r.value("consolation_standard", on=r.cover_since) == "any")
            ),
            Text("达到慰问金起点", "the injury is one a consolation is paid for"),
            Text("未达到标准 {consolation_standard}", "below standard {consolation_standard}"),
            "not-published",
            restriction=True,
        ),
        Rule(
            "has_disability_grade",
            lambda r: when(r.benefit == "injury_consolation", r.disability_grade == 0, const(True)),
            Text("未达到伤残等级", "the injury does not reach a disability grade"),
            Text(
                "已评定为 {disability_grade} 级伤残，慰问金只用于未达伤残等级的意外伤害",
                "assessed as disability grade {disability_grade}; the consolation is for injuries below a grade",
            ),
            "workers-daily",
        ),
        Rule(
            "no_disability_grade",
            lambda r: when(r.benefit == "disability_accident", r.disability_grade >= 1, const(True)),
            Text("达到伤残等级", "the injury reaches a disability grade"),
            Text(
                "伤残等级为 {disability_grade}，未达到伤残等级",
                "grade {disability_grade}: no disability grade is reached",
            ),
            "workers-daily",
        ),
        Rule(
            "disability_scale",
            lambda r: (
                (r.benefit != "disability_accident")
                | (r.value("plan_disability_scale", on=r.cover_since) == "JR/T 0083-2013")
            ),
            Text("按计划适用的标准评定", "assessed by the scale the plan uses"),
            Text("计划适用的标准是 {plan_disability_scale}", "the plan uses scale {plan_disability_scale}"),
            "not-published",
            restriction=True,
        ),
    ),
    events=EventRules(
        assessed=assessed,
        limits=LIMITS,
        settled_order="settled_seq",
        settled_amount="settled_fen",
        order=("event_date", "claim_id"),
        nothing_to_pay=Text("按规则计算金额为0", "the rule gives an amount of 0"),
        cap_exhausted=Text("相关限额已用完", "the limits that apply are used up"),
        source="workers-daily",
    ),
    unique=(("claim_id",), ("cover_id", "settled_seq")),
    valid=(
        Valid(
            "filed_on",
            lambda r: r.filed_on >= r.event_date,
            Text("申请日期不早于发生日期", "a date of filing not before event_date"),
        ),
        Valid(
            "cover_until",
            lambda r: r.cover_until > r.cover_since,
            Text("保障止日晚于保障起日", "a cover_until after cover_since"),
        ),
        Valid(
            "settled_fen",
            lambda r: ~known(r.settled_seq) | known(r.settled_fen),
            Text("已结案的申请须有结案金额", "a settled_fen where settled_seq is given"),
        ),
    ),
)

DRAFTS = (ENROL, CLAIMS)
