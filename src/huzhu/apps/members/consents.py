"""The texts people agree to, each in its version. A text is never changed: a new version stands beside the old, which those who
agreed to it can still read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from huzhu.rules.texts import Text


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What is agreed to. Without a required one nobody can be a member; another may be withheld."""

    purpose: str
    version: str
    label: Text
    words: Text
    is_required: bool


TEXTS: Final = (
    ConsentText(
        "membership",
        "2026-11",
        Text("为办理入会处理我的个人信息", "Process my personal information for my membership"),
        Text(
            "工会为办理和管理您的会员资格，保存您的姓名、身份证号、手机号、所在平台、工种和所属工会。"
            "身份证号属于敏感个人信息：它只用来确认您是谁、防止一人两次入会，加密保存，"
            "页面、导出和日志里都不出现完整号码；工作人员查看须写明理由，每次都有记录，您可以查到。"
            "您可以随时查看、更正、导出自己的信息，撤回同意，退会或注销。"
            "撤回本项同意即退会。注销后姓名、身份证号和手机号被删除；"
            "法律要求保存的操作记录只留会员号，至少三年。",
            "To run your membership the union keeps your name, identity number, phone, platform, kind of work and the "
            "organisation you belong to. The identity number is sensitive personal information: it serves only to know who "
            "you are and to keep one person from joining twice. It is stored encrypted and appears in full on no page, in no "
            "export and in no log; an officer who looks at it must give a reason, each look is recorded, and you can see the "
            "record. You may see, correct and export your data, withdraw this consent, leave or be erased at any time. "
            "Withdrawing this consent means leaving. Erasure removes name, identity number and phone; the record of acts that "
            "the law requires keeps your member number alone, for at least three years.",
        ),
        is_required=True,
    ),
    ConsentText(
        "verification",
        "2026-11",
        Text("与平台登记核对我的从业情况", "Check my work against the platforms' registers"),
        Text(
            "工会用您的身份证号、手机号和姓名，与平台企业提供的骑手登记核对，"
            "了解您是否在平台接单、工种、地区、最近接单日期和近 30 天单数。"
            "核对在本系统内进行；平台以接口提供登记的，只发送查询所必需的信息。结果保存到期限届满，用来判断您能否参加互助保障。"
            "不同意不影响入会，但申请要等工会干部人工审核；您可以随时撤回，撤回后不再核对。",
            "The union compares your identity number, phone and name with the registers of riders that platforms provide, to "
            "learn whether you work there, the kind of work, the area, the day of your last order and the orders of the last 30 "
            "days. The comparison is made inside this system; where a platform answers queries, only what the query needs is "
            "sent. The result is kept until it expires and serves to tell which mutual aid you may join. You may "
            "refuse and still apply, but then an officer has to look at your application. You may withdraw at any time, and "
            "nothing is compared from then on.",
        ),
        is_required=False,
    ),
)

# The version of each purpose that is asked for now.
CURRENT: Final = {text.purpose: text for text in TEXTS}
REQUIRED: Final = frozenset(purpose for purpose, text in CURRENT.items() if text.is_required)


def versions_of(*, purposes: frozenset[str]) -> dict[str, str]:
    """What somebody agrees to who is shown the texts of today: the version of each purpose."""
    return {purpose: CURRENT[purpose].version for purpose in sorted(purposes & CURRENT.keys())}


def text_of(*, purpose: str, version: str) -> ConsentText | None:
    """The text somebody agreed to, however old."""
    return next((text for text in TEXTS if (text.purpose, text.version) == (purpose, version)), None)
