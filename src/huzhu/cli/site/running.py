"""`huzhu serve`, `huzhu worker` and `huzhu migrate`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import Annotated

import typer

from huzhu.cli.site.opening import Stop, language, open_site, pending
from huzhu.cli.site.supervisor import Child, Supervisor
from huzhu.cli.speech import FAILED, tell
from huzhu.rules import Text

# Several processes, because one Python process uses one core; threads, because a page waits for the database now and then.
# More threads than this only queue up before the database.
MOST_WORKERS = 4
THREADS = 4
WEB_STOPS_WITHIN_S = 6


def serve(
    host: Annotated[str, typer.Option("--host", help="监听地址。Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="端口。Port.")] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", min=0, max=64, help="网页进程数，0 为自动。Web processes; 0: by cores.")
    ] = 0,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="不运行后台。Pages without background work.")] = False,
) -> None:
    """Runs until SIGTERM or SIGINT, and then ends with all it started."""
    say = tell(language())
    _refuse_taken(host, port)
    _check_database()
    count = workers or min(os.cpu_count() or 1, MOST_WORKERS)
    with tempfile.TemporaryDirectory(prefix="huzhu-metrics-") as figures:
        # Any of the web processes may be asked for the figures of all (config/metrics.py).
        web = Child("web", _web(host, port, count), {"PROMETHEUS_MULTIPROC_DIR": figures})
        worker = Child("worker", [sys.executable, "-m", "huzhu", "worker"])
        shown = f"[{host}]" if ":" in host else host
        say(
            Text(
                f"互助运行于 http://{shown}:{port}/，按 Ctrl-C 停止",
                f"Huzhu runs at http://{shown}:{port}/, Ctrl-C stops it",
            )
        )
        status = Supervisor(children=[web] if no_worker else [web, worker], tell=say).run()
    if status:
        say(Text("有进程未能及时结束，已强行终止", "A process did not end in time and was killed"))
    raise typer.Exit(status)


def _web(host: str, port: int, workers: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(THREADS), "--no-ws",
        "--respawn-failed-workers", "--workers-kill-timeout", str(WEB_STOPS_WITHIN_S), "--log-level", "warning",
        "huzhu.config.wsgi:application",
    ]  # fmt: skip


def _refuse_taken(host: str, port: int) -> None:
    """Said here and now, rather than again and again by a server that is started again and again."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise Stop(Text(f"--host：没有 {host} 这个地址", f"--host: there is no address {host}")) from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            raise Stop(
                Text(
                    f"--port：没有使用端口 {port} 的权限，请选 1024 以上的",
                    f"--port: {port} is for root; choose one above 1023",
                )
            ) from None
        except OSError as error:
            raise Stop(
                Text(
                    f"{host}:{port} 不能监听（{error.strerror}），可能已被占用。请用 --port 另选端口，或停止占用它的程序",
                    f"Cannot listen at {host}:{port} ({error.strerror}): something else may. "
                    "Choose another with --port, or stop what is there",
                )
            ) from None


def _check_database() -> None:
    """In a process of its own: this one stays small, and holds no connection while others fork."""
    words = [sys.executable, "-m", "huzhu", "migrate"]
    if os.environ.get("HUZHU_ENV") != "demo":
        words.append("--check")
    status = subprocess.run(words, check=False).returncode
    if status:
        raise typer.Exit(2)


def worker(
    until_idle: Annotated[bool, typer.Option("--until-idle", help="做完即止。Ends when nothing waits.")] = False,
) -> None:
    """Does long work until SIGTERM or SIGINT; the step under way is finished first."""
    open_site()
    from huzhu.apps.jobs.loop import work

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    work(stop=stop, until_idle=until_idle)


def migrate(
    check: Annotated[bool, typer.Option("--check", help="只检查。Only says whether something is missing.")] = False,
) -> None:
    """Exit status 1 with --check where the database is not up to date."""
    open_site()
    from django.conf import settings
    from django.core.management import call_command

    say = tell(language())
    settings.HUZHU_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = pending()
    if check:
        if names:
            zh, en = f"数据库尚未更新，缺 {len(names)} 项", f"The database lacks {len(names)} migrations"
            say(Text(f"{zh}。请先运行：huzhu migrate", f"{en}. Run first: huzhu migrate"))
            raise typer.Exit(FAILED)
        return
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    say(
        Text(f"数据库已更新，共 {len(names)} 项", f"The database is up to date: {len(names)} migrations done")
        if names
        else Text("数据库已是最新", "The database is up to date")
    )
