"""A station's poster and its link."""

from __future__ import annotations

import pytest

from huzhu.apps.members import posters
from huzhu.apps.members.posters import Link
from tests.site.cast import Cast


def test_a_link_says_whose_it_is_and_cannot_be_made_up() -> None:
    token = posters.token_of(code="东-1", serial=3)
    assert posters.read_token(token=token) == Link("东-1", 3)
    assert posters.read_token(token=token[:-1] + ("a" if token[-1] != "a" else "b")) is None
    assert posters.read_token(token="nonsense") is None
    assert posters.read_token(token=posters.card_token(number="26000000013")) is None


def test_a_card_number_cannot_be_made_up() -> None:
    assert posters.read_card_token(token=posters.card_token(number="26000000013")) == "26000000013"
    assert posters.read_card_token(token="26000000013") is None


@pytest.mark.django_db
def test_the_poster_is_a_page_with_its_font_inside(cast: Cast) -> None:
    client = cast.client(cast.officer("grassroots_officer", at="east-union"))
    answer = client.get("/members/posters/east-station/")
    if posters.chinese_font() is None:
        assert answer.status_code == 503
        assert "fonts-noto-cjk" in answer.content.decode()
        return
    assert answer.content.startswith(b"%PDF-")
    assert b"/FontFile3" in answer.content or b"/FontFile2" in answer.content
    assert client.get("/members/posters/west-station/").status_code == 404


@pytest.mark.django_db
def test_without_a_chinese_font_the_page_names_the_package(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    posters.chinese_font.cache_clear()
    monkeypatch.setattr(posters, "FONTS", ("No Such Font",))
    try:
        answer = cast.client(cast.officer("grassroots_officer", at="east-union")).get("/members/posters/east-station/")
    finally:
        posters.chinese_font.cache_clear()
    assert answer.status_code == 503
    assert "apt-get install fonts-noto-cjk" in answer.content.decode()
