"""Explanations as people read them: whole texts worked out by hand from the rules and the page of 14 August 2022."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

from huzhu import policies
from huzhu.rules import Lang
from huzhu.rules.decider import Decider
from huzhu.rules.render import html, text

Row = dict[str, Any]
SHANGHAI = "shanghai-gig-mutual-aid"
COURIER: Row = {
    "birth_date": "1964-02-29",
    "work_region": "310115",
    "platform_registered": True,
    "in_platform_name": True,
    "uses_vehicle": True,
    "work_category": "food_delivery",
    "paid": True,
    "union_member": True,
    "applied_on": "2024-02-28",
}
COVER: Row = {
    "cover_id": "K1",
    "cover_since": "2022-08-15",
    "cover_until": "2023-08-15",
    "continuous_since": "2022-08-15",
    "cause": "accident",
    "event_date": "2022-10-01",
    "filed_on": "2022-11-01",
}
CONSOLATION = COVER | {"claim_id": "A1", "benefit": "injury_consolation", "disability_grade": 0}
HOSPITAL = COVER | {"claim_id": "A2", "benefit": "hospital_allowance", "hospital_days": 16}
MAY_JOIN = """\
参保资格

结论：符合条件
  · 保障起日：2024-02-29
  · 保障止日（不含）：2025-03-01
  · 参保费：72.00 元
  · 另有 1 项条件因没有找到公布的数值而没有检验，不作为对会员不利的依据

计算
  · 年龄 59 = 从 出生日期 1964-02-29 到 申请日期 2024-02-28 的周年数
  · 保障起日 2024-02-29 = 申请日期 2024-02-28 + 1 天（现有保障止日：无）
  · 保障止日（不含）2025-03-01 = 保障起日 2024-02-29 + 1 年

逐项条件
  ✓ 计划已经实施：申请日期 2024-02-28 ≥ 计划实施日 2022-07-01 [1]
  ✓ 未满60周岁：年龄 59 周岁 < 年龄上限（未满）60 周岁 [1]
  – 达到最低年龄：没有检验。没有找到公布的“最低年龄”，不作为对会员不利的依据 [2]
  ✓ 在上海从业：工作地 310115 以 31 开头 [1]
  ✓ 在平台注册并接单：是 [1]
  ✓ 以平台名义从业：是 [1]
  ✓ 使用交通工具：是 [1]
  ✓ 出行、外卖、即时配送、同城货运或快递：从业类别“外卖”在出行、外卖、即时配送、同城货运、快递之列 [1]
  ✓ 取得劳动报酬：是 [1]
  ✓ 是工会会员：是 [1]

取自规定的数值
  · 计划实施日：2022-07-01 [1]
    报纸原文；2026-11-23 核对
    报道写“2022年7月起”，按7月1日处理
  · 年龄上限（未满）：60 周岁 [1]
    自 2022-07-01 起；报纸原文；2026-11-23 核对
  · 最低年龄：没有找到公布的数值 [2]
    自 2022-07-01 起；2026-11-23 核对
  · 一年参保费：72.00 元 [1]
    自 2022-07-01 起；报纸原文；2026-11-23 核对

所依据的情况
  · 出生日期：1964-02-29
  · 工作地（六位行政区划代码）：310115
  · 已在平台注册并接单：是
  · 以平台名义从业：是
  · 使用交通工具：是
  · 从业类别：外卖
  · 取得劳动报酬：是
  · 工会会员：是
  · 申请日期：2024-02-28
  · 现有保障止日（不含；空为未参保）：无

出处
  · [1] 《工人日报》2022年8月14日头版，上海市总工会推出新就业形态劳动者互助保障计划
  · [2] 没有找到公布该数值的文件
"""
REFUSED = """\
Who may join

Outcome: the conditions are not met
  ✗ 60 years old on applying; must be under 60
    Source: Workers' Daily, 14 August 2022, front page [1]
  ✗ is not a union member
    Source: Workers' Daily, 14 August 2022, front page [1]

How it is worked out
  · age 60 = full years from date of birth 1962-06-30 to date of application 2022-08-14

