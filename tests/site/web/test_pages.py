"""The front page in each state, the desk, the record with its filters and export, and what is told of personal data."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django_scopes import scopes_disabled

from huzhu.apps.audit.models import Entry
from huzhu.apps.audit.services import record
from huzhu.apps.jobs.loop import load_steps
from huzhu.apps.jobs.services import STEPS, ask
from huzhu.apps.members import services as members
from huzhu.apps.rosters import services as rosters
from huzhu.rules.texts import Text
from huzhu.web.desk import KINDS, UNSEEN
from tests.site.cast import AT, Cast
from tests.site.members.joiners import admitted, applied, user_of
from tests.site.rosters.feeding import as_csv, person

LANGS = ("zh-hans", "en")
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("lang", LANGS)
def test_the_front_page_tells_each_what_comes_next(cast: Cast, lang: str) -> None:
    with scopes_disabled():
        member = admitted(cast)
        waiting = user_of(applied(cast, name="王小芳"))
        left = user_of(admitted(cast, name="赵小海"))
        members.leave(by=left, at=AT, member=left.member)
    pages = {
        "stranger": cast.client(lang=lang).get("/"),
        "member": cast.client(user_of(member), lang=lang).get("/"),
        "applicant": cast.client(waiting, lang=lang).get("/"),
        "left": cast.client(left, lang=lang).get("/"),
    }
    assert {one.status_code for one in pages.values()} == {200}
    assert "/members/card/" in pages["member"].text
    assert "/members/card/" not in pages["stranger"].text
    shown = {who: None if one.context["member"] is None else one.context["member"].status for who, one in pages.items()}
    assert shown == {"stranger": None, "member": "member", "applicant": "applied", "left": "left"}
    officer = cast.client(cast.officer("finance", at="east"), lang=lang).get("/")
    assert (officer.status_code, officer["Location"]) == (302, "/desk/")


def test_the_desk_counts_what_waits_in_ones_own_part(cast: Cast) -> None:
    with scopes_disabled():
        admitted(cast)
        for name in ("王小芳", "赵小海"):
            applied(cast, name=name)
    for at, members_, waiting in (("east", 1, 2), ("west", 0, 0)):
        context = cast.client(cast.officer("district_officer", at=at)).get("/desk/").context
        assert (context["members"].current, context["waiting"], context["may_upload"]) == (members_, waiting, True)
    context = cast.client(cast.officer("finance", at="east")).get("/desk/").context
    assert (context["members"], context["waiting"], context["doubtful"], context["may_upload"]) == (
        None,
        None,
        None,
        False,
    )


def test_work_is_told_in_words_and_none_by_its_code(cast: Cast) -> None:
    load_steps()
    assert set(STEPS) <= set(KINDS) | UNSEEN
    assert not set(KINDS) & UNSEEN
    officer = cast.officer("district_officer", at="east")
    with scopes_disabled():
        roster = rosters.upload(
            by=officer, at=AT, organisation=cast.tree["east-union"], stream=as_csv([person(1)]), file_name="十月.csv"
        )
        ask(kind="rosters.clear", key="c", by=None, at=AT, arguments={}, organisation=cast.tree["east"])
    said = cast.client(officer, lang="en").get("/desk/").text
    assert "Checking a roster" in said
    assert f"/rosters/{roster.pk}/" in said
    assert "rosters." not in said


def test_the_record_is_filtered_paged_and_kept_to_ones_part(cast: Cast) -> None:
    auditor = cast.client(cast.officer("auditor", at="east"))
    for n in range(60):
        record(by=None, at=AT, act="test.done", words=Text(f"第{n}件", f"thing {n}"), path=cast.tree["east"].path)
    record(by=None, at=AT, act="test.done", words=Text("西边", "west"), path=cast.tree["west"].path)
    first = auditor.get("/record/?act=test.done")
    assert ("第59件" in first.text, "第9件" in first.text, "西边" in first.text) == (True, False, False)
    older = re.search(r'href="\?([^"]*before=\d+[^"]*)"', first.text)
    assert older is not None
    second = auditor.get("/record/?" + older[1].replace("&amp;", "&")).text
    assert ("第9件" in second, "第59件" in second) == (True, False)
    assert "第33件" in auditor.get("/record/?words=第33").text
    assert "第33件" not in auditor.get("/record/?since=2026-11-03&words=第33").text.split("<tbody", 1)[-1]
    for nonsense in ("before=" + "9" * 5000, "before=²", "since=x", "words=" + "a" * 500, "before=-1"):
        assert auditor.get(f"/record/?{nonsense}").status_code == 200


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1", "\r=1"])
def test_the_exported_record_holds_no_formula_and_is_recorded(cast: Cast, formula: str) -> None:
    record(by=None, at=AT, act="test.done", words=Text(formula, formula), path=cast.tree["east"].path)
    answer = cast.client(cast.officer("auditor", at="east")).get("/record/export/?act=test.done")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows[0][:6] == ["sequence", "at", "actor", "act", "about", "zh"]
    assert rows[1][5:7] == [f"'{formula}"] * 2
    assert Entry.objects.get(act="audit.exported").details == {"count": 1}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.usefixtures("cast")
def test_what_is_kept_about_people_is_for_all_to_read(cast: Cast, lang: str) -> None:
    answer = cast.client(lang=lang).get("/privacy/")
    assert answer.status_code == 200
    lines = answer.context["lines"]
    named = [label for line in lines for label, _ in line["labels"]]
    assert len(named) > 30
    first, later = ("身份证号", "用户名") if lang == "zh-hans" else ("identity number", "user name")
    assert named.index(first) < named.index(later), "what workers give comes before officers' accounts"
    for line in lines:
        assert all(line[name] for name in ("labels", "purpose", "basis", "kept"))
    reasons = [(line["purpose"], line["basis"], line["kept"]) for line in lines]
    assert len(reasons) == len(set(reasons)), "one row for all that is kept alike"
    assert ("平台" in answer.text, "platform" in answer.text) == (lang == "zh-hans", lang == "en")
