"""`huzhu roster check`: what is wrong with a roster, before it is uploaded anywhere. Needs no database and no site."""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from huzhu.bulk import mishaps
from huzhu.bulk.problems import SHOWN_AT_MOST, BadInput
from huzhu.cli.speech import FAILED, door, lang_of, out
from huzhu.rules import Lang

app = typer.Typer(no_args_is_help=True, help="名册。Rosters.")


@app.callback()
def roster() -> None:
    """名册。Rosters."""


@app.command(
    "check", help="核对名册，不上传。Checks a roster without uploading it: 0 all good, 1 rows to mend, 2 no roster."
)
@door
def check(
    file: Annotated[Path, typer.Argument(help="XLSX 或 CSV。XLSX or CSV.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="要改的行写到这个 XLSX。Writes the rows to mend.")
    ] = None,
    made_up: Annotated[
        bool, typer.Option("--made-up", help="接受编造的号码（地区 00）。Accepts made-up numbers.")
    ] = False,
    lang: Annotated[str | None, typer.Option("--lang", help="zh / en")] = None,
) -> None:
    """Prints how many rows are good, doubtful and refused, and the first of the problems. No number of anybody is printed."""
    from huzhu.apps.rosters import mending, sheets
    from huzhu.apps.rosters.checks import Checker
    from huzhu.ui.clock import today

    speak = lang_of(lang)
    if output is not None:
        mishaps.check_writable(output)
    checker = Checker(on=today(), key=secrets.token_bytes(16), needed=mending.NEEDED, made_up=made_up)
    states: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    first: list[tuple[int, mending.Told]] = []
    bad = []
    try:
        with tempfile.TemporaryDirectory(prefix="huzhu-") as work:
            sheet = sheets.open_roster(path=file, work=Path(work), needed=mending.NEEDED)
            lacking = mending.lacking(sheet.columns)
            if lacking is not None:
                raise BadInput(file=str(file), problems=[lacking])
            for row in (row for chunk in sheet.chunks() for row in chunk):
                said, problems = mending.check(checker, row)
                states["accepted" if not problems else "refused" if said is None else "doubtful"] += 1
                found = [mending.told(problem) for problem in problems]
                codes.update(one["code"] for one in found)
                first += [(row.number, one) for one in found][: SHOWN_AT_MOST - len(first)]
                if problems and output is not None:
                    bad.append((row.number, row.cells, found))
            if output is not None and bad:
                mending.write(rows=bad, columns=sheet.columns, path=output, lang=speak)
    except OSError as error:
        raise mishaps.refusal(error) from None
    _print(states, codes, first, speak)
    if output is not None and bad:
        typer.echo(f"{'要改的行' if speak == 'zh' else 'rows to mend'}: {output}")
    if codes:
        raise typer.Exit(FAILED)


def _print(states: Counter[str], codes: Counter[str], first: list[tuple[int, dict[str, str]]], lang: Lang) -> None:
    from huzhu.apps.rosters.headings import COLUMNS

    is_zh = lang == "zh"
    labels = {"accepted": ("可用", "good"), "doubtful": ("存疑", "doubtful"), "refused": ("不可用", "refused")}
    comma = "，" if is_zh else ", "
    typer.echo(comma.join(f"{pair[not is_zh]} {states[state]:,}" for state, pair in labels.items()))
    if not codes:
        return
    table = Table(box=None, pad_edge=False)
    for heading in (
        ("行", "列", "代码", "问题", "怎么改") if is_zh else ("row", "column", "code", "problem", "how to mend it")
    ):
        table.add_column(heading)
    for number, one in first:
        column = COLUMNS[one["column"]][0].get(lang) if one["column"] in COLUMNS else ""
        table.add_row(*map(escape, (str(number), column, one["code"], one[lang], one[f"fix_{lang}"])))
    out().print(table)
    total = sum(codes.values())
    if total > len(first):
        typer.echo(f"共 {total:,} 处，显示了 {len(first)} 处。" if is_zh else f"{total:,} in all, {len(first)} shown.")
