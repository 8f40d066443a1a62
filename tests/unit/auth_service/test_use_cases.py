from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest

from auth_service.domain import (
    API_LIMITS,
    BROWSER_IDLE,
    CLIENT_SCOPES,
    SCOPES_OF_ROLES,
    InvalidCredentials,
    TooManyHashes,
    User,
    UsernameTaken,
)
from auth_service.passwords import Argon2Passwords
from auth_service.use_cases.service_tokens import InvalidClient, InvalidScope
from contracts.access_token import Scope
from contracts.codec import codec_for
from contracts.session import session_hash
from service_kit.errors import InvalidRequest, TokenExpired, TokenRevoked
from tests.unit.auth_service.world import CLIENT_SECRETS, PASSWORD, World, cheap_passwords


@pytest.fixture
def person(world: World) -> World:
    """A world where demo-001 has signed up."""
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world


def test_who_signs_up_exists_with_one_event_that_obeys_the_contract(world: World) -> None:
    user = world.auth.sign_up("Demo-001", "demo-001@example.com", PASSWORD)

    [event] = world.outbox.waiting(10)
    assert world.users.by_id(user.id) == user
    assert (event.topic, event.key, event.data["username"]) == ("users", user.id, "demo-001")
    codec_for("users").encode(event.data)
    assert world.count_of("auth_sign_ups_total", origin="user") == 1


def test_the_password_is_in_neither_the_user_nor_the_event(person: World) -> None:
    assert PASSWORD not in repr(person.users.by_username("demo-001")) + repr(person.outbox.waiting(10))


def test_a_user_name_is_given_once_whatever_its_capitals(person: World) -> None:
    with pytest.raises(UsernameTaken):
        person.auth.sign_up("DEMO-001", "other@example.com", PASSWORD)

    assert len(person.outbox.events) == 1


def test_a_known_address_is_answered_like_an_unknown_one(person: World) -> None:
    again = person.auth.sign_up("demo-002", "demo-001@example.com", PASSWORD)

    assert person.users.by_id(again.id) is not None


def test_a_refused_sign_up_writes_nothing(world: World) -> None:
    for username, email, password in [
        ("x", "a@example.com", PASSWORD),
        ("demo-001", "no", PASSWORD),
        ("demo-001", "a@example.com", "short"),
    ]:
        with pytest.raises(InvalidRequest):
            world.auth.sign_up(username, email, password)

    assert world.outbox.events == {}


def test_an_api_log_in_gives_a_token_of_minutes_in_a_session_of_hours(person: World) -> None:
    grant = person.auth.log_in.by_api("Demo-001", PASSWORD)

    read = person.auth.introspect.token(grant.access_token)
    header = jwt.get_unverified_header(grant.access_token)
    session = person.sessions.by_id(read.session_id)
    assert session is not None
    assert (header["typ"], header["alg"]) == ("at+jwt", "RS256")
    assert (read.username, read.roles, read.expires_at - read.issued_at) == ("demo-001", ("user", "newcomer"), 300)
    assert session.expires_at - session.created_at == API_LIMITS.absolute


@pytest.mark.parametrize(
    ("username", "password"), [("demo-001", "wrong"), ("nobody", PASSWORD), ("demo-001", "x" * 500)]
)
def test_a_wrong_password_and_an_unknown_name_are_answered_alike(person: World, username: str, password: str) -> None:
    with pytest.raises(InvalidCredentials) as refused:
        person.auth.log_in.by_api(username, password)

    assert str(refused.value) == "The user name or the password is wrong"
    assert person.count_of("auth_log_ins_total", door="api", outcome="invalid_credentials") == 1


def test_an_unknown_name_costs_a_hash_too(person: World) -> None:
    hashes = "auth_password_hash_duration_seconds_count"
    before = person.count_of(hashes)

    with pytest.raises(InvalidCredentials):
        person.auth.log_in.by_api("nobody", PASSWORD)

    assert person.count_of(hashes) == before + 1


def test_a_hash_of_yesterdays_parameters_is_renewed_at_log_in(person: World) -> None:
    old = person.users.by_username("demo-001")
    assert old is not None
    stronger = cheap_passwords(person.metrics, passes=2)
    log_in = person.auth.log_in
    renewed = replace(log_in, passwords=stronger)

    renewed.by_api("demo-001", PASSWORD)

    new = person.users.by_username("demo-001")
    assert new is not None
    assert new.password_hash != old.password_hash
    assert stronger.verify(PASSWORD, new.password_hash)


