from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from auth_service import storage, verify_audit
from auth_service.domain import (
    BROWSER_IDLE,
    BROWSER_SESSION,
    PLATFORM,
    Act,
    Client,
    LastAdmin,
    Lock,
    Opened,
    Session,
    StoredKey,
    User,
    UserChanged,
    UsernameTaken,
    Whence,
)
from auth_service.ports import OutgoingEvent, Told
from contracts.access_token import NEWCOMER
from service_kit import mongo
from tests.integration.auth_service.conftest import OwnCollections, Stores

NOW = datetime.now(UTC).replace(microsecond=123000)
"""The real present: MongoDB's TTL monitor would remove what ended long ago."""
HOME = Whence("192.0.2.77", "Firefox 130 on Linux")


def user(stores: Stores, name: str = "a", **changes: object) -> User:
    fields = {"roles": ("user",), "origin": "user", "created_at": NOW, "password_hash": "hash-1", **changes}
    return User(f"{stores.mark}-{name}", f"{stores.mark}{name}", "demo@example.com", **fields)  # type: ignore[arg-type]


def event(stores: Stores, name: str = "a") -> OutgoingEvent:
    return OutgoingEvent(f"{stores.mark}-{name}", "users", f"{stores.mark}-{name}", {"type": "user.registered"}, "00-1")


def session(stores: Stores, name: str = "a", **changes: object) -> Session:
    fields = {
        "user_id": f"{stores.mark}-user",
        "username": "demo-001",
        "roles": ("user", "admin"),
        "door": "browser",
        "created_at": NOW,
        "last_seen_at": NOW,
        "expires_at": NOW + BROWSER_SESSION,
        "cookie_hash": f"{stores.mark}-{name}-hash",
        "device": "Firefox 130 on Linux",
        "address": "192.0.2.1",
        **changes,
    }
    return Session(id=f"{stores.mark}-{name}", **fields)  # type: ignore[arg-type]


def act(stores: Stores, name: str = "a", at: datetime = NOW) -> Act:
    return Act(f"{stores.mark}-{name}", "session.started", at, f"{stores.mark}-{name}")


def started(stores: Stores) -> Callable[[User, bool], Told]:
    return lambda user, been_there: Told(act(stores))


def keep(stores: Stores, session: Session) -> None:
    """As a session of somebody who exists: nobody else may have one."""
    if stores.users.by_id(session.user_id) is None:
        name = session.user_id.removeprefix(f"{stores.mark}-")
        stores.users.add(
            user(stores, name, roles=("user", "admin")), event(stores, f"{name}-signed-up"), act(stores, name)
        )
    assert stores.sessions.add(session, started(stores))


def own(stores: Stores, ids: list[str]) -> list[str]:
    return [found for found in ids if found.startswith(stores.mark)]


def test_a_user_is_found_again_as_it_was(stores: Stores) -> None:
    stores.users.add(user(stores), event(stores), act(stores))

    assert stores.users.by_id(f"{stores.mark}-a") == user(stores)
    assert stores.users.by_username(f"{stores.mark}a") == user(stores)
    assert stores.users.by_username("nobody-by-that-name") is None
    assert stores.users.by_id("nobody") is None


def test_a_role_is_added_once_and_told(stores: Stores) -> None:
    stores.users.add(user(stores), event(stores), act(stores))

    seen = []

    def told(name: str) -> Callable[[User], Told]:
        def of(after: User) -> Told:
            seen.append(after)
            return Told(act(stores), event(stores, name))

        return of

    stores.users.add_role(f"{stores.mark}-a", "analyst", told("b"))
    stores.users.add_role(f"{stores.mark}-a", "analyst", told("c"))
    assert stores.users.add_role("nobody", "analyst", told("d")) is None

    found = stores.users.by_id(f"{stores.mark}-a")
    assert found is not None
    assert found.roles == ("user", "analyst")
    assert seen[-1] == found
    waiting = own(stores, [each.id for each in stores.outbox.waiting(1000)])
    assert waiting == [f"{stores.mark}-{name}" for name in "abc"]


