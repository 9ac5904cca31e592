"""Whole identity numbers and phones are let in by every door, and looked for in everything that comes out and lies about."""

from __future__ import annotations

import gc
import io
import logging
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.urls import reverse
from django_scopes import scopes_disabled

from huzhu.apps.audit.models import Entry
from huzhu.apps.members import services as members
from huzhu.apps.members.desk_models import ExportRequest
from huzhu.apps.members.models import Member
from huzhu.apps.registers import services as registers
from huzhu.apps.rosters.models import Roster
from huzhu.apps.unions import services as unions
from huzhu.config.logs import logging as logging_of
from huzhu.ui.reasons import NumberInWords
from tests.site.cast import AT, ON, Cast
from tests.site.matrix import ENDPOINTS, PAGES, POST_ONLY
from tests.site.members.joiners import admitted, application, poster, user_of, walk
from tests.site.rosters.feeding import again, as_csv, feed, finish, merge, person
from tests.site.web.people import Things, Walker, things, walkers

PEOPLE = [person(n) for n in range(901, 912)]
TOLD = person(950)  # typed where no number belongs: in reasons, notes, names of files and of views
WRONG_PLACE = person(951)  # a roster's row with its columns exchanged


class Canaries:
    """The numbers that were let in, and where they were met again."""

    def __init__(self) -> None:
        self.numbers: set[str] = set()
        self.hits: list[str] = []
        self.looked = 0

    def seed(self, *numbers: str) -> None:
        self.numbers |= set(numbers)

    def look(self, where: str, content: bytes) -> None:
        self.looked += 1
        for number in self.numbers:
            for text in {number, number.replace("X", "x")}:
                if text.encode() in content or text.encode("utf-16-le") in content:
                    self.hits.append(f"{where}: {text[:3]}…")

    def look_at(self, where: str, answer: Any) -> bytes:
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        self.look(where, content + repr(sorted(answer.headers.items())).encode())
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                for name in book.namelist():
                    self.look(f"{where} {name}", book.read(name))
        return content


@pytest.fixture
def canaries() -> Canaries:
    found = Canaries()
    for line in (*PEOPLE, TOLD, WRONG_PLACE):
        found.seed(*line[1:3])
    return found


def let_in(cast: Cast, canaries: Canaries, people: list[Walker]) -> None:
    """By scan, by hand, by roster, by register, as accounts, as corrections, and typed where none belongs."""
    at, officer = (
        cast.tree["east-union"],
        next(one.user for one in people if (one.role, one.side) == ("district_officer", "east")),
    )
    scanned, corrected, second = PEOPLE[0], PEOPLE[1], PEOPLE[2]
    browser = cast.client()
    walk(browser, poster(cast), number=scanned[1], mobile=scanned[2])
    member = admitted(cast, number=corrected[1], mobile=corrected[2])
    members.apply(at=AT, application=application(cast, number=corrected[1], mobile=second[2]))
    new = person(912)
    canaries.seed(*new[1:3])
    for field, value in (("identity_number", new[1]), ("phone", new[2])):
        members.correct(by=user_of(member), at=AT, member=member, field=field, value=value, note="办错了")
    refused = members.apply(at=AT, application=application(cast)).member
    assert refused is not None
    said = f"打电话 {TOLD[2]}，号 {TOLD[1]}"
    for act in (
        lambda: members.refuse(by=officer, at=AT, member=refused, reason=said),
        lambda: members.reveal(by=officer, at=AT, member=member, field="identity_number", reason=said),
        lambda: members.ask_export(by=officer, at=AT, query="", form="csv", reason=said),
        lambda: members.record_resolution(by=officer, at=AT, organisation=at, passed_on=ON, words=said),
    ):
        with pytest.raises(NumberInWords):
            act()
    members.refuse(by=officer, at=AT, member=refused, reason="资料不全")
    members.reveal(by=officer, at=AT, member=member, field="identity_number", reason="核对")
    members.save_view(by=officer, at=AT, name=TOLD[1], query=f"name={TOLD[2]}")
    unions.create_user(by=None, at=AT, username="z", password=None, display_name="张三", phone=PEOPLE[3][2])
    wrong = (PEOPLE[5][0], PEOPLE[5][1][:-1] + ("1" if PEOPLE[5][1][-1] != "1" else "2"), *PEOPLE[5][2:])
    canaries.seed(wrong[1])
    exchanged = (WRONG_PLACE[1], WRONG_PLACE[0], WRONG_PLACE[2], *WRONG_PLACE[3:])
    noted = (*PEOPLE[6][:4], TOLD[2], TOLD[1])
    lines = [PEOPLE[4], (PEOPLE[7][0], "", *PEOPLE[7][2:]), wrong, exchanged, noted]
    merge(feed(lines, by=officer, to=at, name=f"{TOLD[1]}.csv"), by=officer)
    register = registers.create(by=None, at=AT, code="food", name="登记册", platform="demo-food", kind="file")
    registers.upload(by=officer, at=AT, register=register, stream=as_csv(PEOPLE[8:]), file_name="riders.csv")
    finish()


