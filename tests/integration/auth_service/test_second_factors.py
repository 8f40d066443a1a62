"""One suite over second factors in memory and in MongoDB."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from auth_service import storage
from auth_service.domain import Act, ActKind, Opened, Session, UserChanged
from auth_service.domain.second_factor import SecondFactor, SecondFactorInPlace
from auth_service.ports import OutgoingEvent, Told
from service_kit import mongo
from service_kit.errors import TokenRevoked
from tests.integration.auth_service.conftest import OwnCollections, Stores
from tests.integration.auth_service.test_credentials import NOW, person, session


def begun(stores: Stores, key: bytes = b"sealed") -> SecondFactor:
    factor = SecondFactor(f"{stores.mark}-user", key, NOW)
    stores.second_factors.begin(factor)
    return factor


def told(stores: Stores, what: str = "1") -> tuple[OutgoingEvent, Act]:
    user, kind = f"{stores.mark}-user", "second_factor.enabled"
    event = OutgoingEvent(f"{stores.mark}-{what}", "users", user, {"n": what}, None)
    known: ActKind = kind  # type: ignore[assignment]
    return event, Act(user, known, NOW, user)


def here(stores: Stores) -> Session:
    """Where the person of `begun` is logged in."""
    return session(stores, "here", person(stores, "user"))


def in_place(stores: Stores) -> str:
    at = here(stores)
    factor = begun(stores)
    assert stores.second_factors.confirm(factor, 100, ["a", "b"], at.id, *told(stores)) == []
    return factor.user_id


def test_it_is_read_as_it_was_begun_and_may_be_begun_again(stores: Stores) -> None:
    assert stores.second_factors.of(f"{stores.mark}-user") is None
    first = begun(stores)
    assert stores.second_factors.of(first.user_id) == first

    second = begun(stores, b"another")

    assert stores.second_factors.of(first.user_id) == second
    assert stores.second_factors.confirm(first, 100, ["a"], here(stores).id, *told(stores)) is None


def test_confirmed_it_counts_and_is_told_with_it(stores: Stores) -> None:
    user_id = in_place(stores)

    kept = stores.second_factors.of(user_id)
    assert (kept.confirmed_at, kept.last_step, kept.recovery_hashes) == (NOW, 100, ("a", "b"))
    assert f"{stores.mark}-1" in {event.id for event in stores.outbox.waiting(1000)}
    assert [found.entry.kind for found in stores.trail.of(user_id, 1)] == ["second_factor.enabled"]
    with pytest.raises(SecondFactorInPlace):
        begun(stores)


def test_it_is_confirmed_once(stores: Stores) -> None:
    factor = stores.second_factors.of(in_place(stores))

    assert stores.second_factors.confirm(factor, 101, ["c"], f"{stores.mark}-here", *told(stores, "2")) is None
    assert f"{stores.mark}-2" not in {event.id for event in stores.outbox.waiting(1000)}


def test_with_it_ends_what_the_password_alone_has_brought(stores: Stores) -> None:
    kept = here(stores)
    user = stores.users.by_id(kept.user_id)
    other, elses = session(stores, "other", user), session(stores, "else", person(stores, "else", "b@example.com"))

    assert stores.second_factors.confirm(begun(stores), 100, ["a"], kept.id, *told(stores)) == [other]

    assert stores.sessions.by_id(kept.id) == replace(kept, stepped_up_at=NOW)
    assert stores.sessions.by_id(other.id).ended_at == NOW
    assert stores.sessions.by_id(elses.id) == elses
    assert stores.users.by_id(user.id) == replace(user, notes_from=NOW)


@pytest.mark.parametrize("whose", ["ended", "of somebody else", "of nobody"])
def test_it_is_confirmed_in_an_open_session_of_its_own_only(stores: Stores, whose: str) -> None:
    at = here(stores)
    if whose == "ended":
        stores.sessions.end(at.id, Act(at.user_id, "session.ended", NOW, at.user_id))
    elses = session(stores, "else", person(stores, "else", "b@example.com"))
    where = {"ended": at.id, "of somebody else": elses.id, "of nobody": "none"}[whose]
    factor = begun(stores)

    with pytest.raises(TokenRevoked):
        stores.second_factors.confirm(factor, 100, ["a"], where, *told(stores))

    assert stores.second_factors.of(factor.user_id) == factor
    assert stores.sessions.by_id(elses.id) == elses
    assert f"{stores.mark}-1" not in {event.id for event in stores.outbox.waiting(1000)}


def test_the_password_alone_opens_no_session_then(stores: Stores) -> None:
    user = stores.users.by_id(in_place(stores))
    late = replace(stores.sessions.by_id(f"{stores.mark}-here"), id=f"{stores.mark}-late", cookie_hash=None)

    with pytest.raises(UserChanged):
        stores.sessions.add(replace(late, stepped_up_at=None), lambda _, been_there: Told(told(stores)[1]))
    assert stores.sessions.by_id(late.id) is None
    assert stores.sessions.add(late, lambda _, been_there: Told(told(stores)[1])) == Opened(late)

    stores.second_factors.remove(user.id, *told(stores, "2"))
    again = replace(late, id=f"{stores.mark}-again", stepped_up_at=None)
    assert stores.sessions.add(again, lambda _, been_there: Told(told(stores)[1])) == Opened(again)


def test_of_a_log_in_and_switching_it_on_at_once_no_session_is_left_that_nobody_proved(
    mongo_url: Callable[[str], str],
) -> None:
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    mark = f"t{uuid4().hex[:12]}"
    db: Any = OwnCollections(storage.database(client), mark)
    storage.create_indexes(db)
    users, sessions, factors = storage.MongoUsers(db), storage.MongoSessions(db), storage.MongoSecondFactors(db)
    stores = Stores(mark, users, sessions, *[None] * 5, second_factors=factors)
    user = person(stores, "user")
    kept, factor, start = session(stores, "here", user), begun(stores), Barrier(5)

    def log_in(number: int) -> None:
        made = replace(kept, id=f"{mark}-n{number}", cookie_hash=None)
        start.wait(10)
        with suppress(UserChanged):
            sessions.add(made, lambda _, been_there: Told(Act(user.id, "session.started", NOW, user.id)))

    def switch_on() -> None:
        start.wait(10)
        factors.confirm(factor, 100, ["a"], kept.id, *told(stores))

    with ThreadPoolExecutor(5) as pool:
        done = [pool.submit(log_in, number) for number in range(4)] + [pool.submit(switch_on)]
        for each in done:
            each.result(30)

    left = sessions.open_of(user.id, NOW)
    db.drop()
    client.close()
    assert [(each.id, each.stepped_up_at) for each in left] == [(kept.id, NOW)]


def test_a_step_is_used_once_and_none_before_it(stores: Stores) -> None:
    user_id = in_place(stores)

    assert [stores.second_factors.use_step(user_id, step) for step in (100, 102, 102, 101, 103)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_of_many_who_use_a_step_at_once_one_succeeds(stores: Stores) -> None:
    user_id = in_place(stores)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: stores.second_factors.use_step(user_id, 200), range(8))) == 1


def test_a_factor_that_is_not_confirmed_proves_nothing(stores: Stores) -> None:
    user_id = begun(stores).user_id

    assert not stores.second_factors.use_step(user_id, 200)
    assert not stores.second_factors.use_recovery(user_id, "a", *told(stores))
    assert not stores.second_factors.replace_recovery(user_id, ["a"], *told(stores))


def test_a_recovery_code_is_used_once_and_told_once(stores: Stores) -> None:
    user_id = in_place(stores)

    assert stores.second_factors.use_recovery(user_id, "a", *told(stores, "2"))
    assert not stores.second_factors.use_recovery(user_id, "a", *told(stores, "3"))
    assert not stores.second_factors.use_recovery(user_id, "c", *told(stores, "4"))

    assert stores.second_factors.of(user_id).recovery_hashes == ("b",)
    ids = {event.id.removeprefix(stores.mark) for event in stores.outbox.waiting(1000)}
    assert {"-1", "-2"} <= ids
    assert not ids & {"-3", "-4"}


def test_recovery_codes_are_replaced_and_the_factor_removed(stores: Stores) -> None:
    user_id = in_place(stores)

    assert stores.second_factors.replace_recovery(user_id, ["c"], *told(stores, "2"))
    assert stores.second_factors.of(user_id).recovery_hashes == ("c",)
    assert stores.second_factors.remove(user_id, *told(stores, "3"))
    assert not stores.second_factors.remove(user_id, *told(stores, "4"))
    assert stores.second_factors.of(user_id) is None


def test_a_set_up_is_under_way_for_a_quarter_of_an_hour(stores: Stores) -> None:
    factor = stores.second_factors.of(begun(stores).user_id)

    assert factor.may_be_confirmed(NOW + timedelta(minutes=14, seconds=59))
    assert not factor.may_be_confirmed(NOW + timedelta(minutes=15))
