from __future__ import annotations

import threading

import pytest
from prometheus_client import CollectorRegistry

from auth_service import passwords as module
from auth_service.metrics import AuthMetrics
from auth_service.passwords import Argon2Passwords, TooManyHashes
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


def test_who_waits_too_long_for_a_place_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    passwords = Argon2Passwords(METRICS.password_hash_seconds, memory_kib=8, passes=1, at_once=1)
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with passwords._place():
            taken.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(10)
    with pytest.raises(TooManyHashes):
        passwords.hash("any")
    done.set()
    holder.join()
