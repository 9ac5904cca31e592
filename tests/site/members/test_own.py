"""A worker's own pages and rights."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huzhu.apps.audit.models import Entry
from huzhu.apps.audit.services import verify
from huzhu.apps.members import personal, services
from huzhu.apps.members.models import Consent, Correction, Member, Verification
from huzhu.apps.members.posters import card_token
from huzhu.apps.members.refusals import AlreadyAsked, ConsentNeeded, StillAMember
from huzhu.apps.unions.scoping import whole_union
from huzhu.ui.refusals import Invalid, NotFound
from tests.site.cast import AT, Cast, identity_number, phone
from tests.site.members.joiners import admitted, again, application, applied, listed, user_of

pytestmark = pytest.mark.django_db


def test_the_card_is_small_and_takes_few_queries(cast: Cast) -> None:
    member = admitted(cast)
    client = cast.client(member.user)
    client.get("/members/card/")
    with CaptureQueriesContext(connection) as taken:
        page = client.get("/members/card/")
    assert member.number in page.content.decode()
    assert len(page.content) <= 50_000
    assert len(taken) <= 8
    assert len(client.get("/members/mine/").content) <= 50_000


def test_anybody_can_check_a_card_and_learns_no_name(cast: Cast) -> None:
    member = admitted(cast, name="欧阳海")
    path = f"/members/card/check/{card_token(number=member.number)}/"
    page = cast.client().get(path).content.decode()
    assert "会员卡有效" in page
    assert "欧阳海" not in page
    services.leave(by=user_of(member), at=AT, member=member)
    assert "已不再有效" in cast.client().get(path).content.decode()
    assert cast.client().get(f"/members/card/check/{member.number}:forged/").status_code == 404


def test_somebody_else_has_no_card_of_mine(cast: Cast) -> None:
    member, outsider = admitted(cast), cast.officer("finance", at="city")
    assert cast.client(outsider).get("/members/card/").status_code == 404
    for act in (services.leave, services.erase, services.export_own):
        with pytest.raises(NotFound):
            act(by=outsider, at=AT, member=member)


def test_her_own_export_says_what_is_kept_and_why(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    listed(number=number, name="李晓明")
    member = admitted(cast, number=number, mobile=mobile)
    client = cast.client(member.user)
    text = client.post("/members/mine/export/").content.decode()
    assert number not in text
    said = json.loads(text)
    lines = {line["zh"]: line for line in said["member"][0]}
    assert lines["姓名"]["value"] == "李晓明"
    assert lines["手机号"]["value"] == mobile
    assert lines["身份证号"]["value"] == f"0{'*' * 16}{number[-1]}"
    assert lines["姓名"]["purpose_en"] == "to know who it is, and that nobody joins twice"
    assert {line["value"] for line in said["verifications"][0]} >= {"demo-food", 321}
    assert len(said["consents"]) == 2


def test_leaving_and_coming_back_is_the_same_row_and_number(cast: Cast) -> None:
    member = admitted(cast)
    user = user_of(member)
    services.leave(by=user, at=AT, member=member)
    assert again(member).status == "left"
    with pytest.raises(ConsentNeeded):
        services.rejoin(by=user, at=AT, member=member, consents=frozenset())
    services.rejoin(by=user, at=AT, member=member, consents=frozenset({"membership"}))
    back = services.approve(by=cast.officer("grassroots_officer", at="east-union"), at=AT, member=member)
    assert (back.pk, back.number) == (member.pk, member.number)


def test_withdrawing_the_consent_to_membership_is_leaving(cast: Cast) -> None:
    member = admitted(cast)
    services.withdraw_consent(by=user_of(member), at=AT, member=member, purpose="verification")
    assert again(member).status == "member"
    services.withdraw_consent(by=user_of(member), at=AT, member=member, purpose="membership")
    assert again(member).status == "left"
    assert Consent.objects.filter(member=member, withdrawn_at=None).count() == 0
    with pytest.raises(NotFound):
        services.withdraw_consent(by=user_of(member), at=AT, member=member, purpose="membership")


def test_erasure_leaves_number_and_record_and_nothing_else(cast: Cast) -> None:
    number, mobile = identity_number(), phone()
    listed(number=number, name="李晓明")
    member = admitted(cast, number=number, mobile=mobile)
    user = user_of(member)
    with pytest.raises(StillAMember):
        services.erase(by=user, at=AT, member=member)
    services.leave(by=user, at=AT, member=member)
    services.erase(by=user, at=AT, member=member)
    row = again(member)
    assert (row.status, row.number, row.name, row.name_key) == ("erased", member.number, "", "")
    assert (row.identity_number, row.identity_index, row.birth_date, row.phone, row.phone_index) == (None,) * 5
    assert not Verification.objects.filter(member=row).exists()
    user.refresh_from_db()
    assert (user.is_active, user.phone_index) == (False, None)
    assert not any("李晓明" in entry.zh + entry.actor_name for entry in Entry.objects.all())
    assert verify().fault is None
    # She is nobody we know: she may join as a new person.
    assert services.apply(at=AT, application=application(cast, number=number, mobile=mobile)).how == "new"
    with whole_union("a test counts"):
        assert Member.objects.count() == 2


def test_a_correction_is_asked_once_and_read_like_anything_typed(cast: Cast) -> None:
    member = admitted(cast)
    user = user_of(member)
    with pytest.raises(Invalid):
        services.correct(by=user, at=AT, member=member, field="identity_number", value="123")
    services.correct(by=user, at=AT, member=member, field="phone", value=phone())
    with pytest.raises(AlreadyAsked):
        services.correct(by=user, at=AT, member=member, field="phone", value=phone())
    assert Correction._base_manager.count() == 1


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "path", ["card", "mine", "mine/correct", "mine/leave", "mine/erase", "mine/consent/verification"]
)
def test_her_pages_open(cast: Cast, path: str, lang: str) -> None:
    client = cast.client(admitted(cast).user, lang=lang)
    assert client.get(f"/members/{path}/").status_code == 200


def test_an_application_can_be_taken_back(cast: Cast) -> None:
    member = applied(cast)
    client = cast.client(member.user)
    assert "撤回申请" in client.get("/members/mine/leave/").content.decode()
    client.post("/members/mine/leave/", {"confirmed": "1"})
    assert again(member).status == "left"
    assert client.get("/members/mine/rejoin/").status_code == 200


def test_every_column_is_in_the_catalogue() -> None:
    models = list(apps.get_app_config("members").get_models())
    columns = {f"{model._meta.object_name}.{field.name}" for model in models for field in model._meta.local_fields}
    assert columns == personal.PERSONAL.keys() | personal.NOT_PERSONAL
    assert not personal.PERSONAL.keys() & personal.NOT_PERSONAL
