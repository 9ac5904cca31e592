"""What docs/asvs.md says is proved is proved by tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")


def test_every_test_it_names_is_there() -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", TEXT))
    assert len(named) > 30
    missing = {
        name for name in named if not (ROOT / ("" if name.startswith("tests/") else "tests/site") / name).exists()
    }
    assert missing == set()


def test_every_chapter_has_its_row() -> None:
    assert re.findall(r"^\| V(\d+) ", TEXT, re.MULTILINE) == [str(n) for n in range(1, 18)]