Conditions
  ✓ the plan has begun: date of application 2022-08-14 ≥ start of the plan 2022-07-01 [1]
  ✗ under 60: age 60 years ≥ age limit (must be under) 60 years [1]
  – old enough: not tested: no published value of “lowest age” was found, so it is not held against the member [2]
  ✓ works in Shanghai: where they work 310115 begins with 31 [1]
  ✓ registered with a platform and taking orders: yes [1]
  ✓ works in the platform's name: yes [1]
  ✓ uses a vehicle: yes [1]
  ✓ ride-hailing, food delivery, instant delivery, same-city freight or express: kind of work “food delivery” is one of \
ride-hailing, food delivery, instant delivery, same-city freight, express [1]
  ✓ earns pay: yes [1]
  ✗ is a union member: no [1]

Values from the rules
  · start of the plan: 2022-07-01 [1]
    as the newspaper states it; checked on 2026-11-23
    the page says from July 2022; taken as 1 July
  · age limit (must be under): 60 years [1]
    from 2022-07-01; as the newspaper states it; checked on 2026-11-23
  · lowest age: no published value found [2]
    from 2022-07-01; checked on 2026-11-23

Facts
  · date of birth: 1962-06-30
  · where they work (six-digit region code): 310115
  · registered with a platform and taking orders: yes
  · works in the platform's name: yes
  · uses a vehicle: yes
  · kind of work: food delivery
  · earns pay: yes
  · union member: no
  · date of application: 2022-08-14

Sources
  · [1] Workers' Daily, 14 August 2022, front page, 上海市总工会推出新就业形态劳动者互助保障计划
  · [2] no text that states this value has been found
"""
SIXTEEN_DAYS = """\
互助金给付

⚠ 本结论用到示例数值。这些数值从未公布，只供演示，不能作为依据。

结论：应给付 4,800.00 元

计算
  · 住院补助金每日标准 300.00 元〔示例〕× 住院天数 16 天 = 4,800.00 元
  · 住院补助金天数上限：上限 180 天〔示例〕，此前已用 0 天，还剩 180 天；4,800.00 元，不受影响
  · 一个保障期最高互助金：上限 720,000.00 元，此前已用 500.00 元，还剩 719,500.00 元；4,800.00 元，不受影响

逐项条件
  ✓ 事故发生在保障期内：保障起日 2022-08-15 ≤ 事故或确诊日期 2022-10-01，且事故或确诊日期 2022-10-01 < 保障止日 2023-08-15 [1]
  ✓ 疾病已过等待期：原因是意外 [2]
  ✓ 在申请时限内：申请日期 2022-11-01 ≤ 事故或确诊日期 2022-10-01 + 申请时限 2 年〔示例〕（即 2024-10-01） [2]
  ○ 原因与保障项目相符：不适用于保障项目“住院补助金” [3]
  ○ 疾病在所列目录内：不适用于保障项目“住院补助金” [4]
  ○ 达到慰问金起点：不适用于保障项目“住院补助金” [4]
  ○ 未达到伤残等级：不适用于保障项目“住院补助金” [3]
  ○ 达到伤残等级：不适用于保障项目“住院补助金” [3]
  ○ 按计划适用的标准评定：不适用于保障项目“住院补助金” [4]

取自规定的数值
  ⚠ 等待期：30 天〔示例〕 [5]
    自 2022-07-01 起；示例数值，未经公布
  ⚠ 申请时限：2 年〔示例〕 [5]
    自 2022-07-01 起；示例数值，未经公布
  ⚠ 住院补助金每日标准：300.00 元/天〔示例〕 [5]
    自 2022-07-01 起；示例数值，未经公布
  ⚠ 住院补助金天数上限：180 天〔示例〕 [5]
    自 2022-07-01 起；示例数值，未经公布
  · 一个保障期最高互助金：720,000.00 元 [3]
    自 2022-07-01 起；报纸原文；2026-11-23 核对

