"""The running stack, named by STACK_DIR, and people in it. Without a stack these tests fail and say what to do."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from bench.platform import Api
from bench.stacks import Platform
from stack.errors import StackError
from tests.e2e.api_client import Client
from tests.e2e.browser import launch


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
def browser() -> Iterator[Browser]:
    """One Chromium a module: playwright's loop must not outlive the tests that need it."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()
