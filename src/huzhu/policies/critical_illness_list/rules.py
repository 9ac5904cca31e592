"""Whether an illness is one of the 28 severe or 3 mild ones of the definitions for critical-illness insurance issued on
5 November 2020 (secondary source: an insurer's terms).
"""

from __future__ import annotations

from huzhu.rules import Draft, Gives, Node, Record, Rule, Text, const, fact, when

EDITION = "2020"
CODES = (*(f"{number:02d}" for number in range(1, 29)), "m1", "m2", "m3")


def _is_listed(r: Record) -> Node:
    # Under an edition that is not modelled nothing is off the list: the answer is then unknown, not no.
    return when(r.value("illness_list_edition", on=r.on) == EDITION, r.illness_code.is_in(CODES), const(False))


LISTED = Draft(
    policy="critical-illness-list",
    name="listed",
    title=Text("是否在重大疾病目录内", "Whether an illness is on the list"),
    date_fact="on",
    facts=(
        fact("on", "date", "日期", "day"),
        fact("illness_code", "text", "疾病代码（01至28，m1至m3）", "code of the illness (01 to 28, m1 to m3)"),
    ),
    rules=(
        Rule(
            "not_listed",
            _is_listed,
            Text("疾病在目录内", "the illness is on the list"),
            Text(
                "代码 {illness_code} 不在 {illness_list_edition} 年修订版的31种疾病之内",
                "{illness_code} is none of the 31 illnesses of the {illness_list_edition} revision",
            ),
            "illness-definitions-2020",
        ),
    ),
    gives=(
        # A listed illness has both; not needed, so that a date before the edition is undecided for the edition alone.
        Gives(
            "name",
            Text("疾病名称", "name of the illness"),
            lambda r: r.value("illness_name", on=r.on, by=r.illness_code),
            needed=False,
            source="illness-definitions-2020",
        ),
        Gives(
            "severity",
            Text("程度", "severity"),
            lambda r: r.value("illness_severity", on=r.on, by=r.illness_code),
            needed=False,
            source="illness-definitions-2020",
        ),
    ),
    advice=(
        Text(
            "列入目录只是名称相符；是否达到定义，须由医疗证明判断。",
            "Being on the list is a matter of name; whether a case meets the definition is for the medical evidence.",
        ),
        Text("哪一计划采用本目录，由该计划的文件决定。", "Which plan uses this list is for that plan's text to say."),
    ),
)

DRAFTS = (LISTED,)