所依据的情况
  · 申请编号：A2
  · 保障编号：K1
  · 保障起日：2022-08-15
  · 保障止日（不含）：2023-08-15
  · 连续参保起日：2022-08-15
  · 保障项目：住院补助金
  · 原因：意外
  · 事故或确诊日期：2022-10-01
  · 申请日期：2022-11-01
  · 住院天数：16 天

出处
  · [1] 本系统的约定：参保、待遇按先后处理
  · [2] 互助保障计划的通行做法（示例）
  · [3] 《工人日报》2022年8月14日头版，上海市总工会推出新就业形态劳动者互助保障计划
  · [4] 没有找到公布该数值的文件
  · [5] 叠加数值“demo”（并非公布）
"""


@cache
def decider(policy: str, decision: str, overlay: str | None = None) -> Decider:
    return Decider(policies.get(policy).program(decision, overlay=overlay))


def enrol(**facts: object) -> Row:
    return dict(decider(SHANGHAI, "enrol").explain(COURIER | facts)["explanation"])


def claims(*rows: Row, overlay: str | None = None) -> list[Row]:
    return [answer["explanation"] for answer in decider(SHANGHAI, "claims", overlay).explain_all(rows)]


def part(explanation: Row, heading: str, lang: Lang) -> list[str]:
    """The lines under a heading, without their indent."""
    blocks = [block.splitlines() for block in text(explanation, lang=lang).strip().split("\n\n")]
    return [line[2:] for block in blocks if block[0].startswith(heading) for line in block[1:]]


def test_a_courier_of_59_reads_that_she_may_join_and_why() -> None:
    assert text(enrol(), lang="zh") == MAY_JOIN


def test_a_refusal_for_two_reasons_says_both_with_their_source() -> None:
    refused = enrol(birth_date="1962-06-30", applied_on="2022-08-14", union_member=False)
    assert text(refused, lang="en") == REFUSED


def test_a_claim_for_an_amount_never_published_says_what_is_wanting() -> None:
    [undetermined] = claims(HOSPITAL)
    assert text(undetermined, lang="zh").startswith("""\
互助金给付

结论：还不能确定，缺少以下各项
  ? “住院补助金每日标准”：没有找到公布的数值

计算
  · 住院补助金每日标准（没有找到公布的数值）× 住院天数 16""")
    assert part(undetermined, "逐项条件", "zh")[1:4] == [
        "✓ 疾病已过等待期：原因是意外 [2]",
        "– 在申请时限内：没有检验。没有找到公布的“申请时限”，不作为对会员不利的依据 [2]",
        "○ 原因与保障项目相符：不适用于保障项目“住院补助金” [3]",
    ]
    assert part(undetermined, "取自规定的数值", "zh") == [
        "· 申请时限：没有找到公布的数值 [4]",
        "  自 2022-07-01 起；2026-11-23 核对",
        "· 住院补助金每日标准：没有找到公布的数值 [4]",
        "  自 2022-07-01 起；2026-11-23 核对",
        "  一则报道的5300元与每日300元相符，但不足为证",
    ]
    assert part(undetermined, "Outcome", "en") == ["? “hospital allowance a day”: no published value was found"]


def test_unknown_facts_are_asked_for_by_name() -> None:
    undetermined = enrol(birth_date=None, work_category=None)
    assert part(undetermined, "结论：还不能确定", "zh") == ["? 出生日期：未知，需要补充", "? 从业类别：未知，需要补充"]
    conditions = part(undetermined, "Conditions", "en")
    assert conditions[1] == "? under 60: age (not known) < age limit (must be under) 60 years [1]"
    assert "· date of birth: not known" in part(undetermined, "Facts", "en")


def test_the_courier_of_the_page_with_the_demonstration_values_is_marked() -> None:
    consolation, hospital = claims(CONSOLATION, HOSPITAL, overlay="demo")
    assert text(hospital, lang="zh") == SIXTEEN_DAYS
    assert text(consolation, lang="en").startswith("""\
What a claim pays

⚠ This rests on illustrative values. They were never published; they are for demonstration and bind nobody.

Outcome: 500.00 yuan is to be paid
  · 1 condition was not tested for want of a published value; that is not held against the member

