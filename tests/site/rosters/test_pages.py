"""The pages of rosters, as an officer of the east district goes through them, and as others do not."""

from __future__ import annotations

import csv
import io
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huzhu.apps.audit.models import Entry
from huzhu.apps.audit.services import verify
from huzhu.apps.jobs.models import Job
from huzhu.apps.members.models import Member, Verification
from huzhu.apps.registers import services as registers
from huzhu.apps.registers.indexes import identity_index
from huzhu.apps.registers.models import Register, RegisterLoad, RegisterRow
from huzhu.apps.registers.services import Facts
from huzhu.apps.rosters import verifying
from huzhu.apps.rosters.models import Likeness, Match, Roster, Row
from huzhu.apps.unions.models import Employer
from tests.site.cast import AT, ON, Cast
from tests.site.rosters.broken import PLATFORMS, broken, write_csv, write_xlsx
from tests.site.rosters.feeding import HEADINGS, again, as_csv, feed, finish, merge, person

if TYPE_CHECKING:
    from huzhu.apps.unions.models import User

PEOPLE = [person(n) for n in range(1, 31)]
LANGS = ("zh-hans", "en")
UPLOAD = "/rosters/new/"
AGES = (
    "identity_too_old",
    "identity_too_young",
)  # a roster sets no greatest age, and the least one is reached as time goes by
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def client(cast: Cast, officer: User) -> Client:
    return cast.client(officer)


def send(client: Client, content: bytes, *, to: str = "east-union", name: str = "名册.csv") -> Any:
    return client.post(UPLOAD, {"organisation": to, "file": SimpleUploadedFile(name, content)})


