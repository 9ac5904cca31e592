"""The list for officers: which decided rows need a person, why, and what would settle them.

An undetermined row needs facts or a text; a claim that the rules would refuse or cut is a proposal until a person confirms
it (Personal Information Protection Law, article 24).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from huzhu.bulk.one_file import parquet
from huzhu.bulk.typed import quoted
from huzhu.bulk.writers import write_csv, write_xlsx
from huzhu.rules.texts import Lang, Text
from huzhu.rules.wording import money

BATCH_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Item:
    """One thing for a person to look at. `row` is the row of the file that was decided."""

    file: str
    row: int
    id: str
    why: str
    needs: str
    amount: str


HEADS = {
    "zh": ("文件", "行", "编号", "为什么要人看", "要补什么或确认什么", "金额（元）"),
    "en": ("file", "row", "number", "why a person", "what to add or confirm", "amount (yuan)"),
}
CAUSES = {
    "undetermined": Text("规则无法裁定", "the rules cannot decide"),
    "no_rule": Text("当日没有适用的规定", "no rule was in force on that date"),
    "refused": Text("拟不予给付，须由人确认", "would be refused: a person confirms"),
    "cut": Text("拟因限额减付，须由人确认", "would be cut by a limit: a person confirms"),
}


def enrolments(
    decided: Path, *, file: str, first_row: int, id_column: str, labels: Mapping[str, Text], lang: Lang
) -> Iterator[Item]:
    """Applications that the rules could not decide."""
    query = (
        f"SELECT file_row_number + {first_row}, {_masked(id_column)}, outcome, missing, NULL, NULL, [] "
        f"FROM {_source(decided)} WHERE outcome IN ('undetermined', 'no_rule')"
    )
    yield from _items(query, file, labels, lang)


def claims(decided: Path, *, file: str, first_row: int, labels: Mapping[str, Text], lang: Lang) -> Iterator[Item]:
    """Claims that the rules could not decide, would refuse, or would cut."""
    query = (
        f"SELECT file_row_number + {first_row}, claim_id, "
        "CASE WHEN outcome = 'granted' THEN 'cut' ELSE outcome END, "
        "CASE WHEN outcome = 'refused' THEN reasons ELSE missing END, assessed_fen, payable_fen, limited_by "
        f"FROM {_source(decided)} "
        "WHERE outcome IN ('undetermined', 'no_rule', 'refused') OR (outcome = 'granted' AND payable_fen < assessed_fen)"
    )
    yield from _items(query, file, labels, lang)


def _source(decided: Path) -> str:
    return parquet(decided, numbered=True)


def _masked(column: str) -> str:
    """An identity number shows its last four characters only."""
    name = quoted(column, "duckdb")
    return f"CASE WHEN {name} IS NOT NULL THEN repeat('*', greatest(length({name}) - 4, 0)) || right({name}, 4) END"


def _items(query: str, file: str, labels: Mapping[str, Text], lang: Lang) -> Iterator[Item]:
    join = "；" if lang == "zh" else "; "
    with duckdb.connect() as con:
        for row, number, cause, codes, assessed, payable, caps in con.execute(query).fetchall():
            needs = join.join(_named(code, labels, lang) for code in [*codes, *caps])
            if cause == "refused":
                needs = f"没有满足：{needs}" if lang == "zh" else f"not met: {needs}"
            amount = money(assessed) if cause != "cut" and assessed is not None else ""
            if cause == "cut":
                amount = f"{money(assessed)} → {money(payable)}"
            yield Item(file, row, number or "", CAUSES[cause].get(lang), needs, amount)


def _named(code: str, labels: Mapping[str, Text], lang: Lang) -> str:
    if code not in labels:
        return code
    label = labels[code].get(lang)
    if code.startswith("parameter:"):
        return f"没有公布：{label}" if lang == "zh" else f"never published: {label}"
    return label


def write_review(*, items: Sequence[Item], path: Path, lang: Lang) -> None:
    """Write the list as XLSX or CSV, by suffix."""
    heads = HEADS[lang]
    kinds = [pa.string(), pa.int64(), *[pa.string()] * 4]
    schema = pa.schema(list(zip(heads, kinds, strict=True)))
    write = write_csv if path.suffix.lower() == ".csv" else _xlsx
    write(batches=_batches(items, schema), schema=schema, path=path)


def _xlsx(*, batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path) -> None:
    write_xlsx(batches=batches, schema=schema, path=path, title="待人工处理")


def _batches(items: Sequence[Item], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(items), BATCH_ROWS):
        part = items[start : start + BATCH_ROWS]
        columns = [[getattr(item, name) for item in part] for name in ("file", "row", "id", "why", "needs", "amount")]
        yield pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
