"""A browser's session, without a browser: the form of the log-in, its cookie, and the pages that the cookie opens."""

import re

import httpx

from bench.load.job import Person
from bench.stacks import Platform

TIMEOUT_SECONDS = 10


def browser_of(platform: Platform, person: Person) -> httpx.Client:
    """Logged in by the form; the caller closes it."""
    browser = httpx.Client(timeout=TIMEOUT_SECONDS)
    url = f"{platform.public_url('auth-web')}/login_form"
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get(url).raise_for_status().text)
    assert token is not None, "the form of the log-in has no token"
    form = {"csrf_token": token[1], "username": person.username, "password": person.password}
    answer = browser.post(url, data=form, headers={"Referer": url})
    assert answer.status_code == httpx.codes.FOUND, f"the log-in by form was answered {answer.status_code}"
    return browser


def leave(platform: Platform, browser: httpx.Client) -> None:
    """Press the button; the cookie is kept, as a thief would."""
    kept, origin = dict(browser.cookies), platform.public_url("auth-web")
    assert browser.post(f"{origin}/logout", headers={"Origin": origin}).status_code == httpx.codes.FOUND
    browser.cookies.update(kept)


def pages_of(platform: Platform) -> list[str]:
    """Pages of three services that send strangers to the log-in."""
    paths = {"auth-web": "/protected_web", "transaction-web": "/send_transaction", "notification-web": "/inbox"}
    return [platform.public_url(process) + path for process, path in paths.items()]


def is_let_in(browser: httpx.Client, page: str) -> bool:
    """Whether the page is shown, not the way to the log-in."""
    return browser.get(page).status_code == httpx.codes.OK
