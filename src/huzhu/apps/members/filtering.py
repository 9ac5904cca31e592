"""The filter of the members list: a form over a query, and the rows it finds in the open part of the tree."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.http import QueryDict
from django_scopes import get_scope

from huzhu.apps.members.desk_models import Tally
from huzhu.apps.members.models import Member, Verification
from huzhu.apps.members.names import same_person_key
from huzhu.apps.unions.models import Organisation
from huzhu.apps.unions.scoping import WHOLE_UNION, whole_union, within
from huzhu.rules.texts import Text
from huzhu.ui.refusals import Invalid
from huzhu.ui.words import t

# A key is made in the order of applying, so it sorts by that without an index of its own.
SORTS = {"applied": "id", "name": "name_key", "number": "number"}
ANY = ("", t("不限", "Any"))
SORTED_AT_MOST = 20_000


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


def _in_sight(path: str) -> QuerySet[Organisation]:
    """The organisations of the open part of the tree, from a path downward."""
    reach = within("path", get_scope().get("reach", WHOLE_UNION))
    return Organisation.objects.filter(reach, path__startswith=path).order_by()  # type: ignore[no-any-return]


def _few(places: QuerySet[Organisation]) -> list[Any] | None:
    """The organisations' keys, where their members are so few that they are sooner sorted than met on a walk through all."""
    with whole_union("cut to the organisations in sight"):
        found = Tally.objects.filter(organisation__in=places).aggregate(people=Sum("number"))
    return list(places.values_list("pk", flat=True)) if (found["people"] or 0) <= SORTED_AT_MOST else None


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
        top = Organisation.objects.filter(code=said["organisation"]).first() if said["organisation"] else None
        if said["organisation"]:
            rows = rows.none() if top is None else rows.filter(organisation__path__startswith=top.path)
        self.places = _in_sight("" if top is None else top.path)
        few = _few(self.places)
        if few is not None:
            rows = rows.filter(organisation__in=few)
        if said["name"]:
            rows = rows.named(same_person_key(name=said["name"]))
        if said["number"]:
            rows = rows.numbered(said["number"])
        if said["verified"]:
            holds = Exists(Verification.objects.filter(member=OuterRef("pk"), expires_on__gt=self.on))
            rows = rows.filter(holds if said["verified"] == "yes" else ~holds)
        column = SORTS.get(self.sort.removeprefix("-"), "id")
        is_up = bool(self.sort) and not self.sort.startswith("-")
        return rows.order_by(column if is_up else f"-{column}", "id")  # type: ignore[no-any-return]

    def counted(self, *, found: QuerySet[Member], at_most: int) -> int | None:
        """How many `found` gave; None for more than `at_most`."""
        rows = found.order_by()
        said = self.form.cleaned_data
        if (
            not said["name"] and not said["number"]
        ):  # the beginning of either is found sooner than organisation by organisation
            rows = rows.filter(organisation__in=self.places)
        total = rows[: at_most + 1].count()
        return total if total <= at_most else None
