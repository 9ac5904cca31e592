"""The parts of the house style that a machine can check and the linters do not."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "huzhu"
# Migrations are written by Django, and are as long as the tables they make.
SOURCES = sorted(
    path
    for folder in ("src", "tests", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if path.parent.name != "migrations"
)
# "About 400" and "about 60": a file or function may run over a little before it has to be two.
LINES_A_FILE = 450
LINES_A_FUNCTION = 70
EMPTY_NAMES = {"base", "common", "core", "helpers", "managers", "misc", "utils"}
# Django demands this name of a database backend.
NAMED_BY_DJANGO = {Path("src/huzhu/config/sqlite/base.py")}
MAY_IMPORT = {"rules": {"huzhu"}, "policies": {"huzhu", "holidays"}}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_files_and_functions_stay_short_enough_to_read(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_A_FILE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    sizes = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: size for name, size in sizes.items() if size > LINES_A_FUNCTION} == {}


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_no_name_stands_for_nothing(source: Path) -> None:
    path = source.relative_to(ROOT)
    assert path in NAMED_BY_DJANGO or not EMPTY_NAMES & set(path.with_suffix("").parts)


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_rules_and_policies_import_nothing_that_needs_installing(package: str) -> None:
    strange = set()
    for source in (PACKAGE / package).rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            strange |= {name.partition(".")[0] for name in names} - sys.stdlib_module_names - MAY_IMPORT[package]
    assert strange == set()


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_nothing_is_left_for_later(source: Path) -> None:
    marks = re.findall(r"#.*\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b", source.read_text(encoding="utf-8"))
    assert marks == []
