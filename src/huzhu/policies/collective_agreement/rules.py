"""What collective bargaining at Guangxi Wanwei added to a worker's month (Workers' Daily, 14 August 2022)."""

from __future__ import annotations

from huzhu.rules import Draft, Gives, Node, Record, Text, fact, fen, when
from huzhu.rules.authoring import Expression

RISES = {"wage": "rise_wage", "lunch": "rise_lunch", "nutrition": "rise_nutrition"}


ITEM_WORDS = {
    "wage": Text("工资", "wage"),
    "lunch": Text("午餐补贴", "lunch allowance"),
    "nutrition": Text("营养费", "nutrition fee"),
    "technical_allowance": Text("正高级职称技术津贴", "technical allowance of the senior title"),
}


def _rise(key: str) -> Expression:
    return lambda r: r.value(key, on=r.on)


def _technical_allowance(r: Record) -> Node:
    return when(r.senior_title, r.value("technical_allowance", on=r.on), fen(0))


def _is_paid(write: Expression) -> Expression:
    return lambda r: write(r) > fen(0)


def _sum(r: Record) -> Node:
    total = r.technical_allowance_due
    for key in RISES.values():
        total = total + r.value(key, on=r.on)
    return total


PAY = Draft(
    policy="collective-agreement",
    name="pay",
    title=Text("集体协商增加的月收入", "What collective bargaining adds to a month"),
    date_fact="on",
    facts=(
        fact("on", "date", "日期", "day"),
        fact("senior_title", "bool", "具有正高级职称", "holds the full senior professional title"),
    ),
    steps={
        "technical_allowance_due": (Text("应得技术津贴", "technical allowance due"), _technical_allowance),
    },
    rules=(),
    gives=(
        Gives(
            "items",
            Text("项目", "items"),
            codes={item: _is_paid(_rise(key)) for item, key in RISES.items()}
            | {"technical_allowance": lambda r: r.technical_allowance_due > fen(0)},
            words=ITEM_WORDS,
            source="workers-daily",
        ),
        Gives("amount_fen", Text("每月合计增加", "added to a month in all"), _sum, source="workers-daily"),
    ),
    advice=(
        Text(
            "报道称工资、午餐补贴、营养费三项每人每月合计调增近1000元；各项数额请查阅本单位的集体合同。",
            "The page says wage, lunch and nutrition together rose by nearly 1,000 yuan a month each; "
            "the firm's collective contract has the items.",
        ),
        Text(
            "正高级职称技术津贴每月1000元，自2022年8月14日的报道起可知。",
            "The technical allowance for the full senior title is 1,000 yuan a month, "
            "known since the report of 14 August 2022.",
        ),
    ),
)

DRAFTS = (PAY,)