How it is worked out
  · consolation for an injury, each time 500.00 yuan
  · consolation limit: limit 6,000.00 yuan, 0.00 yuan used before, 6,000.00 yuan left; 500.00 yuan, not reduced
""")


def test_without_the_demonstration_values_nothing_is_called_illustrative() -> None:
    [consolation] = claims(CONSOLATION)
    for mark in ("⚠", "示例数值"):
        assert mark not in text(consolation, lang="zh")


def test_a_limit_that_binds_is_named_and_worked_through() -> None:
    settled = {
        "claim_id": "A0",
        "cover_id": "K1",
        "benefit": "injury_consolation",
        "settled_seq": 1,
        "settled_fen": 570000,
    }
    paid, last, nothing = claims(settled, CONSOLATION, CONSOLATION | {"claim_id": "A9"})
    assert part(paid, "结论：已经结案，给付 5,700.00 元，不再变动", "zh") == []
    assert part(last, "结论：应给付 300.00 元", "zh")[0] == "· 按规则计算为 500.00 元，受“意外伤害慰问金上限”限制"
    assert part(last, "计算", "zh") == [
        "· 意外伤害慰问金每次标准 500.00 元",
        "· 意外伤害慰问金上限：上限 6,000.00 元，此前已用 5,700.00 元，还剩 300.00 元；500.00 元 → 300.00 元，受此限制",
        "· 一个保障期最高互助金：上限 720,000.00 元，此前已用 5,700.00 元，还剩 714,300.00 元；300.00 元，不受影响",
    ]
    assert part(nothing, "Outcome: nothing is paid", "en") == ["✗ nothing is left of the limit: “consolation limit”"]
    assert part(nothing, "How it is worked out", "en")[1:] == [
        "· consolation limit: limit 6,000.00 yuan, 6,000.00 yuan used before, 0.00 yuan left; "
        "500.00 yuan → 0.00 yuan, reduced",
    ]


def test_a_limit_on_days_counts_in_days() -> None:
    settled = {"claim_id": "A0", "cover_id": "K1", "benefit": "hospital_allowance", "settled_seq": 1, "settled_fen": 1}
    _, last = claims(settled | {"hospital_days": 175}, HOSPITAL, overlay="demo")
    assert part(last, "How it is worked out", "en")[1] == (
        "· days of hospital allowance: limit 180 days [illustrative], 175 days used before, 5 days left; "
        "4,800.00 yuan → 1,500.00 yuan, reduced"
    )


def test_an_amount_of_nothing_shows_why() -> None:
    [nothing] = claims(HOSPITAL | {"hospital_days": 0}, overlay="demo")
    assert part(nothing, "结论：不予给付", "zh") == ["✗ 按规则计算的金额为 0"]
    assert part(nothing, "计算", "zh") == ["· 住院补助金每日标准 300.00 元〔示例〕× 住院天数 0 天 = 0.00 元"]


def test_a_share_and_the_grade_it_depends_on() -> None:
    [disability] = claims(
        COVER | {"claim_id": "A1", "benefit": "disability_accident", "disability_grade": 3}, overlay="demo"
    )
    assert part(disability, "计算", "zh")[0] == (
        "· 意外伤残互助金基数 500,000.00 元〔示例〕× 伤残等级给付比例 80%（因为伤残等级是 3，不是 0）= 400,000.00 元"
    )


def test_codes_are_said_in_words() -> None:
    [refused] = claims(COVER | {"claim_id": "A1", "benefit": "death_accident", "cause": "illness"})
    assert part(refused, "结论：不予给付", "zh")[0] == "✗ 项目“意外身故互助金”不适用于原因“疾病”"
    assert part(refused, "Outcome: nothing is paid", "en")[0] == "✗ accidental death benefit is not for cause illness"
    assert part(refused, "逐项条件", "zh")[3] == (
        "✗ 原因与保障项目相符：保障项目“意外身故互助金”在意外身故互助金、意外伤残互助金、意外伤害慰问金之列，"
        "且原因是疾病，不是意外 [1]"
    )


def test_an_illness_in_the_waiting_period_reads_when_the_period_ends() -> None:
    [refused] = claims(HOSPITAL | {"cause": "illness", "event_date": "2022-09-01"}, overlay="demo")
    assert part(refused, "结论：不予给付", "zh")[0] == "✗ 疾病发生日期 2022-09-01 在自 2022-08-15 起 30 天的等待期内"
    assert part(refused, "Conditions", "en")[1] == (
        "✗ an illness after the waiting period: date of the event 2022-09-01 < covered without a gap since 2022-08-15 + "
        "waiting period 30 days [illustrative] (that is 2022-09-14) [1]"
    )
    assert "⚠ 本结论用到示例数值。" in text(refused, lang="zh")


def test_a_refusal_that_rests_on_no_illustrative_value_carries_no_alert() -> None:
    [refused] = claims(CONSOLATION | {"event_date": "2023-08-15", "filed_on": "2023-08-15"}, overlay="demo")
    assert part(refused, "结论：不予给付", "zh")[0] == (
        "✗ 发生日期 2023-08-15 不在保障期 2022-08-15 至 2023-08-15（不含）之内"
    )
    assert part(refused, "逐项条件", "zh")[0] == (
        "✗ 事故发生在保障期内：事故或确诊日期 2023-08-15 ≥ 保障止日 2023-08-15 [1]"
    )
    assert "本结论用到示例数值" not in text(refused, lang="zh")
    assert "申请时限：2 年〔示例〕" in text(refused, lang="zh")


def test_a_what_if_value_is_called_one() -> None:
    program = policies.get(SHANGHAI).program("enrol", changes={"age_limit": "65"})
    explanation = Decider(program).explain(COURIER)["explanation"]
    assert "⚠ 本结论用到假设的数值，不是规定的数值。" in text(explanation, lang="zh")
    assert "· age limit (must be under): 65 years [what-if]" in text(explanation, lang="en")


def test_no_rule_in_force_names_the_value_and_the_date() -> None:
    ratio = decider("disability-scale", "ratio").explain({"on": "2014-01-16", "grade": 3})["explanation"]
    assert (
        text(ratio, lang="en")
        == """\
