"""What every leave has in common: where it is taken, and the results that describe it, named alike in each decision."""

from __future__ import annotations

from huzhu.rules import Gives, Node, Record, Text, const, days, fact, greatest, prefix
from huzhu.rules.authoring import Expression

POLICY = "family-leave"
NATIONAL = "order-619"

REGION = fact("region", "text", "工作地（六位行政区划代码）", "where they work (six-digit region code)", digits=6)
ON = fact("on", "date", "日期", "day")
DAYS_TAKEN = fact("days_taken", "days", "本年已休天数", "days already taken this year", low=0, high=366, unit="days")


DAY_KINDS = {
    "calendar": Text("日历日", "calendar days"),
    "working": Text("工作日", "working days"),
    "unknown": Text("文本未说明日历日还是工作日", "the text does not say which days"),
}
BOUNDS = {
    "at_least": Text("不少于", "at least"),
    "at_most": Text("不超过", "at most"),
    "exactly": Text("正好", "exactly"),
    "conflict": Text(
        "两个文本冲突：一个写不少于，一个写不超过", "two texts conflict: at least in one, at most in the other"
    ),
}
PAYS = {
    "full_pay": Text("工资福利照发", "full pay"),
    "maternity_allowance": Text("生育津贴", "maternity allowance"),
    "counted_as_attendance": Text("视为出勤", "counted as attendance"),
}


def province(r: Record) -> Node:
    """The first two digits of GB/T 2260, by which the tables are keyed."""
    return prefix(r.region, 2)


def not_stated(_: Record) -> Node:
    """No text that was read says whether this leave runs in calendar or working days; nothing is assumed."""
    return const("unknown")


def results(
    *, leave: Expression, days_max: Expression, day_kind: Expression, bound: Expression, pay: Expression, source: str
) -> tuple[Gives, ...]:
    """A leave's results. Only the days are needed: what a text does not say about them stays empty."""
    return (
        Gives(
            "days",
            Text("天数（文本的数字；幅度取下限）", "days (the text's figure, the floor of a range)"),
            leave,
            source=source,
        ),
        Gives(
            "days_max",
            Text("幅度的上限（没有幅度则为空）", "the most of a range (empty where there is none)"),
            days_max,
            needed=False,
            source=source,
        ),
        Gives(
            "day_kind",
            Text("日历日或工作日", "calendar or working days"),
            day_kind,
            needed=False,
            words=DAY_KINDS,
            source=source,
        ),
        Gives(
            "bound",
            Text("数字的性质：至少、至多、正好或文本冲突", "at least, at most, exactly, or texts in conflict"),
            bound,
            needed=False,
            words=BOUNDS,
            source=source,
        ),
        Gives(
            "pay",
            Text("假期待遇（未读到则为空）", "pay (empty where no text was read)"),
            pay,
            needed=False,
            words=PAYS,
            source=source,
        ),
    )


def days_left(leave: Expression, source: str) -> Gives:
    """What is left of a yearly leave. Nothing left is still a right granted: the answer is 0, not a refusal."""
    return Gives(
        "days_left",
        Text("本年剩余天数", "days left this year"),
        lambda r: greatest(leave(r) - r.days_taken, days(0)),
        source=source,
    )
