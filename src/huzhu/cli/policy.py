"""`huzhu policy`: list, show, check, decide, run, compare and replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from huzhu import policies
from huzhu.bulk.problems import BadInput, Problem
from huzhu.bulk.replay import replay_file
from huzhu.bulk.run import ENGINES, run_file
from huzhu.cli import deciding, showing, tables
from huzhu.cli.choosing import build_all, check_overlay, decisions_of, program_of
from huzhu.cli.speech import FAILED, door, lang_of, out, say_json, tell
from huzhu.policies import examples
from huzhu.rules import Text

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="政策：查看、检验、裁定。Policies: look at them, check them, decide by them.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="policy/decision, e.g. shanghai-gig-mutual-aid/claims")]
Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出。Answer as JSON.")]
LangOption = Annotated[
    str | None, typer.Option("--lang", metavar="zh|en", help="语言。Language; default HUZHU_LANG or zh.")
]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="日期。The date, where the facts give none.")]
OverlayOption = Annotated[
    str | None, typer.Option("--overlay", help="叠加数值，如 demo。Values laid over, such as demo.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="假设的数值。A what-if value; repeatable.")
]


@app.command("list", help="有哪些政策和裁定。Which policies and decisions there are.")
@door
def list_(json: Json = False, lang: LangOption = None) -> None:
    speech = lang_of(lang)
    found = [policies.get(name) for name in policies.POLICIES]
    if json:
        say_json([showing.summary(policy) for policy in found])
    else:
        out().print(tables.policies(found, speech))


@app.command(help="政策的内容：事实、条件、数值及出处。What a policy says: facts, tests, values and sources.")
@door
def show(which: Id, on: On = None, overlay: OverlayOption = None, json: Json = False, lang: LangOption = None) -> None:
    speech = lang_of(lang)
    policy, names = decisions_of(which)
    check_overlay(policy, overlay)
    date = showing.date_of(on)
    shown = [showing.decision(policy, policy.program(name, overlay=overlay), date) for name in names]
    if json:
        say_json({**showing.summary(policy), "decisions": shown})
    else:
        out().print(tables.shown(policy, shown, speech))


@app.command(help="检验政策和它的例子。Check policies and run their examples.")
@door
def check(
    which: Annotated[str | None, typer.Argument(metavar="[ID]")] = None, json: Json = False, lang: LangOption = None
) -> None:
    speech = lang_of(lang)
    chosen = [decisions_of(which)[0]] if which else [policies.get(name) for name in policies.POLICIES]
    for policy in chosen:
        build_all(policy)
    reports = [examples.check(policy) for policy in chosen]
    if json:
        say_json([showing.checked(report) for report in reports])
    else:
        out().print(tables.checks(reports, speech))
    if any(report.failures for report in reports):
        raise typer.Exit(FAILED)


@app.command(help="裁定一个人，或一份保障下的几件事。Decide one record, or the events of one cover.")
@door
def decide(
    which: Id,
    facts: Annotated[
        str, typer.Option("--facts", metavar="FILE|-", help="JSON：一个对象或列表。One JSON object, or a list.")
    ],
    on: On = None,
    overlay: OverlayOption = None,
    set_: Set = None,
    json: Json = False,
    lang: LangOption = None,
) -> None:
    speech = lang_of(lang)
    program = program_of(which, overlay, set_)
    records, is_list = deciding.read_facts(program, facts, on, tell(speech))
    answers = deciding.answers(program, records, facts)
    if json:
        say_json(answers if is_list else answers[0])
    else:
        typer.echo(deciding.in_words(answers, speech))


@app.command(help="裁定整个文件（Parquet、CSV、XLSX）。Decide a whole file.")
@door
def run(
    which: Id,
    source: Annotated[Path, typer.Argument(metavar="INPUT")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUTPUT")],
    engine: Annotated[str, typer.Option(metavar="|".join(ENGINES))] = "duckdb",
    on: On = None,
    overlay: OverlayOption = None,
    set_: Set = None,
    json: Json = False,
    lang: LangOption = None,
) -> None:
    speech = lang_of(lang)
    program = program_of(which, overlay, set_)
    chosen = _engine(engine)
    with tables.busy(Text(f"{program.id}：{source}", f"{program.id}: {source}"), speech):
        summary = run_file(program, source, output, engine=chosen, on=on, tell=tell(speech))
    if json:
        say_json(showing.ran(program, summary))
    else:
        out().print(tables.summary(program, summary, output, speech))


def _engine(name: str) -> Any:
    if name not in ENGINES:
        said = Text(f"应为 {' | '.join(ENGINES)}", f"expected {' | '.join(ENGINES)}")
        raise BadInput(file="--engine", problems=[Problem(said, value=name)])
    needs = {"spark": "pyspark"}.get(name)
    if needs is not None:
        deciding.need(needs, extra=name)
    return name


@app.command(help="改一个数值，谁得谁失。Change a value: who gains and who loses.")
@door
def compare(
    which: Id,
    source: Annotated[Path, typer.Argument(metavar="INPUT")],
    set_: Set = None,
    by: Annotated[str | None, typer.Option("--by", metavar="COLUMN", help="按列分组。Group by a column.")] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="图（SVG）。Where the chart goes.")
    ] = None,
    on: On = None,
    overlay: OverlayOption = None,
    json: Json = False,
    lang: LangOption = None,
) -> None:
    speech = lang_of(lang)
    if not set_:
        said = Text("至少给出一个 --set KEY=VALUE", "give at least one --set KEY=VALUE")
        raise BadInput(file="compare", problems=[Problem(said)])
    before, after = program_of(which, overlay, None), program_of(which, overlay, set_)
    target = deciding.chart_path(chart, source)
    with tables.busy(Text(f"{before.id}：{source}", f"{before.id}: {source}"), speech):
        found = deciding.compared(before, after, source, by, on, tell(speech))
    deciding.write_chart(found, set_, target, speech)
    if json:
        say_json(showing.compared(found, target))
    else:
        out().print(tables.comparison(found, set_, target, speech))


@app.command(help="用文件所附的政策重新裁定并核对。Decide files again by the document kept with them, and compare.")
@door
def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")], json: Json = False, lang: LangOption = None
) -> None:
    speech = lang_of(lang)
    found = [(path, replay_file(path)) for path in files]
    if json:
        say_json([showing.replayed(path, one) for path, one in found])
    else:
        out().print(tables.replays(found, speech))
    if any(one.total for _, one in found):
        raise typer.Exit(FAILED)
