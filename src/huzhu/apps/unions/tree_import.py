"""The union tree from a spreadsheet: read, checked whole, shown, and done in one act; what is the same already stays."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from django.db import transaction
from stdnum.cn import uscc as uscc_number

from huzhu.apps.audit.services import record
from huzhu.apps.unions.models import Employer, Organisation, TreeImport, User
from huzhu.apps.unions.queries import reach_of
from huzhu.bulk.csvfiles import ROW
from huzhu.bulk.inputs import open_table
from huzhu.bulk.problems import BadInput, Problem
from huzhu.rules.texts import Lang, Text
from huzhu.ui.clock import day_of
from huzhu.ui.refusals import NotAllowed, NotFound

ROWS_AT_MOST = 20_000
KIND_WORDS = {
    "总工会": "federation", "省级工会": "province", "市级工会": "city", "区级工会": "district", "街镇工会": "street",
    "基层工会": "grassroots", "服务站点": "station",
}  # fmt: skip
HEADINGS = {
    "code": ("组织编号", "code"), "parent": ("上级编号", "parent code"), "name": ("名称", "name"), "name_en": ("英文名", "english name"),
    "kind": ("类型", "kind"), "region": ("行政区划代码", "region"), "employer_uscc": ("用人单位信用代码", "employer uscc"),
    "employer_name": ("用人单位名称", "employer name"), "platform": ("平台代码", "platform"), "address": ("地址", "address"),
    "hotline": ("热线", "hotline"),
}  # fmt: skip
NEEDED = ("code", "parent", "name", "kind")
LENGTHS = {"code": 40, "name": 200, "name_en": 200, "employer_name": 200, "address": 200, "hotline": 40, "platform": 40}
PLAIN = ("name", "name_en", "kind", "region", "address", "hotline")


@dataclass(frozen=True, slots=True)
class Row:
    """One organisation as the sheet has it; `number` is the sheet's own."""

    number: int
    code: str
    name: str
    kind: str
    parent: str = ""
    name_en: str = ""
    region: str = ""
    employer_uscc: str = ""
    employer_name: str = ""
    platform: str = ""
    address: str = ""
    hotline: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one row would do: `old` is what stands there now, None for a new organisation."""

    row: Row
    new: dict[str, str]
    old: dict[str, str] | None = field(default=None)

    def before(self, lang: Lang) -> str:
        return "" if self.old is None else self._said(self.old, lang)

    def after(self, lang: Lang) -> str:
        if self.old is None:
            return f"新建 · {self.row.parent}" if lang == "zh" else f"new, under {self.row.parent or '–'}"
        return self._said(self.new, lang)

    def _said(self, values: dict[str, str], lang: Lang) -> str:
        changed = [name for name in self.new if self.old is not None and self.new[name] != self.old[name]]
        return ("；" if lang == "zh" else "; ").join(values[name] or "–" for name in changed)


@dataclass(frozen=True, slots=True)
class Done:
    made: int
    changed: int


def read_tree(*, path: Path, work: Path) -> list[Row]:
    """The sheet's rows under our names. Raises BadInput for a file that cannot be read or lacks a column."""
    with duckdb.connect() as con:
        table = open_table(con, path, work=work)
        places: dict[str, str] = {}
        for heading in table.columns:
            said = heading.strip().lower()
            for name, known in HEADINGS.items():
                if said in (*known, name):
                    places.setdefault(name, heading)
        lacking = [HEADINGS[name] for name in NEEDED if name not in places]
        if lacking:
            zh, en = "、".join(pair[0] for pair in lacking), ", ".join(pair[1] for pair in lacking)
            raise BadInput(
                file=path.name, problems=[Problem(Text(f"缺少列：{zh}", f"columns are missing: {en}"), row=1)]
            )
        if table.rows > ROWS_AT_MOST:
            said_ = Text(f"最多 {ROWS_AT_MOST} 行", f"at most {ROWS_AT_MOST} rows")
            raise BadInput(file=path.name, problems=[Problem(said_)])
        columns = ", ".join(f'"{heading.replace(chr(34), chr(34) * 2)}"' for heading in places.values())
        found = con.sql(f"SELECT {ROW}, {columns} FROM {table.numbered()} ORDER BY 1").fetchall()
    names = list(places)
    rows = []
    for number, *values in found:
        cells = {name: "" if value is None else str(value).strip() for name, value in zip(names, values, strict=True)}
        if any(cells.values()):
            cells["kind"] = KIND_WORDS.get(cells["kind"], cells["kind"].lower())
            rows.append(Row(number=int(number), **cells))
    return rows


