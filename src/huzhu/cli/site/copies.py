"""`huzhu backup` and `huzhu restore`: the database and the site's files in one file that proves itself whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from huzhu import __version__
from huzhu.bulk.problems import BadInput, Problem
from huzhu.cli.site import archive, postgres_copy, sqlite_copy
from huzhu.cli.site.inspection import inspect, inspect_copy
from huzhu.cli.site.opening import Stop, language, open_site, pending, refuse_pending
from huzhu.cli.speech import tell
from huzhu.rules import Text

FILES = "files"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


def backup(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="备份文件。Where the backup goes.")],
) -> None:
    """The keys are not in it: keep them elsewhere, or nobody can read what is sealed."""
    open_site()
    refuse_pending()
    from django.db import connection

    from huzhu.ui.clock import now

    if output.exists():
        raise BadInput(
            file=str(output),
            problems=[Problem(Text("已有此文件，请另取名", "this file is there already; choose another name"))],
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    vendor = connection.vendor
    # Beside the backup, where there has to be room for it anyway; a system's /tmp may be small, or readable for longer.
    with tempfile.TemporaryDirectory(prefix=".huzhu-backup-", dir=output.parent) as name:
        database = Path(name).resolve() / DATABASE[vendor]
        at = now()
        if vendor == "sqlite":
            sqlite_copy.copy(source=Path(connection.settings_dict["NAME"]), target=database)
            found = inspect_copy(f"sqlite://{database}")
            sqlite_copy.settle(path=database)
        else:
            found = postgres_copy.copy(target=database, inspect=inspect)
        if found["faults"]:
            said = "; ".join(found["faults"])
            raise Stop(
                Text(f"没有备份，数据库有损坏：{said}", f"No backup was made, the database is not sound: {said}"),
                status=1,
            )
        found["keys"] = sorted({*found["keys"], *_keys_of_files()})
        manifest = {"huzhu": __version__, "made_at": at.isoformat(), "database": vendor, **found}
        archive.write(path=output, members=[(database.name, database), *_files()], manifest=manifest)
    keys = ", ".join(map(str, found["keys"])) or "–"
    tell(language())(
        Text(
            f"已备份到 {output}，{sum(found['rows'].values()):,} 行，恢复时需要密钥 {keys}",
            f"Backed up to {output}: {sum(found['rows'].values()):,} rows; restoring it takes keys {keys}",
        )
    )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件。The backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="覆盖已有的数据。Overwrites what is there.")] = False,
) -> None:
    """Checks everything before it touches anything, and then changes all or nothing."""
    open_site()
    from django.conf import settings
    from django.db import connection

    manifest = archive.check(path=file)
    vendor = connection.vendor
    _refuse_strange(file, manifest, vendor)
    path = Path(str(connection.settings_dict["NAME"]))
    is_empty = sqlite_copy.is_empty(path=path) if vendor == "sqlite" else postgres_copy.is_empty()
    if not is_empty and not yes:
        raise Stop(
            Text("数据库不是空的。加 --yes 将覆盖其中全部数据", "The database is not empty. --yes overwrites all of it")
        )
    home: Path = settings.HUZHU_HOME
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.parent if vendor == "sqlite" else home
    with tempfile.TemporaryDirectory(prefix=".huzhu-restore-", dir=beside) as name:
        copy = Path(name).resolve() / DATABASE[vendor]
        archive.take(path=file, name=copy.name, target=copy)
        kept = _put_files(file, manifest, home / FILES, Path(name))
        if vendor == "sqlite":
            _check_rows(inspect_copy(f"sqlite://{copy}"), manifest)
            sqlite_copy.settle(path=copy)
            connection.close()
            sqlite_copy.put_in_place(copy=copy, path=path)
        else:
            postgres_copy.put_in_place(copy=copy, script=Path(name) / "restore.sql")
            _check_rows(inspect(), manifest)
    _drop_others(home / FILES, kept)
    _tell_end(manifest)


def _tell_end(manifest: dict[str, Any]) -> None:
    missing = len(pending())
    zh, en = f"已恢复到 {manifest['made_at']} 的状态", f"Restored to the state of {manifest['made_at']}"
    if missing:
        zh, en = f"{zh}。还需运行：huzhu migrate", f"{en}. Run next: huzhu migrate"
    tell(language())(Text(zh, en))


def _refuse_strange(file: Path, manifest: dict[str, Any], vendor: str) -> None:
    from django.db.migrations.loader import MigrationLoader

    from huzhu.apps.vault.fields import ring

    problems = []
    if manifest["database"] != vendor:
        problems.append(
            Text(
                f"是 {manifest['database']} 的备份，本站用 {vendor}",
                f"a backup of {manifest['database']}, and this site has {vendor}",
            )
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    strange = sorted(set(manifest["migrations"]) - known)
    if strange:
        problems.append(
            Text(
                f"由更新的互助 {manifest['huzhu']} 制作（{strange[0]}）",
                f"made by a newer Huzhu, {manifest['huzhu']} ({strange[0]})",
            )
        )
    lacking = sorted(set(manifest["keys"]) - ring().keys.keys())
    if lacking:
        said = ", ".join(map(str, lacking))
        problems.append(
            Text(f"需要密钥 {said}，HUZHU_KEYS 中没有", f"it takes keys {said}, which HUZHU_KEYS does not hold")
        )
    if problems:
        raise BadInput(file=str(file), problems=[Problem(text) for text in problems])


def _check_rows(found: dict[str, Any], manifest: dict[str, Any]) -> None:
    if found["faults"] or (found["rows"], found["audit"]) != (manifest["rows"], manifest["audit"]):
        said = "; ".join(found["faults"]) or "rows"
        raise Stop(
            Text(f"恢复出的数据与清单不符：{said}", f"What came out is not what the manifest says: {said}"), status=1
        )


def _files() -> Iterator[tuple[str, Path]]:
    """Read after the database: a file is there before the row that names it."""
    from django.conf import settings

    folder: Path = settings.HUZHU_HOME / FILES
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):  # a point: not finished yet
            yield f"{FILES}/{path.relative_to(folder).as_posix()}", path


def _keys_of_files() -> Iterator[int]:
    from huzhu.apps.vault.files import MAGIC

    for _, path in _files():
        with path.open("rb") as file:
            head = file.read(len(MAGIC) + 1)
        if head.startswith(MAGIC) and len(head) > len(MAGIC):
            yield head[-1]


def _put_files(file: Path, manifest: dict[str, Any], folder: Path, workshop: Path) -> set[Path]:
    """Adds the backup's files to those that are there. Names are never used twice, so the old database keeps all of its own."""
    kept = set()
    for member in manifest["members"]:
        parts = PurePosixPath(member).parts
        if parts[0] != FILES:
            continue
        if ".." in parts or PurePosixPath(member).is_absolute():
            raise BadInput(
                file=str(file), problems=[Problem(Text(f"{member} 不是站点的文件", f"{member} is no file of a site"))]
            )
        target = folder.joinpath(*parts[1:])
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        archive.take(path=file, name=member, target=workshop / "one")
        shutil.move(workshop / "one", target)
        kept.add(target)
    return kept


def _drop_others(folder: Path, kept: set[Path]) -> None:
    """Files that the restored database cannot know, after it is in place."""
    for path in folder.rglob("*"):
        if path.is_file() and path not in kept and not path.name.startswith("."):
            path.unlink()
