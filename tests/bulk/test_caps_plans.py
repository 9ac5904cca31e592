from __future__ import annotations

import datetime as dt
import random
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huzhu.bulk import inputs, on_duckdb
from huzhu.rules import Draft, EventRules, Limit, Program, RuleError, Text, const, fact, fen
from huzhu.rules.decider import Decider
from huzhu.rules.parameters import Parameter, Parameters, Source, Value
from tests.oracles.shanghai_cases import random_claims_batch

Row = dict[str, Any]
WORDS = Text("词", "words")
START = dt.date(2020, 1, 1)
SCHEMA = pa.schema([
    ("id", pa.string()), ("member", pa.string()), ("cover", pa.string()), ("kind", pa.string()), ("on", pa.date32()),
    ("amount", pa.int64()), ("seq", pa.int64()), ("paid", pa.int64()),
])  # fmt: skip


def life_cap(later_limit: int | None = None) -> Program:
    """Three caps, each per less than the one before: a kind of event in a cover, a cover, a member's life. The member's
    limit may change on 1 January 2021."""
    values = [Value(START, 200, "text", "confirmed")]
    if later_limit is not None:
        middle = dt.date(2021, 1, 1)
        values = [Value(START, 200, "text", "confirmed", until=middle), Value(middle, later_limit, "text", "confirmed")]
    limit = Parameter("member_limit", fact("x", "money", "", "").kind, WORDS, tuple(values))
    draft = Draft(
        policy="test",
        name="caps",
        title=WORDS,
        facts=(
            fact("id", "text", "编号", "id", required=True), fact("member", "text", "人", "member"),
            fact("cover", "text", "保障", "cover"), fact("kind", "text", "类", "kind"), fact("on", "date", "日", "on"),
            fact("amount", "money", "额", "amount", low=0, high=10**9),
            fact("seq", "int", "序", "seq", low=0, optional=True), fact("paid", "money", "付", "paid", low=0, optional=True),
        ),
        rules=(),
        events=EventRules(
            assessed=lambda r: r.amount,
            limits=(
                Limit("kind_limit", WORDS, lambda _: const(True), lambda _: fen(60), ("member", "cover", "kind")),
                Limit("cover_limit", WORDS, lambda _: const(True), lambda _: fen(100), ("member", "cover")),
                Limit("member_limit", WORDS, lambda _: const(True), lambda r: r.value("member_limit", on=r.on), ("member",)),
            ),
            settled_order="seq", settled_amount="paid", order=("on", "id"), nothing_to_pay=WORDS, cap_exhausted=WORDS,
        ),
        unique=(("id",),),
    )  # fmt: skip
    return draft.build(Parameters.of([limit]), {"text": Source("text", WORDS)})


def random_rows(rng: random.Random, count: int) -> list[Row]:
    rows = []
    for number in rng.sample(range(10 * count), count):
        settled = rng.random() < 0.2
        rows.append(
            {
                "id": rng.choice(["A", "é", "案"]) + str(number),
                "member": rng.choice(["m1", "m2", "m3", None]),
                "cover": rng.choice(["c1", "c2"]),
                "kind": rng.choice(["a", "b", "c"]),
                "on": START + dt.timedelta(rng.randrange(700)),
                "amount": rng.choice([0, 1, 7, 20, 50, 90, None]),
                "seq": number if settled else None,
                "paid": rng.randrange(80) if settled else None,
            }
        )
    return rows


def by_hand(rows: list[Row], member_limit: Any) -> list[tuple[str, int | None, list[str]]]:
    """Outcome, amount and the caps that bound, by one loop over the events in order, written for this test alone."""
    used: dict[tuple[Any, ...], int] = {}
    found: dict[str, tuple[str, int | None, list[str]]] = {}

    def order(row: Row) -> tuple[Any, ...]:
        return (0, row["seq"], "") if row["seq"] is not None else (1, row["on"], row["id"])

    for row in sorted(rows, key=order):
        keys = [
            ("kind_limit", (row["member"], row["cover"], row["kind"]), 60),
            ("cover_limit", (row["member"], row["cover"]), 100),
            ("member_limit", (row["member"],), member_limit(row["on"])),
        ]
        if row["seq"] is None and row["amount"] == 0:
            found[row["id"]] = ("refused", 0, [])
            continue
        if row["seq"] is None and (row["amount"] is None or row["member"] is None):
            found[row["id"]] = ("undetermined", None, [])
            continue
        amount, bound = row["amount"], []
        if row["seq"] is not None:
            amount = row["paid"]
        else:
            for name, key, limit in keys:
                left = max(0, limit - used.get((name, *key), 0))
                if amount > left:
                    amount = left
                    bound.append(name)
        for name, key, _ in keys:
            used[name, *key] = used.get((name, *key), 0) + amount
        outcome = "settled" if row["seq"] is not None else "granted" if amount else "refused"
        found[row["id"]] = (outcome, amount, bound)
    return [found[row["id"]] for row in rows]


