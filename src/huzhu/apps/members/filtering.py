"""The filter of the members list: a form over a query, and the rows it finds in the open part of the tree."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from huzhu.apps.members.models import Member, Verification
from huzhu.apps.members.names import same_person_key
from huzhu.apps.unions.models import Organisation
from huzhu.rules.texts import Text
from huzhu.ui.refusals import Invalid
from huzhu.ui.words import t

# A key is made in the order of applying, so it sorts by that without an index of its own.
SORTS = {"applied": "id", "name": "name_key", "number": "number"}
ANY = ("", t("不限", "Any"))


class FilterForm(forms.Form):
    """What to look for. Identity numbers and phones are not here: they must not stand in an address."""

    status = forms.ChoiceField(label=t("状态", "Status"), required=False, choices=[ANY, *Member.Status.choices])
    organisation = forms.CharField(
        label=t("组织代码", "Organisation"), required=False, max_length=40, help_text=t("含其下级", "with all below it")
    )
    way = forms.ChoiceField(label=t("来源", "Way"), required=False, choices=[ANY, *Member.Way.choices])
    verified = forms.ChoiceField(
        label=t("核对", "Verified"),
        required=False,
        choices=[ANY, ("yes", t("有效", "valid")), ("no", t("没有", "none"))],
    )
    name = forms.CharField(label=t("姓名开头", "Name begins with"), required=False, max_length=100)
    number = forms.CharField(label=t("会员号开头", "Number begins with"), required=False, max_length=12)


class Filter:
    """A filter as it stands in an address, with `sort`."""

    def __init__(self, query: QueryDict, *, on: dt.date) -> None:
        self.form, self.on = FilterForm(query), on
        self.sort = query.get("sort", "") or ""

    def found(self) -> QuerySet[Member]:
        """Members of the open part of the tree. Raises Invalid."""
        if not self.form.is_valid():
            raise Invalid(Text("筛选条件无法识别。", "The filter cannot be read."))
        said: dict[str, Any] = self.form.cleaned_data
        rows: Any = Member.objects.all()
        if said["status"]:
            rows = rows.filter(status=said["status"])
        if said["way"]:
            rows = rows.filter(way=said["way"])
        if said["organisation"]:
            path = Organisation.objects.filter(code=said["organisation"]).values_list("path", flat=True).first()
            rows = rows.none() if path is None else rows.filter(organisation__path__startswith=path)
        if said["name"]:
            rows = rows.named(same_person_key(name=said["name"]))
        if said["number"]:
            rows = rows.filter(number__startswith=said["number"])
        if said["verified"]:
            holds = Exists(Verification.objects.filter(member=OuterRef("pk"), expires_on__gt=self.on))
            rows = rows.filter(holds if said["verified"] == "yes" else ~holds)
        column = SORTS.get(self.sort.removeprefix("-"), "id")
        is_up = bool(self.sort) and not self.sort.startswith("-")
        return rows.order_by(column if is_up else f"-{column}", "id")  # type: ignore[no-any-return]
