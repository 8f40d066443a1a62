"""MongoDB is away, and browsers with a session come."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from pymongo.errors import ExecutionTimeout, PyMongoError, ServerSelectionTimeoutError, WTimeoutError

from auth_service.domain import Session
from contracts.session import COOKIE_NAME
from tests.unit.auth_service.test_pages import BROWSER
from tests.unit.auth_service.world import World


class Away:
    """ports.Sessions, as far as a cookie is looked up; each look fails, and costs a wait."""

    def __init__(self, error: PyMongoError) -> None:
        self.error, self.looks = error, 0

    def by_cookie_hash(self, cookie_hash: str) -> Session | None:
        self.looks += 1
        raise self.error


def visitor(world: World, away: Away) -> FlaskClient:
    """A browser with a session's cookie."""
    introspect = replace(world.auth.introspect, sessions=away)  # type: ignore[arg-type]
    world.auth = replace(world.auth, introspect=introspect)
    client = world.app().test_client()
    client.set_cookie(COOKIE_NAME, "c" * 43)
    return client


@pytest.mark.parametrize(
    "error", [ServerSelectionTimeoutError("No servers"), ExecutionTimeout("too slow"), WTimeoutError("no majority")]
)
def test_what_is_only_for_who_is_logged_in_answers_503_after_one_look(world: World, error: PyMongoError) -> None:
    away = Away(error)

    page = visitor(world, away).get("/protected_web", headers=BROWSER)

    assert (page.status_code, page.headers["Retry-After"], away.looks) == (503, "1", 1)
    assert "Authentication is not available right now" in page.text


def test_what_is_for_everybody_is_shown_as_to_a_stranger(world: World) -> None:
    away = Away(ServerSelectionTimeoutError("No servers"))

    page = visitor(world, away).get("/", headers=BROWSER)

    assert (page.status_code, away.looks) == (200, 1)
    assert "/login_form" in page.text


def test_a_page_that_does_not_exist_says_so(world: World) -> None:
    away = Away(ServerSelectionTimeoutError("No servers"))

    assert visitor(world, away).get("/nowhere", headers=BROWSER).status_code == 404
