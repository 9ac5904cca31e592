"""Which of our columns a heading of somebody's spreadsheet means, in Chinese or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from huzhu.bulk.problems import Problem
from huzhu.rules.texts import Text

# Our name, its label, and the headings that mean it, as people write them.
COLUMNS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "name": (Text("姓名", "name"), ("姓名", "名字", "骑手姓名", "员工姓名", "会员姓名", "真实姓名", "full name")),
    "identity_number": (
        Text("身份证号", "identity number"),
        ("身份证号", "身份证", "身份证号码", "公民身份号码", "证件号码", "证件号", "id number", "id card", "id no"),
    ),
    "identity_hash": (Text("身份证号摘要", "hash of the identity number"), ("身份证号摘要", "身份证号哈希")),
    "phone": (
        Text("手机号", "phone"),
        ("手机号", "手机", "手机号码", "联系电话", "电话", "联系方式", "移动电话", "phone number", "mobile"),
    ),
    "platform": (Text("平台", "platform"), ("平台", "平台名称", "所属平台", "接单平台")),
    "rider_no": (
        Text("骑手编号", "rider number"),
        ("骑手编号", "骑手号", "骑手id", "工号", "员工编号", "staff no", "rider number", "rider id"),
    ),
    "work_category": (
        Text("类别", "category of work"),
        ("类别", "工种", "岗位", "工作类别", "从业类别", "职业", "category"),
    ),
    "work_region": (
        Text("工作区域", "region of work"),
        ("工作区域", "工作地区", "区域", "行政区划代码", "区划代码", "工作地", "所在区", "region", "district"),
    ),
    "organisation": (
        Text("单位/站点", "organisation or station"),
        ("单位", "站点", "单位/站点", "站点名称", "所属站点", "工作单位", "用人单位", "组织", "station", "employer"),
    ),
    "applied_on": (
        Text("入会日期", "date of joining"),
        ("入会日期", "申请日期", "入会申请日期", "申请入会日期", "joined on", "date of joining"),
    ),
    "birth_date": (Text("出生日期", "date of birth"), ("出生日期", "生日", "出生年月日", "date of birth")),
    "platform_registered": (Text("平台注册", "registered with the platform"), ("平台注册", "是否平台注册")),
    "in_platform_name": (Text("以平台名义接单", "works in the platform's name"), ("以平台名义", "以平台名义接单")),
    "uses_vehicle": (Text("使用车辆", "uses a vehicle"), ("使用车辆", "是否使用车辆")),
    "vehicle": (Text("车辆", "vehicle"), ("车辆", "车型", "交通工具")),
    "paid": (Text("已缴费", "paid"), ("已缴费", "缴费", "是否缴费")),
    "union_member": (Text("已是会员", "already a member"), ("会员", "是否会员", "是否工会会员", "已入会")),
    "covered_until": (Text("保障到期日", "covered until"), ("保障到期日", "到期日", "保障截止日")),
    "last_paid_order_on": (
        Text("最近一单日期", "date of the last paid order"),
        ("最近一单日期", "最近接单日期", "最后接单日期", "last order"),
    ),
    "orders_30d": (Text("近 30 日单量", "orders of the last 30 days"), ("近30日单量", "近30天单量", "30日单量")),
    "as_of": (Text("数据日期", "as of"), ("数据日期", "截至日期", "统计日期")),
}
# Marks that people add to a heading: an asterisk, "required", what to enter in brackets.
REMARK = re.compile(r"\(.*?\)|\[.*?\]|【.*?】|必填|选填|[\s*:#_\-]")


@dataclass(frozen=True, slots=True)
class Headings:
    """`places` is where in a row each of our columns stands; `ignored` are the headings that mean none of them."""

    places: dict[str, int]
    ignored: tuple[str, ...]
    width: int


def plain_heading(*, text: str) -> str:
    return REMARK.sub("", unicodedata.normalize("NFKC", text).casefold())


def read_headings(*, names: Sequence[str], needed: Sequence[str]) -> Headings | list[Problem]:
    """Where our columns stand among `names`, or why this cannot be the first row of a roster."""
    places: dict[str, int] = {}
    ignored: list[str] = []
    problems: list[Problem] = []
    for place, name in enumerate(names):
        column = MEANINGS.get(plain_heading(text=name))
        if column is None:
            ignored.append(name)
        elif column in places:
            said = Text(
                f"与“{names[places[column]]}”是同一项：请只留一列",
                f"means the same as “{names[places[column]]}”: keep one of the two columns",
            )
            problems.append(Problem(said, row=1, column=name))
        else:
            places[column] = place
    if not places:
        said = Text(
            "第 1 行没有认得的列名：表头必须在第 1 行，例如“姓名、身份证号、手机号”。请删除上面的标题行",
            "row 1 has no heading that is known: it must hold the headings, as “name, identity number, phone”. "
            "Delete any title above them",
        )
        return [Problem(said, row=1)]
    for column in needed:
        if column not in places:
            label = COLUMNS[column][0]
            said = Text(f"缺少“{label.zh}”这一列", f"the column “{label.en}” is missing")
            problems.append(Problem(said, row=1, column=column))
    return problems or Headings(places, tuple(ignored), len(names))


MEANINGS = {
    plain_heading(text=heading): column
    for column, (label, headings) in COLUMNS.items()
    for heading in (column, label.zh, label.en, *headings)
}
