"""Real Chromium, and an eye on what its pages complain of and where they load from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserType, ConsoleMessage, Page, Playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium: playwright's own download is not needed."""
    return _launched(playwright.chromium)


def another(browser: Browser, *arguments: str) -> Browser:
    """One more beside `browser`, with arguments of its own."""
    return _launched(browser.browser_type, *arguments)


def _launched(chromium: BrowserType, *more: str) -> Browser:
    return chromium.launch(executable_path="/usr/bin/chromium", args=[*ARGUMENTS, *more])


@dataclass
class Complaints:
    """What a visitor would never see, and should not be there."""

    host: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self._failed(request.url, str(request.failure)))
        page.on("request", lambda request: self._requested(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _failed(self, url: str, why: str) -> None:
        # The visitor went on before the page had everything: that is no complaint of the page's.
        if "ERR_ABORTED" not in why:
            self.errors.append(f"failed: {url} {why}")

    def _requested(self, url: str) -> None:
        if urlsplit(url).scheme != "data" and urlsplit(url).hostname != self.host:
            self.foreign.append(url)

    def assert_none(self) -> None:
        assert self.errors == [], self.errors
        assert self.foreign == [], self.foreign


@contextmanager
def visitor(
    browser: Browser,
    host: str,
    *,
    viewport: dict[str, int] | None = None,
    javascript: bool = True,
    dark: bool = False,
    cookies: Sequence[Any] = (),
) -> Iterator[tuple[Page, Complaints]]:
    """A visitor with a clean browser; whatever the pages complained of fails the test at the end."""
    size = viewport or DESKTOP
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        java_script_enabled=javascript,
        color_scheme="dark" if dark else "light",
        locale="en-GB",
    )
    context.add_cookies(cookies)
    page, complaints = context.new_page(), Complaints(host)
    complaints.watch(page)
    try:
        yield page, complaints
        complaints.assert_none()
    finally:
        context.close()