def test_people_are_found_by_name_address_and_id_in_the_order_of_names(stores: Stores) -> None:
    for name in ("b", "a", "c"):
        stores.users.add(user(stores, name), event(stores, name), act(stores, name))

    first = stores.users.search(stores.mark, 2)
    second = stores.users.search(stores.mark, 2, first[-1].username)

    assert [each.username for each in (*first, *second)] == [f"{stores.mark}{name}" for name in "abc"]
    assert [each.id for each in stores.users.search(f"{stores.mark}-b", 10)] == [f"{stores.mark}-b"]
    other = replace(user(stores, "d"), email=f"{stores.mark}@example.com")
    stores.users.add(other, event(stores, "d"), act(stores, "d"))
    assert [each.id for each in stores.users.search(f"{stores.mark}@example.com", 10)] == [f"{stores.mark}-d"]
    assert stores.users.search(f"{stores.mark}.*", 10) == []
    assert stores.users.search(f"{stores.mark}\0", 10) == []


def test_a_lock_is_kept_with_its_event_its_entry_and_the_end_of_all_sessions(stores: Stores) -> None:
    before = user(stores)
    stores.users.add(before, event(stores), act(stores))
    keep(stores, session(stores, user_id=before.id, roles=before.roles))
    locked = replace(before, lock=Lock("Reported as stolen", NOW, "somebody"))

    ended = stores.users.change(before, locked, event(stores, "b"), act(stores), ends_sessions=True)

    assert stores.users.by_id(before.id) == locked
    assert [each.id for each in ended] == [f"{stores.mark}-a"]
    assert stores.sessions.by_id(f"{stores.mark}-a").ended_at == NOW
    assert len(stores.trail.of(before.id, 10)) == 3
    with pytest.raises(UserChanged):
        stores.users.change(before, locked, event(stores, "c"), act(stores))
    stores.users.change(locked, before, event(stores, "d"), act(stores))
    assert stores.users.by_id(before.id) == before


def test_of_who_has_closed_their_account_only_the_name_and_the_chain_stay(mongo_url: Callable[[str], str]) -> None:
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    stores = Stores(f"t{uuid4().hex[:12]}", *[None] * 8)
    db: Any = OwnCollections(storage.database(client), stores.mark)
    storage.create_indexes(db)
    users, sessions, trail = storage.MongoUsers(db), storage.MongoSessions(db), storage.MongoTrail(db)
    before = user(stores, email_confirmed=True)
    users.add(before, event(stores), replace(act(stores), whence=HOME))
    sessions.add(
        session(stores, user_id=before.id, roles=before.roles, device=HOME.device, address=HOME.address),
        started(stores),
    )
    db.refresh_tokens.insert_one({"_id": "hash", "session_id": f"{stores.mark}-a", "exchange": {"address": "x"}})

    ended = users.close(before, before.closed(NOW), event(stores, "b"), act(stores))

    assert [each.id for each in ended] == [f"{stores.mark}-a"]
    kept = str([list(getattr(db, name).find()) for name in ("users", "sessions", "refresh_tokens", "audit_whence")])
    for gone in (HOME.address, HOME.device, before.email, before.password_hash, "exchange"):
        assert gone not in kept
    assert users.by_id(before.id) == before.closed(NOW)
    assert verify_audit.breaks_of(trail, [before.id]) == []
    assert [each.entry.seq for each in trail.of(before.id, 10)] == [3, 2, 1]
    with pytest.raises(UsernameTaken):
        users.add(replace(before, id=f"{stores.mark}-z"), event(stores, "c"), act(stores, "z"))
    db.drop()
    client.close()


def test_a_session_is_told_of_the_user_as_they_are_or_not_kept(stores: Stores) -> None:
    of = user(stores)
    mine, seen = session(stores, user_id=of.id, roles=of.roles), []

    def told(now: User, been_there: bool) -> Told:
        seen.append(now)
        return Told(act(stores), event(stores, "started"))

    assert stores.sessions.add(mine, told) is None  # of nobody
    stores.users.add(of, event(stores), act(stores))
    assert stores.sessions.add(mine, told) == Opened(mine)

    assert seen == [of]
    waiting = own(stores, [each.id for each in stores.outbox.waiting(1000)])
    assert waiting == [f"{stores.mark}-{id}" for id in ("a", "started")]


def opened(stores: Stores, of: User, name: str, **whence: str) -> bool:
    """Open a session; whether its user had opened one from there before."""
    seen = []

    def told(now: User, been_there: bool) -> Told:
        seen.append(been_there)
        return Told(act(stores))

    made = session(stores, name, user_id=of.id, roles=of.roles, cookie_hash=None, door="api", **whence)
    assert stores.sessions.add(made, told) == Opened(made)
    return seen[0]


def test_who_is_no_newcomer_any_more_is_none_in_a_session_that_was_made_before(stores: Stores) -> None:
    of = user(stores, email_confirmed=True)
    stores.users.add(of, event(stores), act(stores))
    made = session(stores, user_id=of.id, roles=("user", NEWCOMER))

    kept = replace(made, roles=("user",))
    assert stores.sessions.add(made, started(stores)) == Opened(kept)
    assert stores.sessions.by_id(made.id) == kept


