"""A revocation on its way through a real Redis, with the rights that each side has there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from contracts.session import REVOCATIONS_CHANNEL, revocation_message
from service_kit import redis_store
from service_kit.revocations import Revocations
from tests.waiting import eventually


def test_a_revocation_reaches_a_listening_process(redis_url: Callable[[str], str]) -> None:
    listener = redis_store.connect(redis_url("transaction_service"), "kit-tests")
    speaker = redis_store.connect(redis_url("auth_service"), "kit-tests")
    ended = uuid4().hex
    revocations = Revocations(
        partial(redis_store.subscription, listener, REVOCATIONS_CHANNEL), lambda: ["before"], lambda token: True
    )

    revocations.start()

    def said_and_heard() -> bool:
        speaker.publish(REVOCATIONS_CHANNEL, revocation_message([ended]))
        return revocations.has_ended(ended)

    eventually(said_and_heard, what="the revocation is known", within_seconds=10)
    assert revocations.current
    assert revocations.has_ended("before")
    assert revocations.revoked(ended, "token")


def test_without_redis_every_request_is_asked_of_auth() -> None:
    nowhere = redis_store.connect("redis://127.0.0.1:1/0", "kit-tests")
    asked: list[str] = []

    def token_is_active(token: str) -> bool:
        asked.append(token)
        return True

    revocations = Revocations(
        partial(redis_store.subscription, nowhere, REVOCATIONS_CHANNEL), lambda: [], token_is_active
    )
    revocations.start()

    assert not revocations.revoked("session-1", "token-1")
    assert asked == ["token-1"]