def page(client: Client, path: str, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def whole(answer: Any) -> bytes:
    """What is sent piece by piece."""
    return b"".join(answer.streaming_content)


def with_wrong_check(line: tuple[str, ...]) -> tuple[str, ...]:
    return line[0], line[1][:17] + ("1" if line[1][17] != "1" else "2"), *line[2:]


def numbers_in(text: str) -> set[str]:
    """Whole identity numbers and phones of the people on the file."""
    return {number for line in PEOPLE for number in line[1:3] if number in text}


def test_from_the_upload_to_members_through_the_pages_alone(cast: Cast, client: Client) -> None:
    lines = [with_wrong_check(PEOPLE[0]), (PEOPLE[1][0], "", *PEOPLE[1][2:]), *PEOPLE[2:]]
    answer = send(client, as_csv(lines).read())
    roster = Roster.objects.get()
    home = f"/rosters/{roster.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, home)
    assert "hx-get" in page(client, home), "the page asks again while work waits"
    assert "HX-Refresh" not in client.get(f"{home}progress/").headers
    finish()
    assert client.get(f"{home}progress/")["HX-Refresh"] == "true"
    shown = page(client, home)
    assert ("等您确认" in shown, "没有在进行" in shown) == (True, False)
    assert (again(roster).accepted, again(roster).doubtful, again(roster).refused) == (28, 1, 1)
    problems: Any = Row.objects.get(number=2).problems
    assert problems[0]["fix_zh"] in shown
    assert numbers_in(shown) == set()
    assert Member.objects.count() == 0

    queue = client.get(f"{home}doubtful/")
    assert queue["Location"] == f"{home}doubtful/3/"
    doubtful = page(client, queue["Location"])
    assert PEOPLE[1][0] in doubtful
    assert numbers_in(doubtful) == set()
    assert client.post(queue["Location"], {"act": "accept"})["Location"] == f"{home}doubtful/?after=3"
    assert client.get(f"{home}doubtful/?after=3")["Location"] == home

    preview = page(client, f"{home}confirm/")
    assert "29 人" in preview
    assert client.post(f"{home}confirm/")["Location"] == home
    finish()
    roster = again(roster)
    assert (roster.state, roster.created) == ("done", 29)
    assert Member.objects.filter(organisation=cast.tree["east-union"]).count() == 29
    assert numbers_in(page(client, home)) == set()
    assert "名册.csv" in page(client, "/rosters/")
    assert verify().fault is None


def test_the_rows_to_mend_are_mended_and_fed_again(client: Client) -> None:
    send(client, as_csv([with_wrong_check(PEOPLE[0]), *PEOPLE[1:5]]).read())
    finish()
    first = Roster.objects.get()
    client.post(f"/rosters/{first.pk}/confirm/")
    finish()
    answer = client.get(f"/rosters/{first.pk}/to-mend.xlsx")
    assert answer["Cache-Control"] == "no-store"
    book = openpyxl.load_workbook(io.BytesIO(whole(answer)))
    sheet = book.active
    headings, row = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert headings[:6] == ["姓名", "身份证号", "手机号", "平台", "骑手编号", "单位/站点"]
    assert row[:2] == list(with_wrong_check(PEOPLE[0])[:2])
    assert row[6] == "2"
    assert Entry.objects.filter(act="roster.exported", about=f"rosters.Roster:{first.pk}").count() == 1

    sheet.cell(2, 2).value = PEOPLE[0][1]
    mended = io.BytesIO()
    book.save(mended)
    send(client, mended.getvalue(), name="改好.xlsx")
    finish()
    second = Roster.objects.exclude(pk=first.pk).get()
    assert (second.state, second.total, second.accepted) == ("ready", 1, 1)
    client.post(f"/rosters/{second.pk}/confirm/")
    finish()
    assert (again(second).created, Member.objects.count()) == (1, 5)
    assert Member.objects.get(works__rider_no="R000001").identity_number.reveal() == PEOPLE[0][1]


def test_nothing_in_clear_is_left_on_the_disk(
    client: Client, home: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send(client, as_csv([with_wrong_check(PEOPLE[0]), *PEOPLE[1:]]).read())
        finish()
    roster = Roster.objects.get()
    assert whole(client.get(f"/rosters/{roster.pk}/to-mend.xlsx"))
    client.post(f"/rosters/{roster.pk}/confirm/")
    finish()
    left = [path for path in home.rglob("*") if path.is_file() and path.name != ".gate"]
    assert left == []


def test_the_same_file_leads_to_the_roster_that_is_there(client: Client) -> None:
    send(client, as_csv(PEOPLE).read())
    roster = Roster.objects.get()
    answer = client.post(
        UPLOAD, {"organisation": "east-union", "file": SimpleUploadedFile("b.csv", as_csv(PEOPLE).read())}, follow=True
    )
    assert answer.redirect_chain == [(f"/rosters/{roster.pk}/", 302)]
    assert "上传过" in answer.content.decode()
    assert Roster.objects.count() == 1


def test_a_file_that_cannot_be_used_says_so_and_may_be_sent_again(client: Client) -> None:
    send(client, "工号,籍贯\n1,上海\n".encode())
    finish()
    roster = Roster.objects.get()
    assert (roster.state, roster.file) == ("refused", "")
    for lang in LANGS:
        shown = client.get(f"/rosters/{roster.pk}/", headers={"accept-language": lang}).content.decode()
        assert ("缺少" if lang == "zh-hans" else "missing") in shown
    assert send(client, "工号,籍贯\n1,上海\n".encode()).status_code == 302
    assert Roster.objects.count() == 2


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "必填"), ({"organisation": "west-union"}, "有效"), ({"organisation": "no-such"}, "有效"),
        ({"organisation": "east-union", "file": SimpleUploadedFile("a.csv", b"")}, "空"),
    ],
)  # fmt: skip
def test_a_form_that_is_not_right_is_shown_again(client: Client, form: dict[str, Any], said: str) -> None:
    answer = client.post(UPLOAD, {"_": "", **form})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Roster.objects.count() == 0


def test_a_file_that_is_too_large_is_refused_with_the_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huzhu.apps.rosters.forms.FILE_BYTES_AT_MOST", 1 << 20)
    answer = send(client, b"x" * ((1 << 20) + 1))
    assert answer.status_code == 422
    assert "1 MiB" in answer.content.decode()


