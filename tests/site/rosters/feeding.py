"""Feeds rosters and lets the worker do what waits."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Sequence

from huzhu.apps.jobs.loop import work
from huzhu.apps.rosters import services
from huzhu.apps.rosters.models import Roster
from huzhu.apps.unions.models import Organisation, User
from tests.site.cast import AT, identity_number, phone

HEADINGS = ("姓名", "身份证号", "手机号", "平台", "骑手编号", "单位/站点")
Line = tuple[str, ...]


def person(n: int, *, name: str = "", station: str = "") -> Line:
    """The n-th of some made-up people: always the same one."""
    given = "伟强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰"
    found = name or "王李张刘陈"[n % 5] + given[n % 20] + given[n // 20 % 20]
    return found, identity_number(sequence=n), phone(sequence=n), "demo-food", f"R{n:06d}", station


def as_csv(lines: Sequence[Line], *, headings: Sequence[str] = HEADINGS) -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows([headings, *lines])
    return io.BytesIO(text.getvalue().encode())


def finish() -> None:
    work(stop=threading.Event(), until_idle=True)


def feed(lines: Sequence[Line], *, by: User, to: Organisation, name: str = "名册.csv") -> Roster:
    """Uploaded, checked and matched."""
    roster = services.upload(by=by, at=AT, organisation=to, stream=as_csv(lines), file_name=name)
    finish()
    return again(roster)


def merge(roster: Roster, *, by: User) -> Roster:
    services.confirm(by=by, at=AT, roster=roster)
    finish()
    return again(roster)


def again(roster: Roster) -> Roster:
    found: Roster = Roster.objects.select_related("organisation").get(pk=roster.pk)
    return found
