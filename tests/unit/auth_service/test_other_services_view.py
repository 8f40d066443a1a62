"""Auth as other services see it: the kit's client and verifiers over auth's real routes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from pydantic import SecretStr

from contracts.session import redis_key, revocation_message
from service_kit.auth_client import AuthClient
from service_kit.errors import TokenRevoked
from service_kit.revocations import Revocations
from service_kit.service_token import ServiceToken
from service_kit.sessions import SessionReader
from service_kit.signing_keys import JwksKeys
from service_kit.tokens import TokenVerifier
from tests.unit.auth_service.world import CLIENT_SECRETS, PASSWORD, World


class OtherService:
    """What a service other than auth knows, by HTTP, Redis and the channel."""

    def __init__(self, world: World) -> None:
        http = httpx.Client(transport=httpx.WSGITransport(world.app()))
        secret = SecretStr(CLIENT_SECRETS["transaction_service"])
        token = ServiceToken(http, "http://auth/v1/token", "transaction_service", secret)
        self.auth = AuthClient(http, "http://auth", token)
        self.revocations = Revocations(
            _unheard, self.auth.revoked_sessions, self.auth.token_is_active, clock=world.clock.monotonic
        )
        now = world.clock.now().timestamp
        self.tokens = TokenVerifier(JwksKeys(self.auth.jwks), self.revocations, clock=now)
        self.sessions = SessionReader(_redis_of(world), self.auth.session, self.revocations, clock=now)


@contextmanager
def _unheard() -> Iterator[None]:
    yield


def _redis_of(world: World):  # type: ignore[no-untyped-def]
    def get(key: str) -> bytes | None:
        entry = world.cache.entries.get(key.removeprefix("session:"))
        return entry.to_json() if entry else None

    return get


@pytest.fixture
def person(world: World) -> World:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world


@pytest.fixture
def other(person: World) -> OtherService:
    return OtherService(person)


def test_a_token_of_auth_is_verified_by_its_published_keys(person: World, other: OtherService) -> None:
    token = person.auth.log_in.by_api("demo-001", PASSWORD).access_token

    assert other.tokens.verify(token).username == "demo-001"


@pytest.mark.parametrize("heard", [True, False])
def test_a_log_out_reaches_other_services_with_and_without_the_channel(
    person: World, other: OtherService, heard: bool
) -> None:
    token = person.auth.log_in.by_api("demo-001", PASSWORD).access_token
    if heard:
        other.revocations.hear(revocation_message([]))
    session_id = other.tokens.verify(token).session_id

    person.auth.log_out(session_id)
    if heard:
        other.revocations.hear(revocation_message(person.cache.announced[-1]))

    with pytest.raises(TokenRevoked):
        other.tokens.verify(token)


@pytest.mark.parametrize("emptied", [True, False])
def test_a_browser_session_is_the_same_with_a_full_and_an_emptied_redis(
    person: World, other: OtherService, emptied: bool
) -> None:
    other.revocations.hear(revocation_message([]))
    done = person.auth.log_in.by_form("demo-001", PASSWORD)
    if emptied:
        person.cache.entries.clear()

    principal = other.sessions.read(done.cookie)

    assert principal is not None
    assert principal.session_id == done.session.id
    assert redis_key(done.cookie).removeprefix("session:") in person.cache.entries


def test_an_ended_session_opens_nothing_though_redis_kept_its_entry(person: World, other: OtherService) -> None:
    other.revocations.hear(revocation_message([]))
    done = person.auth.log_in.by_form("demo-001", PASSWORD)
    kept = dict(person.cache.entries)

    person.auth.log_out(done.session.id)
    person.cache.entries.update(kept)  # Redis was away just then
    other.revocations.hear(revocation_message([done.session.id]))

    assert other.sessions.read(done.cookie) is None
