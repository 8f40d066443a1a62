"""One suite over second factors in memory and in MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from auth_service.domain import Act, ActKind
from auth_service.domain.second_factor import SecondFactor, SecondFactorInPlace
from auth_service.ports import OutgoingEvent
from tests.integration.auth_service.conftest import Stores

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def begun(stores: Stores, key: bytes = b"sealed") -> SecondFactor:
    factor = SecondFactor(f"{stores.mark}-user", key, NOW)
    stores.second_factors.begin(factor)
    return factor


def told(stores: Stores, what: str = "1") -> tuple[OutgoingEvent, Act]:
    user, kind = f"{stores.mark}-user", "second_factor.enabled"
    event = OutgoingEvent(f"{stores.mark}-{what}", "users", user, {"n": what}, None)
    known: ActKind = kind  # type: ignore[assignment]
    return event, Act(user, known, NOW, user)


def in_place(stores: Stores) -> str:
    factor = begun(stores)
    assert stores.second_factors.confirm(factor, 100, ["a", "b"], *told(stores))
    return factor.user_id


def test_it_is_read_as_it_was_begun_and_may_be_begun_again(stores: Stores) -> None:
    assert stores.second_factors.of(f"{stores.mark}-user") is None
    first = begun(stores)
    assert stores.second_factors.of(first.user_id) == first

    second = begun(stores, b"another")

    assert stores.second_factors.of(first.user_id) == second
    assert not stores.second_factors.confirm(first, 100, ["a"], *told(stores))


def test_confirmed_it_counts_and_is_told_with_it(stores: Stores) -> None:
    user_id = in_place(stores)

    kept = stores.second_factors.of(user_id)
    assert (kept.confirmed_at, kept.last_step, kept.recovery_hashes) == (NOW, 100, ("a", "b"))
    assert f"{stores.mark}-1" in {event.id for event in stores.outbox.waiting(1000)}
    assert [found.entry.kind for found in stores.trail.of(user_id, 5)] == ["second_factor.enabled"]
    with pytest.raises(SecondFactorInPlace):
        begun(stores)


def test_it_is_confirmed_once(stores: Stores) -> None:
    factor = stores.second_factors.of(in_place(stores))

    assert not stores.second_factors.confirm(factor, 101, ["c"], *told(stores, "2"))
    assert f"{stores.mark}-2" not in {event.id for event in stores.outbox.waiting(1000)}


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