def walk_pages(canaries: Canaries, people: list[Walker], samples: Things) -> None:
    """Every page, as every role of the east: whole on success, and in its errors."""
    with scopes_disabled():
        found = list(Member.objects.values_list("pk", flat=True)), list(Roster.objects.values_list("pk", flat=True))
    for one in (walker for walker in people if walker.side == "east"):
        for name, (_, sample) in PAGES.items():
            if name in ("account_logout", "members:reveal", "members:poster") or name in POST_ONLY:
                continue
            url = reverse(name, kwargs=samples.arguments(sample, one))
            answer: Any = one.client.get(url)
            if name == "rosters:to_mend":
                b"".join(answer.streaming_content) if answer.streaming else None
                continue  # the uploader's own numbers, to be mended: the one exception, held by a test below
            canaries.look_at(f"GET {name} as {one.role}", answer)
        for member in found[0]:
            canaries.look_at("a member", one.client.get(reverse("members:detail", args=[member])))
        for roster in found[1]:
            for name in ("rosters:roster", "rosters:queue", "rosters:progress"):
                canaries.look_at(name, one.client.get(reverse(name, args=[roster]), follow=True))


def walk_api(canaries: Canaries, people: list[Walker], samples: Things) -> None:
    officer = next(one for one in people if (one.role, one.side) == ("district_officer", "east"))
    for (verb, path), (scope, _, sample) in ENDPOINTS.items():
        if verb != "GET":
            continue
        for name, value in (samples.arguments(sample, None) if sample else {}).items():
            path = path.replace("{" + ("roster" if name == "id" else name) + "}", str(value))  # noqa: PLW2901
        headers = {"authorization": f"Bearer {officer.secret(scope or 'unions.view')}"}
        canaries.look_at(f"API {path}", officer.client.get(f"/api/v1{path}", headers=headers))
    with scopes_disabled():
        rosters = list(Roster.objects.values_list("pk", flat=True))
    for roster in rosters:
        headers = {"authorization": f"Bearer {officer.secret('rosters.view')}"}
        canaries.look_at("API rows", officer.client.get(f"/api/v1/rosters/{roster}/rows", headers=headers))


def post_mistakes(cast: Cast, canaries: Canaries, people: list[Walker]) -> None:
    """Forms that are refused, addresses that are not there, and an error that nobody foresaw."""
    officer = next(one for one in people if (one.role, one.side) == ("district_officer", "east")).client
    worker = next(one for one in people if (one.role, one.side) == ("worker", "east")).client
    number, mobile = TOLD[1], TOLD[2]
    said = f"打电话 {mobile}，号 {number}"
    with scopes_disabled():
        waiting = Member.objects.filter(status="applied", organisation__path__startswith=cast.tree["east"].path)[0]
    waits = {"act": "refuse", "chosen": str(waiting.pk), "confirmed": "1", "reason": said}
    resolved = {"organisation": "east-union", "passed_on": "2026-11-02", "words": said}
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    canaries.seed(wrong)
    for url, body in (
        (poster(cast), {"name": "李", "identity": wrong, "phone": mobile, "act": "next"}),
        (reverse("members:find"), {"number": number}),
        (reverse("members:find"), {"number": wrong}),
        (reverse("members:mine_correct"), {"field": "identity_number", "value": wrong, "note": number}),
        (reverse("members:mine_correct"), {"field": "name", "value": "李晓鸣", "note": said}),
        (reverse("members:target_set"), {"organisation": number}),
        (reverse("members:reveal", args=[waiting.pk, "phone"]), {"reason": said}),
        (reverse("members:decide"), waits),
        (reverse("members:resolutions"), resolved),
        (reverse("members:export_ask"), {"form": "csv", "reason": said}),
        (reverse("account_login"), {"login": mobile, "password": number}),
        (reverse("account_request_login_code"), {"phone": mobile}),
    ):
        client = worker if "mine" in url else cast.client() if "account" in url or "join" in url else officer
        canaries.look_at(f"POST {url[:20]}", client.post(url, body, follow="find" in url))
    for bad in (f"/members/one/{number}/", f"/{number}/{mobile}", f"/rosters/{number}/"):
        canaries.look_at("404", officer.get(bad))
    file = SimpleUploadedFile(f"{number}.csv", f"{number},{mobile}\n".encode())
    canaries.look_at(
        "a bad roster",
        officer.post(reverse("rosters:upload"), {"organisation": "east-union", "file": file}, follow=True),
    )
    finish()
    officer.raise_request_exception = False
    with patch("huzhu.apps.members.views.desk.Filter", side_effect=ValueError(f"{number} {mobile}")):
        answer = officer.get(reverse("members:list"), {"name": number})
    assert answer.status_code == 500
    canaries.look_at("500", answer)


