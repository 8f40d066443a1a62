"""Every page, on a desktop, on a phone, in the dark, without JavaScript: it complains of nothing, loads nothing from
outside, fits the screen, and belongs to one product."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import DESKTOP, PHONE, visitor
from tests.e2e.test_browser_journey import ask_to_send
from tests.e2e.test_followed_by_eye import enter
from tests.e2e.test_jobs import done, order
from tests.waiting import eventually


@dataclass(frozen=True)
class Place:
    """A page: of which process, at which path, who must be logged in, and what the navigation marks."""

    process: str
    path: str
    members_only: bool = False
    marked: str = ""
    staff_only: bool = False

    @property
    def is_document(self) -> bool:
        """Swagger's page is wide by nature, and needs its script."""
        return self.path == "/apidocs/"

    def marks(self, view: "View") -> list[str]:
        """What the navigation marks. On a phone two places are not in it: the mark and the handle lead there."""
        hidden = ("Home", "Profile", "") if view.viewport is PHONE else ("",)
        return [] if self.marked in hidden else [self.marked]


PLACES = [
    Place("auth-web", "/", marked="Home"),
    Place("auth-web", "/signup_form"),
    Place("auth-web", "/reset_form"),
    Place("auth-web", "/change_password_form", members_only=True, marked="Profile"),
    Place("auth-web", "/change_email_form", members_only=True, marked="Profile"),
    Place("auth-web", "/login_form"),
    Place("auth-web", "/protected_web", members_only=True, marked="Profile"),
    Place("auth-web", "/protected_web/activity", members_only=True, marked="Profile"),
    Place("auth-web", "/protected_web/close", members_only=True, marked="Profile"),
    Place("transaction-web", "/login_transaction_form", marked="Send money"),
    Place("transaction-web", "/send_transaction", members_only=True, marked="Send money"),
    Place("transaction-web", "/transfers/{transfer}", members_only=True, marked="Send money"),
    Place("transaction-web", "/send_transaction/{draft}", members_only=True, marked="Send money"),
    Place("transaction-web", "/history", members_only=True, marked="Send money"),
    Place("transaction-web", "/contacts", members_only=True, marked="Send money"),
    Place("transaction-web", "/accounts", members_only=True, marked="Send money"),
    Place("transaction-web", "/accounts/{account}/statement", members_only=True, marked="Send money"),
    Place("notification-web", "/inbox", members_only=True, marked="Inbox"),
    Place("notification-web", "/inbox?show=archived", members_only=True, marked="Inbox"),
    Place("notification-web", "/settings", members_only=True, marked="Inbox"),
    Place("notification-web", "/webhooks", members_only=True, marked="Inbox"),
    Place("analytics-web", "/spending", members_only=True, marked="Reports"),
    Place("analytics-web", "/reports", members_only=True, marked="Reports"),
    Place("analytics-web", "/reports?show=spread", members_only=True, marked="Reports"),
    Place("analytics-web", "/reports?show=accounts", members_only=True, marked="Reports"),
    Place("analytics-web", "/reports/build", members_only=True, marked="Reports"),
    Place("analytics-web", "/reports/build?report=per_hour", members_only=True, marked="Reports"),
    Place("analytics-web", "/reports/build?report=transfers", members_only=True, marked="Reports"),
    Place("analytics-web", "/jobs", members_only=True, marked="Reports"),
    Place("analytics-web", "/jobs/{job}", members_only=True, marked="Reports"),
    Place("analytics-web", "/jobs/schedules", members_only=True, marked="Reports"),
    Place("monitoring-web", "/status", marked="Status"),
    Place("monitoring-web", "/journey", members_only=True, marked="Status"),
    Place("monitoring-web", "/journey/{transfer}", members_only=True, marked="Status"),
]
PLACES += [
    Place(process, path, members_only=True, marked=marked, staff_only=True)
    for process, path, marked in (
        ("auth-web", "/admin", "Profile"),
        ("auth-web", "/admin/users/{user}", "Profile"),
        ("notification-web", "/deliveries", "Inbox"),
        ("notification-web", "/deliveries?state=delivered", "Inbox"),
        ("analytics-web", "/overview", "Reports"),
        ("analytics-web", "/reports?show=accounts", "Reports"),
        ("analytics-web", "/reports/build?report=risk_velocity", "Reports"),
        ("analytics-web", "/jobs?whose=everybody", "Reports"),
        ("analytics-web", "/risk", "Reports"),
        ("analytics-web", "/risk?pattern=cycle", "Reports"),
        ("analytics-web", "/reconciliation", "Reports"),
    )
]
WEB_PROCESSES = ["auth-web", "transaction-web", "notification-web", "analytics-web", "monitoring-web"]
DOCUMENTS = [Place(process, "/apidocs/", marked="API") for process in WEB_PROCESSES]
A_ROUTE = {
    "auth-web": "/v1/login",
    "transaction-web": "/v1/transfers",
    "notification-web": "/v1/notifications",
    "analytics-web": "/v1/rows",
    "monitoring-web": "/v1/status",
}


EVERY_DAY = {
    "report": "transfers",
    "filter": {"status": ["rejected"], "reason": ["limit_exceeded"]},
    "period": "yesterday",
    "every": "day",
    "at": "06:00",
    "zone": "Europe/Berlin",
}


@dataclass(frozen=True)
class View:
    """How somebody looks at a page."""

    name: str
    viewport: dict[str, int]
    dark: bool = False


VIEWS = [View("desktop", DESKTOP), View("desktop in the dark", DESKTOP, dark=True), View("phone", PHONE)]


