from __future__ import annotations

from typing import Any

import pytest
from jwt.algorithms import RSAAlgorithm

from service_kit.errors import AuthUnavailable
from service_kit.signing_keys import JwksKeys, read_jwks
from tests.manual_clock import ManualClock
from tests.unit.service_kit.sample_app import rsa_key


def jwk(kid: str, name: str = "ours") -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True), "kid": kid, "use": "sig"}


class Auth:
    def __init__(self) -> None:
        self.keys = [jwk("k1")]
        self.fetched = 0
        self.away = False

    def jwks(self) -> dict[str, Any]:
        self.fetched += 1
        if self.away:
            raise AuthUnavailable
        return {"keys": self.keys}


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def keys(auth: Auth, clock: ManualClock) -> JwksKeys:
    return JwksKeys(auth.jwks, clock=clock.monotonic)


def test_keys_are_fetched_once(keys: JwksKeys, auth: Auth) -> None:
    assert keys.key_for("k1") == keys.key_for("k1") is not None
    assert auth.fetched == 1


def test_a_new_key_is_found_by_fetching_again(keys: JwksKeys, auth: Auth, clock: ManualClock) -> None:
    keys.key_for("k1")
    auth.keys.append(jwk("k2", "theirs"))
    clock.advance(6)

    assert keys.key_for("k2") is not None


def test_invented_key_ids_do_not_become_a_flood_of_requests(keys: JwksKeys, auth: Auth) -> None:
    for number in range(100):
        assert keys.key_for(f"invented-{number}") is None

    assert auth.fetched == 1


def test_a_key_that_auth_has_dropped_is_forgotten_in_time(keys: JwksKeys, auth: Auth, clock: ManualClock) -> None:
    keys.key_for("k1")
    auth.keys.clear()
    clock.advance(601)

    assert keys.key_for("k1") is None


def test_known_keys_serve_while_auth_is_away(keys: JwksKeys, auth: Auth, clock: ManualClock) -> None:
    keys.key_for("k1")
    auth.away = True
    clock.advance(601)

    assert keys.key_for("k1") is not None


def test_an_unknown_key_can_not_be_judged_while_auth_is_away(keys: JwksKeys, auth: Auth) -> None:
    auth.away = True

    with pytest.raises(AuthUnavailable):
        keys.key_for("k1")


def test_other_kinds_of_keys_are_left_out() -> None:
    document = {
        "keys": [jwk("k1"), {**jwk("k2"), "use": "enc"}, {"kty": "EC", "kid": "k3"}, {"kty": "RSA", "kid": "k4"}, 5]
    }

    assert set(read_jwks(document)) == {"k1"}
