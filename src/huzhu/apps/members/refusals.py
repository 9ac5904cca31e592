"""Why something about a member is not done."""

from __future__ import annotations

from huzhu.rules.texts import Text
from huzhu.ui.reasons import NoReason
from huzhu.ui.refusals import Refusal

__all__ = ["NoReason"]  # and what stands below


class AlreadyDecided(Refusal):
    text = Text("{who}已于 {when} 处理过，结果是“{outcome}”。", "{who_en} decided this on {when}: “{outcome_en}”.")


class ConsentNeeded(Refusal):
    text = Text(
        "没有您对“办理入会处理个人信息”的同意，无法入会。", "Without your consent to membership you cannot join."
    )
    status = 422


class NotAMember(Refusal):
    text = Text("这个人现在不是会员。", "This person is not a member now.")


class StillAMember(Refusal):
    text = Text("请先退会，再注销。", "Leave first, then ask to be erased.")


class SameOrganisation(Refusal):
    text = Text("会员已经属于这个组织。", "The member belongs to this organisation already.")


class IdentityTaken(Refusal):
    text = Text(
        "这个身份证号不能使用，请由干部核对。", "This identity number cannot be used; an officer has to look at it."
    )


class AlreadyAsked(Refusal):
    text = Text("这一项已经申请更正，正在处理。", "A correction of this is being looked at already.")


class NeedsAnother(Refusal):
    text = Text("须由另一名干部同意，申请人自己不能同意。", "Another officer has to allow this, not the one who asked.")


class NotAllowedYet(Refusal):
    text = Text("这份名单还没有获准下载。", "This list has not been allowed yet.")