Benefit ratio of a disability grade

Outcome: no rule was in force
  ∅ 2014-01-16: no rule in force on “benefit ratio of the disability grade (3)”

Values from the rules
  · benefit ratio of the disability grade (3): no rule in force on 2014-01-16

Facts
  · date: 2014-01-16
  · disability grade: 3
"""
    )


def test_a_persons_text_is_text_in_html_and_on_a_terminal() -> None:
    hostile = enrol(work_category='<script>alert("x")</script>\x1b[31m\u202e&\'\n✓')
    page = html(hostile, lang="zh")
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;\ufffd[31m\ufffd&amp;&#x27; ✓ 不在计划所列之内" in page
    assert "\x1b" not in text(hostile, lang="zh")


def test_the_html_is_one_section_with_the_arithmetic_folded() -> None:
    [hospital] = claims(HOSPITAL, overlay="demo")
    root = ET.fromstring(html(hospital, lang="en"))
    assert (root.tag, root.get("class"), root.get("lang")) == ("section", "explain-decision", "en")
    assert [child.tag for child in root] == ["h2", "p", "div", "details", "div", "div", "div", "div"]
    classes = [name for element in root.iter() for name in element.get("class", "").split()]
    assert all(name.startswith("explain-") for name in classes)
    folded = root.find("details")
    assert folded is not None
    assert "".join(folded.itertext()).split("\n")[1:4:2] == [
        "How it is worked out",
        "hospital allowance a day 300.00 yuan [illustrative] × days in hospital 16 days = 4,800.00 yuan",
    ]
    late = root.findall("div")[1].findall("ul/li")[2]
    assert late.get("class") == "explain-passed"
    assert "".join(late.itertext()) == (
        "✓ filed in time: date of filing 2022-11-01 ≤ date of the event 2022-10-01 + time to file 2 years [illustrative] "
        "(that is 2024-10-01) [2]"
    )
