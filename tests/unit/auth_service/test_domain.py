from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.domain import (
    BROWSER_IDLE,
    BROWSER_SESSION,
    Session,
    UsernameTaken,
    claimable,
    email_of,
    scopes_of,
    username_of,
)
from contracts.access_token import USER_SCOPES
from service_kit.errors import InvalidRequest

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("text", ["demo-001", "Demo-001", " demo-001 ", "DEMO-001"])
def test_a_user_name_is_one_whatever_its_capitals(text: str) -> None:
    assert username_of(text) == "demo-001"


@pytest.mark.parametrize(
    "text", ["", "ab", "a" * 33, "1abc", "-abc", "a b c", "a\x00bc", "abc\n.", "ünal", "a/b/c", "abc$", "dеmo"]
)
def test_what_can_not_be_a_user_name_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        username_of(text)

    assert refused.value.extensions["errors"][0]["pointer"] == "#/username"


@pytest.mark.parametrize("name", ["admin", "support", "world"])
def test_nobody_may_look_like_the_platform(name: str) -> None:
    with pytest.raises(UsernameTaken):
        claimable(name)


def test_an_address_is_normalised() -> None:
    assert email_of(" demo-001@EXAMPLE.com ") == "demo-001@example.com"


@pytest.mark.parametrize(
    "text",
    ["", "demo", "demo@", "@example.com", "a b@example.com", "x" * 250 + "@example.com", "=?x?q?y?=@example.com"],
)
def test_what_can_not_be_an_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        email_of(text)


def test_roles_add_up() -> None:
    assert scopes_of(("user",)) == set(USER_SCOPES)
    assert scopes_of(("user", "analyst")) > scopes_of(("user",))
    assert scopes_of(()) == frozenset()


def session(**changes: object) -> Session:
    values = {"door": "browser", "created_at": NOW, "last_seen_at": NOW, "expires_at": NOW + BROWSER_SESSION}
    return Session("s", "u", "demo-001", ("user",), **{**values, **changes})  # type: ignore[arg-type]


def test_a_session_is_open_until_its_end_its_limit_or_too_long_a_pause() -> None:
    limit = NOW + BROWSER_SESSION

    assert session().is_open(NOW)
    assert not session(ended_at=NOW).is_open(NOW)
    assert not session().is_open(NOW + BROWSER_IDLE)
    assert session(last_seen_at=limit - timedelta(minutes=1)).is_open(limit - timedelta(seconds=1))
    assert not session(last_seen_at=limit - timedelta(minutes=1)).is_open(limit)