def faults(*, rows: Sequence[Row], known: Iterable[str] = ()) -> list[Problem]:
    """Everything that is wrong with the sheet, by row. `known` are codes that the tree has already. Pure."""
    first: dict[str, int] = {}
    found: list[Problem] = []
    for row in rows:
        found += _row_faults(row)
        if row.code in first:
            said = Text(f"编号与第 {first[row.code]} 行重复", f"the same code as in row {first[row.code]}")
            found.append(Problem(said, row=row.number, column=HEADINGS["code"][0], value=row.code))
        first.setdefault(row.code, row.number)
    there = set(known) | first.keys()
    for row in rows:
        if row.parent and row.parent not in there:
            said = Text("没有这个上级：请先加上它的一行", "there is no such parent: give it a row of its own")
            found.append(Problem(said, row=row.number, column=HEADINGS["parent"][0], value=row.parent))
    return found + _circles(rows)


def _row_faults(row: Row) -> list[Problem]:
    found: list[Problem] = []

    def wrong(name: str, zh: str, en: str) -> None:
        found.append(Problem(Text(zh, en), row=row.number, column=HEADINGS[name][0], value=str(getattr(row, name))))

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", row.code):
        wrong("code", "应为字母、数字、点、横线", "expected letters, digits, dots and dashes")
    if not row.name:
        wrong("name", "不能为空", "must not be empty")
    if row.kind not in Organisation.Kind.values:
        kinds = "、".join(KIND_WORDS)
        wrong("kind", f"应为 {kinds} 之一", f"expected one of {', '.join(Organisation.Kind.values)}")
    if row.region and not re.fullmatch(r"\d{6}", row.region):
        wrong("region", "应为 6 位数字（GB/T 2260）", "expected 6 digits (GB/T 2260)")
    if row.employer_uscc and not uscc_number.is_valid(row.employer_uscc):
        wrong("employer_uscc", "不是有效的统一社会信用代码", "no valid unified social credit code")
    if (row.employer_uscc or row.platform) and not row.employer_name:
        wrong("employer_name", "有信用代码或平台代码时不能为空", "is needed beside a credit code or a platform")
    if row.platform and not re.fullmatch(r"[a-z0-9-]+", row.platform):
        wrong("platform", "应为小写字母、数字、横线", "expected lower-case letters, digits and dashes")
    for name, most in LENGTHS.items():
        if len(getattr(row, name)) > most:
            wrong(name, f"最多 {most} 个字符", f"at most {most} characters")
    return found


def _circles(rows: Sequence[Row]) -> list[Problem]:
    """Rows that lead back to themselves, each circle told once, at its first row."""
    parents = {row.code: row for row in rows}
    is_sound: set[str] = set()
    told: set[str] = set()
    found = []
    for row in rows:
        walk: dict[str, None] = {}
        code = row.code
        while code in parents and code not in is_sound and code not in walk:
            walk[code] = None
            code = parents[code].parent
        if code in walk and code not in told:
            circle = list(walk)[list(walk).index(code) :]
            told |= set(circle)
            way = " → ".join([*circle, code])
            said = Text(f"上级关系成了一个圈：{way}", f"the parents go round in a circle: {way}")
            found.append(
                Problem(
                    said, row=min(parents[one].number for one in circle), column=HEADINGS["parent"][0], value=row.parent
                )
            )
        is_sound |= walk.keys()
    return found


def check(*, by: User, at: dt.datetime, rows: Sequence[Row], file_name: str) -> TreeImport:
    """Keep a sheet for its preview. Raises BadInput with all faults, and with rows outside what `by` manages."""
    standing = dict(Organisation.objects.values_list("code", "path"))
    found = faults(rows=rows, known=standing)
    reach = reach_of(by, "unions.manage", on=day_of(at))
    in_sheet = {row.code for row in rows}
    for row in rows:
        own, parent = standing.get(row.code), standing.get(row.parent)
        is_outside = (own is not None and not own.startswith(reach)) or (
            parent is not None and not parent.startswith(reach)
        )
        # The top of her own part stays where it is: its parent is not hers.
        is_her_top = own is not None and own in reach and row.parent == _parent_code(own, standing)
        is_loose = own is None and row.parent not in standing and row.parent not in in_sheet
        if (is_outside and not is_her_top) or is_loose:
            said = Text("不在您管理的组织之内", "outside the part of the union that you manage")
            found.append(Problem(said, row=row.number, column=HEADINGS["code"][0], value=row.code))
    if not rows:
        found.append(Problem(Text("没有数据", "there are no rows")))
    if found:
        raise BadInput(file=file_name, problems=found)
    return TreeImport.objects.create(rows=[asdict(row) for row in rows], file_name=file_name[:200], by=by, at=at)


