"""A rotation from the first look to the last token, with a clock that is moved by hand."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache, partial

import jwt
import pytest
from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from auth_service.domain import AFTERLIFE, LEAD, REREAD_SECONDS
from auth_service.key_rotation import KeyRotation
from auth_service.keyring import Keyring, NoSigningKey
from auth_service.metrics import RelayMetrics
from auth_service.ports import SigningKey
from auth_service.signing import jwk_set, new_signing_key, seal
from auth_service.use_cases import RotateKeys
from auth_service.use_cases.rotate_keys import RotatedMeanwhile
from contracts.access_token import KEYS_MAX_AGE_SECONDS, LIFETIME_SECONDS
from service_kit.errors import TokenInvalid
from service_kit.tokens import decode
from tests.unit.auth_service.memory import MemorySealedKeys
from tests.unit.auth_service.world import PASSWORD, SECRET, World, signing_key

EVERY = timedelta(days=30)
STEP_SECONDS = 20
MEASURES = ("_age_seconds", "_max_age_seconds", "s")


@cache
def prepared() -> list[SigningKey]:
    """Making one takes a moment; two more serve every test."""
    return [new_signing_key() for _ in range(2)]


@pytest.fixture
def rotate(world: World) -> RotateKeys:
    keys: Iterator[SigningKey] = iter(prepared())
    return RotateKeys(world.sealed, lambda: next(keys), partial(seal, secret=SECRET), world.clock)


@pytest.fixture
def person(world: World) -> World:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def token(world: World) -> str:
    return world.auth.log_in.by_api("demo-001", PASSWORD).access_token


def published(world: World) -> set[str]:
    world.clock.advance(REREAD_SECONDS + 1)
    return set(world.keys.public())


def test_a_new_key_is_published_first_and_signs_only_when_no_verifier_can_be_without_it(
    person: World, rotate: RotateKeys
) -> None:
    made = rotate()

    assert published(person) == {signing_key().kid, made.kid}
    assert LEAD.total_seconds() >= REREAD_SECONDS + KEYS_MAX_AGE_SECONDS
    person.clock.advance(LEAD.total_seconds() - REREAD_SECONDS - 2)
    assert kid_of(token(person)) == signing_key().kid
    person.clock.advance(1)
    assert kid_of(token(person)) == made.kid


class Verifier:
    """Another library, with a copy of the published keys that it keeps for as long as it may."""

    def __init__(self, world: World, delay: float) -> None:
        self._world = world
        self._fetch()
        self._fetched_at -= delay  # not all begin at one moment

    def check(self, tokens: Iterable[str]) -> None:
        """Raises what jwcrypto does for a token that these keys don't verify."""
        if self._world.clock.monotonic() - self._fetched_at >= KEYS_MAX_AGE_SECONDS:
            self._fetch()
        now = int(self._world.clock.now().timestamp())
        for each in tokens:
            JWT(jwt=each, key=self._keys, algs=["RS256"], check_claims={"exp": now})

    def _fetch(self) -> None:
        self._keys = JWKSet.from_json(json.dumps(jwk_set(self._world.keys.public())))
        self._fetched_at = self._world.clock.monotonic()


def test_no_verifier_meets_a_token_that_its_copy_of_the_keys_does_not_verify(person: World, rotate: RotateKeys) -> None:
    verifiers = [Verifier(person, delay) for delay in range(0, KEYS_MAX_AGE_SECONDS, 50)]
    made, living = rotate(), deque[str](maxlen=LIFETIME_SECONDS // STEP_SECONDS)

    while set(person.keys.public()) != {made.kid}:
        living.append(token(person))
        for verifier in verifiers:
            verifier.check(living)
        person.clock.advance(STEP_SECONDS)
        rotate.if_due(EVERY)

    assert {kid_of(each) for each in living} == {made.kid}


def test_a_key_goes_when_the_last_token_that_it_signed_has_ended(person: World, rotate: RotateKeys) -> None:
    made = rotate()
    last_moment = LEAD + AFTERLIFE
    assert AFTERLIFE.total_seconds() >= REREAD_SECONDS + LIFETIME_SECONDS

    person.clock.advance(last_moment.total_seconds() - 1)
    rotate.if_due(EVERY)
    assert len(person.sealed.all()) == 2
    person.clock.advance(1)
    rotate.if_due(EVERY)

    assert person.sealed.all() == [made]
    assert published(person) == {made.kid}


def test_the_schedule_makes_the_next_key_in_time_to_sign_when_the_present_one_is_old_enough(
    world: World, rotate: RotateKeys
) -> None:
    began = world.clock.now()
    world.clock.advance((EVERY - LEAD).total_seconds() - 1)
    assert rotate.if_due(EVERY) is None

    world.clock.advance(1)
    made = rotate.if_due(EVERY)

    assert made is not None
    assert made.signs_from == began + EVERY
    assert rotate.if_due(EVERY) is None


def test_of_two_that_rotate_at_once_one_makes_the_key(world: World, rotate: RotateKeys) -> None:
    before = world.sealed.all()

    class Stale(MemorySealedKeys):
        """Reads what was there a moment ago."""

        def all(self):  # type: ignore[no-untyped-def]
            return before

        def add(self, key):  # type: ignore[no-untyped-def]
            return world.sealed.add(key)

    late = RotateKeys(Stale(), lambda: prepared()[1], partial(seal, secret=SECRET), world.clock)
    rotate()
    world.clock.advance(EVERY.total_seconds())

    with pytest.raises(RotatedMeanwhile):
        late()
    assert late.if_due(EVERY) is None
    assert len(world.sealed.all()) == 2


def test_in_an_emergency_a_key_signs_at_once_also_while_another_waits_for_its_time(
    person: World, rotate: RotateKeys
) -> None:
    waiting = rotate()
    person.clock.advance(1)
    at_once = rotate(timedelta(0))

    assert published(person) == {signing_key().kid, waiting.kid, at_once.kid}
    assert kid_of(token(person)) == at_once.kid
    person.clock.advance(LEAD.total_seconds())
    assert kid_of(token(person)) == waiting.kid


def test_what_a_stolen_key_signed_opens_nothing_once_it_is_withdrawn(person: World, rotate: RotateKeys) -> None:
    stolen = token(person)

    with capture_logs() as logs:
        made = rotate(timedelta(0), withdraw_others=True)

    assert published(person) == {made.kid}
    with pytest.raises(TokenInvalid):
        decode(stolen, person.keys)
    assert [line["event"] for line in logs] == ["signing_key_made", "signing_keys_withdrawn"]
    assert all("sealed" not in line for line in logs)


def test_a_key_that_waits_for_its_time_signs_nothing_though_it_is_the_only_one(world: World) -> None:
    stored = MemorySealedKeys()
    rotate = RotateKeys(stored, lambda: prepared()[0], partial(seal, secret=SECRET), world.clock)
    rotate()

    with pytest.raises(NoSigningKey):
        Keyring(stored.all, SECRET, world.clock).current()


def test_the_age_of_the_signing_key_and_the_number_of_keys_are_measured(world: World, rotate: RotateKeys) -> None:
    registry = CollectorRegistry()
    rotation = KeyRotation(rotate, world.sealed, EVERY, RelayMetrics(registry), world.clock)
    world.clock.advance((EVERY - LEAD).total_seconds())

    rotation.look()

    measured = {name: registry.get_sample_value(f"auth_signing_key{name}") for name in MEASURES}
    assert measured == {
        "_age_seconds": (EVERY - LEAD).total_seconds(),
        "_max_age_seconds": EVERY.total_seconds(),
        "s": 2.0,
    }
