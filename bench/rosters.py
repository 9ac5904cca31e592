"""A roster checked, matched and merged, beside a bare `bulk_create` of the same final rows, 1,000 a commit, on the same database.

    python -m bench.rosters 100000          SQLite; HUZHU_DATABASE_URL names a PostgreSQL (an empty one) instead

Prints seconds by the clock and of the processor, their ratios, the greatest memory of the import, and how long the site's pages
took meanwhile, asked over HTTP of a web process beside it. The roster is made first and not counted.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import logging
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench.meanwhile import Visitors, invite

AT = dt.datetime(2026, 11, 2, 1, 30, tzinfo=dt.UTC)
CHUNK = 1_000
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES, GIVEN = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗",
    "伟强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国志文海波鹏飞",
)


def number(n: int) -> str:
    body = f"00{n // 1000 % 10000:04d}{1970 + n // 10_000_000:04d}0517{n % 1000:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def write_roster(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["姓名", "身份证号", "手机号", "平台", "骑手编号", "类别", "工作区域"])
        for n in range(rows):
            given = GIVEN[n % 29] + GIVEN[n // 29 % 29]
            phone = f"13{n:09d}"
            out.writerow(
                [SURNAMES[n % 20] + given, number(n), phone, "demo-food", f"R{n:08d}", "food_delivery", "310115"]
            )


def start() -> None:
    os.environ.setdefault("HUZHU_ENV", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huzhu.config.settings")
    import django

    django.setup()
    logging.disable(logging.WARNING)


def final_models() -> list[Any]:
    from huzhu.apps.members.models import Member, Work
    from huzhu.apps.rosters.models import Row

    return [Member, Work, Row]


def bring_in(path: Path, out: Path) -> None:
    """The import, as a worker does it; then its rows are kept for the other side."""
    start()
    from django.core.management import call_command
    from django_scopes import scopes_disabled

    from huzhu.apps.jobs.loop import work
    from huzhu.apps.rosters import services
    from huzhu.apps.rosters.models import Roster
    from huzhu.apps.unions import services as unions
    from huzhu.apps.unions.models import Employer

    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("createcachetable", verbosity=0)
    Employer.objects.create(name="某外卖平台", platform="demo-food")
    root = unions.create_organisation(by=None, at=AT, code="city", name="某市总工会", kind="city", parent=None)
    officer = unions.create_user(by=None, at=AT, username="officer", password=None, display_name="officer")
    unions.grant(by=None, at=AT, user=officer, role="district_officer", organisation=root)
    invite(file=out.with_name("invitation"), user=officer, station=root)
    took: dict[str, float] = {}

    def timed(name: str) -> None:
        began = time.perf_counter()
        work(stop=threading.Event(), until_idle=True)
        took[name] = time.perf_counter() - began

    with scopes_disabled(), path.open("rb") as stream:
        began, busy = time.perf_counter(), time.process_time()
        roster = services.upload(by=officer, at=AT, organisation=root, stream=stream, file_name=path.name)
        took["upload"] = time.perf_counter() - began
        timed("check, match")
        roster = Roster.objects.get(pk=roster.pk)
        services.confirm(by=officer, at=AT, roster=roster)
        timed("merge")
        busy = time.process_time() - busy
        out.with_name("merged").touch()
        roster.refresh_from_db()
        with out.open("wb") as kept:
            for model in final_models():
                names = [field.attname for field in model._meta.concrete_fields]
                found = model._base_manager.order_by("pk").values_list(*names)
                piece: list[Any] = []
                for row in found.iterator(chunk_size=CHUNK):
                    piece.append(row)
                    if len(piece) == CHUNK:
                        pickle.dump((model._meta.label, names, piece), kept)
                        piece = []
                pickle.dump((model._meta.label, names, piece), kept)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counts = {name: getattr(roster, name) for name in ("state", "total", "accepted", "doubtful", "refused", "created")}
    seconds = {name: round(value, 1) for name, value in took.items()}
    print(json.dumps({"seconds": seconds, "processor": round(busy, 1), "peak MiB": peak, **counts}))


def bare(kept: Path) -> None:
    """The same final rows by `bulk_create`, nothing checked, nothing sealed: what is there is what was stored."""
    start()
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection, transaction

    from huzhu.apps.unions import services as unions
    from huzhu.apps.unions.models import Employer

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE rosters_row, members_member, members_work CASCADE")
    else:
        call_command("migrate", run_syncdb=True, verbosity=0)
    del Employer, unions
    seconds = busy = 0.0
    with connection.constraint_checks_disabled(), kept.open("rb") as file:
        while True:
            try:
                label, names, rows = pickle.load(file)
            except EOFError:
                break
            model = apps.get_model(label)
            objects = [model(**dict(zip(names, row, strict=True))) for row in rows]
            began, was_busy = time.perf_counter(), time.process_time()
            with transaction.atomic():
                model._base_manager.bulk_create(objects)
            seconds += time.perf_counter() - began
            busy += time.process_time() - was_busy
    print(json.dumps({"seconds": round(seconds, 1), "processor": round(busy, 1)}))


def compare(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_roster(home / "roster.csv", rows)
        found, pages = {}, {}
        for side, argument in (("bring_in", home / "roster.csv"), ("bare", home / "kept")):
            (home / side).mkdir()
            env = {**os.environ, "HUZHU_HOME": str(home / side)}
            command = [sys.executable, "-m", "bench.rosters", side, str(argument), str(home / "kept")]
            process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
            if side == "bring_in":
                pages = visited(process, home / "invitation", home / side)
            said, _ = process.communicate()
            if process.returncode:
                sys.exit(f"{side} ended with {process.returncode}")
            found[side] = json.loads(said.splitlines()[-1])
    imported, bare = found["bring_in"], found["bare"]
    took = sum(imported["seconds"].values())
    print(
        f"{rows:,} rows: import {took:.1f} s {imported}, bare {bare['seconds']:.1f} s, processor {bare['processor']:.1f} s"
    )
    print(f"ratio {took / bare['seconds']:.2f} by the clock (at most 3)", end="")
    print(
        f", {imported['processor'] / bare['processor']:.2f} of the processor of these two, {imported['peak MiB']} MiB (at most 1024)"
    )
    print("pages meanwhile (p99 at most 500 ms):")
    for name, told in pages.items():
        print(f"  {name:14} {told}")


def visited(importing: subprocess.Popen[bytes], invitation: Path, home: Path) -> dict[str, str]:
    """What the visitors met while an import ran to its end."""
    while not invitation.exists() and importing.poll() is None:
        time.sleep(0.1)
    if importing.poll() is not None:
        sys.exit(f"the import ended with {importing.returncode}")
    visitors = Visitors(home=home, said=json.loads(invitation.read_text(encoding="utf-8")))
    done = home.parent / "merged"
    while not done.exists() and importing.poll() is None:
        time.sleep(0.2)
    return visitors.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows")
    parser.add_argument("rest", nargs="*")
    arguments = parser.parse_args()
    if arguments.rows == "bring_in":
        bring_in(Path(arguments.rest[0]), Path(arguments.rest[1]))
    elif arguments.rows == "bare":
        bare(Path(arguments.rest[0]))
    else:
        compare(int(arguments.rows))


if __name__ == "__main__":
    main()