def access_import(*, by: User, id: uuid.UUID) -> TreeImport:  # noqa: A002  the thing's own name for it
    """One's own sheet. Raises NotFound."""
    found = TreeImport.objects.filter(pk=id, by=by).first()
    if found is None:
        raise NotFound
    return found


def rows_of(kept: TreeImport) -> list[Row]:
    return [Row(**row) for row in kept.rows]


def plan(*, rows: Sequence[Row]) -> list[Step]:
    """What the sheet would change, parents before what stands below them."""
    standing = {node.code: node for node in Organisation.objects.select_related("employer")}
    by_path = {node.path: node.code for node in standing.values()}
    steps = []
    for row in _in_order(rows):
        node = standing.get(row.code)
        new = _wanted(row)
        old = None if node is None else _standing(node, row, by_path)
        if new != old:
            steps.append(Step(row, new, old))
    return steps


@transaction.atomic
def carry_out(*, by: User, at: dt.datetime, kept: TreeImport) -> Done:
    """Do what the sheet says, all of it or nothing. Raises NotAllowed where her rights have changed since the check."""
    kept = TreeImport.objects.select_for_update().get(pk=kept.pk)
    if kept.done_at is not None:
        raise NotFound
    reach = reach_of(by, "unions.manage", on=day_of(at))
    steps = plan(rows=rows_of(kept))
    for step in steps:
        _do(step, reach)
    kept.done_at = at
    kept.save(update_fields=["done_at"])
    made = sum(1 for step in steps if step.old is None)
    done = Done(made, len(steps) - made)
    words = Text(
        f"从“{kept.file_name}”导入组织：新建 {done.made} 个，更改 {done.changed} 个",
        f"Imported organisations from “{kept.file_name}”: {done.made} made, {done.changed} changed",
    )
    details = {"codes": [step.row.code for step in steps]}
    record(by=by, at=at, act="organisations.imported", words=words, about=kept, details=details)
    return done


def _do(step: Step, reach: tuple[str, ...]) -> None:
    row, parent = step.row, None
    if step.row.parent:
        parent = Organisation.objects.select_for_update().get(code=row.parent)
    node = Organisation.objects.filter(code=row.code).first()
    place = node if node is not None else parent
    if place is None or not place.path.startswith(reach):
        raise NotAllowed
    values: dict[str, Any] = {name: getattr(row, name) for name in PLAIN} | {"employer": _employer(row)}
    if node is None:
        assert parent is not None
        Organisation.objects.add_child(parent, instance=Organisation(code=row.code, **values))
        return
    if step.old is not None and step.old["parent"] != row.parent:
        if parent is None or not parent.path.startswith(reach):
            raise NotAllowed
        Organisation.objects.move(node, parent, pos="last-child")
    Organisation.objects.filter(pk=node.pk).update(**values)


def _employer(row: Row) -> Employer | None:
    """The employer a row names: by credit code, by platform, then by name."""
    if not row.employer_name:
        return None
    keys = {"uscc": row.employer_uscc, "platform": row.platform}
    for name, value in keys.items():
        found = Employer.objects.filter(**{name: value}).first() if value else None
        if found is not None:
            return found
    if not any(keys.values()):
        found = Employer.objects.filter(name=row.employer_name).first()
        if found is not None:
            return found
    return Employer.objects.create(
        name=row.employer_name, uscc=row.employer_uscc or None, platform=row.platform or None
    )


def _wanted(row: Row) -> dict[str, str]:
    employer = row.employer_uscc or row.platform or row.employer_name
    return {name: getattr(row, name) for name in PLAIN} | {"parent": row.parent, "employer": employer}


def _standing(node: Organisation, row: Row, by_path: dict[str, str]) -> dict[str, str]:
    """What stands there, its employer called by the key that the row uses."""
    employer = node.employer
    said = "" if employer is None else employer.name
    if employer is not None and (row.employer_uscc or row.platform):
        said = (employer.uscc if row.employer_uscc else employer.platform) or ""
    parent = by_path.get(node.path[: -node.steplen], "")
    return {name: getattr(node, name) for name in PLAIN} | {"parent": parent, "employer": said}


def _parent_code(path: str, standing: dict[str, str]) -> str:
    above = path[: -Organisation.steplen]
    return next((code for code, other in standing.items() if other == above), "")


def _in_order(rows: Sequence[Row]) -> list[Row]:
    """Parents first; the sheet's own order otherwise."""
    by_code = {row.code: row for row in rows}
    placed: dict[str, Row] = {}
    for row in rows:
        way = [row]
        while way[-1].parent in by_code and way[-1].parent not in placed and len(way) <= len(rows):
            way.append(by_code[way[-1].parent])
        for one in reversed(way):
            placed.setdefault(one.code, one)
    return list(placed.values())
