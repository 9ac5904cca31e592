from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> Path:
    """Files of the site, apart for each test."""
    settings.HUZHU_HOME = tmp_path / "home"
    return tmp_path / "home"
