"""A Chromium for the journeys, and people who sit at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import chromium

if TYPE_CHECKING:
    from tests.site.cast import Cast
    from tests.site.journeys.visitor import Visitor

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
LOCALES = {"zh": "zh-CN", "en": "en-GB"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, in which Django would refuse to ask its database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield started
        started.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(settings: Any, tmp_path: Path, transactional_db: None, cast: Cast, live_server: Any) -> str:  # noqa: ARG001 - in this order
    """The address of a site that has the cast in it, and files of its own."""
    settings.HUZHU_HOME = tmp_path / "home"
    settings.HUZHU_HOME.mkdir()
    return str(live_server.url)


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable[..., Visitor]]:
    """A browser of one's own: `visit(lang, width)`."""
    from tests.site.journeys.visitor import Visitor

    contexts = []

    def open_(lang: str, width: int, *, script: bool = True, light: bool = False) -> Visitor:
        context = browser.new_context(
            locale=LOCALES[lang],
            viewport={"width": width, "height": 760},
            java_script_enabled=script,
            accept_downloads=True,
        )
        contexts.append(context)
        return Visitor(context, site, light=light, script=script)

    yield open_
    for context in contexts:
        context.close()