def test_a_browser_session_keeps_the_hash_of_its_cookie_only(person: World) -> None:
    done = person.auth.log_in.by_form("demo-001", PASSWORD)

    assert done.cookie not in repr(person.sessions.by_id(done.session.id))
    assert person.cache.entries[session_hash(done.cookie)].username == "demo-001"


def test_each_log_in_gets_a_cookie_of_its_own(person: World) -> None:
    cookies = {person.auth.log_in.by_form("demo-001", PASSWORD).cookie for _ in range(3)}

    assert len(cookies) == 3


def test_a_log_out_ends_the_session_drops_its_entry_and_is_announced_at_once(person: World) -> None:
    done = person.auth.log_in.by_form("demo-001", PASSWORD)

    assert person.auth.log_out(done.session.id) is True

    assert person.auth.introspect.session(done.cookie) is None
    assert person.cache.entries == {}
    assert person.cache.announced == [[done.session.id]]
    assert person.auth.introspect.revoked_lately() == [done.session.id]


def test_logging_out_twice_is_harmless(person: World) -> None:
    done = person.auth.log_in.by_form("demo-001", PASSWORD)
    person.auth.log_out(done.session.id)

    assert person.auth.log_out(done.session.id) is False
    assert person.count_of("auth_sessions_revoked_total") == 1


def test_without_redis_people_log_in_and_out_all_the_same(person: World) -> None:
    person.cache.away = True

    done = person.auth.log_in.by_form("demo-001", PASSWORD)

    assert person.auth.introspect.session(done.cookie) is not None
    person.auth.log_out(done.session.id)
    assert person.auth.introspect.session(done.cookie) is None


def test_another_persons_session_can_not_be_ended(person: World) -> None:
    done = person.auth.log_in.by_form("demo-001", PASSWORD)

    assert person.auth.log_out.one_of("somebody-else", done.session.id) is False
    assert person.auth.introspect.session(done.cookie) is not None


def test_ending_all_others_keeps_the_present_one(person: World) -> None:
    others = [person.auth.log_in.by_form("demo-001", PASSWORD) for _ in range(2)]
    kept = person.auth.log_in.by_form("demo-001", PASSWORD)

    assert person.auth.log_out.all_but(kept.session.user_id, kept.session.id) == 2
    assert person.auth.introspect.session(kept.cookie) is not None
    assert all(person.auth.introspect.session(other.cookie) is None for other in others)


def test_ending_all_others_ends_api_clients_too_however_many(person: World) -> None:
    tokens = [person.auth.log_in.by_api("demo-001", PASSWORD).access_token for _ in range(120)]
    kept = person.auth.log_in.by_form("demo-001", PASSWORD)

    assert person.auth.log_out.all_but(kept.session.user_id, kept.session.id) == 120
    for token in tokens:
        with pytest.raises(TokenRevoked):
            person.auth.introspect.token(token)


def test_a_session_in_use_outlives_the_idle_limit_and_an_idle_one_does_not(person: World) -> None:
    used, idle = (person.auth.log_in.by_form("demo-001", PASSWORD) for _ in range(2))
    half = BROWSER_IDLE.total_seconds() / 2 + 60

    person.clock.advance(half)
    assert person.auth.introspect.session(used.cookie) is not None
    person.clock.advance(half)

    assert person.auth.introspect.session(used.cookie) is not None
    assert person.auth.introspect.session(idle.cookie) is None


def test_a_token_ends_with_its_session(person: World) -> None:
    token = person.auth.log_in.by_api("demo-001", PASSWORD).access_token
    person.auth.log_out(person.auth.introspect.token(token).session_id)

    with pytest.raises(TokenRevoked):
        person.auth.introspect.token(token)


def test_a_token_ends_by_itself(person: World) -> None:
    token = person.auth.log_in.by_api("demo-001", PASSWORD).access_token
    person.clock.advance(300)

    with pytest.raises(TokenExpired):
        person.auth.introspect.token(token)


def test_revocations_are_named_for_as_long_as_anything_may_speak_for_the_session(person: World) -> None:
    done = person.auth.log_in.by_form("demo-001", PASSWORD)
    person.auth.log_out(done.session.id)

    person.clock.advance(timedelta(minutes=10).total_seconds())
    assert person.auth.introspect.revoked_lately() == [done.session.id]
    person.clock.advance(timedelta(minutes=2).total_seconds())
    assert person.auth.introspect.revoked_lately() == []


