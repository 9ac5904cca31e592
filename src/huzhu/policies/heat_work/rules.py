"""Work in the heat: what the national measures of June 2012 (安监总安健〔2012〕89号, Art. 8) ask of a hot day, stricter
local limits beside them, and the heat allowance (Art. 17) each province has set.
"""

from __future__ import annotations

from huzhu.rules import Draft, Gives, Node, Record, Rule, Text, fact, month_of, prefix, when
from huzhu.rules.authoring import Expression

POLICY = "heat-work"
COLDEST, HOTTEST = -900, 650  # tenths of a degree: no place on earth has been outside


MEASURE_WORDS = {
    "stop_outdoor": Text("当日停止室外露天作业", "no outdoor work that day"),
    "at_most_6_hours_outdoor": Text("室外露天作业全天不超过6小时", "at most 6 hours of outdoor work in the day"),
    "not_in_hottest_3_hours": Text("气温最高的3小时内不安排室外作业", "no outdoor work in the 3 hottest hours"),
    "rotate": Text("换班轮休，缩短连续作业时间", "rotate shifts and shorten continuous work"),
    "no_overtime": Text("不得安排室外作业加班", "no overtime outdoors"),
    "not_outdoors": Text(
        "不得安排在室外从事高温作业（孕期女职工、未成年工）", "not outdoors at all (pregnant workers and minors)"
    ),
}
LOCAL_WORDS = {
    "at_most_6_hours": Text("全天作业不超过6小时", "at most 6 hours of work in the day"),
    "pause_12_to_16": Text("12时至16时暂停作业", "a pause from 12:00 to 16:00"),
    "stop_unless_below_37": Text(
        "不能把作业场所降到37℃以下的停止作业", "stop where the workplace cannot be kept below 37 °C"
    ),
}
PER_WORDS = {"month": Text("按月", "by the month"), "day": Text("按天", "by the day")}


def _province(r: Record) -> Node:
    return prefix(r.region, 2)


def _at_least(threshold: str) -> Expression:
    return lambda r: r.max_temperature_deci_c >= r.value(threshold, on=r.on)


def _local(key: str) -> Expression:
    return lambda r: r.value(key, on=r.on, by=_province(r))


def _short_hours(r: Record) -> Node:
    return r.is_short_hours & ~r.is_stop


def _rotation(r: Record) -> Node:
    return r.is_hot & ~r.is_short_hours


MEASURES = Draft(
    policy=POLICY,
    name="measures",
    title=Text("高温天气的劳动保护措施", "What a hot day asks of work"),
    date_fact="on",
    facts=(
        fact("region", "text", "工作地（六位行政区划代码）", "where they work (six-digit region code)", digits=6),
        fact("on", "date", "日期", "day"),
        fact(
            "max_temperature_deci_c",
            "int",
            "气象台发布的日最高气温（十分之一摄氏度）",
            "the day's maximum as published (tenths of a degree Celsius)",
            low=COLDEST,
            high=HOTTEST,
            unit="deci_c",
        ),
        fact("outdoor", "bool", "室外露天作业", "works outdoors in the open"),
        fact("pregnant", "bool", "怀孕女职工", "is pregnant"),
        fact("minor", "bool", "未成年工（16至17周岁）", "is a minor (16 or 17)"),
    ),
    steps={
        "is_hot": (Text("高温天气", "a hot day"), _at_least("heat_hot_from")),
        "is_short_hours": (Text("达到限时作业气温", "hot enough to limit hours"), _at_least("heat_short_hours_from")),
        "is_stop": (Text("达到停止作业气温", "hot enough to stop"), _at_least("heat_stop_from")),
    },
    rules=(),
    gives=(
        Gives(
            "measures",
            Text("全国统一的措施", "measures everywhere"),
            codes={
                "stop_outdoor": lambda r: r.outdoor & r.is_stop,
                "at_most_6_hours_outdoor": lambda r: r.outdoor & _short_hours(r),
                "not_in_hottest_3_hours": lambda r: r.outdoor & _short_hours(r),
                "rotate": lambda r: r.outdoor & _rotation(r),
                "no_overtime": lambda r: r.outdoor & _rotation(r),
                "not_outdoors": lambda r: r.outdoor & r.is_hot & (r.pregnant | r.minor),
            },
            words=MEASURE_WORDS,
            source="heat-measures",
        ),
        # Not needed: a place whose rules we have not read keeps the national measures, and is not left undecided.
        Gives(
            "local_measures",
            Text("当地更严的措施（未收录则为空）", "stricter local measures (empty where none is modelled)"),
            codes={
                "at_most_6_hours": lambda r: _short_hours(r) & _local("local_six_hours")(r),
                "pause_12_to_16": lambda r: _short_hours(r) & _local("local_noon_pause")(r),
                "stop_unless_below_37": lambda r: r.is_stop & _local("local_stop_unless_cooled")(r),
            },
            words=LOCAL_WORDS,
            needed=False,
            source="chongqing-heat",
        ),
    ),
    advice=(
        Text(
            "气温以设区的市级以上气象台向公众发布的日最高气温为准。",
            "The temperature is the day's maximum published by an observatory of prefecture level or above.",
        ),
        Text(
            "因高温停工、缩短工时的，不得扣除或降低工资。",
            "Wages may not be cut because work was stopped or shortened for the heat.",
        ),
        Text(
            "怀孕女职工和未成年工也不得在33℃以上的工作场所作业；本决定不问室内温度。",
            "Pregnant workers and minors may not work in workplaces above 33 °C either; "
            "this decision does not ask what it is indoors.",
        ),
    ),
)


