"""Reports in real Chromium: built by the form, followed to the last row, downloaded, and made as a job that is watched.

Whatever the format and whoever asks, a file has the rows of the screen; a link that is passed on shows everybody their
own.
"""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from analytics_service.domain.job import Claimed, Progress
from analytics_service.storage.jobs import MongoJobs
from analytics_service.wiring.parts import collections_of
from bench.platform import Api
from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client
from tests.e2e.browser import PHONE, visitor
from tests.e2e.sheets import Sheet, downloaded, follow, on_screen, opened_alone, rows_of, to_the_end
from tests.e2e.test_browser_journey import log_in
from tests.e2e.test_followed_by_eye import enter
from tests.waiting import eventually

Make = Callable[[], Client]
FILES = {"JSON": ".json", "CSV": ".csv", "JSON Lines": ".jsonl", "Parquet": ".parquet"}
SENT = range(1, 131)
"""Amounts in minor units; more of them than a page has rows."""
SHOWN = range(5, 131)
"""Those from 0.05 on."""
BACK = 300
OF_A_PAGE = 100
REPORTER = "analytics-reporter"
DONE_MS = 60_000
DRAWN_MS = 20_000


@dataclass(frozen=True)
class People:
    """`payer` has sent SENT to `payee` and was refused once; `payee` has sent BACK to `friend`. All is in the lake."""

    payer: Client
    payee: Client
    friend: Client

    @property
    def account(self) -> str:
        """The payer's."""
        (account,) = self.payer.accounts()
        return str(account["id"])


@pytest.fixture(scope="module")
def people(member: Make, operator: Api) -> People:
    payer, payee, friend = member(), member(), member()
    payer.send(payee.username, GRANT * 2)
    for amount in SENT:
        assert payer.send(payee.username, amount).status_code == 201
    last = payee.send(friend.username, BACK).json()["position"]
    eventually(lambda: operator.is_in_lake(last), what="the last transfer is in the lake", within_seconds=60)
    return People(payer, payee, friend)


@dataclass
class Builder:
    """Somebody at the page that builds reports."""

    page: Page
    home: str

    def build(self, report: str, account: str = "") -> None:
        """By the form: payments that were posted, from 0.05 on, of the days around this one in Berlin's calendar."""
        page, today = self.page, datetime.now(UTC).date()
        page.goto(f"{self.home}/reports/build")
        page.get_by_label("Report", exact=True).select_option(label=report)
        page.get_by_label("From", exact=True).fill(f"{today - timedelta(days=1)}")
        page.get_by_label("To, inclusive").fill(f"{today + timedelta(days=1)}")
        page.get_by_label("Time zone").fill("Europe/Berlin")
        for choice, value in (("Type", "Payments"), ("Status", "Posted"), ("Currency", "EUR")):
            page.locator("summary").filter(has_text=re.compile(rf"^\s*{choice}")).click()
            page.get_by_label(value, exact=True).check()
        page.get_by_text("More filters").click()
        page.get_by_label("Amount from").fill("0.05")
        page.get_by_label("Account", exact=True).fill(account)
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#result h2").first).to_have_text(report)

    def files(self, folder: Path) -> dict[str, Path]:
        """Every format that is offered, downloaded; by its name there."""
        links = self.page.locator("#result .formats > a")
        return {name: downloaded(self.page, self._format(name), folder) for name in links.all_inner_texts()}

    def _format(self, name: str) -> Locator:
        return self.page.locator("#result .formats").get_by_role("link", name=name, exact=True)

    def order(self, format: str) -> str:
        """Have what is shown made as a job; its id."""
        self.page.get_by_label("Format").select_option(label=format)
        self.page.get_by_role("button", name="Run as a job").click()
        expect(self.page).to_have_url(re.compile("/jobs/[^/]+$"))
        self.page.evaluate("window.notReloaded = true")
        return self.page.url.rpartition("/")[2]

    @property
    def state(self) -> Locator:
        """The chip of a job's page."""
        return self.page.locator("#live .chip")


@pytest.fixture(params=["a user", "an analyst"])
def anybody(
    request: pytest.FixtureRequest, browser: Browser, platform: Platform, people: People, analyst: Client
) -> Iterator[Builder]:
    person = people.payer if request.param == "a user" else analyst
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, person)
        yield Builder(page, platform.public_url("analytics-web"))


@pytest.fixture
def payer(browser: Browser, platform: Platform, people: People) -> Iterator[Builder]:
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, people.payer)
        yield Builder(page, platform.public_url("analytics-web"))


def test_every_file_has_all_the_rows_of_the_pages(
    anybody: Builder, browser: Browser, people: People, tmp_path: Path
) -> None:
    anybody.build("Transfers", people.account)
    screen, lengths = to_the_end(anybody.page)
    follow(anybody.page.get_by_role("link", name="First rows"))
    files = anybody.files(tmp_path)

    assert lengths == [OF_A_PAGE, len(SHOWN) - OF_A_PAGE]
    assert screen.column("amount") == [str(amount) for amount in reversed(SHOWN)]
    same_in_all(files, screen, browser)


def test_every_file_of_a_report_has_the_rows_of_the_screen(
    anybody: Builder, browser: Browser, people: People, tmp_path: Path
) -> None:
    anybody.build("Per hour", people.account)
    screen = on_screen(anybody.page.locator("#rows"))
    is_drawn(anybody.page.locator("#result .chart").first)
    files = anybody.files(tmp_path)

    assert sum(map(int, screen.column("posted"))) == len(SHOWN)
    assert sum(map(int, screen.column("amount"))) == sum(SHOWN)
    same_in_all(files, screen, browser)
    with opened_alone(browser, files["HTML page"]) as page:
        is_drawn(page.locator(".chart").first)


