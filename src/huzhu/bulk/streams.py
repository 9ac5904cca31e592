"""Rows of a DuckDB query batch by batch, as Arrow hands them on, with DuckDB's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

BATCH_ROWS = 200_000


@contextmanager
def streamed(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatchReader]:
    """A reader of the query's rows in their order. Raises duckdb.Error for what fails on the way."""
    try:
        with con.sql(query).to_arrow_reader(BATCH_ROWS) as reader:
            yield reader
    except OSError as error:
        # What DuckDB says in mid-stream comes from Arrow without a number; the system's own errors have one.
        if error.errno is not None:
            raise
        raise _in_its_own_words(str(error)) from None


def _in_its_own_words(said: str) -> duckdb.Error:
    if "Out of Memory Error" in said:
        return duckdb.OutOfMemoryException(said)
    if "INTERRUPT Error" in said:
        return duckdb.InterruptException(said)
    return duckdb.Error(said.removeprefix("Invalid Error: "))