def test_of_too_many_sessions_the_oldest_end_with_a_new_one(stores: Stores) -> None:
    of = user(stores)
    stores.users.add(of, event(stores), act(stores))
    made = [
        session(stores, str(n), user_id=of.id, roles=of.roles, created_at=NOW + timedelta(seconds=n)) for n in range(6)
    ]
    for each in (made[2], made[0], made[4], made[1], made[3]):
        assert stores.sessions.add(each, started(stores)) == Opened(each)
    stores.sessions.end(made[2].id, act(stores))
    stores.sessions.most_open = 3

    opened = stores.sessions.add(made[5], started(stores))

    assert opened == Opened(made[5], (made[1], made[0]))
    assert [each.id for each in stores.sessions.open_of(of.id, NOW)] == [made[n].id for n in (5, 4, 3)]
    assert stores.sessions.by_id(made[0].id).ended_at == made[5].created_at
    told = stores.trail.of(of.id, 1)[0].entry
    assert (told.kind, told.by) == ("sessions.ended", PLATFORM)


def test_the_oldest_of_a_persons_sessions_are_found_by_an_index(mongo_url: Callable[[str], str]) -> None:
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    db = OwnCollections(storage.database(client), f"t{uuid4().hex[:12]}")
    storage.create_indexes(db)  # type: ignore[arg-type]
    found = db.sessions.find({"user_id": "u", "ended_at": None, "purge_at": {"$gt": NOW}}).sort("created_at", -1)
    plan = str(found.explain()["queryPlanner"]["winningPlan"])
    db.drop()
    client.close()
    assert "user_id_1_created_at_-1" in plan
    assert "'SORT'" not in plan


def test_a_place_is_known_again_by_device_and_address(stores: Stores) -> None:
    ann, bob = user(stores), user(stores, "b")
    for each, name in ((ann, "a"), (bob, "b")):
        stores.users.add(each, event(stores, name), act(stores, name))

    assert [opened(stores, ann, name) for name in "12"] == [False, True]
    assert not opened(stores, ann, "3", device="curl 8")
    assert not opened(stores, ann, "4", address="192.0.2.99")
    assert not opened(stores, bob, "5")


def test_no_place_is_known_after_a_lock_or_a_refresh_token_that_came_back(stores: Stores) -> None:
    ann = user(stores)
    stores.users.add(ann, event(stores), act(stores))
    opened(stores, ann, "1")

    stores.sessions.end(f"{stores.mark}-1", act(stores), event(stores, "r"))
    assert not opened(stores, ann, "2")
    stores.sessions.end(f"{stores.mark}-2", act(stores))  # an ordinary log-out
    assert opened(stores, ann, "3")
    locked = replace(ann, lock=Lock("Reported as stolen", NOW, "somebody"))
    stores.users.change(ann, locked, event(stores, "c"), act(stores))
    stores.users.change(locked, ann, event(stores, "d"), act(stores))
    assert not opened(stores, ann, "4")


def test_no_session_begins_that_a_lock_or_a_lost_role_has_overtaken(mongo_url: Callable[[str], str]) -> None:
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    stores = Stores(f"t{uuid4().hex[:12]}", *[None] * 8)
    db: Any = OwnCollections(storage.database(client), stores.mark)
    storage.create_indexes(db)
    users, sessions = storage.MongoUsers(db), storage.MongoSessions(db)
    before = user(stores, roles=("user", "support"))
    users.add(before, event(stores), act(stores))

    users.change(before, replace(before, roles=("user",)), event(stores, "b"), act(stores), ends_sessions=True)
    with pytest.raises(UserChanged):
        sessions.add(session(stores, user_id=before.id, roles=before.roles), started(stores))

    assert sessions.open_of(before.id, NOW) == []
    db.drop()
    client.close()


def test_two_administrators_who_remove_each_other_at_once_leave_one(mongo_url: Callable[[str], str]) -> None:
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    stores = Stores(f"t{uuid4().hex[:12]}", *[None] * 8)
    db: Any = OwnCollections(storage.database(client), stores.mark)
    storage.create_indexes(db)
    users = storage.MongoUsers(db)
    admins = [user(stores, name, roles=("user", "admin")) for name in "ab"]
    for admin, name in zip(admins, "ab", strict=True):
        users.add(admin, event(stores, name), act(stores, name))
    together = Barrier(2)

    def remove(admin: User, name: str) -> None:
        together.wait(5)
        with suppress(LastAdmin):
            users.change(admin, replace(admin, roles=("user",)), event(stores, f"{name}2"), act(stores, name))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(remove, admins, "ab"))

    left = [found for admin in admins if (found := users.by_id(admin.id)) and "admin" in found.roles]
    db.drop()
    client.close()
    assert len(left) == 1


