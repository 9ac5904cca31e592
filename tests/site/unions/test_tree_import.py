"""The tree from a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from huzhu.apps.unions import tree_import
from huzhu.apps.unions.models import Employer, Organisation
from huzhu.apps.unions.tree_import import Row, faults
from huzhu.bulk.problems import BadInput
from tests.site.cast import AT, Cast

HEAD = "组织编号,上级编号,名称,英文名,类型,行政区划代码,用人单位信用代码,用人单位名称,平台代码,地址,热线\n"
USCC = "91110000600037341L"


def row(number: int, code: str, parent: str = "city", **more: str) -> Row:
    return Row(**{"number": number, "code": code, "parent": parent, "name": code, "kind": "street"} | more)  # type: ignore[arg-type]


def told(rows: list[Row], *known: str) -> list[tuple[int | None, str | None]]:
    return [(problem.row, problem.column) for problem in faults(rows=rows, known=known or ("city",))]


def test_every_fault_is_told_by_its_row() -> None:
    rows = [
        row(2, "a"), row(3, "a"), row(4, "b", "nowhere"), row(5, "没有"), row(6, "c", kind="club"), row(7, "d", region="31"),
        row(8, "e", employer_uscc="91110000600037341X", employer_name="某公司"), row(9, "f", employer_uscc=USCC), row(10, "g", name=""),
    ]  # fmt: skip
    assert sorted(told(rows)) == [
        (3, "组织编号"), (4, "上级编号"), (5, "组织编号"), (6, "类型"), (7, "行政区划代码"),
        (8, "用人单位信用代码"), (9, "用人单位名称"), (10, "名称"),
    ]  # fmt: skip


@pytest.mark.parametrize("circle", [("a", "a"), ("ab", "ba"), ("abc", "bca")])
def test_a_circle_is_told_once(circle: tuple[str, str]) -> None:
    rows = [row(n, code, parent) for n, (code, parent) in enumerate(zip(*circle, strict=True), start=2)]
    rows.append(row(9, "z", "a"))  # hangs on the circle, and is not in it
    assert told(rows) == [(2, "上级编号")]


def sheet(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("tree.csv", (HEAD + "\n".join(lines) + "\n").encode())


NEW = f"east-new,east,新街道总工会,New street,街镇工会,310115,{USCC},某公司,,某路 1 号,021-1"
BELOW = "east-new-1,east-new,新驿站,New station,服务站点,310115,,,,,"


def test_check_preview_and_one_act(cast: Cast) -> None:
    client = cast.client(cast.officer("administrator", at="east"))
    shown = client.post("/unions/import/", {"file": sheet(BELOW, NEW)})
    assert shown.status_code == 302
    preview = client.get(shown.headers["Location"])
    assert "新街道总工会" in preview.text
    assert not Organisation.objects.filter(code="east-new").exists()
    assert client.post(shown.headers["Location"], {"confirmed": "1"}).status_code == 302
    made = Organisation.objects.get(code="east-new-1")
    assert Organisation.objects.get_parent(made).code == "east-new"
    assert Organisation.objects.get(code="east-new").employer.uscc == USCC
    assert client.post(shown.headers["Location"], {"confirmed": "1"}).status_code == 404


def imported(cast: Cast, tmp_path: Path, *lines: str, by: Any = None) -> tree_import.Done:
    by = by or cast.officer("administrator", at="city")
    path = tmp_path / "tree.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    rows = tree_import.read_tree(path=path, work=tmp_path)
    kept = tree_import.check(by=by, at=AT, rows=rows, file_name="tree.csv")
    return tree_import.carry_out(by=by, at=AT, kept=kept)


def test_the_same_again_changes_nothing_and_a_change_only_what_changed(cast: Cast, tmp_path: Path) -> None:
    assert imported(cast, tmp_path, NEW, BELOW) == tree_import.Done(2, 0)
    assert imported(cast, tmp_path, NEW, BELOW) == tree_import.Done(0, 0)
    assert imported(cast, tmp_path, NEW.replace("某路 1 号", "某路 2 号"), BELOW) == tree_import.Done(0, 1)
    assert Organisation.objects.get(code="east-new").address == "某路 2 号"
    assert Employer.objects.filter(uscc=USCC).count() == 1


def test_a_new_parent_moves_what_stands_below_too(cast: Cast, tmp_path: Path) -> None:
    imported(cast, tmp_path, NEW, BELOW)
    assert imported(cast, tmp_path, NEW.replace("east-new,east", "east-new,west"), BELOW) == tree_import.Done(0, 1)
    west = Organisation.objects.get(code="west")
    assert Organisation.objects.get(code="east-new-1").path.startswith(west.path)
    assert Organisation.objects.find_problems() == ([], [], [], [], [])


def test_another_district_is_out_of_reach(cast: Cast, tmp_path: Path) -> None:
    by = cast.officer("administrator", at="east")
    for line in (
        NEW.replace("east-new,east", "x,west"),
        "west-street,west,改名,,街镇工会,,,,,,",
        "east-street,west,移走,,街镇工会,,,,,,",
    ):
        with pytest.raises(BadInput):
            imported(cast, tmp_path, line, by=by)


def test_an_unreadable_sheet_is_refused_in_words(cast: Cast) -> None:
    client = cast.client(cast.officer("administrator"))
    said = client.post("/unions/import/", {"file": SimpleUploadedFile("tree.csv", "编号,名称\n1,2\n".encode())})
    assert said.status_code == 422
    assert "缺少列" in said.text
