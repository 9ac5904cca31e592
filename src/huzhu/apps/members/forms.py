"""What people type, turned into values; what is wrong with it is said at its field."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst

from huzhu.apps.members.consents import CURRENT
from huzhu.apps.members.identity import Fault, Identity, read_identity, read_phone
from huzhu.apps.members.models import CATEGORIES, Correction
from huzhu.apps.members.names import Name, read_name
from huzhu.apps.unions.models import Employer, Organisation
from huzhu.rules.texts import Text
from huzhu.ui.reasons import without_people
from huzhu.ui.widgets import DayInput
from huzhu.ui.words import say, t


def fault_error(fault: Fault) -> forms.ValidationError:
    """What is wrong and how to mend it, in the reader's language."""
    both = Text(
        f"{fault.what.zh}。{fault.fix.zh}。", f"{fault.what.en[:1].upper()}{fault.what.en[1:]}: {fault.fix.en}."
    )
    return forms.ValidationError(say(both), code=fault.code)


class Unechoed(forms.TextInput):
    """A text that never comes back in a page, not even when it was wrong."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002  Django's signature
        return super().get_context(name, None, attrs)


class WhoForm(forms.Form):
    """The first step. All of it is needed; what the draft holds already may stay empty."""

    name = forms.CharField(
        label=t("姓名", "Name"), max_length=100,
        error_messages={"required": t("请填写身份证上的姓名。", "Enter your name as on the identity card.")},
    )  # fmt: skip
    identity = forms.CharField(
        label=t("身份证号", "Identity number"), max_length=40,
        widget=Unechoed(attrs={"autocomplete": "off", "inputmode": "text", "spellcheck": "false"}),
        error_messages={"required": t("请填写 18 位身份证号。", "Enter the 18 characters of your identity number.")},
    )  # fmt: skip
    phone = forms.CharField(
        label=t("手机号", "Phone"), max_length=30, widget=Unechoed(attrs={"autocomplete": "tel"}),
        error_messages={"required": t("请填写 11 位手机号。", "Enter your phone number of 11 digits.")},
    )  # fmt: skip

    def __init__(self, data: Any = None, *, held: dict[str, str], on: dt.date) -> None:
        super().__init__(data, initial={"name": held.get("name", "")})
        self.held, self.on = held, on
        kept = t("已填写。要改就重新输入。", "Filled in. Type it again to change it.")
        for field in ("identity", "phone"):
            if held.get(field):
                self.fields[field].help_text = kept
                self.fields[field].required = False
                self.fields[field].is_filled = True  # type: ignore[attr-defined]  # and is not called optional

    def clean_name(self) -> Name:
        name = read_name(text=self.cleaned_data["name"])
        if isinstance(name, Fault):
            raise fault_error(name)
        return name

    def clean_identity(self) -> Identity:
        text = self.cleaned_data["identity"] or self.held.get("identity", "")
        identity = read_identity(text=text, on=self.on, made_up=settings.HUZHU_MADE_UP_PEOPLE)
        if isinstance(identity, Fault):
            raise fault_error(identity)
        return identity

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"] or self.held.get("phone", "")
        phone = read_phone(text=text, made_up=settings.HUZHU_MADE_UP_PEOPLE)
        if isinstance(phone, Fault):
            raise fault_error(phone)
        return phone


class CodeForm(forms.Form):
    """The code that came by SMS."""

    code = forms.CharField(
        label=t("短信验证码", "Code from the SMS"), max_length=10, strip=True,
        error_messages={"required": t("请填写收到的六位验证码", "Enter the six digits that were sent to you")},
    )  # fmt: skip


class HowForm(forms.Form):
    """The second step: the work."""

    platform = forms.ModelChoiceField(
        label=t("平台", "Platform"),
        queryset=Employer.objects.none(),
        to_field_name="platform",
        empty_label=None,
        widget=forms.RadioSelect,
    )
    category = forms.ChoiceField(
        label=t("工种", "Kind of work"),
        widget=forms.RadioSelect,
        choices=[(code, capfirst(t(*words))) for code, words in CATEGORIES.items()],
    )
    rider_no = forms.CharField(label=t("骑手编号", "Rider number"), required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["platform"]
        field.queryset = Employer.objects.exclude(platform=None).order_by("name")


class ConsentForm(forms.Form):
    """The third step: a box for each text. Boxes come unticked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose, text in CURRENT.items():
            needed = t("不同意就不能入会", "You cannot join without agreeing to this")
            self.fields[purpose] = forms.BooleanField(
                label=say(text.label),
                required=text.is_required,
                help_text=say(text.words),
                error_messages={"required": needed},
            )

    @property
    def given(self) -> frozenset[str]:
        return frozenset(purpose for purpose in CURRENT if self.cleaned_data.get(purpose))


class CorrectionForm(forms.Form):
    field = forms.ChoiceField(label=t("哪一项有误", "What is wrong"), choices=Correction.Field.choices)
    value = forms.CharField(
        label=t("应为", "It should be"), max_length=100, widget=Unechoed(attrs={"autocomplete": "off"})
    )
    note = forms.CharField(label=t("说明", "Note"), required=False, max_length=400, validators=[without_people])


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=t("理由", "Reason"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}), validators=[without_people]
    )


class TransferForm(forms.Form):
    to = forms.CharField(label=t("转入组织的代码", "Code of the organisation to move to"), max_length=40)

    def clean_to(self) -> Organisation:
        found: Organisation | None = Organisation.objects.filter(
            code=self.cleaned_data["to"].strip(), is_active=True
        ).first()
        if found is None:
            raise forms.ValidationError(t("没有这个代码的组织", "No organisation has this code"))
        return found


class SearchForm(forms.Form):
    """An exact search by a number that must not stand in an address; it is posted and not echoed."""

    number = forms.CharField(
        label=t("身份证号或手机号", "Identity number or phone"),
        max_length=40,
        widget=Unechoed(attrs={"autocomplete": "off"}),
    )


class ResolutionForm(forms.Form):
    organisation = forms.CharField(label=t("组织代码", "Code of the organisation"), max_length=40)
    passed_on = forms.DateField(label=t("通过日期", "Passed on"), widget=DayInput)
    until = forms.DateField(label=t("有效期至（不含当日）", "Until, exclusive"), required=False, widget=DayInput)
    words = forms.CharField(
        label=t("决议内容", "What it says"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        validators=[without_people],
    )  # fmt: skip


class TargetForm(forms.Form):
    organisation = forms.CharField(label=t("组织代码", "Code of the organisation"), max_length=40)
    year = forms.IntegerField(label=t("年份", "Year"), min_value=2020, max_value=2100)
    number = forms.IntegerField(label=t("目标会员数", "Members to reach"), min_value=0, max_value=100_000_000)


class ExportForm(forms.Form):
    form = forms.ChoiceField(label=t("格式", "Form"), choices=[("xlsx", "XLSX"), ("csv", "CSV")])
    reason = forms.CharField(
        label=t("用途", "What for"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        validators=[without_people],
    )


class ViewForm(forms.Form):
    name = forms.CharField(max_length=40)
    query = forms.CharField(max_length=500, required=False)
