"""What people fill in about accounts, roles, tokens and the tree."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from huzhu.apps.unions.fields import PhoneField
from huzhu.apps.unions.models import Organisation
from huzhu.apps.unions.rights import OFFICERS, ROLES
from huzhu.ui.reasons import without_people
from huzhu.ui.words import say, t

USERNAME = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{2,59}$",
    t("3 到 60 个字母、数字、点、横线。", "3 to 60 letters, digits, dots and dashes."),
)
DAYS = [(30, t("30 天", "30 days")), (90, t("90 天", "90 days")), (365, t("一年", "a year"))]


class OrganisationField(forms.CharField):
    """An organisation by its code; the view checks the right to it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", t("组织编号", "Code of the organisation"))
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> Any:
        code = super().clean(value).strip()
        found = Organisation.objects.filter(code=code).first() if code else None
        if code and found is None:
            raise forms.ValidationError(t("没有这个编号的组织。", "No organisation has this code."))
        return found


class RoleForm(forms.Form):
    """A role at an organisation."""

    role = forms.ChoiceField(
        label=t("角色", "Role"), choices=[(code, say(ROLES[code])) for code in ROLES if code in OFFICERS]
    )
    organisation = OrganisationField()


class NewUserForm(RoleForm):
    """An officer's account with its first role."""

    username = forms.CharField(label=t("用户名", "User name"), validators=[USERNAME], max_length=60)
    display_name = forms.CharField(label=t("姓名", "Name"), max_length=100)
    phone = PhoneField(required=False, label=t("手机号", "Mobile number"))
    field_order = ("display_name", "username", "phone", "role", "organisation")


class ReasonForm(forms.Form):
    """Why something grave is done."""

    reason = forms.CharField(label=t("原因", "Reason"), max_length=200, validators=[without_people])


class SearchForm(forms.Form):
    q = forms.CharField(label=t("查找", "Find"), required=False, max_length=60)


class TokenForm(forms.Form):
    """What a program may do, and for how long."""

    name = forms.CharField(label=t("用途", "What it is for"), max_length=100)
    scopes = forms.MultipleChoiceField(label=t("权限", "What it may do"), widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(label=t("有效期", "It holds for"), choices=DAYS, coerce=int)

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope, scope) for scope in scopes]  # type: ignore[attr-defined]


class TreeFileForm(forms.Form):
    """A spreadsheet of organisations."""

    file = forms.FileField(
        label=t("表格（XLSX 或 CSV）", "Spreadsheet (XLSX or CSV)"),
        help_text=t(
            "列：组织编号、上级编号、名称、英文名、类型、行政区划代码、用人单位信用代码、用人单位名称、平台代码、地址、热线",
            "Columns: code, parent code, name, English name, kind, region, employer USCC, employer name, platform, address, hotline",
        ),
        max_length=200,
    )