def test_a_service_gets_a_token_with_its_scopes(world: World) -> None:
    grant = world.auth.issue_service_token("demo", CLIENT_SECRETS["demo"], frozenset())

    read = world.auth.introspect.token(grant.access_token)
    assert (read.user_id, read.roles) == ("client:demo", ("service",))
    assert grant.scopes == read.scopes == {"users:origin", "ledger:read", "pipeline:read"}


def test_monitoring_alone_may_have_something_published_again() -> None:
    holders = SCOPES_OF_ROLES | CLIENT_SCOPES

    assert [name for name, scopes in holders.items() if Scope.LEDGER_REPUBLISH in scopes] == ["monitoring"]


def test_a_service_may_ask_for_less_and_not_for_more(world: World) -> None:
    secret = CLIENT_SECRETS["demo"]

    assert world.auth.issue_service_token("demo", secret, frozenset({"ledger:read"})).scopes == {"ledger:read"}
    with pytest.raises(InvalidScope):
        world.auth.issue_service_token("demo", secret, frozenset({"tokens:introspect"}))


@pytest.mark.parametrize(("client", "secret"), [("demo", "wrong"), ("nobody", "d" * 40), ("demo", "")])
def test_a_client_with_a_wrong_secret_is_refused_like_an_unknown_one(world: World, client: str, secret: str) -> None:
    with pytest.raises(InvalidClient):
        world.auth.issue_service_token(client, secret, frozenset())


def test_a_log_in_for_which_there_is_no_place_looks_nothing_up_and_counts_as_no_attempt(person: World) -> None:
    passwords = Argon2Passwords(person.metrics.password_hash_seconds, memory_kib=8, passes=1, at_once=1, queue=0)
    looked_up = person.auth.log_in.users
    full = replace(person.auth.log_in, passwords=passwords, users=None)  # type: ignore[arg-type]

    with passwords.a_try(), pytest.raises(TooManyHashes):
        full.by_api("demo-001", PASSWORD)

    assert person.attempts.tallies == {}
    assert person.count_of("auth_log_ins_total", door="api", outcome="busy") == 1
    replace(full, users=looked_up).by_api("demo-001", PASSWORD)


def test_neither_does_a_proof_or_a_service_s_try(person: World) -> None:
    passwords = Argon2Passwords(person.metrics.password_hash_seconds, memory_kib=8, passes=1, at_once=1, queue=0)
    user, secret = person.users.by_username("demo-001"), CLIENT_SECRETS["demo"]
    proof = replace(person.auth.change_password.proof, passwords=passwords)
    services = replace(person.auth.issue_service_token, passwords=passwords)

    with passwords.a_try():
        for attempt in (lambda: proof(user, PASSWORD), lambda: services("demo", secret, frozenset())):
            with pytest.raises(TooManyHashes):
                attempt()

    assert person.attempts.tallies == {}


class Newer:
    """Would have every hash made anew, and is overtaken at it: `meanwhile` is what is kept of the password by then."""

    def __init__(self, world: World, user: User, meanwhile: str) -> None:
        self.world, self.user, self.meanwhile = world, user, meanwhile

    def is_outdated(self, password_hash: str) -> bool:
        return True

    def hash(self, password: str) -> str:
        theirs = self.world.passwords.hash(self.meanwhile)
        self.world.users.replace_password_hash(self.user.id, self.user.password_hash, theirs)
        return self.world.passwords.hash(password)

    def __getattr__(self, name: str) -> object:
        return getattr(self.world.passwords, name)


def test_two_who_log_in_at_once_with_a_hash_of_old_parameters_both_come_in(person: World) -> None:
    user = person.users.by_username("demo-001")
    assert user is not None

    late = replace(person.auth.log_in, passwords=Newer(person, user, PASSWORD))  # type: ignore[arg-type]

    assert late.by_form("demo-001", PASSWORD).session.user_id == user.id


def test_a_change_of_password_overtakes_the_renewal_of_its_hash(person: World) -> None:
    user = person.users.by_username("demo-001")
    assert user is not None

    late = replace(person.auth.log_in, passwords=Newer(person, user, "a staple for batteries"))  # type: ignore[arg-type]

    with pytest.raises(InvalidCredentials):
        late.by_form("demo-001", PASSWORD)


def test_a_password_is_as_good_after_years(world: World) -> None:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    world.clock.advance(timedelta(days=3 * 365).total_seconds())

    assert world.auth.log_in.by_api("demo-001", PASSWORD)
