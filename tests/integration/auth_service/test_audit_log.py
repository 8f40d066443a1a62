"""The audit log over the real MongoDB: its rights, its transactions, and what the verifying command finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure

from auth_service import storage, verify_audit
from auth_service.domain import Act, UsernameTaken, Whence
from service_kit import mongo
from service_kit.mongo import MongoDocument
from stack.variables import AUDIT_DATABASE
from tests.integration.auth_service.conftest import OwnCollections, Stores
from tests.integration.auth_service.test_storage import event, user

NOW = datetime.now(UTC).replace(microsecond=123000)
HOME = Whence("192.0.2.1", "Firefox 130 on Linux")
AT_ONCE, EACH = 8, 10


def act(user_id: str, **details: str) -> Act:
    return Act(user_id, "session.started", NOW, user_id, HOME, details)


@pytest.fixture
def user_id() -> str:
    """Nobody else's: the entries of all tests stand in one collection, which nobody can empty."""
    return f"t{uuid4()}"


@pytest.fixture
def client(mongo_url: Callable[[str], str]) -> Iterator[MongoClient[MongoDocument]]:
    """As the service connects."""
    with mongo.connect(mongo_url("auth_service"), "auth-tests") as connected:
        yield connected


@pytest.fixture
def trail(client: MongoClient[MongoDocument], user_id: str) -> Iterator[storage.MongoTrail]:
    db = OwnCollections(storage.database(client), user_id)
    yield storage.MongoTrail(db)  # type: ignore[arg-type]
    db.drop()


@pytest.fixture
def entries(mongo_admin_url: str) -> Iterator[Collection[MongoDocument]]:
    """As somebody with all rights, who edits what no service can."""
    with MongoClient[MongoDocument](mongo_admin_url, tz_aware=True) as admin:
        yield admin[AUDIT_DATABASE].entries


def three_acts(trail: storage.MongoTrail, user_id: str) -> None:
    for number in ("1", "2", "3"):
        trail.append(act(user_id, number=number))


def test_the_stack_and_the_service_mean_the_same_database() -> None:
    assert storage.AUDIT_DATABASE == AUDIT_DATABASE


def test_entries_are_found_the_newest_first_and_by_pages(stores: Stores) -> None:
    for number in range(12):
        stores.trail.append(act(f"{stores.mark}-a", number=str(number)))
    stores.trail.append(act(f"{stores.mark}-b"))

    newest = stores.trail.of(f"{stores.mark}-a", 3)
    older = stores.trail.of(f"{stores.mark}-a", 100, newest[-1].entry.seq)

    assert [each.entry.seq for each in newest] == [12, 11, 10]
    assert [each.entry.seq for each in older] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert (newest[0].whence, newest[0].entry.details, newest[0].entry.at) == (HOME, {"number": "11"}, NOW)


def test_a_refused_change_leaves_no_entry(stores: Stores) -> None:
    stores.users.add(user(stores), event(stores), act(f"{stores.mark}-a"))
    other = user(stores, "b")

    with pytest.raises(UsernameTaken):
        stores.users.add(replace(other, username=user(stores).username), event(stores, "b"), act(other.id))

    assert stores.trail.of(other.id, 10) == []
    assert len(stores.trail.of(f"{stores.mark}-a", 10)) == 1


def test_a_change_is_not_kept_without_its_entry(
    client: MongoClient[MongoDocument], user_id: str, trail: storage.MongoTrail, entries: Collection[MongoDocument]
) -> None:
    db: Any = OwnCollections(storage.database(client), user_id)
    storage.create_indexes(db)
    entries.insert_one({"_id": f"{user_id}:000000000001", "seq": 0, "hash": ""})  # where the entry would have to go
    nobody = Stores(user_id, *[None] * 8)

    with pytest.raises(DuplicateKeyError):
        storage.MongoUsers(db).add(user(nobody), event(nobody), act(user_id))

    assert db.users.count_documents({}) == 0
    assert db.outbox.count_documents({}) == 0
    assert db.audit_whence.count_documents({}) == 0
    entries.delete_one({"_id": f"{user_id}:000000000001"})


def test_acts_of_one_user_at_once_make_a_chain_without_gap_or_fork(trail: storage.MongoTrail, user_id: str) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda number: trail.append(act(user_id, number=str(number))), range(AT_ONCE * EACH)))

    kept = [entry["seq"] for entry in trail.entries_of(user_id)]
    assert kept == list(range(1, AT_ONCE * EACH + 1))
    assert verify_audit.breaks_of(trail, [user_id]) == []


