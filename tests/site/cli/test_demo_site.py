"""The demonstration's site: made from nothing by the command, in a process of its own, as a newcomer would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_the_demonstration_fills_a_site_and_says_how_to_run_it(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUZHU_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "huzhu", "demo", "--lang", "en", "--no-serve", "-o", str(tmp_path / "demo")],
        env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=170,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"district +.*district officer", done.stdout)
    assert "To run the site: SERVE=1 make demo" in done.stdout
    assert (tmp_path / "demo" / "site" / "keys.env").stat().st_mode & 0o077 == 0
