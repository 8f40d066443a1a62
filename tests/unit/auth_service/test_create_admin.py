from __future__ import annotations

import pytest

from auth_service.create_admin import create_admin
from auth_service.domain import UsernameTaken
from tests.unit.auth_service.world import World


def make(world: World, username: str = "admin", *, force: bool = False) -> str:
    return create_admin(world.users, world.auth.sign_up, username, "admin@localhost", force=force)


def test_the_first_administrator_gets_a_generated_password_that_is_told_once(world: World) -> None:
    told = make(world)

    password = told.splitlines()[1].removeprefix("Password:").strip()
    grant = world.auth.log_in.by_api("admin", password)
    assert "ledger:read" in grant.scopes
    assert world.users.with_role("admin") is not None


def test_a_second_one_is_made_only_by_force(world: World) -> None:
    make(world)

    assert "already: admin" in make(world, "demo-admin")
    assert world.users.by_username("demo-admin") is None
    assert "Administrator: demo-admin" in make(world, "demo-admin", force=True)


def test_the_same_name_is_not_given_twice(world: World) -> None:
    make(world)

    with pytest.raises(UsernameTaken):
        make(world, force=True)
