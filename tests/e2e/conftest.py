"""The running stack, named by STACK_DIR, and people in it. Without a stack these tests fail and say what to do."""

import re
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from playwright.sync_api import Browser, sync_playwright

from bench.platform import Api
from bench.stacks import Platform
from stack.errors import StackError
from tests.e2e.api_client import Client
from tests.e2e.browser import launch
from tests.e2e.streams import stream

PAUSE_SECONDS = 10


@pytest.fixture(scope="session")
def platform() -> Platform:
    """The stack to test: `make test` starts one of its own."""
    try:
        found = Platform.of()
    except StackError as error:
        pytest.fail(f"{error}; `make test` starts a stack of its own", pytrace=False)
    unhealthy = found.unhealthy()
    assert not unhealthy, "; ".join(unhealthy)
    return found


@pytest.fixture(scope="session")
def operator(platform: Platform) -> Iterator[Api]:
    """The ledger's summary and journal, as the service client `demo` may read them."""
    with platform.api() as api:
        yield api


@pytest.fixture(scope="session")
def stranger(platform: Platform) -> Callable[[], Client]:
    """Makes somebody with an unused name, who has not signed up."""
    return lambda: Client(platform, f"e2e-{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="session")
def member(stranger: Callable[[], Client]) -> Callable[[], Client]:
    """Makes somebody who has joined and has the sign-up grant."""
    return lambda: stranger().join()


@pytest.fixture(scope="module")
def analyst(platform: Platform, member: Callable[[], Client]) -> Client:
    """A member who may see the whole platform's figures and every journey.

    A new one a module, since a token lasts five minutes.
    """
    person = member()
    platform.command_of_auth("grant_role", person.username, "analyst")
    assert person.log_in().status_code == 200
    return person


@pytest.fixture(scope="module")
def admin(platform: Platform) -> Client:
    """A new administrator, who has changed the password that the command has printed."""
    person = Client(platform, f"e2e-{uuid.uuid4().hex[:12]}")
    said = platform.command_of_auth("create_admin", "--username", person.username, "--email", person.email, "--force")
    chosen, (person.password,) = person.password, re.findall(r"Password: *(\S+)", said)
    assert person.log_in().status_code == 200
    assert person.change_password(chosen).status_code == 200
    assert person.log_in().status_code == 200
    return person


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a module: playwright's loop must not outlive the tests that need it."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="module")
def traffic(member: Callable[[], Client], platform: Platform) -> Iterator[None]:
    """Something of everything: people who join and log in, payments before their payee's eyes and reports made as jobs
    as long as the module's tests take, one payment rejected for want of money."""
    payer, payee = member(), member()
    live, over = f"{platform.url('notification-live')}/v1/stream", Event()

    def pay() -> None:
        while True:
            assert payer.log_in().status_code == 200
            assert payer.send(payee.username, 1).status_code == 201
            assert listening.next()
            assert payer.post("/v1/jobs", of="analytics-web", json={"report": "totals"}).status_code == 202
            if over.wait(PAUSE_SECONDS):
                return

    with stream(live, payee.bearer()) as listening, ThreadPoolExecutor(1) as pool:
        paying = pool.submit(pay)
        assert payer.send(payee.username, payer.balance() + 1).status_code != 201
        yield
        over.set()
        paying.result()
