from __future__ import annotations

import re
from pathlib import Path

from huzhu.config.environment import SETTINGS

TEXT = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row[1:]
    for row in re.findall(r"^\| `(HUZHU_\w+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", TEXT, re.MULTILINE)
}


def shown(default: object) -> str:
    if isinstance(default, bool):
        return f"`{int(default)}`"
    return f"`{default}`" if default not in (None, "", []) else "–"


def test_the_page_lists_every_setting_and_no_other() -> None:
    assert sorted(ROWS) == sorted(SETTINGS)


def test_each_line_says_what_the_table_in_the_code_says() -> None:
    expected = {
        name: (shown(one.default), one.expected.replace("|", "\\|"), one.meaning.zh, one.meaning.en)
        for name, one in SETTINGS.items()
    }
    assert expected == ROWS
