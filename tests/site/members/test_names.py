from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.apps.members.identity import Fault
from huzhu.apps.members.names import DOUBTS, REFUSALS, Name, is_han, read_name, same_person_key

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
RARE = st.characters(min_codepoint=0x20000, max_codepoint=0x2A6DF) | st.sampled_from("𠮷㐂𰻝\U0002ebf0\U00031350䶮")


def verdict(text: str) -> tuple[str, ...]:
    found = read_name(text=text)
    return (found.code,) if isinstance(found, Fault) else ("fine", *(doubt.code for doubt in found.doubts))


def stored(text: str) -> str:
    found = read_name(text=text)
    assert isinstance(found, Name)
    return found.text


@pytest.mark.parametrize("name", ["张三", "欧阳娜娜", "𠮷野", "王㐂", "李𰻝", "李〇", "John Smith", "J. Smith", "Müller",
                                  "阿卜杜热合曼·买买提", "O'Neil", "王\U00031350"])  # fmt: skip
def test_a_name_as_it_is_on_the_card_is_kept(name: str) -> None:
    assert (stored(name), verdict(name)) == (name, ("fine",))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张　三", "张三"),
        (" 张三\n", "张三"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提‧艾力", "买买提·艾力"),
        ("买买提・艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("买买提 · 艾力", "买买提·艾力"),
        ("⼀⼆", "一二"),
        ("⻢⻰", "马龙"),
        ("\uf92c\u4e09", "郎三"),
        ("葛\U000e0100城", "葛城"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("O’Neil", "O'Neil"),
        ("Mu\u0308ller", "Müller"),
    ],
)
def test_one_form_of_each_name_is_stored(text: str, name: str) -> None:
    assert stored(text) == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "name_missing"),
        (" \u3000", "name_missing"),
        ("张\u200b三", "name_invisible"),
        ("\u202e张三", "name_invisible"),
        ("张\u3164三", "name_invisible"),
        ("A\ufe0fb", "name_invisible"),
        ("张\x07三", "name_control"),
        ("张\ue863", "name_private"),
        ("张\udc80", "name_broken"),
        ("张\U000e0fff", "name_broken"),
        ("张3", "name_digits"),
        ("张③", "name_digits"),
        ("Ⅳ世", "name_digits"),
        ("张三（组长）", "name_symbols"),
        ("㈱三", "name_symbols"),
        ("张😀", "name_symbols"),
        ("·张三", "name_symbols"),
        ("张*", "name_masked"),
        ("张某某", "name_masked"),
        ("测试", "name_placeholder"),
        ("NULL", "name_placeholder"),
        ("=A1", "name_formula"),
        ("Wаng", "name_look_alike"),
        ("Jοhn", "name_look_alike"),
        ("张ロ", "name_look_alike"),
        ("王ー", "name_look_alike"),
        ("z\u0337\u0337\u0337\u0337", "name_accents"),
        ("张" * 51, "name_too_long"),
    ],
)
def test_what_cannot_be_a_name_is_refused_in_words(text: str, code: str) -> None:
    assert verdict(text) == (code,)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("张", "name_one_character"),
        ("张三李四王五赵", "name_unusually_long"),
        ("王师傅", "name_title"),
        ("阿Q", "name_mixed_scripts"),
        ("Анна", "name_other_script"),
        ("ᠪᠠᠲᠤ", "name_other_script"),
    ],
)
def test_what_a_rule_cannot_settle_goes_to_a_person(text: str, code: str) -> None:
    assert verdict(text) == ("fine", code)


def test_every_refusal_and_doubt_says_what_is_wrong_and_how_to_mend_it() -> None:
    for what, fix in (*REFUSALS.values(), *DOUBTS.values()):
        assert all((what.zh, what.en, fix.zh, fix.en))


# What is typed in place of a character and looks the same.
LIKE = {
    "a": "аɑ", "c": "сϲ", "e": "е", "i": "іι", "o": "оοօ", "p": "рρ", "s": "ѕ", "x": "х", "y": "у", "A": "АΑᎪ",
    "B": "ВΒ", "C": "СϹ", "E": "ЕΕ", "H": "НΗ", "K": "КΚ", "M": "МΜ", "O": "ОΟ", "P": "РΡ", "T": "ТΤ", "X": "ХΧ",
    "一": "⼀ー", "二": "⼆", "口": "ロ⼝", "工": "エ⼯", "力": "カ⼒", "八": "ハ⼋", "卜": "ト⼘", "夕": "タ⼣", "马": "⻢",
    "龙": "⻰", "长": "⻓", "·": "•‧・･∙⋅", "郎": "\uf92c", "金": "\uf90a⾦",
}  # fmt: skip


def pairs() -> list[tuple[str, str]]:
    """2,000 names with one that looks the same: another letter, something unseen in between, another dot or form."""
    made: list[tuple[str, str]] = []
    firsts = ["张{}", "王{}伟", "李{}强", "{}文", "赵{}{}", "Li {}an", "Wang {}", "{}ung", "买买提·{}", "陈明{}"]
    likes = [(plain, other) for plain, others in LIKE.items() for other in others]
    for pattern in firsts:
        for plain, other in likes:
            made.append((pattern.replace("{}", plain), pattern.replace("{}", other)))
    unseen = "\u200b\u200c\u200d\u2060\ufeff\u202e\u00ad\u3164\ufe0f\U000e0101"
    for index, (plain, _) in enumerate(list(made)):
        made.append((plain, plain[:1] + unseen[index % len(unseen)] + plain[1:]))
    for index, (plain, _) in enumerate(list(made)):
        made.append((plain, [plain.upper(), plain + " ", unicodedata.normalize("NFD", plain)][index % 3]))
    return made[:2_000]


def test_two_thousand_look_alikes_make_no_second_member() -> None:
    """Either the second name is refused, or it is stored as the first, or both have the same key and a person sees
    them side by side."""
    made = pairs()
    assert len(made) == 2_000
    second = []
    for plain, other in made:
        found = read_name(text=other)
        if isinstance(found, Fault):
            continue
        if same_person_key(name=found.text) != same_person_key(name=plain):
            second.append((plain, other))
    assert second == []


def test_different_people_have_different_keys() -> None:
    names = ["张伟", "张炜", "王未", "王末", "李己", "李巳儿", "欧阳修", "欧阳脩", "𠮷野", "吉野", "Li Na", "Li Wa"]
    assert len({same_person_key(name=name) for name in names}) == len(names)


@given(st.text(HAN | RARE, min_size=2, max_size=6))
def test_chinese_characters_are_kept_one_by_one(name: str) -> None:
    found = read_name(text=name)
    if isinstance(found, Fault):
        assert found.code in {"name_placeholder", "name_masked"}
    else:
        assert found.text == unicodedata.normalize("NFC", name)


@given(st.text(max_size=90))
def test_any_text_has_a_verdict_and_what_is_stored_is_stable(text: str) -> None:
    found = read_name(text=text)
    same_person_key(name=text)
    if isinstance(found, Name):
        again = read_name(text=found.text)
        assert isinstance(again, Name)
        assert again.text == found.text
        assert same_person_key(name=again.text) == same_person_key(name=found.text)
        for character in found.text:
            assert is_han(character) or unicodedata.category(character)[0] in "LM" or character in "·-'. "


@given(st.text(HAN, min_size=1, max_size=4), st.sampled_from("\u200b\u200d\u202a\u2066\ufeff\u00ad\u061c"), st.data())
def test_nothing_unseen_gets_into_a_name(name: str, unseen: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name)))
    assert verdict(name[:at] + unseen + name[at:]) == ("name_invisible",)
