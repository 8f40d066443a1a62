from __future__ import annotations

import pytest

from auth_service.create_admin import create_admin
from auth_service.domain import UsernameTaken
from auth_service.use_cases.refresh import Attempt
from auth_service.use_cases.service_tokens import InvalidScope
from service_kit.tokens import decode
from tests.unit.auth_service.world import World

CHOSEN = "a lamp over the harbour wall"


def make(world: World, username: str = "admin", *, force: bool = False) -> str:
    return create_admin(world.users, world.auth.sign_up, username, "admin@localhost", force=force)


def test_the_first_administrator_gets_a_generated_password_that_is_told_once(world: World) -> None:
    told = make(world)

    password = told.splitlines()[1].removeprefix("Password:").strip()
    assert world.auth.log_in.by_api("admin", password)
    assert world.users.with_role("admin") is not None


def test_a_generated_password_gives_no_role_until_it_is_changed(world: World) -> None:
    generated = make(world).splitlines()[1].removeprefix("Password:").strip()
    admin = world.users.by_username("admin")
    assert admin is not None
    first = world.auth.log_in.by_api("admin", generated)
    assert "ledger:read" not in first.scopes

    session = decode(first.access_token, world.auth.introspect.keys).session_id
    world.auth.change_password(admin.id, session, generated, CHOSEN)

    assert "ledger:read" in world.auth.log_in.by_api("admin", CHOSEN).scopes


def test_a_refresh_under_a_generated_password_gives_no_role_either(world: World) -> None:
    generated = make(world).splitlines()[1].removeprefix("Password:").strip()
    first = world.auth.log_in.by_api("admin", generated)

    with pytest.raises(InvalidScope):
        world.auth.refresh(Attempt(first.refresh_token, "", None, frozenset({"ledger:read"})))


def test_a_second_one_is_made_only_by_force(world: World) -> None:
    make(world)

    assert "already: admin" in make(world, "demo-admin")
    assert world.users.by_username("demo-admin") is None
    assert "Administrator: demo-admin" in make(world, "demo-admin", force=True)


def test_the_same_name_is_not_given_twice(world: World) -> None:
    make(world)

    with pytest.raises(UsernameTaken):
        make(world, force=True)
