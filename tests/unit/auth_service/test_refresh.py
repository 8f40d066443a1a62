from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.domain import API_LIMITS, GRACE, Exchange, Repetition, Session, repetition
from auth_service.opaque_tokens import hash_of, new_token, open_successor, seal_successor
from auth_service.use_cases import Refresh, TokenGrant
from auth_service.use_cases.refresh import Attempt, InvalidGrant
from auth_service.use_cases.service_tokens import InvalidScope
from contracts.access_token import LIFETIME_SECONDS
from contracts.codec import codec_for
from service_kit.errors import TokenRevoked
from tests.unit.auth_service.world import PASSWORD, World

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"
AFTER_THE_GRACE = GRACE.total_seconds() + 1


@pytest.fixture
def person(world: World) -> World:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world


@pytest.fixture
def first(person: World) -> TokenGrant:
    """What the log-in gave."""
    return person.auth.log_in.by_api("demo-001", PASSWORD)


def refresh(world: World, token: str, address: str = HOME, key: str | None = None) -> TokenGrant:
    return world.auth.refresh(Attempt(token, address, key))


def session_of(world: World, grant: TokenGrant) -> Session:
    session = world.sessions.by_id(world.refresh_tokens.tokens[hash_of(grant.refresh_token)].session_id)
    assert session is not None
    return session


def test_a_refresh_gives_another_access_token_of_the_same_session_and_another_refresh_token(
    person: World, first: TokenGrant
) -> None:
    second = refresh(person, first.refresh_token)

    old, new = (person.auth.introspect.token(grant.access_token) for grant in (first, second))
    assert (new.session_id, new.user_id) == (old.session_id, old.user_id)
    assert new.token_id != old.token_id
    assert second.refresh_token != first.refresh_token
    assert person.count_of("auth_token_refreshes_total", outcome="rotated") == 1


def test_refresh_tokens_have_256_random_bits_and_are_kept_as_hashes_only(person: World, first: TokenGrant) -> None:
    second = refresh(person, first.refresh_token)

    kept = repr(person.refresh_tokens.tokens)
    assert len({new_token() for _ in range(100)}) == 100
    assert len(first.refresh_token) == 43  # 32 bytes in base64url
    assert first.refresh_token not in kept
    assert second.refresh_token not in kept


def test_a_sealed_successor_opens_by_its_predecessor_only() -> None:
    token, successor = new_token(), new_token()

    assert open_successor(token, seal_successor(token, successor)) == successor
    with pytest.raises(Exception):  # noqa: B017 - whatever it is, it doesn't open
        open_successor(successor, seal_successor(token, successor))


def test_a_stolen_refresh_token_that_is_used_after_the_rotation_ends_the_session_everywhere(
    person: World, first: TokenGrant
) -> None:
    session = session_of(person, first)
    second = refresh(person, first.refresh_token)
    person.clock.advance(AFTER_THE_GRACE)

    with pytest.raises(InvalidGrant):
        refresh(person, first.refresh_token, ELSEWHERE)

    with pytest.raises(InvalidGrant):
        refresh(person, second.refresh_token)
    with pytest.raises(TokenRevoked):
        person.auth.introspect.token(second.access_token)
    assert person.auth.introspect.revoked_lately() == [session.id]
    assert [session.id] in person.cache.announced
    assert person.count_of("auth_token_refreshes_total", outcome="reused") == 1


def test_the_platform_hears_once_of_a_reused_token(person: World, first: TokenGrant) -> None:
    session = session_of(person, first)
    refresh(person, first.refresh_token)
    person.clock.advance(AFTER_THE_GRACE)

    for _ in range(2):
        with pytest.raises(InvalidGrant):
            refresh(person, first.refresh_token)

    events = [each for each in person.outbox.waiting(10) if each.data["type"] == "session.reuse_detected"]
    assert [(each.topic, each.key, each.data["session_id"]) for each in events] == [
        ("users", session.user_id, session.id)
    ]
    codec_for("users").encode(events[0].data)


def test_a_thief_who_is_first_is_found_by_the_clients_next_refresh(person: World, first: TokenGrant) -> None:
    thiefs = refresh(person, first.refresh_token, ELSEWHERE)
    person.clock.advance(240)

    with pytest.raises(InvalidGrant):
        refresh(person, first.refresh_token, HOME)

    with pytest.raises(InvalidGrant):
        refresh(person, thiefs.refresh_token, ELSEWHERE)


def test_two_tabs_that_refresh_at_once_get_the_same_successor(person: World, first: TokenGrant) -> None:
    tabs = [refresh(person, first.refresh_token) for _ in range(2)]

    assert tabs[0].refresh_token == tabs[1].refresh_token
    assert refresh(person, tabs[0].refresh_token).refresh_token != tabs[0].refresh_token
    assert person.count_of("auth_token_refreshes_total", outcome="repeated") == 1


def test_of_two_exchanges_at_once_the_slower_one_is_answered_like_the_faster(person: World, first: TokenGrant) -> None:
    class SeenTooEarly:
        """Shows the token as it was before another request exchanged it, the first time that it is asked."""

        def __init__(self) -> None:
            self.stale = person.refresh_tokens.tokens[hash_of(first.refresh_token)]

        def by_hash(self, token_hash: str):  # type: ignore[no-untyped-def]
            stale, self.stale = self.stale, None
            return stale or person.refresh_tokens.by_hash(token_hash)

        def exchange(self, *given):  # type: ignore[no-untyped-def]
            return person.refresh_tokens.exchange(*given)

    slower: Refresh = replace(person.auth.refresh, refresh_tokens=SeenTooEarly())
    faster = refresh(person, first.refresh_token)

    assert slower(Attempt(first.refresh_token, HOME)).refresh_token == faster.refresh_token