def test_a_job_is_watched_until_it_is_done_and_its_file_has_the_rows_of_the_screen(
    payer: Builder, platform: Platform, people: People, tmp_path: Path
) -> None:
    payer.build("Transfers", people.account)
    screen, _ = to_the_end(payer.page)
    bar = payer.page.get_by_role("progressbar")
    with another_reporter(platform) as jobs:
        id = payer.order("CSV")
        expect(payer.page.locator("#live")).to_contain_text("It is next")
        claimed = claim(jobs, id)
        expect(payer.state).to_have_attribute("data-state", "running")
        expect(bar).to_have_attribute("value", "0")
        for done in (1, 2, 3):
            assert jobs.keep({claimed.claim: Progress(files=4, files_done=done, rows=200)}) == set()
            expect(bar).to_have_attribute("value", str(25 * done))
            expect(payer.page.locator("#live")).to_contain_text(f"{done} of 4 files, about {50 * done} of 200 rows")
        assert jobs.put_back(claimed, counts=False)
        expect(payer.state).to_have_attribute("data-state", "queued")

    expect(payer.state).to_have_attribute("data-state", "done", timeout=DONE_MS)
    expect(payer.page.locator("#live")).to_contain_text(f"{len(SHOWN)} rows")
    assert payer.page.evaluate("window.notReloaded"), "the page shows it by itself"
    file = downloaded(payer.page, payer.page.get_by_role("link", name="Download"), tmp_path)
    assert rows_of(file) == screen.rows()


@pytest.mark.parametrize("begun", [False, True], ids=["that waits", "at work"])
def test_a_job_is_called_off(begun: bool, payer: Builder, platform: Platform, people: People) -> None:
    payer.build("Per hour", people.account)
    with another_reporter(platform) as jobs:
        id = payer.order("Parquet")
        claimed = claim(jobs, id) if begun else None
        expect(payer.state).to_have_attribute("data-state", "running" if begun else "queued")

        payer.page.get_by_role("button", name="Cancel").click()

        expect(payer.page.get_by_text("It is cancelled.")).to_be_visible()
        if claimed:
            assert jobs.keep({claimed.claim: Progress()}) == {claimed.claim}, "its reporter is told to stop"
    # The reporter has gone past it when what was ordered later is done.
    payer.build("Per hour", people.account)
    payer.order("CSV")
    expect(payer.state).to_have_attribute("data-state", "done", timeout=DONE_MS)
    payer.page.goto(f"{payer.home}/jobs/{id}")
    expect(payer.state).to_have_attribute("data-state", "cancelled")
    expect(payer.page.get_by_role("link", name="Download")).to_have_count(0)


def test_a_link_that_is_passed_on_shows_everybody_their_own(
    payer: Builder, browser: Browser, platform: Platform, people: People
) -> None:
    payer.build("Transfers")
    link = urljoin(payer.page.url, payer.page.locator("#link").get_attribute("href"))
    mine, _ = to_the_end(payer.page)
    assert mine.column("amount") == [str(amount) for amount in reversed(SHOWN)]
    assert set(mine.column("direction")) == {"out"}

    with visitor(browser, platform.public_host, viewport=PHONE) as (page, _):
        page.goto(link)
        log_in(page, people.payee.username, people.payee.password)
        assert asked(page.url) == asked(link)
        theirs, _ = to_the_end(page)
    assert theirs.column("amount") == [str(amount) for amount in (BACK, *reversed(SHOWN))]
    assert theirs.column("direction") == ["out", *["in"] * len(SHOWN)]

    with visitor(browser, platform.public_host) as (page, _):
        page.goto(link)
        log_in(page, people.friend.username, people.friend.password)
        assert on_screen(page.locator("#rows")).column("amount") == [str(BACK)]


def same_in_all(files: dict[str, Path], screen: Sheet, browser: Browser) -> None:
    """Every file has the screen's rows in its order, and the page that stands alone says them as the screen does."""
    alone = files["HTML page"]
    assert {name: file.suffix for name, file in files.items()} == FILES | {"HTML page": ".html"}
    for name in FILES:
        assert rows_of(files[name]) == screen.rows(), name
    with opened_alone(browser, alone) as page:
        assert on_screen(page.locator("#rows")) == screen


def asked(url: str) -> tuple[str, dict[str, list[str]]]:
    """The page and its filter."""
    parts = urlsplit(url)
    return parts.path, parse_qs(parts.query)


def is_drawn(chart: Locator) -> None:
    """Charts are drawn when they come into sight."""
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".js-plotly-plot")).to_be_visible(timeout=DRAWN_MS)


@contextmanager
def another_reporter(platform: Platform) -> Iterator[MongoJobs]:
    """Stand in for the reporter, which is frozen meanwhile: so a job is at each of its stages for as long as it takes
    to look at the page."""
    url, pid = platform.stack.env(REPORTER)["MONGO_URL"], platform.stack.pid(REPORTER)
    collections = collections_of(SecretStr(url), "test")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield MongoJobs(collections)
    finally:
        os.kill(pid, signal.SIGCONT)
        collections.client.close()


def claim(jobs: MongoJobs, id: str) -> Claimed:
    claimed = jobs.claim(id)
    assert claimed is not None
    return claimed