def test_a_taken_name_leaves_neither_a_user_nor_an_event(stores: Stores) -> None:
    stores.users.add(user(stores), event(stores), act(stores))
    again = replace(user(stores, "b"), username=user(stores).username)

    with pytest.raises(UsernameTaken):
        stores.users.add(again, event(stores, "b"), act(stores, "b"))

    assert stores.users.by_id(again.id) is None
    assert own(stores, [found.id for found in stores.outbox.waiting(10_000)]) == [event(stores).id]


def test_a_password_hash_is_replaced_only_if_it_is_still_the_old_one(stores: Stores) -> None:
    stores.users.add(user(stores), event(stores), act(stores))

    assert not stores.users.replace_password_hash(user(stores).id, "hash-0", "hash-9")
    assert stores.users.by_id(user(stores).id).password_hash == "hash-1"
    assert stores.users.replace_password_hash(user(stores).id, "hash-1", "hash-2")
    assert stores.users.by_id(user(stores).id).password_hash == "hash-2"


def test_an_administrator_is_found_by_the_role(stores: Stores) -> None:
    stores.users.add(user(stores, roles=("user", f"{stores.mark}-role")), event(stores), act(stores))

    assert stores.users.with_role(f"{stores.mark}-role").id == user(stores).id
    assert stores.users.with_role("emperor") is None


def test_a_session_is_found_by_its_id_and_by_its_cookies_hash(stores: Stores) -> None:
    keep(stores, session(stores))

    assert stores.sessions.by_id(f"{stores.mark}-a") == session(stores)
    assert stores.sessions.by_cookie_hash(f"{stores.mark}-a-hash") == session(stores)
    assert stores.sessions.by_id("none") is None
    assert stores.sessions.by_cookie_hash("none") is None


def test_a_cookies_session_is_found_by_an_index(mongo_url: Callable[[str], str]) -> None:
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    db = OwnCollections(storage.database(client), f"t{uuid4().hex[:12]}")
    storage.create_indexes(db)  # type: ignore[arg-type]
    plan = str(db.sessions.find(storage.of_cookie("hash")).explain()["queryPlanner"]["winningPlan"])
    db.drop()
    client.close()
    assert "IXSCAN" in plan


def test_many_api_sessions_have_no_cookie(stores: Stores) -> None:
    for name in ("a", "b"):
        keep(stores, session(stores, name, door="api", cookie_hash=None))

    assert stores.sessions.by_id(f"{stores.mark}-b").cookie_hash is None


def test_a_session_was_last_seen_at_the_latest_moment(stores: Stores) -> None:
    keep(stores, session(stores))
    later = NOW + timedelta(minutes=5)

    stores.sessions.seen(session(stores), later)
    stores.sessions.seen(session(stores), NOW)

    assert stores.sessions.by_id(f"{stores.mark}-a").last_seen_at == later


def test_a_session_ends_once(stores: Stores) -> None:
    keep(stores, session(stores))

    assert stores.sessions.end(f"{stores.mark}-a", act(stores)) is True
    assert stores.sessions.end(f"{stores.mark}-a", act(stores, at=NOW + timedelta(seconds=1))) is False
    assert stores.sessions.end("none", act(stores)) is False
    assert stores.sessions.by_id(f"{stores.mark}-a").ended_at == NOW


def test_all_of_a_persons_open_sessions_end_but_the_one_to_keep(stores: Stores) -> None:
    keep(stores, session(stores, "kept"))
    keep(stores, session(stores, "api", door="api", cookie_hash=None))
    keep(stores, session(stores, "over", expires_at=NOW))
    keep(stores, session(stores, "other", user_id=f"{stores.mark}-somebody-else"))

    ended = stores.sessions.end_all(f"{stores.mark}-user", act(stores), keep=f"{stores.mark}-kept")
    again = stores.sessions.end_all(f"{stores.mark}-user", act(stores), keep=f"{stores.mark}-kept")

    assert ([each.id for each in ended], again) == ([f"{stores.mark}-api"], [])
    assert stores.sessions.by_id(f"{stores.mark}-api").ended_at == NOW
    assert stores.sessions.by_id(f"{stores.mark}-kept").ended_at is None
    assert stores.sessions.by_id(f"{stores.mark}-other").ended_at is None
    assert len(stores.trail.of(f"{stores.mark}-a", 10)) == 5


