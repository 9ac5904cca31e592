"""What is asked of administrators who set up registers."""

from __future__ import annotations

from django import forms

from huzhu.apps.registers.models import Register
from huzhu.ui.words import t


class RegisterForm(forms.Form):
    code = forms.SlugField(
        label=t("代码", "Code"), max_length=60, help_text=t("小写字母、数字、连字符。", "Letters, digits, hyphens.")
    )
    name = forms.CharField(label=t("名称", "Name in Chinese"), max_length=200)
    name_en = forms.CharField(label=t("英文名称", "Name in English"), max_length=200, required=False)
    platform = forms.SlugField(label=t("平台代码", "Platform's code"), max_length=40)
    kind = forms.ChoiceField(label=t("方式", "Comes"), choices=Register.Kind.choices)
    url = forms.CharField(label=t("接口地址", "Server's address"), max_length=400, required=False)
    token = forms.CharField(
        label=t("接口令牌", "Token for the server"),
        max_length=400,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    valid_days = forms.IntegerField(
        label=t("有效天数", "Days for which it holds"), min_value=1, max_value=366, initial=30
    )


class FileForm(forms.Form):
    file = forms.FileField(
        label=t("登记册文件", "File of the whole register"),
        help_text=t(
            "XLSX 或 CSV，含全部骑手：文件里没有的，会标记为已移出。", "XLSX or CSV with every rider: those not in it are marked as gone."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )  # fmt: skip