def test_the_template_has_headings_that_are_understood(client: Client) -> None:
    for lang in LANGS:
        answer = client.get("/rosters/template.xlsx", headers={"accept-language": lang})
        book = openpyxl.load_workbook(io.BytesIO(whole(answer)))
        headings = [cell.value for cell in next(book.active.iter_rows())]
        assert len(headings) == 9
        book.active.append([PEOPLE[0][0], PEOPLE[0][1], PEOPLE[0][2]])
        filled = io.BytesIO()
        book.save(filled)
        send(client, filled.getvalue(), name=f"{lang}.xlsx")
    finish()
    assert [(roster.state, roster.accepted, roster.ignored) for roster in Roster.objects.all()] == [
        ("ready", 1, [])
    ] * 2


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_is_shown_in_its_language(cast: Cast, officer: User, lang: str) -> None:
    west = cast.officer("district_officer", at="west", name="west")
    merge(feed([person(40)], by=west, to=cast.tree["west-union"]), by=west)
    merge(feed(PEOPLE[10:12], by=officer, to=cast.tree["east-union"]), by=officer)
    other = person(40)
    known = (PEOPLE[10][0], "", "13800000000", *PEOPLE[10][3:])
    roster = feed([with_wrong_check(PEOPLE[0]), PEOPLE[1], other, known], by=officer, to=cast.tree["east-union"])
    assert roster.codes == {"identity_check_digit": 1, "member_elsewhere": 1, "identity_missing": 1}
    likeness_in(cast)
    client = cast.client(officer, lang=lang)
    home = f"/rosters/{roster.pk}/"
    paths = [
        "/rosters/", UPLOAD, home, f"{home}?state=refused", f"{home}?code=identity_check_digit", f"{home}?state=nonsense&page=99",
        f"{home}progress/", f"{home}confirm/", f"{home}doubtful/4/", f"{home}doubtful/5/", f"{home}drop/", "/rosters/likenesses/",
        "/rosters/likenesses/?skip=no-key", f"/rosters/likenesses/?skip={'g' * 36}",
    ]  # fmt: skip
    shown = {path: page(client, path) for path in paths}
    assert all(numbers_in(text) == set() and other[1] not in text and other[2] not in text for text in shown.values())
    assert f'lang="{"zh-Hans" if lang == "zh-hans" else "en"}' in shown["/rosters/"].replace("zh-hans", "zh-Hans")
    elsewhere, alike = shown[f"{home}doubtful/4/"], shown[f"{home}doubtful/5/"]
    assert f"{other[0][0]}*" in elsewhere
    assert ("西街道" if lang == "zh-hans" else "west-union") in elsewhere
    assert ("姓名相同" if lang == "zh-hans" else "the same name") in alike
    if lang == "en":
        main = shown[UPLOAD].partition("<main")[2].partition("<aside")[0]
        assert not CHINESE.search(main.partition("<dl>")[0]), main


def test_outsiders_find_no_page(cast: Cast, officer: User) -> None:
    roster = feed(
        [with_wrong_check(PEOPLE[0]), (PEOPLE[1][0], "", *PEOPLE[1][2:]), PEOPLE[2]],
        by=officer,
        to=cast.tree["east-union"],
    )
    one = likeness_in(cast)
    home = f"/rosters/{roster.pk}/"
    gets = [
        home,
        f"{home}progress/",
        f"{home}confirm/",
        f"{home}doubtful/",
        f"{home}doubtful/3/",
        f"{home}drop/",
        f"{home}to-mend.xlsx",
    ]
    posts = [f"{home}confirm/", f"{home}doubtful/3/", f"{home}drop/", f"{home}go-on/", f"/rosters/likenesses/{one.pk}/"]
    for role, at in (("district_officer", "west"), ("claims_officer", "east"), ("auditor", "city")):
        client = cast.client(cast.officer(role, at=at))
        assert {path: client.get(path).status_code for path in gets} == dict.fromkeys(gets, 404)
        assert {path: client.post(path, {"act": "accept"}).status_code for path in posts} == dict.fromkeys(posts, 404)
    nobody = cast.client()
    assert {nobody.get(path).status_code for path in gets} == {302}
    west = cast.client(cast.officer("district_officer", at="west"))
    assert "名册.csv" not in page(west, "/rosters/")
    assert again(roster).state == "ready"
    assert cast.client(officer).get(f"/rosters/{uuid.uuid4()}/").status_code == 404
    assert cast.client(officer).get(f"{home}doubtful/999/").status_code == 404


