"""Somebody guesses a password: through the API and on the page, while the owner comes in by a device that is known."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Browser, expect

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.browser import visitor
from tests.e2e.test_browser_journey import log_in
from tests.waiting import eventually


def test_guesses_wait_and_the_owner_s_device_does_not(stranger: Callable[[], Client]) -> None:
    owner = stranger()
    assert owner.sign_up().status_code == 201
    device_token = owner.log_in().json()["device_token"]

    answers = [owner.log_in(password="wrong") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    refused = answers[-1]
    assert (refused.json()["code"], refused.headers["Content-Type"]) == (
        "too_many_attempts",
        "application/problem+json",
    )
    assert 1 <= int(refused.headers["Retry-After"]) <= 2
    assert owner.log_in().status_code == 429
    assert owner.log_in(device_token=device_token).status_code == 200
    assert owner.log_in().status_code == 429
    # 2 s, and what a busy machine adds.
    eventually(lambda: owner.log_in().status_code == 200, what="the end of the wait")


def test_a_name_that_nobody_has_is_guessed_no_faster(stranger: Callable[[], Client]) -> None:
    nobody = stranger()

    assert [nobody.log_in().status_code for _ in range(6)] == [401] * 5 + [429]


def test_the_page_tells_a_guesser_to_wait_and_lets_the_owner_s_browser_in(
    platform: Platform, browser: Browser, stranger: Callable[[], Client]
) -> None:
    owner = stranger()
    assert owner.sign_up().status_code == 201
    address = f"{platform.public_url('auth-web')}/login_form"
    with visitor(browser, platform.public_host) as (page, complaints):
        page.goto(address)
        log_in(page, owner.username, owner.password)
        page.get_by_role("button", name="Log out", exact=True).click()

        with visitor(browser, platform.public_host) as (guessing, their_complaints):
            for _ in range(6):
                guessing.goto(address)
                guessing.get_by_label("User name").fill(owner.username)
                guessing.get_by_label("Password").fill("wrong")
                guessing.get_by_role("button", name="Log in").click()
            expect(guessing.get_by_text("Too many attempts.")).to_be_visible()
            # Chromium tells of every 4xx; these were asked for.
            their_complaints.errors = [said for said in their_complaints.errors if "status of 4" not in said]

        page.goto(address)
        log_in(page, owner.username, owner.password)
        expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
        assert complaints.errors == []


def test_a_browser_s_redirects_and_a_program_s_answers_are_counted_together(
    platform: Platform, stranger: Callable[[], Client]
) -> None:
    """One account, one budget, whichever door."""
    nobody = stranger()
    for _ in range(5):
        nobody.log_in()
    with httpx.Client(base_url=platform.auth_url, headers={"Accept": "text/html"}) as http:
        form = http.get("/login_form").text
        token = form.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = http.post("/login_form", data={"csrf_token": token, "username": nobody.username, "password": "wrong"})

    assert answer.status_code == 429
    assert "Too many attempts." in answer.text
    assert answer.headers["Retry-After"] in ("1", "2")
