"""What a service is told of the standing of a person for whom it acts later."""

from __future__ import annotations

from tests.unit.auth_service.test_administration import Staffed, boss, client, staffed, url
from tests.unit.auth_service.test_api import service

__all__ = ["boss", "client", "staffed"]


def standing(client, staffed, name="demo-001", as_service="analytics_service"):
    return client.get(f"/v1/users/{staffed.person(name).id}/standing", headers=service(client, as_service))


def test_state_and_roles_are_told_and_nothing_else(client, staffed: Staffed):
    assert standing(client, staffed).json == {"state": "active", "roles": ["user"]}
    assert standing(client, staffed, "boss").json == {"state": "active", "roles": ["user", "admin"]}


def test_who_is_locked_is_said_to_be(client, staffed: Staffed, boss):
    client.post(url(staffed, "/lock"), headers=boss, json={"reason": "asked by support"})
    assert standing(client, staffed).json["state"] == "locked"


def test_who_is_nobody_is_not_found(client, staffed: Staffed):
    answer = client.get("/v1/users/nobody/standing", headers=service(client, "analytics_service"))
    assert (answer.status_code, answer.json["code"]) == (404, "user_not_found")


def test_it_needs_its_scope(client, staffed: Staffed, boss):
    assert standing(client, staffed, as_service="transaction_service").status_code == 403
    path = f"/v1/users/{staffed.person().id}/standing"
    assert client.get(path, headers=boss).json["code"] == "scope_missing"
    assert client.get(path).status_code == 401
