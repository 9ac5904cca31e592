"""The `huzhu` command: a door. It reads arguments, calls one thing, and puts the answer or the refusal in words."""

from __future__ import annotations

import io
import sys

import typer

from huzhu import __version__
from huzhu.cli import policy, site
from huzhu.cli.demo.command import demo
from huzhu.cli.speech import door

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="互助：工会照顾会员所用的系统。Huzhu: what a trade union runs to look after its members.",
)
app.add_typer(policy.app, name="policy")
app.command(help="演示：一座城市的骑手，裁定并出报告。A made-up city of couriers, decided and reported.")(door(demo))

site.add_to(app)


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="版本。Show the version."),
) -> None:
    """Exit status 0 done, 1 a check failed, 2 bad input."""
    del version  # its callback has answered
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign shows a question mark in its place
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