@dataclass(frozen=True)
class Reader:
    """Somebody who has sent something, so that every part of the pages has something to show."""

    names: dict[str, str]
    """What stands in paths for the parts in braces."""
    session: list[Any]
    staff_session: list[Any]
    """Of an administrator."""

    def cookies(self, place: Place) -> list[Any]:
        """Logged in where one has to be, a stranger elsewhere."""
        if place.staff_only:
            return self.staff_session
        return self.session if place.members_only else []

    def open(self, page: Page, platform: Platform, place: Place) -> None:
        path = place.path.format(**self.names)
        answer = page.goto(f"{platform.public_url(place.process)}{path}")
        assert answer is not None
        assert answer.status == 200
        assert page.url.endswith(path)


@pytest.fixture(scope="module")
def reader(browser: Browser, platform: Platform, member: Callable[[], Client], admin: Client) -> Reader:
    person, other = member(), member()
    sent = person.send(other.username, 1250, note="for the page").json()["id"]
    assert person.keep(other.username, "A friend").status_code == 201
    eventually(
        lambda: person.told_of(sent) and sent in [row["event_id"] for row in person.rows()],
        what="the transfer in the inbox and in the reports",
    )
    for report, filter in (
        ("transfers", {"status": ["posted"], "currency": ["EUR"], "amount_min": 100}),
        ("totals", {}),
    ):
        job = order(person, report=report, filter=filter)
        made = done(person, job)
    assert person.post("/v1/schedules", of="analytics-web", json=EVERY_DAY).status_code == 201
    (account,) = person.accounts()
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, admin)
        staff_session = page.context.cookies()
    with visitor(browser, platform.public_host) as (page, _):
        enter(page, platform, person)
        page.goto(f"{platform.public_url('transaction-web')}/send_transaction")
        ask_to_send(page, other.username, "1", "a draft")
        names = {"draft": page.url.rpartition("/")[2], "transfer": sent, "job": made["id"]}
        names |= {"account": account["id"], "user": made["user_id"]}
        return Reader(names, page.context.cookies(), staff_session)


def named(place: Place) -> str:
    return place.process + place.path + " of staff" * place.staff_only


@pytest.mark.parametrize("place", PLACES + DOCUMENTS, ids=named)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_page_opens_without_complaint(
    place: Place, view: View, browser: Browser, platform: Platform, reader: Reader
) -> None:
    cookies = reader.cookies(place)
    with visitor(browser, platform.public_host, viewport=view.viewport, dark=view.dark, cookies=cookies) as (page, _):
        reader.open(page, platform, place)

        look_at_charts(page)
        assert page.locator("nav [aria-current=page]:visible").all_inner_texts() == place.marks(view)
        if not place.is_document:
            assert page.evaluate("document.documentElement.scrollWidth") <= view.viewport["width"]
            assert page.evaluate(FAINT_TEXTS) == []


@pytest.mark.parametrize("place", PLACES, ids=named)
def test_a_page_is_readable_without_javascript(
    place: Place, browser: Browser, platform: Platform, reader: Reader
) -> None:
    with visitor(browser, platform.public_host, javascript=False, cookies=reader.cookies(place)) as (page, _):
        reader.open(page, platform, place)

        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for chart in page.locator("figure.chart:has(details)").all():
            expect(chart.locator(".chart-canvas")).to_be_hidden()
            chart.locator("summary").click()
            expect(chart.get_by_role("table")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_has_the_same_navigation(
    viewport: dict[str, int], browser: Browser, platform: Platform, reader: Reader
) -> None:
    bars = set()
    with visitor(browser, platform.public_host, viewport=viewport) as (page, _):
        for place in PLACES + DOCUMENTS:
            if not place.members_only:
                reader.open(page, platform, place)
                bars.add(tuple(page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()))

    assert bars == {
        ("Home", "Send money", "Inbox", "Reports", "Status", "Profile", "API")
        if viewport is DESKTOP
        else ("Send money", "Inbox", "Reports", "Status", "API")
    }


@pytest.mark.parametrize(
    "place", [Place("analytics-web", "/reports", True), Place("monitoring-web", "/status")], ids=named
)
def test_charts_are_drawn_and_follow_the_system_into_the_dark(
    place: Place, browser: Browser, platform: Platform, reader: Reader
) -> None:
    with visitor(browser, platform.public_host, cookies=reader.cookies(place)) as (page, _):
        reader.open(page, platform, place)
        assert look_at_charts(page) > 0
        by_day = line_colour(page)

        page.emulate_media(color_scheme="dark")

        eventually(lambda: line_colour(page) != by_day, what="the chart in the colours of the dark")


@pytest.mark.parametrize("process", WEB_PROCESSES)
def test_the_api_document_lists_the_routes(process: str, browser: Browser, platform: Platform) -> None:
    with visitor(browser, platform.public_host) as (page, _):
        page.goto(f"{platform.public_url(process)}/apidocs/", wait_until="networkidle")

        expect(page.get_by_text(A_ROUTE[process], exact=True).first).to_be_visible()


def look_at_charts(page: Page) -> int:
    """Scroll to each chart, as a reader does: only then is it drawn. Return how many there are."""
    charts = page.locator("figure.chart:has(.chart-canvas)").all()
    for chart in charts:
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_visible()
    return len(charts)


def line_colour(page: Page) -> str:
    colour: str = page.locator(".chart .gridlayer path").first.evaluate("path => getComputedStyle(path).stroke")
    return colour


FAINT_TEXTS = """() => {
  const numbers = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *:not(svg *, script, style, template, option, noscript)")) {
    const own = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join("");
    const elsewhere = element.closest(".skip-link, .visually-hidden, .js-plotly-plot");
    if (!own || elsewhere || !element.checkVisibility()) continue;
    const [one, other] = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) faint.push(`${own.slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return faint;
}"""
"""Texts with a contrast under 4.5 : 1 against what is behind them (WCAG 2.2, success criterion 1.4.3)."""
