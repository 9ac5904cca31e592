"""Documents that cannot lag: a test fails when something has no line in them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from huzhu import __version__
from huzhu.cli.main import app

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "huzhu"
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = next(line for line in MAKEFILE.splitlines() if line.startswith(".PHONY:")).split()[1:]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *PACKAGE.rglob("*.md")])
POLICIES = sorted(folder for folder in (PACKAGE / "policies").iterdir() if (folder / "__init__.py").exists())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_in_make_help_and_in_both_readmes(target: str) -> None:
    assert re.search(rf"^{target}:.* ## \S", MAKEFILE, re.MULTILINE), f"{target} has no words behind ## in the Makefile"
    for readme in READMES:
        assert f"| `make {target}` |" in readme.read_text(encoding="utf-8"), f"make {target} is not in {readme.name}"


def test_ci_runs_the_checks_and_the_test_command_of_the_readmes() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert "make check" in run
    assert "make test" in run
    assert all("    make test " in readme.read_text(encoding="utf-8") for readme in READMES)


def commands(group: object, path: str) -> Iterator[str]:
    subcommands = getattr(group, "commands", None)
    if subcommands is None:
        yield path
        return
    for name, command in subcommands.items():
        yield from commands(command, f"{path} {name}")


@pytest.mark.parametrize("command", sorted(commands(typer.main.get_command(app), "huzhu")))
def test_every_command_is_in_both_readmes(command: str) -> None:
    for readme in READMES:
        assert re.search(rf"^\| `{command}[` ]", readme.read_text(encoding="utf-8"), re.MULTILINE), readme.name


def test_both_readmes_have_the_same_parts() -> None:
    def shape(readme: Path) -> list[str]:
        return re.findall(r"^(#+ |\| `[^`]+` \||```|    make \w+)", readme.read_text(encoding="utf-8"), re.MULTILINE)

    assert shape(READMES[0]) == shape(READMES[1])


@pytest.mark.parametrize("package", sorted(path.parent for path in PACKAGE.glob("*/__init__.py")), ids=name_of)
def test_every_package_says_what_may_not_be_in_it(package: Path) -> None:
    readme = (package / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {package.name}\n")
    assert "\nNot here: " in readme
    assert len(readme.splitlines()) <= 12


@pytest.mark.parametrize("policy", POLICIES, ids=name_of)
@pytest.mark.parametrize("file", ["README.md", "policy.toml", "parameters.toml", "rules.py", "examples.toml"])
def test_every_policy_has_the_same_files(policy: Path, file: str) -> None:
    assert (policy / file).is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert broken == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    pages = [page.name for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md")]
    assert [page for page in pages if f"({page})" not in index] == []


def test_every_term_has_both_languages_and_stands_once() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.*)\|$", glossary, re.MULTILINE)
    terms = [english for english, _, _ in rows if english != "term"]
    assert len(terms) > 50
    assert sorted(terms) == sorted(set(terms))
    assert [chinese for _, chinese, _ in rows if not re.search("[\u4e00-\u9fff]", chinese)] == []


def test_the_changelog_has_this_version() -> None:
    assert f"\n## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_a_lock_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_what_the_project_needs_is_what_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras, groups = project["project"]["optional-dependencies"], project["dependency-groups"]
    runs = [*project["project"]["dependencies"], *extras["fast"], *groups["build"]]
    wanted = {
        "setup.txt": runs,
        "test.txt": [*runs, *extras["spark"], *groups["test"]],
        "bench.txt": [*runs, *groups["bench"]],
    }
    assert sorted(wanted) == [lock.name for lock in LOCKS if lock.name in wanted]
    for name, requirements in wanted.items():
        locked = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        names = [re.split(r"[><=\[]", requirement)[0] for requirement in requirements]
        assert [package for package in names if f"\n{package}==" not in locked] == []


def test_setup_brings_neither_spark_nor_peers_nor_tests() -> None:
    locked = (ROOT / "requirements" / "setup.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(pyspark|openfisca|zen-engine|pytest|playwright)", locked, re.MULTILINE)
