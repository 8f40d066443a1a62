"""Session entries and heartbeats survive their journey, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from contracts.session import (
    RECENT_SECONDS,
    SILENCE_SECONDS,
    InvalidSessionEntry,
    SessionEntry,
    redis_key,
    revocation_message,
    revoked_in,
)

ENTRY = SessionEntry("s-1", "u-1", "demo-001", ("user",), 1_793_000_000)


def test_an_entry_survives_its_journey():
    assert SessionEntry.from_json(ENTRY.to_json()) == ENTRY


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b'{"session_id": 1}', b"\xff"])
def test_anything_else_is_no_entry(value):
    with pytest.raises(InvalidSessionEntry):
        SessionEntry.from_json(value)


def test_the_cookie_itself_is_in_no_key():
    assert "my-cookie" not in redis_key("my-cookie")


def test_a_heartbeat_survives_its_journey():
    assert revoked_in(revocation_message(["s-1", "s-2"])) == ["s-1", "s-2"]


@pytest.mark.parametrize("value", [b"[]", b"{}", b'{"sessions": "s-1"}', b'{"sessions": [1]}'])
def test_anything_else_is_no_heartbeat(value):
    with pytest.raises(ValueError, match="heartbeat"):
        revoked_in(value)


def test_no_revocation_falls_between_two_heartbeats():
    assert RECENT_SECONDS > SILENCE_SECONDS
