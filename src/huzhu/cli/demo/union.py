"""The demonstration's union: Shanghai's 16 districts with their GB/T 2260 codes, and made-up streets, stations and platforms.

Everybody here is invented; what the accounts are called and may do is printed at the end of `huzhu demo`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

DISTRICTS = (
    ("310101", "黄浦区", "Huangpu"), ("310104", "徐汇区", "Xuhui"), ("310105", "长宁区", "Changning"),
    ("310106", "静安区", "Jing'an"), ("310107", "普陀区", "Putuo"), ("310109", "虹口区", "Hongkou"),
    ("310110", "杨浦区", "Yangpu"), ("310112", "闵行区", "Minhang"), ("310113", "宝山区", "Baoshan"),
    ("310114", "嘉定区", "Jiading"), ("310115", "浦东新区", "Pudong"), ("310116", "金山区", "Jinshan"),
    ("310117", "松江区", "Songjiang"), ("310118", "青浦区", "Qingpu"), ("310120", "奉贤区", "Fengxian"),
    ("310151", "崇明区", "Chongming"),
)  # fmt: skip
STREETS = 2  # a district
PLATFORMS = (
    ("demo-food", "示例外卖平台", "food_delivery"),
    ("demo-instant", "示例即时配送平台", "instant_delivery"),
    ("demo-express", "示例快递平台", "express"),
    ("demo-ride", "示例网约车平台", "ride_hailing"),
    ("demo-freight", "示例同城货运平台", "same_city_freight"),
)
CITY, HOME_DISTRICT = "SH", "310115"
HOME_UNION, HOME_STATION = f"{HOME_DISTRICT}-1-U", f"{HOME_DISTRICT}-1-S"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to sign in as."""

    username: str
    display_name: str
    role: str
    at: str


ACCOUNTS = (
    Account("grassroots", "示例·基层干部", "grassroots_officer", HOME_UNION),
    Account("district", "示例·区级干部", "district_officer", HOME_DISTRICT),
    Account("district2", "示例·区级干部二", "district_officer", HOME_DISTRICT),
    Account("claims", "示例·审核员", "claims_officer", CITY),
    Account("approver", "示例·审批人", "approver", CITY),
    Account("finance", "示例·财务", "finance", CITY),
    Account("programmes", "示例·项目管理员", "programme_manager", CITY),
    Account("auditor", "示例·审计", "auditor", CITY),
    Account("admin", "示例·系统管理员", "administrator", CITY),
)


def make_tree(*, at: dt.datetime) -> dict[str, Any]:
    """The city, its districts, streets, their unions and stations; organisations by code."""
    from huzhu.apps.unions.models import Employer, Organisation
    from huzhu.apps.unions.services import create_organisation

    made: dict[str, Any] = {}

    def add(code: str, name: str, name_en: str, kind: str, parent: str | None, region: str) -> None:
        # A parent is read again each time: adding a child changes what its row says of its children.
        above = None if parent is None else Organisation.objects.get(code=parent)
        made[code] = create_organisation(
            by=None,
            at=at,
            code=code,
            name=name,
            name_en=name_en,
            kind=kind,
            parent=above,
            region=region,
            hotline="12351",
        )

    add(CITY, "上海市总工会（示例）", "Shanghai Union (example)", "city", None, "310000")
    for region, name, name_en in DISTRICTS:
        add(region, f"{name}总工会（示例）", f"{name_en} District Union (example)", "district", CITY, region)
        for n in range(1, STREETS + 1):
            street = f"{region}-{n}"
            add(street, f"{name}示例街道{n}总工会", f"{name_en} Street {n} Union", "street", region, region)
            add(
                f"{street}-U",
                f"{name}示例街道{n}新就业群体联合工会",
                f"{name_en} Street {n} Couriers' Union",
                "grassroots",
                street,
                region,
            )
            add(
                f"{street}-S",
                f"{name}示例骑手驿站{n}",
                f"{name_en} Courier Station {n}",
                "station",
                f"{street}-U",
                region,
            )
    for platform, name, _ in PLATFORMS:
        Employer.objects.create(name=name, platform=platform)
    return made


def make_accounts(*, at: dt.datetime, password: str) -> None:
    """One account a role, all with one password that is made for this demonstration."""
    from huzhu.apps.unions.models import Organisation
    from huzhu.apps.unions.services import create_user, grant

    for account in ACCOUNTS:
        user = create_user(
            by=None, at=at, username=account.username, password=password, display_name=account.display_name
        )
        grant(by=None, at=at, user=user, role=account.role, organisation=Organisation.objects.get(code=account.at))
