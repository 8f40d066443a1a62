from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry

from auth_service import passwords as module
from auth_service.domain import TooManyHashes
from auth_service.equal_time import REMEMBERED, EqualTime
from auth_service.metrics import AuthMetrics
from auth_service.passwords import Argon2Passwords, _parameters
from tests.manual_clock import ManualClock
from tests.unit.auth_service.world import cheap_passwords

METRICS = AuthMetrics(CollectorRegistry())


def test_a_password_fits_its_own_hash_only() -> None:
    passwords = cheap_passwords(METRICS)
    hashed = passwords.hash("right")

    assert passwords.verify("right", hashed)
    assert not passwords.verify("wrong", hashed)
    assert not passwords.verify("right", None)
    assert "right" not in hashed


def test_the_hash_is_argon2id_with_owasps_parameters() -> None:
    hashed = Argon2Passwords(METRICS.password_hash_seconds).hash("right")

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_other_parameters_is_outdated() -> None:
    hashed = cheap_passwords(METRICS).hash("right")

    assert not cheap_passwords(METRICS).is_outdated(hashed)
    assert cheap_passwords(METRICS, passes=2).is_outdated(hashed)


@pytest.fixture
def crowded() -> Iterator[Callable[[int], Argon2Passwords]]:
    """Makes passwords whose one place is taken until the test ends; the argument: how many more may wait."""
    taken, done = threading.Event(), threading.Event()
    holders: list[threading.Thread] = []

    def make(queue: int) -> Argon2Passwords:
        passwords = Argon2Passwords(METRICS.password_hash_seconds, memory_kib=8, passes=1, at_once=1, queue=queue)

        def hold() -> None:
            with passwords._hashes.place(), passwords.a_try():
                taken.set()
                done.wait(10)

        holders.append(threading.Thread(target=hold))
        holders[0].start()
        assert taken.wait(10)
        return passwords

    yield make
    done.set()
    holders[0].join()


def test_who_waits_too_long_for_a_place_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, crowded: Callable[[int], Argon2Passwords]
) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)

    with pytest.raises(TooManyHashes) as refused:
        crowded(1).hash("any")

    assert (refused.value.status, refused.value.code, refused.value.headers["Retry-After"]) == (503, "busy", "1")


def test_when_too_many_wait_the_next_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, crowded: Callable[[int], Argon2Passwords]
) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 60.0)

    with pytest.raises(TooManyHashes):
        crowded(0).verify("any", None)


def test_a_try_has_its_place_before_anything_is_looked_up(crowded: Callable[[int], Argon2Passwords]) -> None:
    with cheap_passwords(METRICS).a_try():
        pass

    with pytest.raises(TooManyHashes), crowded(0).a_try():
        pass


def test_hashes_leave_cores_to_the_other_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, places in ((1, 1), (2, 1), (8, 4)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        passwords = Argon2Passwords(METRICS.password_hash_seconds, memory_kib=8, passes=1)
        assert passwords._hashes._places._value == places


def test_a_refusal_takes_as_long_whatever_the_parameters_of_the_stored_hash() -> None:
    clock = ManualClock()
    passwords = Argon2Passwords(METRICS.password_hash_seconds, memory_kib=8, passes=2, clock=clock)
    for _ in range(REMEMBERED):
        passwords._pace.missing(_parameters(passwords._nobody), 0.020)  # what ours take, had the clock moved
    cheaper = cheap_passwords(METRICS).hash("right")

    assert not passwords.verify("wrong", cheaper)

    assert clock.slept == [0.020]


def test_todays_hashes_are_measured_by_a_dearer_one_too() -> None:
    pace = EqualTime()
    assert pace.missing("today", 0.020) == 0.0

    assert pace.missing("dearer", 0.050) == 0.0
    assert pace.missing("today", 0.022) == pytest.approx(0.028)
    assert pace.missing("dearer", 0.040) == 0.0


def test_with_one_set_of_parameters_nobody_waits() -> None:
    pace = EqualTime()

    assert [pace.missing("today", seconds) for seconds in (0.03, 0.01, 0.02)] == [0.0, 0.0, 0.0]