def test_a_doubtful_row_is_decided_on_its_page_in_each_way(cast: Cast, officer: User, client: Client) -> None:
    merge(feed(PEOPLE[:3], by=officer, to=cast.tree["east-union"]), by=officer)
    lines = [("赵一", *PEOPLE[0][1:]), ("赵二", *PEOPLE[1][1:]), ("赵三", "", "13800000001", "", "", "")]
    roster = feed(lines, by=officer, to=cast.tree["east-union"])
    home = f"/rosters/{roster.pk}/doubtful/"
    match = Match.objects.get(row__roster=roster, row__number=2)
    assert client.post(f"{home}2/", {"act": "accept", "member": str(uuid.uuid4())}).status_code == 422
    assert client.post(f"{home}2/", {"act": "new"}).status_code == 422, "the number is a member's: nobody new has it"
    assert client.post(f"{home}2/", {"act": "nonsense"}).status_code == 422
    assert client.post(f"{home}2/", {"act": "accept", "member": str(match.member_id)}).status_code == 302
    assert client.post(f"{home}2/", {"act": "accept", "member": str(match.member_id)}).status_code == 409
    assert client.get(f"{home}2/").status_code == 409
    assert client.post(f"{home}3/", {"act": "refuse"}).status_code == 302
    assert client.post(f"{home}4/", {"act": "accept"}).status_code == 302
    client.post(f"/rosters/{roster.pk}/confirm/")
    finish()
    roster = again(roster)
    assert (roster.updated, roster.created, roster.refused, roster.doubtful) == (1, 1, 1, 0)
    assert Member.objects.get(pk=match.member_id).name == "赵一"


def test_rows_decided_after_the_merge_are_merged_by_another_confirmation(client: Client) -> None:
    send(client, as_csv([PEOPLE[0], (PEOPLE[1][0], "", *PEOPLE[1][2:])]).read())
    finish()
    home = f"/rosters/{Roster.objects.get().pk}/"
    client.post(f"{home}confirm/")
    finish()
    assert client.get(f"{home}confirm/").status_code == 409
    client.post(f"{home}doubtful/3/", {"act": "accept"})
    assert client.post(f"{home}confirm/").status_code == 302
    finish()
    roster = Roster.objects.get()
    assert (roster.state, roster.created, roster.merges, Member.objects.count()) == ("done", 2, 2, 2)


def test_a_roster_is_dropped_on_its_page(client: Client) -> None:
    send(client, as_csv(PEOPLE).read())
    home = f"/rosters/{Roster.objects.get().pk}/"
    page(client, f"{home}drop/")
    assert client.post(f"{home}drop/")["Location"] == "/rosters/"
    assert client.post(f"{home}drop/").status_code == 409
    finish()
    assert Roster.objects.get().state == "dropped"
    page(client, home)


def test_work_that_stopped_goes_on_from_the_page(client: Client) -> None:
    send(client, as_csv(PEOPLE).read())
    home = f"/rosters/{Roster.objects.get().pk}/"
    Job.objects.update(state="failed", error_zh="系统出错", error_en="went wrong", ended_at=AT)
    assert "go-on" in page(client, home)
    assert client.post(f"{home}go-on/").status_code == 302
    finish()
    assert Roster.objects.get().state == "ready"


def register_of(riders: list[Facts]) -> Register:
    register = registers.create(
        by=None, at=AT, code="food", name="某外卖登记册", name_en="Food", platform="demo-food", kind="file"
    )
    load = RegisterLoad.objects.create(register=register, asked_at=AT)
    registers.put(load=load, facts=riders, at=AT, on=ON)
    registers.finish(load=load, at=AT)
    return register


def likeness_in(cast: Cast) -> Likeness:
    """A member of the east, and a rider of the same name in her district of whom the register gives no number."""
    officer = cast.officer("district_officer", at="east")
    merge(feed([("欧阳修竹", *person(70)[1:])], by=officer, to=cast.tree["east-union"], name="she.csv"), by=officer)
    register_of(
        [Facts(name="欧阳修竹", name_key="欧阳修竹", platform="demo-food", rider_no="X9", work_region="310115")]
    )
    verifying.ask_verify_all(by=None, at=AT)
    finish()
    found: Likeness = Likeness.objects.get()
    return found


