"""Names one file to DuckDB, which would take `*`, `?` and `[` in a name for a pattern, and read its neighbours too, and a
folder called `cause=illness` for a column of the file."""

from __future__ import annotations

from pathlib import Path

ESCAPED = str.maketrans({sign: f"[{sign}]" for sign in "*?["} | {"'": "''"})


def exactly(path: Path) -> str:
    """SQL of a name that means this file and no other."""
    return f"'{str(path).translate(ESCAPED)}'"


def parquet(path: Path, *, numbered: bool = False) -> str:
    """SQL that reads a Parquet file's own columns; with `numbered`, also `file_row_number`, from 0."""
    options = "hive_partitioning = false" + (", file_row_number = true" if numbered else "")
    return f"read_parquet({exactly(path)}, {options})"


def parts(folder: Path) -> str:
    """SQL that reads all the Parquet files of a folder."""
    return f"read_parquet('{str(folder).translate(ESCAPED)}/*.parquet', hive_partitioning = false)"
