from __future__ import annotations

import pytest

from auth_service.domain import UnknownUser
from auth_service.use_cases import GrantRole
from tests.unit.auth_service.world import PASSWORD, World

EVENT_ID = "00000000-0000-7000-8000-999999999999"
"""Later than those that the world gives, as an id of version 7 would be."""


def grant(world: World, username: str, role: str) -> None:
    GrantRole(world.users, world.clock, lambda: EVENT_ID, world.trails)(username, role)


def test_a_granted_role_counts_from_the_next_log_in_on_and_is_told_to_the_platform(world: World) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)

    grant(world, "demo-001", "analyst")

    assert "ledger:read" in world.auth.log_in.by_api("demo-001", PASSWORD).scopes
    told = world.outbox.waiting(10)[-1].data
    assert (told["type"], told["roles"]) == ("user.changed", ["user", "analyst"])


def test_a_role_that_somebody_has_is_granted_and_told_once(world: World) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)

    grant(world, "demo-001", "analyst")
    grant(world, "demo-001", "analyst")

    assert len(world.outbox.waiting(10)) == 2


def test_nobody_is_granted_nothing(world: World) -> None:
    with pytest.raises(UnknownUser, match="demo-404"):
        grant(world, "demo-404", "analyst")