@pytest.mark.parametrize(("act", "state", "verified"), [("accept", "same", 1), ("refuse", "other", 0)])
def test_a_likeness_is_decided_once(cast: Cast, client: Client, act: str, state: str, verified: int) -> None:
    one = likeness_in(cast)
    shown = page(client, "/rosters/likenesses/")
    assert "欧阳修竹" in shown
    assert person(70)[1] not in shown
    assert "没有待核对" in page(client, f"/rosters/likenesses/?skip={one.pk}")
    assert client.post(f"/rosters/likenesses/{one.pk}/", {"act": "maybe"}).status_code == 422
    assert client.post(f"/rosters/likenesses/{one.pk}/", {"act": act}).status_code == 302
    assert client.post(f"/rosters/likenesses/{one.pk}/", {"act": act}).status_code == 409
    one.refresh_from_db()
    assert one.state == state
    assert Verification.objects.filter(how="person", rider_no="X9").count() == verified
    assert "没有待核对" in page(client, "/rosters/likenesses/")


def test_looking_everybody_up_notes_what_the_register_knows_and_asks_once_a_day(cast: Cast, officer: User) -> None:
    merge(feed(PEOPLE[:5], by=officer, to=cast.tree["east-union"]), by=officer)
    name, number, _, _, rider_no, _ = PEOPLE[3]
    index, other = identity_index(number=number), identity_index(number=PEOPLE[4][1])
    known = Facts(
        name=name, name_key=name, platform="demo-food", rider_no=rider_no, identity_index=index, orders_30d=412
    )
    register_of([known, Facts(name="别人", name_key="别人", platform="demo-food", rider_no="Z", identity_index=other)])
    jobs = [verifying.ask_verify_all(by=None, at=AT) for _ in range(2)]
    assert jobs[0].pk == jobs[1].pk
    finish()
    found = Verification.objects.get()
    assert (found.member.works.get().rider_no, found.how, found.orders_30d, found.as_of) == (
        "R000004",
        "identity",
        412,
        ON,
    )
    assert RegisterRow.objects.count() == 2


@pytest.mark.faults
@pytest.mark.parametrize(("kind", "write"), [("csv", write_csv), ("xlsx", write_xlsx)])
def test_fourteen_thousand_broken_rows_go_through_the_upload(
    client: Client, tmp_path: Path, kind: str, write: Any
) -> None:
    Employer.objects.bulk_create(Employer(name=name, platform=f"p{number}") for number, name in enumerate(PLATFORMS))
    made = broken(format=kind, good=2_000, each=260, seed=20261102)
    path = tmp_path / f"roster.{kind}"
    write(path, made)
    send(client, path.read_bytes(), name=path.name)
    finish()
    roster = Roster.objects.get()
    assert roster.state == "ready"
    assert roster.total == len(made.rows)
    found = {
        number: code
        for number, state, code in Row.objects.values_list("number", "state", "code")
        if state != "accepted"
    }
    said = {number: code for number, (_, code) in made.expected.items() if code not in AGES}
    assert set(found) == set(said)
    assert len(said) >= 14_000
    others = {(said[number], found[number]) for number in said if found[number] != said[number]}
    born_since = ("identity_future", "identity_too_young")  # the file was made for a day that is past
    assert {pair for pair in others if pair[1] != "identity_missing"} <= {born_since}
    assert (roster.accepted, roster.doubtful + roster.refused) == (len(made.rows) - len(said), len(said))
    text = page(client, f"/rosters/{roster.pk}/")
    assert not re.search(r"(?<![0-9a-f])[0-9]{17}[0-9X](?![0-9a-f])", text)
    answer = client.get(f"/rosters/{roster.pk}/to-mend.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(whole(answer)), read_only=True)
    assert sum(1 for _ in book.active.iter_rows()) == len(said) + 1


def test_headings_are_those_of_the_files_that_the_tests_feed() -> None:
    assert next(csv.reader(io.TextIOWrapper(as_csv([]), "utf-8"))) == list(HEADINGS)
