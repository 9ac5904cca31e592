"""The list finds the same members whichever way the database is led to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django_scopes import scope

from huzhu.apps.members import filtering
from huzhu.apps.members.filtering import Filter
from tests.site.cast import ON, Cast, identity_number, phone
from tests.site.members.joiners import admitted, applied, listed

QUERIES = {
    "": {"李小明", "李大明", "王小芳", "陈晓"},
    "status=member": {"李小明", "李大明", "陈晓"},
    "status=applied": {"王小芳"},
    "name=李": {"李小明", "李大明"},
    "name=李小": {"李小明"},
    "number=26": {"李小明", "李大明", "陈晓"},
    "number=2600000001": {"李小明"},
    "number=27": set(),
    "organisation=east-union": {"李小明", "李大明"},
    "organisation=west&status=member": {"陈晓"},
    "organisation=nowhere": set(),
    "verified=yes": {"李小明"},
    "verified=no&organisation=east": {"李大明"},
}


@pytest.fixture
def people(cast: Cast) -> Cast:
    number, mobile = identity_number(), phone()
    listed(number=number, name="李小明", mobile=mobile)
    admitted(cast, name="李小明", number=number, mobile=mobile)
    admitted(cast, name="李大明", at="east-station")
    admitted(cast, name="陈晓", at="west-station")
    applied(cast, name="王小芳", at="west-station")
    return cast


@pytest.mark.parametrize("most", [-1, 20_000], ids=["walked through", "sorted"])
def test_filters_find_whom_they_say(people: Cast, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(filtering, "SORTED_AT_MOST", most)
    with scope(reach=(people.tree["city"].path,)):
        assert {query: found(query) for query in QUERIES} == {
            query: (sorted(names), len(names)) for query, names in QUERIES.items()
        }
    with scope(reach=(people.tree["west"].path,)):
        assert found("") == (["王小芳", "陈晓"], 2)
        assert found("organisation=east") == ([], 0)
        assert found("organisation=city") == (["王小芳", "陈晓"], 2)


def test_more_than_are_counted_are_not_counted(people: Cast) -> None:
    with scope(reach=(people.tree["city"].path,)):
        wanted = Filter(QueryDict(""), on=ON)
        rows = wanted.found()
        assert [wanted.counted(found=rows, at_most=most) for most in (3, 4, 5)] == [None, 4, 4]


def found(query: str) -> tuple[list[str], Any]:
    wanted = Filter(QueryDict(query), on=ON)
    rows = wanted.found()
    return sorted(member.name for member in rows), wanted.counted(found=rows, at_most=1000)
