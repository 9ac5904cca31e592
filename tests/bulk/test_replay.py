"""Replay decides a file again by the document kept with it, and finds whatever was altered since: a result, or the document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.faults.desk import CLAIMS, ENROL, FIRST_ROW, SUFFIXES, Row, Said, application, claim, huzhu, write
from tests.oracles.shanghai_cases import random_claims_batch

KEY = b"huzhu_policy"


def decided(folder: Path, suffix: str, which: str, rows: list[Row], *options: str) -> Path:
    source, output = write(folder / "in.csv", rows), folder / f"out{suffix}"
    assert huzhu("policy", "run", which, source, "-o", output, *options).code == 0
    return output


def replay(*files: Path, lang: str = "en") -> Said:
    return huzhu("policy", "replay", *files, "--lang", lang)


def alter_cell(path: Path, column: str, row: int, value: Any) -> None:
    """Change one cell of a table; `row` counts records from 0."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        field = table.schema.field(column)
        values = table.column(column).to_pylist()
        values[row] = value
        index = table.column_names.index(column)
        pq.write_table(table.set_column(index, field, pa.array(values, field.type)), path)
    elif path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        names = [cell.value for cell in book.active[1]]
        book.active.cell(row + 2, names.index(column) + 1).value = ";".join(value) if isinstance(value, list) else value
        book.save(path)
    else:
        lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
        lines[row + 1][lines[0].index(f'"{column}"')] = ";".join(value) if isinstance(value, list) else str(value)
        path.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")


def alter_document(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what is kept with a file of decisions, wherever it is kept."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        kept = json.loads(table.schema.metadata[KEY])
        change(kept)
        pq.write_table(table.replace_schema_metadata({KEY: json.dumps(kept)}), path)
    else:
        beside = path.with_name(path.name + ".policy.json")
        kept = json.loads(beside.read_text(encoding="utf-8"))
        change(kept)
        beside.write_text(json.dumps(kept), encoding="utf-8")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_decided_is_decided_again_alike(suffix: str, tmp_path: Path) -> None:
    rows = random_claims_batch(Random(30), 200)
    output = decided(tmp_path, suffix, CLAIMS, rows, "--overlay", "demo", "--set", "overall_limit=60000000")
    said = replay(output)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"{output}: 200 rows, 0 differences\n{CLAIMS} ")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_date_that_on_gave_is_kept(suffix: str, tmp_path: Path) -> None:
    rows = [{name: value for name, value in application().items() if name != "applied_on"}]
    assert replay(decided(tmp_path, suffix, ENROL, rows, "--on", "2022-08-14")).code == 0


def test_texts_like_formulas_come_through_csv_and_back(tmp_path: Path) -> None:
    rows = [claim(claim_id, cover_id="@K") for claim_id in ("=1+1", "+86", "-", "'=1", "@x")]
    assert replay(decided(tmp_path, ".csv", CLAIMS, rows)).code == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_altered_amount_is_found_with_its_place(suffix: str, tmp_path: Path) -> None:
    output = decided(tmp_path, suffix, CLAIMS, [claim("C1"), claim("C2")])
    alter_cell(output, "payable_fen", 1, 60_000)
    said = huzhu("policy", "replay", output, "--json")
    assert said.code == 1
    [found] = said.json
    row = FIRST_ROW[suffix] + 1
    assert (found["rows"], found["differences"]) == (2, 1)
    assert found["shown"] == [{"row": row, "column": "payable_fen", "written": "60000", "decided": "50000"}]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("column", "value"), [("outcome", "refused"), ("reasons", ["unpaid"]), ("not_tested", ["under_min_age", "unpaid"])]
)
def test_any_altered_result_is_found(column: str, value: Any, suffix: str, tmp_path: Path) -> None:
    output = decided(tmp_path, suffix, ENROL, [application()])
    alter_cell(output, column, 0, value)
    said = replay(output)
    assert said.code == 1
    assert f"{output}: 1 rows, 1 differences" in said.out


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_altered_fact_is_found_by_what_follows_from_it(suffix: str, tmp_path: Path) -> None:
    output = decided(tmp_path, suffix, ENROL, [application(), application()])
    alter_cell(output, "work_region", 1, "110105")
    said = replay(output, lang="zh")
    assert said.code == 1
    # The outcome, the reasons, both dates and the premium.
    assert "2 行，5 处不同" in said.out
    assert "not_in_shanghai" in said.out


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_fact_altered_into_nonsense_is_bad_input(suffix: str, tmp_path: Path) -> None:
    output = decided(tmp_path, suffix, ENROL, [application()])
    alter_cell(output, "birth_date", 0, "1990-02-30")
    said = replay(output)
    assert said.code == 2
    assert f"row {FIRST_ROW[suffix]}, column birth_date, value '1990-02-30': expected a date" in said.err


