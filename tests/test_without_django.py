"""Rules, policies, bulk and the command line run where Django is not installed."""

from __future__ import annotations

import subprocess
import sys

# What a machine without the extra `web` lacks: looking for Django finds nothing.
WITHOUT = """
import sys
class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("django", "cryptography", "structlog", "granian"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NotInstalled())
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, check=False, timeout=120
    )


def test_every_example_of_every_policy_holds() -> None:
    done = run("from huzhu.cli.main import app\napp(['policy', 'check'])")
    assert done.returncode == 0, done.stderr


def test_no_module_below_ui_asks_for_it() -> None:
    done = run(
        "import importlib, pkgutil, huzhu.rules, huzhu.policies, huzhu.bulk\n"
        "for top in (huzhu.rules, huzhu.policies, huzhu.bulk):\n"
        "    for one in pkgutil.walk_packages(top.__path__, top.__name__ + '.'):\n"
        "        importlib.import_module(one.name)\n"
    )
    assert done.returncode == 0, done.stderr
