"""Files damaged on the way, by chance and on purpose: each is decided or refused, and never anything else."""

from __future__ import annotations

import collections
import inspect
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.bulk import hostile
from tests.faults.desk import CLAIMS, SUFFIXES, claim, claims, huzhu, write

pytestmark = pytest.mark.faults

MAKERS = [
    make
    for make in vars(hostile).values()
    if callable(make)
    and getattr(make, "__module__", "") == hostile.__name__
    and list(inspect.signature(make).parameters) == ["path"]
]
FINE = {"good", "formulas_with_values"}  # what these hold is in order; it lacks the columns of a claim
TRIES = 120


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_hostile_spreadsheet_is_refused_and_nothing_is_left(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    make(path)
    said = huzhu("policy", "run", CLAIMS, path, "-o", tmp_path / "out.xlsx")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{path}: ")
    assert ("this column is missing" in said.err) == (make.__name__ in FINE)
    assert list(tmp_path.iterdir()) == [path]


def broken(data: bytes, rng: Random) -> bytes:
    """Cut short, or some bytes changed anywhere, or at the end where tables of contents are."""
    kind = rng.randrange(3)
    if kind == 0:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    start = 0 if kind == 1 else max(0, len(data) - 2_000)
    for _ in range(rng.choice((1, 2, 5, 20))):
        changed[rng.randrange(start, len(data))] = rng.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_damaged_anywhere_is_decided_or_refused(suffix: str, engine: str, tmp_path: Path) -> None:
    whole = write(tmp_path / f"whole{suffix}", claims(1_500, a_cover=3))
    rng = Random(f"{suffix}{engine}")
    path, output = tmp_path / f"in{suffix}", tmp_path / "out.parquet"
    codes: collections.Counter[int] = collections.Counter()
    for _ in range(TRIES):
        path.write_bytes(broken(whole.read_bytes(), rng))
        said = huzhu("policy", "run", CLAIMS, path, "-o", output, "--engine", engine)
        codes[said.code] += 1
        assert set(tmp_path.iterdir()) == {whole, path} | ({output} if said.code == 0 else set())
        output.unlink(missing_ok=True)
    assert set(codes) <= {0, 2}
    assert codes[2] > TRIES // 4


def test_a_decided_file_damaged_anywhere_is_replayed_or_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [claim("C1"), claim("C2", disability_grade=3)])
    whole = tmp_path / "whole.parquet"
    assert huzhu("policy", "run", CLAIMS, source, "-o", whole).code == 0
    rng = Random(41)
    path = tmp_path / "out.parquet"
    codes: collections.Counter[int] = collections.Counter()
    for _ in range(TRIES):
        path.write_bytes(broken(whole.read_bytes(), rng))
        codes[huzhu("policy", "replay", path).code] += 1
    assert set(codes) <= {0, 1, 2}
    assert codes[2] > TRIES // 4
