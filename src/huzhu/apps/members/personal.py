"""What this app keeps about people, why, on what basis and for how long."""

from __future__ import annotations

from typing import Final

from huzhu.apps.vault.catalogue import Basis, Personal
from huzhu.rules.texts import Text

_STAY = Text("会籍存续期间，注销时删除", "while the membership lasts; removed on erasure")
_PROOF = Text("会籍存续期间；注销后只连着会员号", "while the membership lasts; after erasure tied to the number alone")
_LAW = Text("至少三年", "three years at least")
_SOON = Text("处理完即删除", "removed once it is decided")
_UNTIL = Text("到有效期满，注销时删除", "until it expires; removed on erasure")
_YEAR = Text("一年", "one year")


def _line(
    zh: str, en: str, why: tuple[str, str], kept: Text, basis: Basis = "membership", *, sensitive: bool = False
) -> Personal:
    return Personal(Text(zh, en), Text(*why), basis, kept, sensitive)


_WHO = ("确认是谁，防止一人两次入会", "to know who it is, and that nobody joins twice")
_CALL = ("联系本人，发送办理结果", "to reach the person with results")
_MANAGE = ("办理和管理会籍", "to run the membership")
_DECIDE = ("记明谁作出的决定", "to tell who decided")
_WORK = ("了解从业情况", "to know what work it is")
_CHECK = ("判断可参加哪些互助保障", "to tell which mutual aid may be joined")
_SAID = ("证明本人同意过什么", "to prove what was agreed to")