def test_sessions_that_ended_lately_are_listed(stores: Stores) -> None:
    for name, ended_at in (("early", NOW - timedelta(seconds=20)), ("late", NOW), ("open", None)):
        keep(stores, session(stores, name, created_at=NOW - timedelta(hours=1)))
        if ended_at is not None:
            stores.sessions.end(f"{stores.mark}-{name}", act(stores, at=ended_at))

    assert own(stores, stores.sessions.ended_since(NOW - timedelta(seconds=10))) == [f"{stores.mark}-late"]
    assert own(stores, stores.sessions.ended_since(NOW)) == [f"{stores.mark}-late"]


def test_a_persons_open_sessions_are_listed_browsers_first_and_the_latest_first(stores: Stores) -> None:
    keep(stores, session(stores, "old", created_at=NOW - timedelta(hours=1)))
    keep(stores, session(stores, "new"))
    keep(stores, session(stores, "api", door="api", cookie_hash=None))
    keep(stores, session(stores, "over", expires_at=NOW))
    keep(stores, session(stores, "idle", last_seen_at=NOW - BROWSER_IDLE))
    keep(stores, session(stores, "ended"))
    stores.sessions.end(f"{stores.mark}-ended", act(stores))
    keep(stores, session(stores, "other", user_id=f"{stores.mark}-somebody-else"))

    found = stores.sessions.open_of(f"{stores.mark}-user", NOW)

    assert [each.id for each in found] == [f"{stores.mark}-{name}" for name in ("new", "old", "api")]


def test_open_sessions_are_counted_by_door(stores: Stores) -> None:
    before = stores.sessions.open_count(NOW)
    keep(stores, session(stores, "a"))
    keep(stores, session(stores, "b", door="api", cookie_hash=None))
    keep(stores, session(stores, "c", expires_at=NOW))

    after = stores.sessions.open_count(NOW)

    assert {door: after[door] - before.get(door, 0) for door in after} == {"browser": 1, "api": 1}


def test_a_client_is_put_and_replaced(stores: Stores) -> None:
    stores.clients.put(Client(f"{stores.mark}-shop", "hash-1", ("ledger:read",)))
    stores.clients.put(Client(f"{stores.mark}-shop", "hash-2", ()))

    assert stores.clients.by_id(f"{stores.mark}-shop") == Client(f"{stores.mark}-shop", "hash-2", ())
    assert stores.clients.by_id("none") is None


def test_events_wait_in_order_until_they_are_removed(stores: Stores) -> None:
    for name in ("b", "a", "c"):
        stores.users.add(user(stores, name), event(stores, name), act(stores, name))

    waiting = [found for found in stores.outbox.waiting(10_000) if found.id.startswith(stores.mark)]
    assert waiting == [event(stores, "a"), event(stores, "b"), event(stores, "c")]
    depth, oldest = stores.outbox.depth_and_oldest()
    assert depth >= 3
    assert oldest is not None

    stores.outbox.remove([event(stores, "a").id, event(stores, "b").id])
    assert own(stores, [found.id for found in stores.outbox.waiting(10_000)]) == [event(stores, "c").id]


def signing_key(stores: Stores, name: str, follows: str | None = None) -> StoredKey:
    return StoredKey(f"{stores.mark}-{name}", b"sealed", NOW, NOW + timedelta(minutes=7), follows)


def test_a_signing_key_is_kept_as_it_is_until_it_is_removed(stores: Stores) -> None:
    first = signing_key(stores, "1")
    second = signing_key(stores, "2", follows=first.kid)

    assert stores.sealed.add(first)
    assert stores.sealed.add(second)
    assert sorted(stores.sealed.all(), key=lambda key: key.kid) == [first, second]

    stores.sealed.remove([first.kid])
    assert stores.sealed.all() == [second]


def test_a_signing_key_has_one_successor_whoever_rotates_at_once(stores: Stores) -> None:
    first = signing_key(stores, "1")
    stores.sealed.add(first)
    start = Barrier(8)

    def rotate(number: int) -> bool:
        start.wait(10)
        return bool(stores.sealed.add(signing_key(stores, f"n{number}", follows=first.kid)))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(rotate, range(8))) == 1

    assert len(stores.sealed.all()) == 2
    assert stores.sealed.add(signing_key(stores, "another first")) is False
