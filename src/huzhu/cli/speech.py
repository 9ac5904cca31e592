"""How the command speaks: language, refusals on stderr with exit status 2, JSON on request."""

from __future__ import annotations

import datetime as dt
import errno
import functools
import json
import os
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, cast

import typer
from rich.console import Console
from rich.markup import escape

from huzhu.bulk import mishaps
from huzhu.bulk.problems import BadInput
from huzhu.rules import FactError, Lang, RuleError, Text
from huzhu.rules.parameters import Unpublished

FAILED, BAD_INPUT = 1, 2
FREE_WIDTH = 240
P = ParamSpec("P")


def lang_of(chosen: str | None) -> Lang:
    """The language asked for, else HUZHU_LANG, else Chinese."""
    lang = chosen or os.environ.get("HUZHU_LANG") or "zh"
    if lang not in ("zh", "en"):
        raise BadInput_("--lang", Text("应为 zh 或 en", "expected zh or en"), lang)
    return cast(Lang, lang)


def BadInput_(where: str, said: Text, value: str | None = None) -> BadInput:  # noqa: N802 - reads as the error it makes
    from huzhu.bulk.problems import Problem

    return BadInput(file=where, problems=[Problem(said, value=value)])


def out() -> Console:
    """Tables fit a terminal; in a file or a pipe they take the room they need."""
    is_free = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty(), width=FREE_WIDTH if is_free else None)


def err() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def tell(lang: Lang) -> Callable[[Text], None]:
    """Says something once, on stderr, so that output stays clean."""
    return lambda text: err().print(escape(text.get(lang)))


def say_json(data: object) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=2, default=_plain)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(data, indent=2, default=_plain)
    typer.echo(text)


def _plain(value: object) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Unpublished):
        return "unpublished"
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def door(command: Callable[P, None]) -> Callable[P, None]:
    """Maps refusals, once, for every command."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        chosen = kwargs.get("lang")
        lang: Lang = "en" if (chosen or os.environ.get("HUZHU_LANG")) == "en" else "zh"
        try:
            command(*args, **kwargs)
        except (BadInput, FactError) as refusal:
            _refuse(refusal.text(lang))
        except RuleError as refusal:
            _refuse(str(refusal))
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever was reading has gone, as `head` does
                raise
            _refuse(mishaps.refusal(error).text(lang))

    return wrapped


def _refuse(text: str) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(BAD_INPUT)