PERSONAL: Final = {
    "Member.number": _line("会员号", "member number", _MANAGE, _LAW),
    "Member.organisation": _line("所属工会", "organisation", _MANAGE, _PROOF),
    "Member.user": _line("登录账号", "account", _MANAGE, _STAY),
    "Member.name": _line("姓名", "name", _WHO, _STAY),
    "Member.name_key": _line("姓名检索值", "name folded for searching", _WHO, _STAY),
    "Member.identity_number": _line("身份证号", "identity number", _WHO, _STAY, "consent", sensitive=True),
    "Member.identity_index": _line(
        "身份证号检索值", "keyed hash of the identity number", _WHO, _STAY, "consent", sensitive=True
    ),
    "Member.birth_date": _line("出生日期", "date of birth", _WHO, _STAY),
    "Member.phone": _line("手机号", "phone", _CALL, _STAY),
    "Member.phone_index": _line("手机号检索值", "keyed hash of the phone", _CALL, _STAY),
    "Member.status": _line("会籍状态", "status", _MANAGE, _PROOF),
    "Member.way": _line("入会方式", "way of joining", _MANAGE, _PROOF),
    "Member.applied_at": _line("申请时间", "applied at", _MANAGE, _PROOF),
    "Member.joined_on": _line("入会日期", "joined on", _MANAGE, _PROOF),
    "Member.left_on": _line("退会日期", "left on", _MANAGE, _PROOF),
    "Member.decided_by": _line("审批人", "who decided", _DECIDE, _LAW, "law"),
    "Member.decided_at": _line("审批时间", "decided at", _DECIDE, _LAW, "law"),
    "Member.reason": _line("理由", "reason", _MANAGE, _STAY),
    "Member.name_doubt": _line("姓名疑点", "doubt about the name", _WHO, _STAY),
    "Work.employer": _line("平台", "platform", _WORK, _STAY),
    "Work.rider_no": _line("骑手编号", "rider number", _WORK, _STAY),
    "Work.work_category": _line("工种", "kind of work", _WORK, _STAY),
    "Work.work_region": _line("从业地区", "area of work", _WORK, _STAY),
    "Work.said_at": _line("填报时间", "said at", _WORK, _STAY),
    "Consent.purpose": _line("同意的事项", "purpose agreed to", _SAID, _LAW, "law"),
    "Consent.version": _line("文本版本", "version of the text", _SAID, _LAW, "law"),
    "Consent.given_at": _line("同意时间", "given at", _SAID, _LAW, "law"),
    "Consent.withdrawn_at": _line("撤回时间", "withdrawn at", _SAID, _LAW, "law"),
    "Resolution.recorded_by": _line("登记人", "recorded by", _DECIDE, _LAW, "law"),
    "Transfer.from_organisation": _line("转出工会", "moved from", _MANAGE, _PROOF),
    "Transfer.to_organisation": _line("转入工会", "moved to", _MANAGE, _PROOF),
    "Transfer.on": _line("转会日期", "moved on", _MANAGE, _PROOF),
    "Transfer.by": _line("经办人", "moved by", _DECIDE, _LAW, "law"),
    "Verification.register": _line("核对来源", "register", _CHECK, _UNTIL, "consent"),
    "Verification.platform": _line("登记平台", "platform of the register", _CHECK, _UNTIL, "consent"),
    "Verification.rider_no": _line("登记骑手编号", "rider number in the register", _CHECK, _UNTIL, "consent"),
    "Verification.how": _line("核对方式", "how it was matched", _CHECK, _UNTIL, "consent"),
    "Verification.score_per_mille": _line("相符程度", "how well it matched", _CHECK, _UNTIL, "consent"),
    "Verification.work_region": _line("登记地区", "area in the register", _CHECK, _UNTIL, "consent"),
    "Verification.work_category": _line("登记工种", "kind of work in the register", _CHECK, _UNTIL, "consent"),
    "Verification.in_platform_name": _line("以平台名义接单", "works in the platform's name", _CHECK, _UNTIL, "consent"),
    "Verification.vehicle": _line("车辆", "vehicle", _CHECK, _UNTIL, "consent"),
    "Verification.last_paid_order_on": _line("最近接单日", "day of the last order", _CHECK, _UNTIL, "consent"),
    "Verification.orders_30d": _line("近 30 天单数", "orders of 30 days", _CHECK, _UNTIL, "consent"),
    "Verification.as_of": _line("登记截至", "register as of", _CHECK, _UNTIL, "consent"),
    "Verification.verified_at": _line("核对时间", "verified at", _CHECK, _UNTIL, "consent"),
    "Verification.expires_on": _line("有效期至", "holds until", _CHECK, _UNTIL, "consent"),
    "Verification.by": _line("核对人", "verified by", _DECIDE, _UNTIL, "law"),
    "SecondApplication.user": _line("申请人账号", "applicant's account", _MANAGE, _STAY),
    "SecondApplication.name": _line("申请人姓名", "applicant's name", _WHO, _STAY),
    "SecondApplication.identity_number": _line(
        "申请人身份证号", "applicant's identity number", _WHO, _STAY, "consent", sensitive=True
    ),
    "SecondApplication.identity_index": _line(
        "申请人身份证号检索值", "its keyed hash", _WHO, _STAY, "consent", sensitive=True
    ),
    "SecondApplication.birth_date": _line("申请人出生日期", "applicant's date of birth", _WHO, _STAY),
    "SecondApplication.phone": _line("申请人手机号", "applicant's phone", _CALL, _STAY),
    "SecondApplication.phone_index": _line("申请人手机号检索值", "its keyed hash", _CALL, _STAY),
    "SecondApplication.rider_no": _line("申请人骑手编号", "applicant's rider number", _WORK, _STAY),
    "SecondApplication.work_category": _line("申请人工种", "applicant's kind of work", _WORK, _STAY),
    "SecondApplication.consents": _line("申请时的同意", "what the applicant agreed to", _SAID, _LAW, "law"),
    "SecondApplication.asked_at": _line("再次申请时间", "applied at", _MANAGE, _STAY),
    "SecondApplication.reason": _line("核对意见", "what the officer found", _MANAGE, _STAY),
    "SecondApplication.decided_by": _line("核对人", "who looked at it", _DECIDE, _LAW, "law"),
    "Correction.field": _line("更正的项目", "what is to be corrected", _MANAGE, _STAY),
    "Correction.value": _line("更正为", "corrected to", _WHO, _SOON, sensitive=True),
    "Correction.note": _line("更正说明", "note to the correction", _MANAGE, _STAY),
    "Correction.asked_at": _line("更正申请时间", "correction asked at", _MANAGE, _STAY),
    "Correction.outcome": _line("更正结果", "outcome of the correction", _MANAGE, _STAY),
    "Correction.reason": _line("更正意见", "reason of the officer", _MANAGE, _STAY),
    "Correction.decided_by": _line("更正处理人", "who decided the correction", _DECIDE, _LAW, "law"),
    "Correction.decided_at": _line("更正处理时间", "correction decided at", _DECIDE, _LAW, "law"),
    "Poster.changed_by": _line("海报经办人", "who renewed the poster", _DECIDE, _LAW, "law"),
    "SavedView.user": _line("视图所有人", "whose view it is", _MANAGE, _YEAR),
    "SavedView.query": _line("保存的条件", "saved filter", _MANAGE, _YEAR),
    "Target.set_by": _line("目标设定人", "who set the target", _DECIDE, _LAW, "law"),
    "ExportRequest.asked_by": _line("导出申请人", "who asked for the list", _DECIDE, _LAW, "law"),
    "ExportRequest.decided_by": _line("导出审批人", "who allowed the list", _DECIDE, _LAW, "law"),
    "ExportRequest.query": _line("导出条件", "filter of the list", _DECIDE, _LAW, "law"),
    "ExportRequest.reason": _line("导出理由", "reason for the list", _DECIDE, _LAW, "law"),
}
_PLAIN: Final = {
    "Member": "id by_resolution",
    "Work": "id member",
    "Consent": "id member",
    "Resolution": "id organisation passed_on words until",
    "Transfer": "id member",
    "Verification": "id member",
    "SecondApplication": "id organisation scanned_at member employer outcome decided_at",
    "Correction": "id member",
    "Counter": "name last",
    "Poster": "organisation serial changed_at",
    "SavedView": "id name made_at",
    "Target": "id organisation year number set_at",
    "Tally": "id organisation year number",
    "ExportRequest": "id paths form rows state asked_at decided_at downloaded_at downloads",
}
NOT_PERSONAL: Final = {f"{model}.{name}" for model, names in _PLAIN.items() for name in names.split()}
