"""Registers by file: what is loaded, that the same again changes nothing, and what the pages show and to whom."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huzhu.apps.audit.models import Entry
from huzhu.apps.jobs.models import Job
from huzhu.apps.registers import queries, services
from huzhu.apps.registers.indexes import hash_index_of, identity_hash_index, identity_index, phone_index
from huzhu.apps.registers.models import Register, RegisterLoad, RegisterRow
from huzhu.ui.clock import today
from tests.site.cast import AT, Cast
from tests.site.rosters.feeding import as_csv, finish, person

if TYPE_CHECKING:
    from huzhu.apps.unions.models import User

PEOPLE = [person(n) for n in range(1, 41)]
HOME = "/registers/food/"
LANGS = ("zh-hans", "en")


@pytest.fixture
def admin(cast: Cast) -> User:
    return cast.officer("administrator")


@pytest.fixture
def client(cast: Cast, admin: User) -> Client:
    return cast.client(admin)


@pytest.fixture
def register(cast: Cast) -> Register:  # noqa: ARG001 - the tables
    return services.create(
        by=None, at=AT, code="food", name="外卖登记册", name_en="Food register", platform="demo-food", kind="file"
    )


def send(client: Client, content: bytes, *, name: str = "riders.csv") -> Any:
    return client.post(f"{HOME}upload/", {"file": SimpleUploadedFile(name, content)})


def load(client: Client, lines: Any) -> RegisterLoad:
    """Uploaded and worked through; what the load did."""
    assert send(client, as_csv(lines).read()).status_code == 302
    finish()
    return RegisterLoad.objects.order_by("-asked_at")[0]


def figures(one: RegisterLoad) -> tuple[int, int, int, int, int]:
    return one.read, one.added, one.changed, one.gone, one.refused


def rows() -> dict[str, tuple[object, ...]]:
    return {row.rider_no: (row.pk, bytes(row.digest), row.changed_at, row.gone_at) for row in RegisterRow.objects.all()}


@pytest.mark.usefixtures("register")
def test_a_file_loaded_again_changes_only_what_changed(client: Client) -> None:
    assert figures(load(client, PEOPLE)) == (40, 40, 0, 0, 0)
    before = rows()
    name, number, _, *rest = PEOPLE[0]
    moved = (name, number, "13812345678", *rest)
    added = person(99)
    again = load(client, [moved, *PEOPLE[1:35], added])
    assert figures(again) == (36, 1, 1, 5, 0)
    after = rows()
    assert {key for key in before if before[key] != after[key]} == {"R000001", *(line[4] for line in PEOPLE[35:])}
    assert RegisterRow.objects.get(rider_no="R000001").phone_index == phone_index(phone="13812345678")
    assert {row.rider_no for row in RegisterRow.objects.exclude(gone_at=None)} == {line[4] for line in PEOPLE[35:]}
    back = load(client, [moved, *PEOPLE[1:], added])
    assert figures(back) == (41, 0, 5, 0, 0), "whoever was gone and is listed again is back in the same row"
    assert {key: row[0] for key, row in rows().items()} == {key: row[0] for key, row in after.items()}


@pytest.mark.usefixtures("register")
def test_the_very_same_file_is_told_and_not_loaded(client: Client) -> None:
    load(client, PEOPLE)
    answer = send(client, as_csv(PEOPLE).read())
    assert answer.status_code == 422
    assert "没有变化" in answer.content.decode()
    assert RegisterLoad.objects.count() == 1


@pytest.mark.usefixtures("register")
def test_no_number_is_kept_and_hashes_are_hashed_again_with_the_key(
    client: Client, home: Path, django_capture_on_commit_callbacks: Any
) -> None:
    import hashlib

    plain, hashed = PEOPLE[0], PEOPLE[1]
    digest = hashlib.sha256(hashed[1].encode()).hexdigest()
    content = f"姓名,身份证号,身份证号哈希,手机号\n{plain[0]},{plain[1]},,{plain[2]}\n{hashed[0]},,{digest},\n"
    headings = content.encode()
    with django_capture_on_commit_callbacks(execute=True):
        send(client, headings)
        finish()
    one = RegisterLoad.objects.get()
    assert figures(one)[:2] == (2, 2), Register.objects.get().error_zh
    first, second = RegisterRow.objects.order_by("-identity_index")
    known = {bytes(row.identity_index or b""): row for row in (first, second)}
    assert identity_index(number=plain[1]) in known
    other = known[b""]
    assert other.identity_hash_index == identity_hash_index(digest=digest) == hash_index_of(number=hashed[1])
    stored = str(list(RegisterRow.objects.values()))
    assert not any(word in stored for word in (plain[1], plain[2], digest))
    assert [path for path in home.rglob("*") if path.is_file() and path.name != ".gate"] == []


@pytest.mark.usefixtures("register")
def test_rows_that_say_nothing_usable_are_counted_and_the_others_loaded(client: Client) -> None:
    bad = (PEOPLE[0][0], PEOPLE[0][1][:17] + ("1" if PEOPLE[0][1][17] != "1" else "2"), *PEOPLE[0][2:])
    assert figures(load(client, [bad, *PEOPLE[1:10]])) == (10, 9, 0, 0, 1)


NOBODY = ("%PDF-1.7", "籍贯,民族\n上海,汉\n", "姓名,籍贯\n王伟,上海\n", "骑手编号,姓名\n,王伟\n")


@pytest.mark.usefixtures("register")
@pytest.mark.parametrize("content", NOBODY)
def test_a_file_that_says_nothing_of_anybody_marks_nobody_as_gone(
    client: Client, home: Path, content: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        load(client, PEOPLE[:3])
        send(client, content.encode())
        finish()
    found = Register.objects.get()
    assert RegisterRow.objects.filter(gone_at=None).count() == 3
    assert found.state == "failed"
    assert found.error_zh
    assert found.error_en
    for lang in LANGS:
        shown = client.get(HOME, headers={"accept-language": lang}).content.decode()
        assert (found.error_zh if lang == "zh-hans" else found.error_en)[:12] in shown
    assert len(list((home / "files").iterdir())) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert figures(load(client, PEOPLE[:4])) == (4, 1, 0, 0, 0)
    assert list((home / "files").iterdir()) == [], "a file that was given up is not kept"


@pytest.mark.usefixtures("register")
def test_a_load_that_nobody_foresaw_the_end_of_may_go_on_or_be_replaced(client: Client) -> None:
    send(client, as_csv(PEOPLE).read())
    assert "hx-get" in client.get(HOME).content.decode()
    assert send(client, as_csv(PEOPLE[:3]).read()).status_code == 422, "it is still being loaded"
    assert client.post(f"{HOME}go-on/").status_code == 404
    Job.objects.update(state="failed", error_zh="系统出错了", error_en="went wrong", ended_at=AT)
    shown = client.get(HOME).content.decode()
    assert "系统出错了" in shown
    assert "go-on" in shown
    assert client.get(f"{HOME}progress/")["HX-Refresh"] == "true"
    assert client.post(f"{HOME}go-on/").status_code == 302
    finish()
    assert (Register.objects.get().state, RegisterRow.objects.count()) == ("done", 40)
    send(client, as_csv(PEOPLE[:5]).read())
    Job.objects.filter(state="waiting").update(
        state="failed", error_zh="系统出错了", error_en="went wrong", ended_at=AT
    )
    assert figures(load(client, PEOPLE[:3])) == (3, 0, 0, 37, 0)


def test_an_administrator_sets_a_register_up(client: Client) -> None:
    form = {"code": "food", "name": "外卖登记册", "platform": "demo-food", "kind": "file", "valid_days": "30"}
    assert client.post("/registers/new/", form)["Location"] == HOME
    answer = client.post("/registers/new/", form)
    assert answer.status_code == 422
    assert "已有" in answer.content.decode()
    assert client.post("/registers/new/", {"_": ""}).status_code == 422
    assert client.post("/registers/new/", {**form, "code": "b", "valid_days": "0"}).status_code == 422
    assert [entry.act for entry in Entry.objects.filter(about__startswith="registers.")] == ["register.created"]


@pytest.mark.parametrize(
    "url",
    [
        "", "http://register.example/v1", "https://127.0.0.1/v1", "https://10.0.0.1/", "https://localhost/", "https://intranet/", "https://a:b@register.example/",
        "https://register.example/?a=1", "https://register.example/#x", "https://[::1]/", "https://2130706433/", "ftp://register.example/", "https://register.example:0/",
        "http://169.254.169.254/latest",
    ],
)  # fmt: skip
def test_an_address_that_is_not_to_be_asked_is_refused_at_its_field(client: Client, url: str) -> None:
    form = {"code": "food", "name": "外卖", "platform": "demo-food", "kind": "http", "valid_days": "30", "url": url}
    answer = client.post("/registers/new/", form)
    assert answer.status_code == 422
    assert 'id="id_url_error"' in answer.content.decode() or "接口" in answer.content.decode()
    assert Register.objects.count() == 0


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_is_shown_in_its_language_and_without_a_rider(
    cast: Cast, client: Client, register: Register, lang: str
) -> None:
    load(client, PEOPLE)
    reader = cast.client(cast.officer("district_officer", at="east"), lang=lang)
    own = cast.client(cast.officer("administrator"), lang=lang)
    for path in ("/registers/", HOME, f"{HOME}progress/"):
        shown = reader.get(path).content.decode()
        assert not any(word in shown for line in PEOPLE for word in (line[0], line[1], line[2], line[4]))
    shown = reader.get(HOME).content.decode()
    assert (register.name if lang == "zh-hans" else register.name_en) in shown
    assert ("40 人" if lang == "zh-hans" else "people listed: 40") in shown
    assert "upload/" not in shown
    assert "upload/" in own.get(HOME).content.decode()
    assert ("接口地址" if lang == "zh-hans" else "Server") in own.get("/registers/new/").content.decode()


def test_those_without_the_right_find_nothing(cast: Cast, register: Register) -> None:
    reader = cast.client(cast.officer("district_officer", at="east"))
    for path in (f"{HOME}sync/", f"{HOME}go-on/"):
        assert reader.post(path).status_code == 404
    assert reader.get("/registers/new/").status_code == 404
    assert send(reader, b"a").status_code == 404
    for role, at in (("grassroots_officer", "east-union"), ("auditor", "city"), ("claims_officer", "city")):
        client = cast.client(cast.officer(role, at=at))
        assert {client.get(path).status_code for path in ("/registers/", HOME, f"{HOME}progress/")} == {404}
    assert cast.client().get(HOME).status_code == 302
    assert register.state == "never"


def test_a_register_without_a_server_is_not_asked_and_an_unknown_one_is_not_there(
    client: Client, register: Register
) -> None:
    assert client.post(f"{HOME}sync/").status_code == 409
    assert client.get("/registers/none/").status_code == 404
    assert client.post(f"{HOME}upload/").status_code == 422
    assert register.state == "never"


@pytest.mark.usefixtures("register")
def test_what_a_register_said_holds_for_its_days_and_then_for_nobody(client: Client) -> None:
    load(client, PEOPLE[:1])
    on, name = today(), PEOPLE[0][0]

    def found(day: dt.date, *, as_name: str = name) -> list[str]:
        return [
            one.how
            for one in queries.find(name_key=as_name, on=day, identity_index=identity_index(number=PEOPLE[0][1]))
        ]

    assert found(on) == ["identity"]
    assert found(on + dt.timedelta(days=29)) == ["identity"]
    assert found(on + dt.timedelta(days=30)) == []
    assert found(on, as_name="别人") == []
    by_phone = queries.find(name_key=name, on=on, phone_index=phone_index(phone=PEOPLE[0][2]))
    assert [one.how for one in by_phone] == ["phone"]
    given_on = queries.find(
        name_key=name,
        on=on,
        phone_index=phone_index(phone=PEOPLE[0][2]),
        identity_index=identity_index(number=PEOPLE[1][1]),
    )
    assert given_on == [], "the phone was given to somebody else of the same name"
    load(client, PEOPLE[1:2])
    assert found(on) == []


def test_a_stream_is_stored_from_its_start(register: Register) -> None:
    stream = io.BytesIO(as_csv(PEOPLE[:2]).read())
    services.upload(by=None, at=AT, register=register, stream=stream, file_name="a.csv")
    finish()
    assert RegisterRow.objects.count() == 2
