"""The pictures of docs/pages.md, taken on the demonstration's site: `make pictures` makes them all anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import ClassVar

from playwright.sync_api import Browser, Page, sync_playwright

from huzhu.cli.demo import site
from huzhu.cli.demo.roster import Courier, roster, write_roster
from huzhu.cli.demo.union import HOME_UNION
from huzhu.rules import Text
from huzhu.ui.clock import now, today
from tests.conftest import chromium, why_no_browser
from tests.site.cli.test_serve import free_port
from tests.site.journeys.conftest import ARGUMENTS, LOCALES

FOLDER = Path(__file__).parents[3] / "docs" / "pages"
HEIGHTS = {360: 740, 1280: 700}
LARGEST_BYTES = 120_000
READY_WITHIN_S = 60


class Camera:
    """A browser of one person's, at one width and in one language."""

    codes: ClassVar[set[str]] = set()  # that were used

    def __init__(self, browser: Browser, base: str, lang: str, width: int) -> None:
        size = {"width": width, "height": HEIGHTS[width]}
        self.page: Page = browser.new_context(locale=LOCALES[lang], viewport=size).new_page()  # type: ignore[arg-type]
        self.base = base

    def go(self, path: str) -> Camera:
        answer = self.page.goto(path if path.startswith("http") else self.base + path)
        assert answer is not None
        return self

    def fill(self, **values: str) -> Camera:
        for name, value in values.items():
            self.page.fill(f'[name="{name}"]', value)
        return self

    def press(self, selector: str) -> Camera:
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        return self

    def take(self, name: str, *, at: str = "") -> Camera:
        """The screen as it stands, or from where `at` begins."""
        self.page.locator(at or "body").first.evaluate("element => element.scrollIntoView()")
        path = FOLDER / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled", caret="hide")
        size = path.stat().st_size
        print(f"{path.name:<28}{size:>8,}")
        assert size < LARGEST_BYTES, f"{path.name} has {size:,} bytes"
        return self

    def sms(self) -> str:
        """The digits of the last message, which the demonstration shows instead of sending it."""
        beside = self.page.context.new_page()
        end = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < end:
            beside.goto(f"{self.base}/messages/console/")
            last = beside.locator("main article")
            found = re.search(r"(?<!\d)\d{6}(?!\d)", last.first.inner_text()) if last.count() else None
            if found and found[0] not in self.codes:
                self.codes.add(found[0])
                beside.close()
                return found[0]
            time.sleep(0.3)
        raise AssertionError("no message came")

    def sign_in(self, name: str, password: str) -> Camera:
        self.go("/account/login/").fill(login=name, password=password)
        return self.press('form:has([name="password"]) button')


@contextmanager
def served() -> Iterator[str]:
    """The site that the settings of this process name, at an address of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "huzhu", "serve", "--port", str(port), "--workers", "1"])
    try:
        end = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < end, "the site does not answer"
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def joining(browser: Browser, base: str, courier: Courier, poster: str) -> None:
    """A worker whom nobody knows yet goes as far as the last step of joining."""
    worker = Camera(browser, base, "zh", 360).go("/").take("front")
    worker.go(poster).fill(name=courier.name, identity=courier.identity_number, phone=courier.phone).take("join-who")
    worker.press(".step button").fill(code=worker.sms()).press(".step button")
    worker.page.check('[name="platform"] >> nth=0')
    worker.page.check(f'[name="category"][value="{courier.work_category}"]')
    worker.press(".step button")
    worker.page.check('[name="membership"]')
    worker.take("join-agree", at=".field")


def belonging(browser: Browser, base: str, courier: Courier) -> None:
    """A member signs in with a code: her card, and what is kept about her."""
    member = Camera(browser, base, "en", 360).go("/account/login/code/").fill(phone=courier.phone)
    member.press("main form button.main").fill(code=member.sms()).press("main form button.main")
    member.go("/members/card/").take("card").go("/members/mine/").take("mine")


def working(browser: Browser, base: str, password: str, people: list[Courier]) -> None:
    """What the district's officer and the auditor see."""
    officer = Camera(browser, base, "zh", 1280).sign_in("district", password)
    officer.go("/desk/").take("desk").go("/rosters/new/")
    officer.page.select_option('[name="organisation"]', HOME_UNION)
    officer.page.set_input_files(
        '[name="file"]', {"name": "十一月名册.csv", "mimeType": "text/csv", "buffer": mixed(people)}
    )
    officer.press("form.form button.main")
    officer.page.get_by_text("等您确认").wait_for(timeout=READY_WITHIN_S * 1000)
    officer.take("roster").press('a[href$="/doubtful/"]').take("doubtful", at="main .notice")
    english = (
        Camera(browser, base, "en", 1280).sign_in("district", password).go("/members/?status=member").take("members")
    )
    english.press("tbody th a").take("member")
    Camera(browser, base, "zh", 360).sign_in("grassroots", password).go("/members/applications/").take("applications")
    Camera(browser, base, "en", 1280).sign_in("auditor", password).go("/record/").take("record")


def mixed(people: list[Courier]) -> bytes:
    """A small roster: most rows are good, one number has a wrong digit, one is missing, one stands under another name."""
    rows = [[one.name, one.identity_number, one.phone] for one in people]
    number = rows[0][1]
    rows[0][1] = number[:17] + ("1" if number[17] != "1" else "2")
    rows[1][1] = ""
    rows[2][0] = "欧阳" + rows[2][0][-1]
    return "\n".join(",".join(row) for row in [["姓名", "身份证号", "手机号"], *rows]).encode()


def main() -> None:
    if reason := why_no_browser():
        sys.exit(reason)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home, file = Path(folder) / "site", Path(folder) / "roster.xlsx"
        write_roster(path=file)
        made = site.fill(home=home, file=file, at=now(), say=_tell)
        poster = site.station_link()
        stranger = list(islice(site.grown(site.others(), today()), 8))[-1]  # those before her have applied already
        everybody = list(islice(site.grown(roster(couriers=site.COURIERS, seed=site.SEED), today()), 40))
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
        with served() as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            joining(browser, base, stranger, poster)
            belonging(browser, base, everybody[0])
            working(browser, base, made.password, everybody[10:40])
            browser.close()


def _tell(text: Text) -> None:
    print(text.en.strip())


if __name__ == "__main__":
    main()
