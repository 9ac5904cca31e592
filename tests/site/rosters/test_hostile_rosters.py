from __future__ import annotations

import inspect
import resource
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from huzhu.apps.rosters.checks import Checker
from huzhu.apps.rosters.sheets import open_roster
from huzhu.bulk.problems import BadInput
from tests.bulk import hostile
from tests.site.rosters.broken import ON

# Minutes of whole commands and hostile files: `pytest -m slow`.
pytestmark = pytest.mark.slow

SECONDS_AT_MOST = 30
MAKERS = [
    make
    for make in vars(hostile).values()
    if callable(make)
    and getattr(make, "__module__", "") == hostile.__name__
    and list(inspect.signature(make).parameters) == ["path"]
]
HEAD = "姓名,身份证号\n".encode()
# Texts and other files that come under the name of a roster.
TEXTS: dict[str, bytes] = {
    "nothing but NUL": bytes(5_000_000),
    "nothing but quotes": HEAD + b'"' * 900_000,
    "one endless line": HEAD + b"x," * 20_000_000,
    "a million commas for headings": b"," * 1_000_000 + b"\n" + b"a\n",
    "a thousand headings": ",".join(f"列{number}" for number in range(3_000)).encode() + b"\n",
    "a quote on every line": HEAD + b'"a,b\n' * 20_000,
    "bytes of every kind": bytes(range(256)) * 20_000,
    "a lone byte order mark": b"\xff\xfe",
    "half a character of UTF-16": "姓名,身份证号\n张".encode("utf-16") + b"\x00",
    "surrogates in UTF-16": b"\xff\xfe" + b"\x00\xd8" * 5_000,
    "UTF-32": "姓名,身份证号\n张三,1\n".encode("utf-32"),
    "blank lines only": b"\n" * 5_000_000,
    "a program": b"\x7fELF" + bytes(10_000),
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100,
    "a web page": b"<!DOCTYPE html><html><body><table></table></body></html>",
    "JSON": b'{"name": 1}',
    "a zip of zips": b"PK\x03\x04" + b"PK\x03\x04" * 5_000,
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "OLE cut short": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "a database": b"SQLite format 3\x00" + bytes(4_000),
    "rich text": b"{\\rtf1\\ansi name}",
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "an e-mail": b"From: a@b.c\nSubject: roster\n\nname\n",
    "XML with entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>',
    "a tar archive": b"roster.csv" + bytes(500) + b"ustar" + bytes(500),
    "a photograph": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 100,
    "Parquet": b"PAR1" + bytes(100) + b"PAR1",
    "noise": Random(7).randbytes(300_000),
    "headings of a formula": b"=cmd|' /C calc'!A0,=1+1\n1,2\n",
    "GB18030 cut short": "姓名,身份证号\n张".encode("gb18030")[:-1] + b"\xff\n",
}
# With the headings of a roster; their rows are refused one by one.
READABLE = {"a quote on every line", "nothing but quotes", "half a character of UTF-16"}


def survived(path: Path, tmp_path: Path) -> str | None:
    """What was said against the file; None where it could be read, and then every row was checked."""
    started = time.perf_counter()
    refused = None
    try:
        checker = Checker(on=ON, key=b"k", made_up=True)
        for chunk in open_roster(path=path, work=tmp_path).chunks():
            for row in chunk:
                checker.check(row)
    except BadInput as error:
        refused = error
    assert time.perf_counter() - started < SECONDS_AT_MOST
    if refused is None:
        return None
    assert refused.text("zh") != refused.text("en")
    return refused.text("en")


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_hostile_workbook_is_refused_in_words(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    make(path)
    said = survived(path, tmp_path)
    if make.__name__ == "long_numbers":  # which has the headings of a roster, and rows that are refused one by one
        assert said is None
        return
    assert said is not None
    assert "Traceback" not in said
    assert not (tmp_path / "roster.parquet").exists() or make.__name__ in SOUND


# Fit to be read, and refused because their headings are none of a roster's.
SOUND = {
    *("good", "values_beyond_the_header", "merged_cells", "formulas_without_values", "formulas_with_values"),
    "error_cells",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_refused_in_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(TEXTS[name])
    said = survived(path, tmp_path)
    assert (said is None) == (name in READABLE)


def test_the_corpus_has_sixty_files_and_this_process_stayed_small() -> None:
    assert len(MAKERS) + len(TEXTS) >= 60
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        assert resource.getrusage(who).ru_maxrss < 1 << 20  # KiB


@pytest.mark.parametrize("seed", range(6))
def test_changed_bytes_are_refused_or_read(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    hostile.mutant(path, Random(seed))
    survived(path, tmp_path)
