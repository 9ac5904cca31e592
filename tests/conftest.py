"""What all tests share: Hypothesis's profiles, and which tests a machine without Java or Chromium has to leave out, said aloud."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadlines: how long one example takes says more about the machine than about the code.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples every time, so that a change is never blamed for what chance found.
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# The site's tests run on SQLite, or on a PostgreSQL that is started for them: HUZHU_TEST_DATABASE=postgresql.
os.environ.setdefault("HUZHU_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huzhu.config.settings")
if "HUZHU_HOME" not in os.environ:  # a run's own, so that two runs at once don't meet; its workers inherit it
    os.environ["HUZHU_HOME"] = tempfile.mkdtemp(prefix="huzhu-test-")
    atexit.register(shutil.rmtree, os.environ["HUZHU_HOME"], ignore_errors=True)
DATABASE = os.environ.get("HUZHU_TEST_DATABASE", "sqlite")

REQUIRES_ALL = os.environ.get("HUZHU_REQUIRE_ALL") == "1"
OLDEST_JAVA = 17


@cache
def why_spark_cannot_run() -> str | None:
    """The reason in words, or None where Spark can run."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")
    if java is None:
        return "Spark needs Java, and there is none here. On Debian: apt-get install default-jre-headless"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        return f"Spark needs Java {OLDEST_JAVA} or newer; {java} says: {said.strip()}"
    return None


@cache
def chromium() -> str | None:
    """Where the browser of the journeys is: the machine's own."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def why_no_browser() -> str | None:
    """The reason in words, or None where the journeys can be made."""
    return None if chromium() else "journeys need Chromium, and there is none here. On Debian: apt-get install chromium"


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL for the whole run; the workers of pytest-xdist get its address from their environment."""
    if DATABASE == "postgresql" and not hasattr(config, "workerinput"):
        from tests.site.postgres import started

        stack = ExitStack()
        os.environ["HUZHU_DATABASE_URL"] = stack.enter_context(started())
        config.add_cleanup(stack.close)
    from django.conf import settings

    assert settings.SECRET_KEY  # reading one loads them all, and pytest-django sets Django up where they are loaded


def pytest_report_header() -> str:
    return f"database of the site's tests: {DATABASE}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The second run, on PostgreSQL, is for what meets a database; browsers see the same pages on either."""
    if DATABASE != "postgresql":
        return
    meets = [item for item in items if item.get_closest_marker("faults") or _meets_a_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(meets)])
    items[:] = meets


def _meets_a_database(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    if item.get_closest_marker("browser"):
        return False
    return item.get_closest_marker("django_db") is not None or not {"db", "transactional_db", "cast"}.isdisjoint(names)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Spark's tests share one worker, so that at most one cluster runs at a time; so do those of the browser."""
    for name in ("spark", "browser"):
        if item.get_closest_marker(name):
            item.add_marker(pytest.mark.xdist_group(name))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("spark") and (reason := why_spark_cannot_run()):
        pytest.skip(reason)
    if item.get_closest_marker("browser") and (reason := why_no_browser()):
        pytest.skip(reason)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is required, a run that left a test out has not passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if REQUIRES_ALL and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("HUZHU_REQUIRE_ALL=1: a skipped test is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