def _in_heat(r: Record) -> Node:
    return r.outdoor | r.heat_work


def _month_is_paid(month: int) -> Expression:
    return lambda r: (r.first_month <= month) & (r.last_month >= month)


ALLOWANCE = Draft(
    policy=POLICY,
    name="allowance",
    title=Text("高温津贴标准", "Heat allowance"),
    date_fact="on",
    facts=(
        fact("region", "text", "工作地（六位行政区划代码）", "where they work (six-digit region code)", digits=6),
        fact("on", "date", "日期", "day"),
        fact("outdoor", "bool", "高温天气从事室外露天作业", "works outdoors in the open in hot weather"),
        fact(
            "heat_work",
            "bool",
            "高温作业，或工作场所不能降到33℃以下",
            "works in heat, or where it cannot be brought below 33 °C",
        ),
    ),
    steps={
        "first_month": (Text("发放首月", "first month of the season"), _local("heat_allowance_first_month")),
        "last_month": (Text("发放末月", "last month of the season"), _local("heat_allowance_last_month")),
    },
    rules=(
        Rule(
            "outside_months",
            lambda r: (month_of(r.on) >= r.first_month) & (month_of(r.on) <= r.last_month),
            Text("在发放月份之内", "within the season it is paid in"),
            Text(
                "{on} 不在发放月份（{first_month}月至{last_month}月）之内",
                "{on} is outside the months it is paid for (month {first_month} to month {last_month})",
            ),
            "heat-measures",
            restriction=True,
        ),
    ),
    gives=(
        Gives(
            "amount_fen",
            Text("标准", "rate"),
            lambda r: when(_in_heat(r), _local("heat_allowance")(r), _local("heat_allowance_other_posts")(r)),
            source="heat-measures",
        ),
        # What follows comes from the same text as the amount, so that wanting it names the amount alone.
        Gives(
            "per",
            Text("按月或按天", "by the month or by the day"),
            _local("heat_allowance_per"),
            needed=False,
            words=PER_WORDS,
        ),
        Gives(
            "months",
            Text("发放月份（空为不详）", "months it is paid for (empty: not known)"),
            codes={str(month): _month_is_paid(month) for month in range(1, 13)},
            needed=False,
        ),
        Gives(
            "alternative_per_day_fen",
            Text("同一来源的另一种按天标准", "the same source's alternative, a day"),
            _local("heat_allowance_by_day"),
            needed=False,
        ),
    ),
    advice=(
        Text(
            "全国办法第十七条：在35℃以上高温天气从事室外露天作业，或工作场所不能降到33℃以下的，"
            "应当发放高温津贴，计入工资总额。",
            "National measures, Art. 17: due for work outdoors on days of 35 °C or more, or where the workplace "
            "cannot be brought below 33 °C; it is part of total wages.",
        ),
        Text("防暑降温饮料不得代替高温津贴。", "Drinks may not take the place of the allowance."),
        Text(
            "这里给出标准，不计算应发的天数或月数；按天的标准只用于高温日。",
            "This is the rate; it does not count days or months. A rate by the day is for hot days only.",
        ),
    ),
)

DRAFTS = (MEASURES, ALLOWANCE)
