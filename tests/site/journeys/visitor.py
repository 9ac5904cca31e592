"""Somebody at a browser: goes from page to page, and looks at each for what no page may have."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Response

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LIGHT_BYTES = 50 * 1024
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def totp(*, secret: str = SECRET) -> str:
    """RFC 6238: what an authenticator shows now."""
    count = struct.pack(">Q", int(time.clock_gettime(time.CLOCK_REALTIME)) // 30)
    digest = hmac.digest(base64.b32decode(secret), count, hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


class Visitor:
    """One person at one screen. `look` after every step: what is wrong with the page ends the test."""

    def __init__(self, context: BrowserContext, base: str, *, light: bool = False, script: bool = True) -> None:
        self.context, self.base, self.light, self.script = context, base, light, script
        self.page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.said: list[str] = []
        self.seen: list[str] = []
        self.answer: Response | None = None
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium remarks on an answer of 404 or 422 as well; which answer a page has is asserted by status.
        is_page = urlsplit(message.location["url"]).path == urlsplit(self.page.url).path
        if message.type in ("error", "warning") and not (is_page and "Failed to load resource" in message.text):
            self.said.append(f"{message.text} ({message.location['url']})")

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self.answer = response
        elif response.status >= 400:
            self.said.append(f"{response.status} {response.url}")

    def go(self, path: str, *, status: int = 200) -> Visitor:
        self.page.goto(path if path.startswith("http") else self.base + path)
        return self.look(status=status)

    def press(self, selector: str, *, status: int = 200) -> Visitor:
        """A button or link that leads to another page."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        return self.look(status=status)

    def fill(self, **values: str) -> Visitor:
        for name, value in values.items():
            self.page.fill(f'[name="{name}"]', value)
        return self

    def look(self, *, status: int = 200) -> Visitor:
        """The page is what was asked for, says nothing on the console, fits the screen, and is open to everybody."""
        where = urlsplit(self.page.url).path
        self.seen.append(where)
        assert self.answer is not None, where
        assert self.answer.status == status, f"{where}: {self.answer.status}"
        self.page.wait_for_load_state("load")
        width = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{where} is {width[0]} px wide on a screen of {width[1]}"
        if self.script:  # axe waits for ever where no script runs; the same pages are looked at with scripts
            found = Axe().run(
                self.page, options={"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
            )
            assert found.violations_count == 0, f"{where}\n{found.generate_report()}"
        if self.light:
            assert len(self.page.content().encode()) < LIGHT_BYTES, where
        assert self.said == [], where
        return self

    def text(self) -> str:
        return self.page.inner_text("main")

    def sign_in(self, name: str, password: str) -> Visitor:
        """Password, then the second factor."""
        self.go("/account/login/")
        self.fill(login=name, password=password).press('form:has([name="password"]) button')
        return self.fill(code=totp()).press("button.main")

    def save(self, folder: Path, name: str, **options: Any) -> None:
        self.page.screenshot(path=folder / f"{name}.png", **options)
