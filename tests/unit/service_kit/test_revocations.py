from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contracts.session import SILENCE_SECONDS, revocation_message
from service_kit.errors import AuthUnavailable
from service_kit.revocations import KEEP_SECONDS, Revocations
from tests.manual_clock import ManualClock


class Auth:
    """What auth knows: the ended sessions, and whether it can be asked at all."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.away = False
        self.loads = 0
        self.introspected: list[str] = []

    def revoked_sessions(self) -> list[str]:
        self.loads += 1
        self._answer()
        return self.ended

    def token_is_active(self, token: str) -> bool:
        self.introspected.append(token)
        self._answer()
        return token not in self.ended

    def _answer(self) -> None:
        if self.away:
            raise AuthUnavailable


@contextmanager
def nobody_listens() -> Iterator[None]:
    yield


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def revocations(auth: Auth, clock: ManualClock) -> Revocations:
    return Revocations(nobody_listens, auth.revoked_sessions, auth.token_is_active, clock=clock.monotonic)  # type: ignore[arg-type]


def heartbeat(*ended: str) -> bytes:
    return revocation_message(list(ended))


def test_a_process_that_hears_the_heartbeat_asks_nobody(revocations: Revocations, auth: Auth) -> None:
    revocations.hear(heartbeat())

    assert not revocations.revoked("session-1", "token-1")
    assert auth.introspected == []


def test_what_ended_before_the_start_is_loaded_with_the_first_heartbeat(revocations: Revocations, auth: Auth) -> None:
    auth.ended = ["session-1"]

    revocations.hear(heartbeat())

    assert revocations.revoked("session-1", "token-1")


def test_a_session_named_by_a_heartbeat_has_ended(revocations: Revocations) -> None:
    revocations.hear(heartbeat())
    revocations.hear(heartbeat("session-1"))

    assert revocations.revoked("session-1", "token-1")
    assert not revocations.revoked("session-2", "token-2")


def test_a_process_that_has_heard_nothing_yet_asks_auth(revocations: Revocations, auth: Auth) -> None:
    auth.ended = ["token-1"]

    assert revocations.revoked("session-1", "token-1")
    assert not revocations.revoked("session-2", "token-2")


def test_after_a_silence_auth_is_asked_for_each_request(
    revocations: Revocations, auth: Auth, clock: ManualClock
) -> None:
    revocations.hear(heartbeat())
    clock.advance(SILENCE_SECONDS)

    revocations.revoked("session-1", "token-1")
    revocations.revoked("session-1", "token-1")

    assert auth.introspected == ["token-1", "token-1"]


def test_silent_and_auth_away_is_no_answer_at_all(revocations: Revocations, auth: Auth) -> None:
    auth.away = True

    with pytest.raises(AuthUnavailable):
        revocations.revoked("session-1", "token-1")


def test_what_is_known_to_have_ended_needs_no_asking(revocations: Revocations, auth: Auth, clock: ManualClock) -> None:
    revocations.hear(heartbeat("session-1"))
    clock.advance(60)
    auth.away = True

    assert revocations.revoked("session-1", "token-1")


def test_the_first_heartbeat_after_a_silence_counts_only_once_the_gap_is_loaded(
    revocations: Revocations, auth: Auth, clock: ManualClock
) -> None:
    revocations.hear(heartbeat())
    clock.advance(60)
    auth.ended = ["session-1"]
    auth.away = True
    with pytest.raises(AuthUnavailable):
        revocations.hear(heartbeat())
    assert not revocations.current

    auth.away = False
    revocations.hear(heartbeat())

    assert revocations.current
    assert revocations.revoked("session-1", "token-1")


def test_while_heartbeats_come_nothing_is_loaded_again(
    revocations: Revocations, auth: Auth, clock: ManualClock
) -> None:
    for _ in range(20):
        revocations.hear(heartbeat())
        clock.advance(0.5)

    assert auth.loads == 1


def test_a_message_that_is_no_heartbeat_is_not_heard(revocations: Revocations) -> None:
    for message in (b"", b"[]", b"{}", b'{"sessions": [1]}', b"\xff"):
        revocations.hear(message)

    assert not revocations.current


def test_ended_sessions_are_forgotten_when_nothing_can_speak_for_them(
    revocations: Revocations, clock: ManualClock
) -> None:
    revocations.hear(heartbeat("session-1"))
    clock.advance(KEEP_SECONDS + 1)
    revocations.hear(heartbeat("session-2"))

    assert not revocations.has_ended("session-1")
    assert revocations.has_ended("session-2")