def test_the_service_itself_can_neither_change_nor_remove_an_entry(
    client: MongoClient[MongoDocument], trail: storage.MongoTrail, user_id: str
) -> None:
    three_acts(trail, user_id)
    own = client[AUDIT_DATABASE].entries
    one = {"user_id": user_id}
    attempts: list[Callable[[], object]] = [
        lambda: own.update_one(one, {"$set": {"by": "nobody"}}),
        lambda: own.replace_one(one, one),
        lambda: own.delete_one(one),
        own.drop,
        lambda: own.create_index("at", expireAfterSeconds=0),
        lambda: own.rename("other"),
        lambda: list(own.aggregate([{"$match": one}, {"$merge": {"into": "entries"}}])),
        lambda: list(own.aggregate([{"$match": one}, {"$out": "entries"}])),
        lambda: client.drop_database(AUDIT_DATABASE),
        lambda: client[AUDIT_DATABASE].command("collMod", "entries", validationLevel="off"),
    ]

    for attempt in attempts:
        with pytest.raises(OperationFailure, match="not authorized"):
            attempt()
    assert len(list(trail.entries_of(user_id))) == 3


def test_one_edited_entry_is_found_and_named(
    trail: storage.MongoTrail, user_id: str, entries: Collection[MongoDocument]
) -> None:
    three_acts(trail, user_id)
    second = f"{user_id}:000000000002"
    before = entries.find_one({"_id": second})
    assert before is not None
    assert verify_audit.breaks_of(trail, [user_id]) == []

    entries.update_one({"_id": second}, {"$set": {"by": "somebody-else"}})
    [found] = verify_audit.breaks_of(trail, [user_id])

    assert (found.user_id, found.seq) == (user_id, 2)
    assert found.expected != before["hash"]
    entries.update_one({"_id": second}, {"$set": {"by": before["by"]}})
    assert verify_audit.breaks_of(trail, [user_id]) == []


def test_a_removed_last_entry_is_found_by_the_head(
    trail: storage.MongoTrail, user_id: str, entries: Collection[MongoDocument]
) -> None:
    three_acts(trail, user_id)

    entries.delete_one({"_id": f"{user_id}:000000000003"})

    assert user_id in trail.chains()
    [found] = verify_audit.breaks_of(trail, [user_id])
    assert found.seq == 3


def test_a_chain_whose_head_was_lost_goes_on_where_it_was(
    client: MongoClient[MongoDocument], trail: storage.MongoTrail, user_id: str
) -> None:
    three_acts(trail, user_id)
    storage.database(client)[f"{user_id}_audit_heads"].delete_one({"_id": user_id})
    assert [each.reason for each in verify_audit.breaks_of(trail, [user_id])] == ["no head is kept for the chain"]

    trail.append(act(user_id))

    assert [entry["seq"] for entry in trail.entries_of(user_id)] == [1, 2, 3, 4]
    assert verify_audit.breaks_of(trail, [user_id]) == []


def test_a_chain_whose_head_is_an_old_one_goes_on_where_it_was(
    client: MongoClient[MongoDocument], trail: storage.MongoTrail, user_id: str
) -> None:
    heads = storage.database(client)[f"{user_id}_audit_heads"]
    three_acts(trail, user_id)
    old = heads.find_one({"_id": user_id})
    three_acts(trail, user_id)
    heads.replace_one({"_id": user_id}, old)  # as a restored backup of `auth` has it
    assert verify_audit.breaks_of(trail, [user_id]) == []

    trail.append(act(user_id))

    assert [entry["seq"] for entry in trail.entries_of(user_id)] == [1, 2, 3, 4, 5, 6, 7]
    assert verify_audit.breaks_of(trail, [user_id]) == []


def test_the_command_names_the_first_break_and_exits_with_1(
    client: MongoClient[MongoDocument],
    mongo_url: Callable[[str], str],
    user_id: str,
    entries: Collection[MongoDocument],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MONGO_URL", mongo_url("auth_service"))
    monkeypatch.setenv("ENVIRONMENT", "development")
    storage_db = storage.database(client)
    three_acts(storage.MongoTrail(storage_db), user_id)
    assert verify_audit.main(["--user", user_id]) == 0

    entries.update_one({"_id": f"{user_id}:000000000002"}, {"$set": {"details": {"number": "4"}}})
    capsys.readouterr()

    assert verify_audit.main(["--user", user_id]) == 1
    said = capsys.readouterr().out
    assert f"BROKEN: user {user_id}, seq 2" in said
    storage_db.audit_heads.delete_one({"_id": user_id})
    entries.delete_many({"user_id": user_id})
