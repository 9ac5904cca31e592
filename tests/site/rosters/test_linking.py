from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from huzhu.apps.rosters.linking import BLOCKS, MODEL, Pair, Record, link

ZHANG = Record(1, "张建国", "陆家嘴站", "310115", "蓝骑", 1990)
OTHERS = [
    Record(100 + number, name, f"站点{number}", f"3101{10 + number % 6}", "橙送", 1970 + number)
    for number, name in enumerate(
        ["王伟", "李娜", "赵敏", "钱勇", "孙丽", "周涛", "吴刚", "郑爽", "冯军", "陈晨", "褚云", "卫平"], start=1
    )
]


def only(left: Record, *right: Record) -> Pair | None:
    found = [pair for pair in link(left=[left], right=[*right, *OTHERS]) if pair.right < 100]
    return found[0] if found else None


def test_the_same_person_in_both_lists_is_found_with_reasons() -> None:
    pair = only(ZHANG, ZHANG)
    assert pair is not None
    assert (pair.left, pair.right, pair.rivals, pair.is_sure) == (1, 1, 0, True)
    assert [reason.zh for reason in pair.reasons] == [
        "姓名相同",
        "单位相同",
        "工作区域相同",
        "平台相同",
        "出生年份相同",
    ]
    assert all(reason.en for reason in pair.reasons)


def test_the_probability_is_what_the_model_says_by_hand() -> None:
    """Two records, one name each, and a name as common as half of the list: the odds are those before anything is
    compared, times m/u of each comparison, with u of the name raised to its frequency among both lists."""
    pair = link(left=[ZHANG], right=[ZHANG])[0]
    before = 0.5 / (1 - 0.5)
    odds = before * (0.94 / 1.0) * (0.6 / 0.02) * (0.88 / 0.1) * (0.86 / 0.35) * (0.97 / 0.03)
    assert pair.probability == pytest.approx(odds / (1 + odds), abs=1e-6)


def test_a_name_with_one_wrong_character_is_a_doubt_and_not_sure() -> None:
    pair = only(replace(ZHANG, name="张建囯", organisation="陆家嘴配送站"), ZHANG)
    assert pair is not None
    assert not pair.is_sure
    assert [reason.en for reason in pair.reasons][:2] == [
        "names that differ in one character",
        "employers or stations written alike",
    ]


def test_two_who_fit_are_each_others_rivals() -> None:
    pairs = link(left=[ZHANG], right=[ZHANG, replace(ZHANG, id=2), *OTHERS])
    assert [(pair.right, pair.rivals, pair.is_sure) for pair in pairs] == [(1, 1, False), (2, 1, False)]


def test_another_name_or_another_place_makes_no_pair() -> None:
    assert only(replace(ZHANG, name="李红"), ZHANG) is None
    stranger = Record(1, "张建国", "外滩站", "320583", "橙送", 1971)
    assert only(stranger, ZHANG) is None


def test_what_is_not_known_speaks_neither_for_nor_against() -> None:
    pair = only(Record(1, "张建国"), ZHANG)
    full = only(ZHANG, ZHANG)
    assert pair is not None
    assert full is not None
    assert 0.05 <= pair.probability < full.probability
    assert [reason.zh for reason in pair.reasons] == [
        "姓名相同",
        "单位不详",
        "工作区域不详",
        "平台不详",
        "出生年份不详",
    ]


def test_look_alikes_and_other_forms_of_a_name_count_as_the_same() -> None:
    pair = only(replace(ZHANG, name="张 建国 "), ZHANG)
    assert pair is not None
    assert pair.reasons[0].zh == "姓名相同"


def test_the_same_records_in_any_order_give_the_same_pairs() -> None:
    people = [ZHANG, *OTHERS]
    assert link(left=people, right=people) == link(left=people[::-1], right=people[::-1])


def test_nothing_is_printed_and_no_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    link(left=[ZHANG], right=[ZHANG, *OTHERS])
    assert capfd.readouterr() == ("", "")
    assert list(empty.iterdir()) == []


def test_an_empty_list_has_no_pairs_and_an_id_stands_for_one_record() -> None:
    assert link(left=[], right=[ZHANG]) == []
    with pytest.raises(ValueError, match="two records"):
        link(left=[ZHANG, ZHANG], right=[ZHANG])


def test_the_levels_of_each_comparison_are_whole() -> None:
    for levels in MODEL.values():
        assert sum(level.m for level in levels) == pytest.approx(1)
        assert sum(level.u for level in levels) == pytest.approx(1)
        assert levels[-1].sql == "ELSE"
    assert len(BLOCKS) == 2
