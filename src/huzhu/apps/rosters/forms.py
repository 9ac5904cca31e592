"""What is asked of whoever uploads a roster or looks through its rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from huzhu.apps.rosters.models import Row
from huzhu.apps.rosters.sheets import FILE_BYTES_AT_MOST
from huzhu.apps.unions.models import Organisation
from huzhu.ui.words import t


class UploadForm(forms.Form):
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=t("组织", "Organisation"), to_field_name="code",
        help_text=t(
            "名册里的人加入这个组织，除非“单位/站点”一列写了它下面的站点。",
            "Its people join here, unless the column “station” names one below it.",
        ),
    )  # fmt: skip
    file = forms.FileField(
        label=t("名册文件", "Roster file"), help_text=t("XLSX 或 CSV，表头在第 1 行。", "XLSX or CSV, with its headings in row 1."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )  # fmt: skip

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = organisations
        field.label_from_instance = lambda one: str(one.shown_name)  # type: ignore[assignment, method-assign]

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > FILE_BYTES_AT_MOST:
            most = FILE_BYTES_AT_MOST >> 20
            raise forms.ValidationError(
                t("文件超过 {most} MiB：请拆分。", "The file has more than {most} MiB: split it.", most=most)
            )
        return file


class RowsForm(forms.Form):
    """Filters of the rows' table."""

    state = forms.ChoiceField(label=t("状态", "State"), required=False)
    code = forms.ChoiceField(label=t("问题", "Problem"), required=False)

    def __init__(self, *args: Any, codes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", t("全部", "All"))
        self._choices("state", [every, *Row.State.choices])
        self._choices("code", [every, *codes])

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
