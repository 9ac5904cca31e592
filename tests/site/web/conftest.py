from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

AT = dt.datetime(2026, 11, 2, 2, 30, tzinfo=dt.UTC)  # an hour after the cast was made


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    """Files of the site, apart for each test."""
    settings.HUZHU_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _on_the_day(home: Path) -> Iterator[None]:  # noqa: ARG001
    with time_machine.travel(AT, tick=True):
        yield
