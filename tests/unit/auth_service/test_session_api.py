"""Where one is logged in, by API: looked at, ended one by one or all at once."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.unit.auth_service.test_api import bearer, service
from tests.unit.auth_service.test_token_api import refresh
from tests.unit.auth_service.world import HOME, PASSWORD, World

PATH = "/v1/me/sessions"


@pytest.fixture
def client(world: World) -> FlaskClient:
    for name in ("demo-001", "demo-002"):
        world.auth.sign_up(name, f"{name}@example.com", PASSWORD)
    return world.app().test_client()


def log_in(client: FlaskClient, name: str = "demo-001") -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/v1/login", json={"username": name, "password": PASSWORD}).json
    return answer


def sessions(client: FlaskClient, tokens: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(PATH, headers=bearer(tokens["access_token"])).json["sessions"]
    return found


def is_logged_in(client: FlaskClient, tokens: dict[str, Any]) -> bool:
    return client.get("/v1/me", headers=bearer(tokens["access_token"])).status_code == 200


def test_a_session_tells_its_device_address_and_use(client: FlaskClient, world: World) -> None:
    browser = world.auth.log_in.by_form("demo-001", PASSWORD)
    world.clock.advance(120)
    tokens = log_in(client)
    world.clock.advance(120)
    tokens = refresh(client, tokens["refresh_token"]).json

    first, second = sessions(client, tokens)

    assert (first["id"], first["door"], first["current"]) == (browser.session.id, "browser", False)
    assert (first["device"], first["address"]) == (HOME.device, HOME.address)
    assert (first["created_at"], first["last_used_at"]) == ("2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000Z")
    assert (second["door"], second["current"]) == ("api", True)
    assert (second["created_at"], second["last_used_at"]) == ("2026-01-02T03:06:05.000Z", "2026-01-02T03:08:05.000Z")
    assert second["ends_at"] == "2026-01-02T05:08:05.000Z"


def test_nobody_sees_the_sessions_of_others(client: FlaskClient) -> None:
    log_in(client)
    other = log_in(client, "demo-002")

    assert [found["current"] for found in sessions(client, other)] == [True]


def test_a_session_is_ended_by_its_id_as_often_as_one_likes(client: FlaskClient, world: World) -> None:
    elsewhere, here = log_in(client), log_in(client)
    ended = next(found["id"] for found in sessions(client, here) if not found["current"])

    answers = [client.delete(f"{PATH}/{ended}", headers=bearer(here["access_token"])) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert (is_logged_in(client, elsewhere), is_logged_in(client, here)) == (False, True)
    assert world.cache.announced == [[ended], [ended]]
    assert len(sessions(client, here)) == 1


def test_one_may_end_the_session_that_one_asks_by(client: FlaskClient) -> None:
    here = log_in(client)

    client.delete(f"{PATH}/{sessions(client, here)[0]['id']}", headers=bearer(here["access_token"]))

    assert not is_logged_in(client, here)


def test_somebody_elses_session_is_not_there(client: FlaskClient) -> None:
    mine, theirs = log_in(client), log_in(client, "demo-002")

    for id in (sessions(client, theirs)[0]["id"], "0192f3c4-5b7a-7c31-9a55-1f6e0c7d2b11"):
        answer = client.delete(f"{PATH}/{id}", headers=bearer(mine["access_token"]))
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert is_logged_in(client, theirs)


@pytest.mark.parametrize("id", ["x", "$ne", "0192F3C4-5B7A-7C31-9A55-1F6E0C7D2B11"])
def test_what_is_no_id_is_named(client: FlaskClient, id: str) -> None:
    answer = client.delete(f"{PATH}/{id}", headers=bearer(log_in(client)["access_token"]))

    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (400, "session_id")


@pytest.mark.parametrize(("query", "ended", "stays"), [("", 2, True), ("?all=false", 2, True), ("?all=true", 3, False)])
def test_all_others_end_at_once_and_this_one_too_when_asked(
    client: FlaskClient, world: World, query: str, ended: int, stays: bool
) -> None:
    browser, elsewhere, here, other = (
        world.auth.log_in.by_form("demo-001", PASSWORD),
        log_in(client),
        log_in(client),
        log_in(client, "demo-002"),
    )

    answer = client.delete(PATH + query, headers=bearer(here["access_token"]))

    assert answer.json == {"ended": ended}
    assert world.auth.introspect.session(browser.cookie) is None
    assert (is_logged_in(client, elsewhere), is_logged_in(client, here)) == (False, stays)
    assert is_logged_in(client, other)


def test_sessions_want_a_token_and_a_service_has_none(client: FlaskClient) -> None:
    for method, path in (("GET", PATH), ("DELETE", PATH), ("DELETE", f"{PATH}/x")):
        assert client.open(path, method=method).json["code"] == "token_missing"
    assert client.get(PATH, headers=service(client, "demo")).json["code"] == "scope_missing"