def test_within_the_grace_a_thief_elsewhere_gets_nothing_and_can_end_nothing(person: World, first: TokenGrant) -> None:
    second = refresh(person, first.refresh_token, HOME)

    with pytest.raises(InvalidGrant, match="successor"):
        refresh(person, first.refresh_token, ELSEWHERE)

    assert refresh(person, second.refresh_token, HOME)


def test_a_lost_answer_does_not_lock_a_client_out_that_named_its_request(person: World, first: TokenGrant) -> None:
    lost = refresh(person, first.refresh_token, HOME, key="one refresh")
    person.clock.advance(3600)

    again = refresh(person, first.refresh_token, ELSEWHERE, key="one refresh")

    assert again.refresh_token == lost.refresh_token
    assert refresh(person, again.refresh_token, ELSEWHERE)


def test_a_requests_name_serves_for_that_request_only(person: World, first: TokenGrant) -> None:
    second = refresh(person, first.refresh_token, key="one refresh")
    refresh(person, second.refresh_token, key="another")
    person.clock.advance(AFTER_THE_GRACE)

    with pytest.raises(InvalidGrant):
        refresh(person, first.refresh_token, key="one refresh")  # its successor was used: the answer had arrived

    assert not session_of(person, first).is_open(person.clock.now())


EXCHANGE = Exchange(World().clock.now(), HOME, hash_of("key"), "successor", b"sealed")


@pytest.mark.parametrize(
    ("seconds", "address", "key", "used", "meaning"),
    [
        (0, HOME, None, False, Repetition.SAME),
        (10, HOME, None, False, Repetition.SAME),
        (11, HOME, None, False, Repetition.REUSE),
        (1, ELSEWHERE, None, False, Repetition.LATE),
        (1, HOME, None, True, Repetition.LATE),
        (11, ELSEWHERE, "key", False, Repetition.SAME),
        (11, HOME, "key", True, Repetition.REUSE),
        (11, HOME, "other", False, Repetition.REUSE),
    ],
)
def test_a_repetition_is_judged_by_time_address_and_key(
    seconds: int, address: str, key: str | None, used: bool, meaning: Repetition
) -> None:
    clock = World().clock
    clock.advance(seconds)
    request_hash = hash_of(key) if key else None

    judged = repetition(
        EXCHANGE, now=clock.now(), address=address, request_hash=request_hash, successor_is_exchanged=used
    )

    assert judged is meaning


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "é" * 43, "x" * 5000, "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_refresh_token_of_ours_is_refused(person: World, token: str) -> None:
    with pytest.raises(InvalidGrant):
        refresh(person, token)


def test_an_access_token_is_no_refresh_token(person: World, first: TokenGrant) -> None:
    with pytest.raises(InvalidGrant):
        refresh(person, first.access_token)


def test_a_log_out_ends_the_refresh_token_too(person: World, first: TokenGrant) -> None:
    person.auth.log_out(session_of(person, first).id)

    with pytest.raises(InvalidGrant):
        refresh(person, first.refresh_token)

    told = [event.data["type"] for event in person.outbox.waiting(10)]
    assert told == ["user.registered", "session.started"]  # nobody reused anything


def test_an_api_session_ends_at_its_absolute_limit_however_often_it_is_refreshed(
    person: World, first: TokenGrant
) -> None:
    grant, waited = first, 0.0
    step = API_LIMITS.idle.total_seconds() - 60
    while waited + step < API_LIMITS.absolute.total_seconds():
        person.clock.advance(step)
        waited += step
        grant = refresh(person, grant.refresh_token)
    person.clock.advance(API_LIMITS.absolute.total_seconds() - waited)

    with pytest.raises(InvalidGrant):
        refresh(person, grant.refresh_token)


def test_an_api_session_ends_when_it_is_idle(person: World, first: TokenGrant) -> None:
    person.clock.advance(API_LIMITS.idle.total_seconds())

    with pytest.raises(InvalidGrant):
        refresh(person, first.refresh_token)


def test_an_access_token_does_not_outlive_its_session(person: World, first: TokenGrant) -> None:
    session = session_of(person, first)
    person.sessions._sessions[session.id] = replace(session, idle_seconds=10**6)
    person.clock.advance(API_LIMITS.absolute.total_seconds() - 100)

    last = refresh(person, first.refresh_token)

    assert (first.expires_in, last.expires_in) == (LIFETIME_SECONDS, 100)
    assert person.auth.introspect.token(last.access_token).expires_at == session.expires_at.timestamp()


def test_a_refresh_gives_the_rights_that_the_person_has_by_then(person: World, first: TokenGrant) -> None:
    user = person.users.by_username("demo-001")
    assert user is not None
    person.users._users[user.id] = replace(user, roles=("user", "analyst"))

    read = person.auth.introspect.token(refresh(person, first.refresh_token).access_token)

    assert read.roles == ("user", "analyst")
    assert "ledger:read" in read.scopes


def test_a_client_may_ask_for_fewer_scopes_and_not_for_more(person: World, first: TokenGrant) -> None:
    with pytest.raises(InvalidScope):
        person.auth.refresh(Attempt(first.refresh_token, HOME, scopes=frozenset({"ledger:read"})))

    less = person.auth.refresh(Attempt(first.refresh_token, HOME, scopes=frozenset({"accounts:read"})))

    assert less.scopes == person.auth.introspect.token(less.access_token).scopes == {"accounts:read"}
    assert len(refresh(person, less.refresh_token).scopes) > 1
