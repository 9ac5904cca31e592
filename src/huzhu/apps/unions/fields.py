"""A mobile number as people write it, as one text."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from huzhu.ui.words import t

MOBILE = re.compile(r"1[3-9]\d{9}")
MADE_UP_MOBILE = re.compile(r"100\d{8}")  # which nobody has: the people of the demonstration


class PhoneField(forms.CharField):
    """Gives 11 digits; +86, blanks, dashes and full-width digits are understood."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", t("手机号", "Mobile number"))
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
        digits = re.sub(r"^(\+|00)?86(?=1)", "", digits)
        is_known = MOBILE.fullmatch(digits) or (settings.HUZHU_MADE_UP_PEOPLE and MADE_UP_MOBILE.fullmatch(digits))
        if not digits.isascii() or not is_known:
            raise ValidationError(
                t("请填写 11 位手机号。", "Enter a mobile number of 11 digits."), code="invalid_phone"
            )
        return digits
