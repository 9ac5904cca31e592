"""Officers decide, look, export, and see no further than their own tree."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.apps.audit.models import Entry
from huzhu.apps.members import queries, services
from huzhu.apps.members.desk_models import ExportRequest
from huzhu.apps.members.models import Correction, Member, SecondApplication
from huzhu.apps.members.refusals import AlreadyDecided, NeedsAnother, NoReason, NotAllowedYet
from huzhu.apps.messages.models import Message
from huzhu.apps.unions.scoping import whole_union
from huzhu.ui.clock import now
from huzhu.ui.refusals import NotFound, TooMany
from tests.site.cast import AT, ON, Cast, identity_number, phone
from tests.site.members.joiners import admitted, again, application, applied, listed

pytestmark = pytest.mark.django_db


def test_approval_brings_the_card_and_a_message(cast: Cast) -> None:
    officer = cast.officer("grassroots_officer", at="east-union")
    member = services.approve(by=officer, at=AT, member=applied(cast))
    assert (
        member.number == "26000000013"
    )  # 26 for the year, the first; Luhn: 1 doubled is 2, 6 doubled 12 is 3, and 2 make 7
    assert (member.status, member.joined_on, member.decided_by) == ("member", ON, officer)
    assert Message.objects.get(recipient=member.user).kind == "member.approved"
    assert services.approve(by=officer, at=AT, member=applied(cast)).number != member.number


def test_a_refusal_needs_a_reason_and_tells_it(cast: Cast) -> None:
    officer, member = cast.officer("grassroots_officer", at="east-union"), applied(cast)
    with pytest.raises(NoReason):
        services.refuse(by=officer, at=AT, member=member, reason="  ")
    services.refuse(by=officer, at=AT, member=member, reason="不在本区从业")
    assert again(member).reason == "不在本区从业"
    page = cast.client(again(member).user).get("/members/card/").content.decode()
    assert "不在本区从业" in page


def test_the_second_officer_is_told_by_whom_and_when(cast: Cast) -> None:
    first, second = (
        cast.officer("grassroots_officer", at="east-union", name="zhang"),
        cast.officer("district_officer", at="east"),
    )
    member = applied(cast)
    services.approve(by=first, at=AT, member=member)
    with pytest.raises(AlreadyDecided) as refusal:
        services.refuse(by=second, at=AT, member=member, reason="重复")
    assert refusal.value.said.zh == "zhang已于 2026-11-02 09:30 处理过，结果是“已批准”。"
    assert again(member).status == "member"


@pytest.mark.parametrize(
    ("role", "at"), [("grassroots_officer", "west-union"), ("claims_officer", "west"), ("finance", "city")]
)
def test_an_officer_outside_the_tree_or_without_the_right_gets_404(cast: Cast, role: str, at: str) -> None:
    member, client = admitted(cast), cast.client(cast.officer(role, at=at))
    for path in (
        f"/members/one/{member.pk}/",
        f"/members/one/{member.pk}/reveal/phone/",
        f"/members/one/{member.pk}/transfer/",
    ):
        assert client.get(path).status_code == 404


def test_a_worker_and_nobody_see_nothing_of_the_desk(cast: Cast) -> None:
    member, other = admitted(cast), admitted(cast)
    worker, nobody = cast.client(other.user), cast.client()
    for path in (
        "/members/",
        "/members/applications/",
        "/members/targets/",
        "/members/posters/",
        f"/members/one/{member.pk}/",
    ):
        assert worker.get(path).status_code == 404
        assert nobody.get(path).status_code == 302


def test_services_check_the_right_on_the_row_too(cast: Cast) -> None:
    outsider, member = cast.officer("grassroots_officer", at="west-union"), applied(cast)
    for act in (
        lambda: services.approve(by=outsider, at=AT, member=member),
        lambda: services.reveal(by=outsider, at=AT, member=member, field="phone", reason="看看"),
        lambda: services.transfer(by=outsider, at=AT, member=member, to=cast.tree["west-union"]),
    ):
        with pytest.raises(NotFound):
            act()


def test_the_list_shows_its_own_tree_in_few_queries(cast: Cast) -> None:
    east = [applied(cast) for _ in range(3)]
    west = applied(cast, name="欧阳海", at="west-station")
    client = cast.client(cast.officer("grassroots_officer", at="east-union"))
    client.get("/members/")
    with CaptureQueriesContext(connection) as three:
        page = client.get("/members/").content.decode()
    assert "欧阳海" not in page
    assert all(str(member.pk) in page for member in east)
    assert str(west.pk) not in page
    for _ in range(5):
        applied(cast)
    with CaptureQueriesContext(connection) as eight:
        client.get("/members/")
    assert len(eight) == len(three) <= 15


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=applied", {"李晓明", "欧阳海"}),
        ("status=member", {"张三"}),
        ("organisation=west", {"欧阳海"}),
        ("name=欧", {"欧阳海"}),
        ("number=26", {"张三"}),
        ("verified=yes", set()),
        ("way=roster", set()),
        ("sort=-name", {"李晓明", "欧阳海", "张三"}),
    ],
)
def test_filters_find_whom_they_say(cast: Cast, query: str, expected: set[str]) -> None:
    applied(cast)
    applied(cast, name="欧阳海", at="west-station")
    admitted(cast, name="张三")
    page = cast.client(cast.officer("district_officer", at="city")).get(f"/members/?{query}")
    assert {name for name in ("李晓明", "欧阳海", "张三") if name in page.content.decode()} == expected


def test_a_number_is_searched_without_standing_in_an_address(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    member = applied(cast, number=number, mobile=mobile)
    client = cast.client(cast.officer("grassroots_officer", at="east-union"))
    for text in (number, mobile, f" {number.lower()} "):
        assert client.post("/members/find/", {"number": text}).headers["Location"] == f"/members/one/{member.pk}/"
    outsider = cast.client(cast.officer("grassroots_officer", at="west-union"))
    assert outsider.post("/members/find/", {"number": number}).headers["Location"] == "/members/"
    page = client.get(f"/members/one/{member.pk}/").content.decode()
    assert number not in page
    assert mobile not in page


def test_looking_at_a_number_takes_a_reason_and_leaves_a_record(cast: Cast) -> None:
    number = identity_number()
    member, officer = applied(cast, number=number), cast.officer("grassroots_officer", at="east-union", name="li")
    client, path = cast.client(officer), f"/members/one/{member.pk}/reveal/identity_number/"
    assert number not in client.get(path).content.decode()
    assert number not in client.post(path, {"reason": ""}).content.decode()
    answer = client.post(path, {"reason": "对照证件"})
    assert number in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    entry = Entry.objects.get(act="member.revealed")
    assert entry.actor_name == "li"
    assert "对照证件" in entry.zh
    assert number not in entry.zh + entry.en
    assert "对照证件" in client.get(f"/members/one/{member.pk}/").content.decode()


def test_the_twenty_first_look_of_an_hour_is_refused(cast: Cast) -> None:
    member, officer = applied(cast), cast.officer("grassroots_officer", at="east-union")
    for n in range(20):
        services.reveal(by=officer, at=AT + dt.timedelta(minutes=n), member=member, field="phone", reason="联系")
    with pytest.raises(TooMany) as refusal:
        services.reveal(by=officer, at=AT + dt.timedelta(minutes=30), member=member, field="phone", reason="联系")
    assert refusal.value.figures == {"minutes": 31}
    services.reveal(by=officer, at=AT + dt.timedelta(minutes=61), member=member, field="phone", reason="联系")


def test_many_are_approved_after_a_preview_and_whoever_was_decided_meanwhile_is_told(cast: Cast) -> None:
    waiting = [applied(cast) for _ in range(3)]
    client = cast.client(cast.officer("grassroots_officer", at="east-union"))
    preview = client.post("/members/applications/decide/?status=applied", {"act": "approve", "chosen_all": "1"})
    assert "批准 3 人" in preview.content.decode()
    assert [again(member).status for member in waiting] == ["applied"] * 3
    services.refuse(
        by=cast.officer("district_officer", at="east", name="wang"), at=AT, member=waiting[0], reason="资料不全"
    )
    chosen = [str(member.pk) for member in waiting]
    done = client.post(
        "/members/applications/decide/", {"act": "approve", "chosen": chosen, "confirmed": "1"}, follow=True
    )
    said = done.content.decode()
    assert "已批准 2 人" in said
    assert "wang已于" in said
    assert [again(member).status for member in waiting] == ["refused", "member", "member"]


def test_both_organisations_see_a_move(cast: Cast) -> None:
    member, east, west = (
        admitted(cast),
        cast.officer("grassroots_officer", at="east-union"),
        cast.officer("grassroots_officer", at="west-union"),
    )
    services.transfer(by=east, at=AT, member=member, to=cast.tree["west-station"])
    assert again(member).organisation == cast.tree["west-station"]
    for officer in (east, west):
        assert member.number in cast.client(officer).get("/members/transfers/").content.decode()
    assert cast.client(east).get(f"/members/one/{member.pk}/").status_code == 404
    paths = set(
        Entry.objects.filter(about=f"members.Member:{member.pk}", act__startswith="member.moved").values_list(
            "path", flat=True
        )
    )
    assert paths == {cast.tree["east-station"].path, cast.tree["west-station"].path}


def test_a_long_list_needs_another_officer(cast: Cast, tmp_path: Path) -> None:
    for _ in range(51):
        applied(cast)
    asker, other = cast.officer("district_officer", at="east"), cast.officer("district_officer", at="city")
    request = services.ask_export(by=asker, at=AT, query="status=applied", form="csv", reason="慰问名单")
    assert (request.rows, request.state) == (51, "asked")
    with pytest.raises(NotAllowedYet):
        services.download(by=asker, at=AT, request=request, path=tmp_path / "a.csv")
    with pytest.raises(NeedsAnother):
        services.allow_export(by=asker, at=AT, request=request)
    with pytest.raises(NotFound):
        services.allow_export(by=cast.officer("district_officer", at="west"), at=AT, request=request)
    services.allow_export(by=other, at=AT, request=request)
    assert services.download(by=asker, at=AT, request=ExportRequest.objects.get(), path=tmp_path / "a.csv") == 51
    assert Entry.objects.filter(act__startswith="export.").count() == 3


def test_a_short_list_comes_at_once_masked_and_runs_no_formula(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    member = applied(cast, number=number, mobile=mobile)
    Member._base_manager.filter(pk=member.pk).update(name="=1+1")
    client = cast.client(cast.officer("district_officer", at="east"))
    client.post("/members/exports/ask/?status=applied", {"form": "csv", "reason": "核对"})
    export = ExportRequest.objects.get()
    answer = client.post(f"/members/exports/{export.pk}/file/")
    text = answer.content.decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 2
    assert "'=1+1" in rows[1]
    assert number not in text
    assert mobile not in text
    book = services.ask_export(by=export.asked_by, at=now(), query="", form="xlsx", reason="核对")
    assert client.post(f"/members/exports/{book.pk}/file/").content.startswith(b"PK")


def test_views_are_saved_for_their_owner_alone(cast: Cast) -> None:
    mine, other = (cast.officer("grassroots_officer", at="east-union") for _ in range(2))
    cast.client(mine).post("/members/views/", {"name": "待批", "query": "status=applied"})
    assert "待批</a>" in cast.client(mine).get("/members/?status=applied").content.decode()
    assert [view.name for view in queries.saved_views(by=other)] == []
    cast.client(mine).post("/members/views/delete/", {"name": "待批"})
    assert [view.name for view in queries.saved_views(by=mine)] == []


def test_targets_stand_against_members_of_the_whole_subtree(cast: Cast) -> None:
    for at in ("east-station", "east-station", "west-station"):
        admitted(cast, at=at)
    officer = cast.officer("district_officer", at="city")
    services.set_target(by=officer, at=AT, organisation=cast.tree["east"], year=2026, number=5)
    rows = queries.target_rows(paths=("",), year=2026)
    assert [(one.code, total, wanted) for one, total, wanted in rows] == [
        ("city", 3, None),
        ("east", 2, 5),
        ("west", 1, None),
    ]
    below = queries.target_rows(paths=(cast.tree["east"].path,), year=2026, parent=cast.tree["east"])
    assert [(one.code, total) for one, total, _ in below] == [("east", 2), ("east-street", 2)]
    assert queries.target_rows(paths=(), year=2026) == []


def test_the_front_desk_counts_each_subtree(cast: Cast) -> None:
    admitted(cast)
    last_year = admitted(cast)
    Member._base_manager.filter(pk=last_year.pk).update(joined_on=dt.date(2025, 12, 31))
    services.recount()
    applied(cast, at="west-station")
    east, west = (cast.tree[side].path for side in ("east", "west"))
    assert queries.summary(paths=("",), on=ON) == queries.Summary(current=2, this_year=1)
    assert queries.summary(paths=(east,)) == queries.Summary(current=2, this_year=1)
    assert queries.summary(paths=(west,), on=ON) == queries.Summary(current=0, this_year=0)
    assert queries.summary(paths=()) is None
    assert (queries.waiting(paths=(east, west)), queries.waiting(paths=(east,)), queries.waiting(paths=())) == (
        1,
        0,
        None,
    )


def test_an_officer_settles_who_has_the_number(cast: Cast) -> None:
    number, new_phone = identity_number(), phone()
    member = admitted(cast, number=number)
    joined = services.apply(at=AT, application=application(cast, number=number, mobile=new_phone))
    with whole_union("a test looks"):
        second = SecondApplication.objects.get()
    officer = cast.officer("grassroots_officer", at="east-union")
    page = cast.client(officer).get(f"/members/applications/second/{second.pk}/").content.decode()
    assert number not in page
    assert (
        cast.client(cast.officer("grassroots_officer", at="west-union"))
        .get(f"/members/applications/second/{second.pk}/")
        .status_code
        == 404
    )
    services.decide_second(by=officer, at=AT, second=second, accept=True)
    assert (again(member).user, again(member).phone.reveal()) == (joined.user, new_phone)
    with pytest.raises(AlreadyDecided):
        services.decide_second(by=officer, at=AT, second=second, accept=False, reason="不是")


def test_an_officer_corrects_what_the_member_asked_for(cast: Cast) -> None:
    member = admitted(cast)
    asked = services.correct(by=member.user, at=AT, member=member, field="name", value="李晓鸣")
    officer = cast.officer("grassroots_officer", at="east-union")
    assert "李晓鸣" in cast.client(officer).get(f"/members/corrections/{asked.pk}/").content.decode()
    services.decide_correction(by=officer, at=AT, correction=asked, accept=True)
    assert again(member).name == "李晓鸣"
    assert Correction._base_manager.get().value is None
    with pytest.raises(AlreadyDecided):
        services.decide_correction(by=officer, at=AT, correction=asked, accept=True)


PAGES = [
    "/members/", "/members/applications/", "/members/corrections/", "/members/meeting/", "/members/resolutions/", "/members/exports/",
    "/members/exports/ask/", "/members/targets/", "/members/targets/set/", "/members/posters/", "/members/transfers/",
]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_desk_opens(cast: Cast, path: str, lang: str) -> None:
    admitted(cast)
    applied(cast)
    answer: Any = cast.client(cast.officer("district_officer", at="east"), lang=lang).get(path)
    assert answer.status_code == 200


def test_a_member_is_told_in_words_and_not_in_codes(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    listed(number=number, name="李晓明", mobile=mobile)
    grassroots = cast.officer("grassroots_officer", at="east-union")
    services.record_resolution(
        by=grassroots, at=AT, organisation=cast.tree["east-union"], passed_on=ON, words="登记一致即时入会"
    )
    member = applied(cast, number=number, mobile=mobile)
    said = cast.client(cast.officer("district_officer", at="east"), lang="en").get(f"/members/one/{member.pk}/").text
    for words in ("Food delivery", "Process my personal information for my membership", "the system", "By scanning"):
        assert words in said
    for code in ("food_delivery", "membership 2026", "系统", "by scanning<"):
        assert code not in said
