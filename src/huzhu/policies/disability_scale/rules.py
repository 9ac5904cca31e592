"""The grade's ratio in JR/T 0083-2013, in force since 17 January 2014 (facts: the standard's table, secondary source)."""

from __future__ import annotations

from huzhu.rules import Draft, Gives, Text, fact

RATIO = Draft(
    policy="disability-scale",
    name="ratio",
    title=Text("伤残等级的给付比例", "Benefit ratio of a disability grade"),
    facts=(
        fact("on", "date", "日期", "date"),
        fact("grade", "int", "伤残等级", "disability grade", low=1, high=10),
    ),
    rules=(),
    gives=(
        Gives(
            "ratio_per_mille",
            Text("给付比例（千分比）", "benefit ratio, per mille"),
            lambda r: r.value("disability_ratio", on=r.on, by=r.grade),
            source="jrt-0083-2013",
        ),
    ),
    date_fact="on",
)

DRAFTS = (RATIO,)
