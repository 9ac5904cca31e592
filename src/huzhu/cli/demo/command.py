"""`huzhu demo`: an invented city of couriers and a year of claims, decided, listed for officers, reported and explained."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from huzhu import policies
from huzhu.bulk import review
from huzhu.bulk.one_file import parquet
from huzhu.bulk.run import Summary, copy_as, run_file
from huzhu.cli import tables
from huzhu.cli.demo.claims import write_claims
from huzhu.cli.demo.identity import has_valid_check_character
from huzhu.cli.demo.roster import write_roster
from huzhu.cli.speech import lang_of, out, tell
from huzhu.rules import Lang, Program, Text, render
from huzhu.rules.decider import Decider

POLICY, OVERLAY = "shanghai-gig-mutual-aid", "demo"
COURIERS, COVERS = 20_000, 2_000_000


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="文件夹。Where the files go.")] = Path(
        "huzhu-demo"
    ),
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en")] = None,
    with_site: Annotated[bool, typer.Option("--site/--no-site", help="建示例站点。Fills a site too.")] = True,
    serve: Annotated[
        bool | None, typer.Option("--serve/--no-serve", help="建好后运行站点。Runs the site when all is made.")
    ] = None,
) -> None:
    """Writes the files into a folder, fills a site, prints a summary and one explanation.

    Then it runs the site: on a terminal, with SERVE=1, or when asked to. Otherwise it says how, and ends.
    """
    from huzhu.bulk.report import write_report  # its charts take a second to load

    speech = lang_of(lang)
    say = tell(speech)
    output.mkdir(parents=True, exist_ok=True)
    policy = policies.get(POLICY)
    enrol, claims = policy.program("enrol"), policy.program("claims", overlay=OVERLAY)
    roster_file, claims_file = output / "roster.xlsx", output / "claims.parquet"
    say(
        Text(
            "一、编造名册和申请（身份证号地区为00，无人使用）",
            "1. Making up a roster and claims (identity numbers of region 00, nobody's)",
        )
    )
    write_roster(path=roster_file, couriers=COURIERS)
    write_claims(path=claims_file, covers=COVERS)
    say(Text("二、按计划裁定参保资格和互助金", "2. Deciding who may join and what each claim pays"))
    decided_roster, decided_claims = output / "roster-decided.parquet", output / "claims-decided.parquet"
    joined = run_file(enrol, roster_file, decided_roster, tell=say)
    copy_as(decided_roster, output / "roster-decided.xlsx", enrol)
    paid = run_file(claims, claims_file, decided_claims, tell=say)
    say(Text("三、列出要人处理的，写出报告", "3. Listing what needs a person, writing the report"))
    labels = enrol.labels() | claims.labels()
    listed = _review(decided_roster, decided_claims, output / "for-officers.xlsx", labels, speech)
    report = output / "report.html"
    write_report(
        enrol=decided_roster, claims=decided_claims, path=report, lang=speech, overlay=OVERLAY, labels=labels,
        policy_versions={enrol.id: joined.version, claims.id: paid.version},
    )  # fmt: skip
    _print(enrol, joined, decided_roster, claims, paid, decided_claims, speech)
    _explain(claims, decided_claims)
    _farewell(output, listed, speech)
    if with_site and find_spec("django") is not None:
        _site(output, roster_file, speech, _is_to_serve(serve))


def _is_to_serve(asked: bool | None) -> bool:
    if asked is not None:
        return asked
    return os.environ.get("SERVE") == "1" or (sys.stdin.isatty() and sys.stdout.isatty())


def _site(output: Path, roster_file: Path, lang: Lang, is_to_serve: bool) -> None:
    """The same union as a site: who may sign in, the poster's address, and how to run it."""
    from huzhu.cli.demo import site

    say = tell(lang)
    say(Text("四、建一个示例站点", "4. Filling a site"))
    made = site.fill(home=output / "site", file=roster_file, at=datetime.now(UTC), say=say)
    if made.was_there:
        say(Text("　　站点已有，保持原样", "   The site was there already, and stays as it is"))
    typer.echo("")
    for name, role in site.accounts():
        typer.echo(f"  {name:<12}{role}")
    link = site.station_link()
    for said in (
        Text(f"以上账号密码：{made.password}", f"Password of these accounts: {made.password}"),
        Text(f"骑手驿站海报上的地址：{link}", f"The address on the station's poster: {link}"),
    ):
        typer.echo(said.get(lang))
    if is_to_serve:
        from huzhu.cli.site.running import serve

        serve()
        return
    again = f"huzhu demo --serve -o {output}"
    how = Text(f"运行站点：SERVE=1 make demo，或 {again}", f"To run the site: SERVE=1 make demo, or {again}")
    typer.echo(how.get(lang))