def run_of(program: Program, rows: list[Row], schema: pa.Schema, folder: Path) -> on_duckdb.Run:
    path = folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    con = on_duckdb.connect(folder)
    table = inputs.open_table(con, path, work=folder)
    return on_duckdb.Run.of(con, program, table, inputs.readings(program, table))


@pytest.mark.parametrize("seed", range(5))
def test_caps_keyed_by_kind_cover_and_life_are_drawn_alike_by_every_plan(seed: int) -> None:
    program = life_cap()
    rows = random_rows(random.Random(seed), 300)
    expected = by_hand(rows, lambda _: 200)
    one_by_one = Decider(program).decide_all(rows)
    assert [(a["outcome"], a["payable_fen"], a["limited_by"]) for a in one_by_one] == expected
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run = run_of(program, rows, SCHEMA, work)
        decided = run.con.sql(run.select(work=work)).pl()
        assert decided.select("outcome", "payable_fen", "limited_by").rows() == expected
        staged = run.staged(work / "staged.parquet")
        staged.draw(into=work / "windows.parquet", plan="windows")
        assert pl.read_parquet(work / "windows.parquet").equals(pl.read_parquet(work / "drawn.parquet"))


def test_a_limit_that_changes_within_a_life_is_drawn_by_the_loop_and_refused_by_windows() -> None:
    program = life_cap(later_limit=250)
    rows = random_rows(random.Random(1), 300)
    expected = by_hand(rows, lambda on: 200 if on < dt.date(2021, 1, 1) else 250)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run = run_of(program, rows, SCHEMA, work)
        decided = run.con.sql(run.select(work=work)).pl()
        assert decided.select("outcome", "payable_fen", "limited_by").rows() == expected
        with pytest.raises(RuleError, match="member_limit: its limit changes within one member"):
            run.staged(work / "staged.parquet").draw(into=work / "windows.parquet", plan="windows")


def test_a_wider_cap_that_leaves_some_inner_events_out_is_drawn_by_the_loop_and_refused_by_windows() -> None:
    """The wider cap lets nothing through and applies to the first event alone; the second still gets its 60."""
    draft = Draft(
        policy="test",
        name="caps",
        title=WORDS,
        facts=(
            fact("id", "text", "编号", "id", required=True), fact("kind", "text", "类", "kind"),
            fact("amount", "money", "额", "amount", low=0), fact("seq", "int", "序", "seq", low=0, optional=True),
            fact("paid", "money", "付", "paid", low=0, optional=True),
        ),
        rules=(),
        events=EventRules(
            assessed=lambda r: r.amount,
            limits=(
                Limit("inner", WORDS, lambda _: const(True), lambda _: fen(100), ("kind",)),
                Limit("outer", WORDS, lambda r: r.amount == fen(61), lambda _: fen(0), ("kind",)),
            ),
            settled_order="seq", settled_amount="paid", order=("id",), nothing_to_pay=WORDS, cap_exhausted=WORDS,
        ),
    )  # fmt: skip
    program = draft.build(Parameters.of([]), {})
    nothing: Row = {"member": None, "cover": None, "on": None, "seq": None, "paid": None, "kind": "a"}
    rows = [{**nothing, "id": "1", "amount": 61}, {**nothing, "id": "2", "amount": 60}]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run = run_of(program, rows, SCHEMA, work)
        assert run.con.sql(run.select(work=work)).pl()["payable_fen"].to_list() == [0, 60]
        with pytest.raises(RuleError, match="outer applies to some events of inner"):
            run.staged(work / "staged.parquet").draw(into=work / "windows.parquet", plan="windows")


def test_a_group_of_thousands_is_drawn_in_order() -> None:
    rng = random.Random(3)
    rows = [{**row, "member": "m", "cover": "c"} for row in random_rows(rng, 4_000)]
    expected = by_hand(rows, lambda _: 200)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run = run_of(life_cap(), rows, SCHEMA, work)
        decided = run.con.sql(run.select(work=work)).pl()
    assert decided.select("outcome", "payable_fen", "limited_by").rows() == expected


def test_claims_by_windows_equal_claims_by_the_loop() -> None:
    from huzhu import policies

    program = policies.get("shanghai-gig-mutual-aid").program("claims", overlay="demo")
    rows = random_claims_batch(random.Random(11), 3_000, unknown_covers=True)
    kinds = {"date": pa.date32(), "text": pa.string()}
    schema = pa.schema([(one.name, kinds.get(one.kind.value, pa.int64())) for one in program.facts])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run = run_of(program, rows, schema, work)
        run.select(work=work)
        run.staged(work / "staged.parquet").draw(into=work / "windows.parquet", plan="windows")
        assert pl.read_parquet(work / "windows.parquet").equals(pl.read_parquet(work / "drawn.parquet"))
