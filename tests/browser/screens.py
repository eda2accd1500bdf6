"""Screens of the duty board: a real browser's pages, watched for whatever a page must not do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

SCREENSHOTS: Final = Path(__file__).parent / "screenshots"
DESK: Final = (1440, 900)
PHONE: Final = (360, 740)
WALL: Final = (1920, 1080)
_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WITHIN_MS: Final = 30_000
_AXE: Final = files("axe_playwright_python") / "axe.min.js"
_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_WATCH: Final = """
window.violated = [];
document.addEventListener('securitypolicyviolation',
    (event) => window.violated.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
_LOOK: Final = """(words) => {
    const there = () => [...document.querySelectorAll('article.alert')]
        .some((card) => words.every((word) => card.textContent.includes(word)));
    window.watched = new Promise((done) => new MutationObserver((_, observer) => {
        if (!there()) return;
        observer.disconnect();
        done(Date.now());
    }).observe(document.body, {childList: true, subtree: true, characterData: true}));
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser without a window; skips where there is none, fails with REQUIRE_BROWSER=1.

    Only tests without an event loop of their own can use it while it is open.
    """
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        missing = f"no browser on PATH ({', '.join(_PROGRAMS)}); apt-get install chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, but {missing}", pytrace=False)
        pytest.skip(missing)
    expect.set_options(timeout=_WITHIN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            browser.close()


class Screen:
    """One open board. `restarting` is for a server that is away on purpose."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._origin = urlsplit(address).netloc
        self._troubles: list[str] = []
        page.set_default_timeout(_WITHIN_MS)
        page.add_init_script(_WATCH)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._troubles.append(f"uncaught: {error}"))
        page.on("request", self._asked)

    def live(self) -> None:
        """Wait until the line to the server is up and alerts are drawn."""
        self.page.wait_for_selector("html[data-line=live]")
        self.page.wait_for_selector("#alert-list li")

    def card(self, words: str) -> Locator:
        """The card of the alert whose text holds these words."""
        return self.page.locator("article.alert", has_text=words)

    def watch(self, *words: str) -> None:
        """From now on look for a card with all these words; `watched` says when it was there."""
        self.page.evaluate(_LOOK, list(words))

    def watched(self) -> float:
        """When the card was there, as time.time(): to the millisecond, which waiting here is not."""
        at_ms: float = self.page.evaluate("window.watched")
        return at_ms / 1_000

    def picture(self, name: str) -> Path:
        """Keep what is to be seen as a test artefact."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def overflows(self) -> int:
        """How many pixels the page is wider than its window."""
        wide: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide

    def barriers(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA: rule, element, why."""
        self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", list(_RULES)
        )
        return [
            f"{violation['id']}: {node['html'][:160]} — {node['failureSummary'][:300]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def forgive(self, words: str) -> None:
        """Take back troubles that hold these words: the test brought them about."""
        self._troubles = [one for one in self._troubles if words not in one]

    def troubles(self) -> list[str]:
        """Errors on the console, requests to elsewhere, breaches of the content security policy."""
        return self._troubles + [f"policy: {one}" for one in self.page.evaluate("violated")]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._troubles.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        to = urlsplit(request.url)
        if to.scheme not in ("data", "blob") and to.netloc != self._origin:
            self._troubles.append(f"outside: {request.url}")


@contextmanager
def screen(
    browser: Browser,
    address: str,
    size: tuple[int, int] = DESK,
    *,
    lang: str = "zh-CN",
    theme: str = "light",
    view: str = "desk",
    token: str = "",
) -> Iterator[Screen]:
    """A board open in a window of this size, live; on leaving, nothing must have gone wrong in it.

    token: to sign in with, where the board asks for one.
    """
    width, height = size
    touch = width < 600
    context = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=touch,
        device_scale_factor=2 if touch else 1,
        reduced_motion="reduce",
        locale=lang,
    )
    try:
        opened = Screen(context.new_page(), address)
        opened.page.goto(f"{address}?lang={lang}&theme={theme}&size={view}")
        if token:
            opened.page.get_by_label("岗位口令").fill(token)
            opened.page.keyboard.press("Enter")
            opened.page.wait_for_url(address)
            opened.page.goto(f"{address}?lang={lang}&theme={theme}&size={view}")
        opened.live()
        yield opened
        assert opened.troubles() == []
    finally:
        context.close()
