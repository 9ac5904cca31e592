"""Words that people give for what they do. They go on record for years, so no number of a person may stand in them."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from huzhu.rules.texts import Text
from huzhu.ui.numbers import without_numbers
from huzhu.ui.refusals import Refusal
from huzhu.ui.words import say

LONGEST = 400


class NoReason(Refusal):
    text = Text("请写明理由。", "Please give a reason.")
    status = 422


class TooLong(Refusal):
    text = Text("最多 {most} 个字符，这里有 {many} 个。", "At most {most} characters; this has {many}.")
    status = 422


class NumberInWords(Refusal):
    text = Text(
        "请不要在这里写身份证号或手机号：这段话会长期留在记录里。可以写会员号。",
        "Do not write an identity number or a phone number here: these words stay on record. A member number will do.",
    )
    status = 422


def checked(text: str, *, field: str = "reason", is_needed: bool = True) -> str:
    """The words as they may be kept. Every service that keeps somebody's words asks here. Raises NoReason, TooLong, NumberInWords."""
    said = text.strip()
    if is_needed and not said:
        raise NoReason(field=field)
    if len(said) > LONGEST:
        raise TooLong(field=field, most=LONGEST, many=len(said))
    if without_numbers(said) != said:
        raise NumberInWords(field=field)
    return said


def without_people(value: str) -> None:
    """The same for a form's field, so that it is said beside it."""
    try:
        checked(value, is_needed=False)
    except Refusal as refusal:
        raise ValidationError(say(refusal.said), code=refusal.code) from None