def test_a_result_column_that_is_gone_differs_in_every_row(tmp_path: Path) -> None:
    output = decided(tmp_path, ".parquet", ENROL, [application(), application()])
    table = pq.read_table(output)
    pq.write_table(table.drop_columns(["premium_fen"]), output)
    [found] = huzhu("policy", "replay", output, "--json").json
    assert (found["differences"], found["shown"][0]["column"]) == (2, "premium_fen")


def test_a_result_column_of_another_type_is_compared_by_what_it_says(tmp_path: Path) -> None:
    output = decided(tmp_path, ".parquet", ENROL, [application(), application(paid=False)])
    table = pq.read_table(output)
    since, fen = table.column_names.index("since"), table.column_names.index("premium_fen")
    table = table.set_column(since, "since", table.column("since").cast(pa.string()))
    pq.write_table(table.set_column(fen, "premium_fen", pa.array([7200.0, None])), output)
    assert replay(output).code == 0
    pq.write_table(table.set_column(fen, "premium_fen", pa.array([7201.0, None])), output)
    assert replay(output).code == 1


def raise_premium(kept: dict[str, Any]) -> None:
    text = json.dumps(kept["document"])
    assert "7200" in text
    kept["document"] = json.loads(text.replace("7200", "7300"))


def another_version(kept: dict[str, Any]) -> None:
    kept["policy_version"] = "0" * 64


def no_document(kept: dict[str, Any]) -> None:
    del kept["document"]


def another_format(kept: dict[str, Any]) -> None:
    kept["document"]["format"] = "huzhu-policy/99"


@pytest.mark.parametrize("change", [raise_premium, another_version, no_document, another_format])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_altered_document_is_refused(suffix: str, change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    output = decided(tmp_path, suffix, ENROL, [application()])
    alter_document(output, change)
    said = replay(output)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{output}: the policy document ")


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"document": {}}', "\ud800"])
def test_a_document_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    output = decided(tmp_path, ".csv", ENROL, [application()])
    output.with_name("out.csv.policy.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    said = replay(output)
    assert said.code == 2
    assert "the policy document kept with it cannot be used" in said.err


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_without_a_document_cannot_be_decided_again(suffix: str, tmp_path: Path) -> None:
    source = write(tmp_path / f"in{suffix}", [application()])
    said = replay(source)
    assert said.code == 2
    assert said.err.startswith(f"{source}: no policy document is kept with it")


def test_a_file_that_is_not_there_is_said_to_be_not_there(tmp_path: Path) -> None:
    said = replay(tmp_path / "gone.csv")
    assert (said.code, said.err.splitlines()[0]) == (2, f"{tmp_path / 'gone.csv'}: there is no such file")


def test_several_files_are_replayed_and_one_difference_fails_all(tmp_path: Path) -> None:
    one = decided(tmp_path, ".csv", CLAIMS, [claim("C1")])
    two = decided(tmp_path, ".parquet", CLAIMS, [claim("C1")])
    assert replay(one, two).code == 0
    alter_cell(two, "payable_fen", 0, 1)
    said = replay(one, two)
    assert said.code == 1
    assert "out.csv: 1 rows, 0 differences" in said.out
    assert "out.parquet: 1 rows, 1 differences" in said.out


def test_replay_changes_nothing(tmp_path: Path) -> None:
    output = decided(tmp_path, ".xlsx", CLAIMS, [claim("C1")])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert replay(output).code == 0
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
