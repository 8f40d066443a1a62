"""A log-in is told to the platform, so that its owner can be warned of one that isn't theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auth_service.domain import NEW_ACCOUNT, PLATFORM, InvalidCredentials, Whence
from auth_service.use_cases.guard import NOWHERE, Visitor
from auth_service.use_cases.log_in import LogIn
from auth_service.use_cases.trails import Trails
from contracts.codec import codec_for
from tests.unit.auth_service.world import HOME, PASSWORD, World

LAPTOP, PHONE = HOME, Whence("203.0.113.9", "Safari 18 on iOS")


@pytest.fixture
def person(world: World) -> World:
    """A world where demo-001 signed up some time ago."""
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    world.clock.advance(NEW_ACCOUNT.total_seconds())
    return world


def at(world: World, whence: Whence) -> LogIn:
    return replace(world.auth.log_in, trails=Trails(world.trail, lambda: whence))


def told(world: World) -> list[dict[str, Any]]:
    return [event.data for event in world.outbox.waiting(20) if event.data["type"] == "session.started"]


def test_a_log_in_is_told_with_its_session_and_obeys_the_contract(person: World) -> None:
    session = person.auth.log_in.by_form("demo-001", PASSWORD).session

    [event] = told(person)
    codec_for("users").encode(event)
    assert (event["session_id"], event["door"], event["device"]) == (session.id, "browser", LAPTOP.device)
    assert LAPTOP.address not in repr(event)


def test_a_refused_log_in_starts_nothing(person: World) -> None:
    with pytest.raises(InvalidCredentials):
        person.auth.log_in.by_form("demo-001", "wrong")

    assert told(person) == []


def test_a_device_is_known_by_its_note(person: World) -> None:
    note = at(person, LAPTOP).by_form("demo-001", PASSWORD).device_token
    at(person, PHONE).by_form("demo-001", PASSWORD, Visitor(PHONE.address, note))

    assert [event["known_device"] for event in told(person)] == [False, True]


def test_a_client_without_a_note_is_known_by_a_session_from_there(person: World) -> None:
    for whence in (LAPTOP, LAPTOP, PHONE):
        at(person, whence).by_api("demo-001", PASSWORD, NOWHERE)

    assert [event["known_device"] for event in told(person)] == [False, True, False]


def test_of_too_many_sessions_the_oldest_end(person: World) -> None:
    person.sessions.most_open = 2
    opened = []
    for _ in range(4):
        opened.append(person.auth.log_in.by_form("demo-001", PASSWORD))
        person.clock.advance(1)

    still = [person.auth.introspect.session(each.cookie) is not None for each in opened]
    assert still == [False, False, True, True]
    assert person.cache.announced == [[each.session.id] for each in opened[:2]]
    ended = next(each.entry for each in person.trail.of(opened[0].session.user_id, 1))
    assert (ended.kind, ended.by) == ("sessions.ended", PLATFORM)


def test_who_has_just_signed_up_is_not_warned_of_themselves(world: World) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    world.clock.advance(NEW_ACCOUNT.total_seconds() - 1)
    world.auth.log_in.by_form("demo-001", PASSWORD)

    assert [event["known_device"] for event in told(world)] == [True]