def exports(canaries: Canaries, people: list[Walker]) -> None:
    officer = next(one for one in people if (one.role, one.side) == ("district_officer", "east"))
    worker = next(one for one in people if (one.role, one.side) == ("worker", "east"))
    for form in ("csv", "xlsx"):
        officer.client.post(reverse("members:export_ask"), {"form": form, "reason": "核对"})
    for one in ExportRequest.objects.filter(asked_by=officer.user):
        content = canaries.look_at(
            f"export {one.form}", officer.client.post(reverse("members:export_file", args=[one.pk]))
        )
        assert content
    auditor = next(one for one in people if (one.role, one.side) == ("auditor", "east"))
    canaries.look_at("the record", auditor.client.get(reverse("audit_export")))
    own = worker.client.post(reverse("members:mine_export"))
    with scopes_disabled():
        held = Member.objects.get(user=worker.user)
    assert held.phone.reveal() in own.text  # her own phone, to her alone; the number is masked even there
    assert held.identity_number.reveal() not in own.text
    canaries.look_at("her own data", own)


def look_at_rows(canaries: Canaries) -> None:
    """Every column of every table as the database gives it, and how each row shows itself."""
    for model in apps.get_models(include_auto_created=True):
        rows = list(model._base_manager.all())
        for row in rows:
            canaries.look(f"repr of {model.__name__}", f"{row!r} {row} {[row]} {vars(row)}".encode())
        _look_at_table(canaries, model)


def _look_at_table(canaries: Canaries, model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
        names = [column[0] for column in cursor.description]
        for line in cursor.fetchall():
            for name, value in zip(names, line, strict=True):
                content = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                canaries.look(f"{model._meta.db_table}.{name}", content)


def look_at_files(canaries: Canaries, home: Path) -> None:
    for path in home.rglob("*"):
        if path.is_file():
            canaries.look(f"file {path.name}", path.read_bytes())
    if connection.vendor == "sqlite":
        base = Path(str(connection.settings_dict["NAME"]))
        for path in (base, Path(f"{base}-wal")):
            if path.exists():
                canaries.look(f"database {path.suffix}", path.read_bytes())


@pytest.mark.django_db(transaction=True)
def test_no_number_is_met_again_anywhere(canaries: Canaries, home: Path, settings: Any) -> None:  # noqa: ARG001
    from tests.site.cast import build

    log = io.StringIO()
    handler = logging.StreamHandler(log)
    made = logging_of(form="json")["formatters"]["event"]
    import structlog

    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=made["foreign_pre_chain"], processors=made["processors"])
    )
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with scopes_disabled():
            cast = build()
            people = walkers(cast)
            samples = things(cast, people)
            let_in(cast, canaries, people)
        for one in people:
            one.client.raise_request_exception = False
        walk_pages(canaries, people, samples)
        walk_api(canaries, people, samples)
        post_mistakes(cast, canaries, people)
        exports(canaries, people)
    finally:
        root.removeHandler(handler)
    written = log.getvalue()
    assert "Internal Server Error" in written, "the error is in the log"
    canaries.look("the log", written.encode())
    with scopes_disabled():
        look_at_rows(canaries)
    look_at_files(canaries, home)
    gc.collect()
    print(f"\ncanary: {canaries.looked} places, {len(canaries.numbers)} numbers, {len(canaries.hits)} hits")
    assert not canaries.hits, sorted(set(canaries.hits))
    assert canaries.looked > 2_000


@pytest.mark.django_db
def test_the_rows_to_mend_hold_numbers_and_each_taking_is_recorded(cast: Cast) -> None:
    officer = cast.officer("district_officer", at="east")
    wrong = (PEOPLE[0][0], PEOPLE[0][1][:-1] + "Y", *PEOPLE[0][2:])
    with scopes_disabled():
        roster = again(feed([wrong], by=officer, to=cast.tree["east-union"]))
    answer: Any = cast.client(officer).get(reverse("rosters:to_mend", args=[roster.pk]))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as book:
        assert any(wrong[2].encode() in book.read(name) for name in book.namelist())
    assert answer["Cache-Control"] == "no-store"
    entry = Entry.objects.get(act="roster.exported")
    assert (entry.actor, entry.about) == (str(officer.pk), f"rosters.Roster:{roster.pk}")