def _review(roster: Path, claims: Path, path: Path, labels: dict[str, Text], lang: Lang) -> int:
    items = [
        *_doubtful_numbers(roster, lang),
        *review.enrolments(
            roster, file="roster.xlsx", first_row=2, id_column="identity_number", labels=labels, lang=lang
        ),
        *review.claims(claims, file="claims.parquet", first_row=1, labels=labels, lang=lang),
    ]
    review.write_review(items=items, path=path, lang=lang)
    return len(items)


def _doubtful_numbers(roster: Path, lang: Lang) -> list[review.Item]:
    """Identity numbers that cannot be right, or that stand in the roster twice."""
    with duckdb.connect() as con:
        rows = con.execute(
            "SELECT file_row_number + 2, identity_number, count(*) OVER (PARTITION BY identity_number) "
            f"FROM {parquet(roster, numbered=True)} ORDER BY 1"
        ).fetchall()
    found = []
    for row, number, times in rows:
        if number is None:
            continue
        masked = "*" * (len(number) - 4) + number[-4:]
        if not has_valid_check_character(number=number):
            why = Text("身份证号校验码不对", "the check character of the identity number is wrong")
            needs = Text("核对证件", "look at the card")
        elif times > 1:
            why = Text(f"同一身份证号出现 {times} 次", f"this identity number stands here {times} times")
            needs = Text("确认是同一人，只保留一行", "make sure it is one person, and keep one row")
        else:
            continue
        found.append(review.Item("roster.xlsx", row, masked, why.get(lang), needs.get(lang), ""))
    return found


def _print(
    enrol: Program, joined: Summary, roster: Path, claims: Program, paid: Summary, decided: Path, lang: Lang
) -> None:  # fmt: skip
    screen = out()
    screen.print()
    screen.print(tables.summary(enrol, joined, roster, lang))
    screen.print()
    screen.print(tables.summary(claims, paid, decided, lang))
    screen.print()


def _explain(program: Program, decided: Path) -> None:
    """One claim that a limit cut, explained in full from all the events of its cover."""
    names = [fact.name for fact in program.facts]
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE decided AS FROM {parquet(decided)}")
        chosen = con.execute(
            "SELECT cover_id, claim_id, payable_fen FROM decided WHERE outcome = 'granted' AND len(limited_by) > 0 "
            "AND benefit = 'hospital_allowance' ORDER BY claim_id LIMIT 1"
        ).fetchall()[0]
        columns = ", ".join(names)
        rows = con.execute(f"SELECT {columns} FROM decided WHERE cover_id = ?", [chosen[0]]).fetchall()
    records = [dict(zip(names, row, strict=True)) for row in rows]
    answers = Decider(program).explain_all(records)
    claim_id, payable = chosen[1], chosen[2]
    answer = next(a for a, record in zip(answers, records, strict=True) if record["claim_id"] == claim_id)
    if answer["payable_fen"] != payable:
        raise AssertionError(f"{claim_id}: {answer['payable_fen']} fen one by one, {payable} in the file")
    typer.echo(f"——— 一份申请的完整说明 {claim_id} ———\n")
    typer.echo(render.text(answer["explanation"], lang="zh"))


def _farewell(output: Path, listed: int, lang: Lang) -> None:
    files = {
        "report.html": Text("报告（浏览器打开）", "the report (open it in a browser)"),
        "for-officers.xlsx": Text(f"要人处理的 {listed:,} 项", f"{listed:,} things that need a person"),
        "roster-decided.xlsx": Text("裁定后的名册", "the roster, decided"),
        "claims-decided.parquet": Text(
            "裁定后的申请；huzhu policy replay 可重算", "the claims, decided; huzhu policy replay decides them again"
        ),
    }
    typer.echo("")
    for name, what in files.items():
        typer.echo(f"{output / name}  {what.get(lang)}")
