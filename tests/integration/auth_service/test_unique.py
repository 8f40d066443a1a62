from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from pymongo.errors import DuplicateKeyError

from auth_service import storage
from auth_service.domain import Act, EmailTaken, MailLink, MailOrder, User, UsernameTaken
from auth_service.ports import OutgoingEvent, Told
from service_kit import mongo
from tests.integration.auth_service.conftest import OwnCollections
from tests.integration.auth_service.test_credentials import LATER, NOW


@pytest.fixture
def db(mongo_url: Callable[[str], str]) -> Iterator[OwnCollections]:
    with mongo.connect(mongo_url("auth_service"), "auth-tests") as client:
        own = OwnCollections(storage.database(client), f"t{uuid4().hex[:12]}")
        storage.create_indexes(own)  # type: ignore[arg-type]
        yield own
        own.drop()


def add(db: OwnCollections, name: str, event_id: str) -> User:
    user = User(f"{uuid4()}", name, "demo@example.com", ("user",), "user", NOW, "hash-1")
    act = Act(user.id, "user.registered", NOW, user.id)
    storage.MongoUsers(db).add(user, OutgoingEvent(event_id, "users", user.id, {}, None), act)  # type: ignore[arg-type]
    return user


def confirm(db: OwnCollections, user: User, event_id: str) -> None:
    orders, credentials = storage.MongoMailOrders(db), storage.MongoCredentials(db)  # type: ignore[arg-type]
    order = MailOrder(f"order-{event_id}-{user.id}", "confirm_email", user.email, user.id, NOW)
    link = MailLink(f"link-{event_id}-{user.id}", "confirm_email", user.id, user.email, LATER)
    orders.add(order)
    assert orders.link(order, link)
    event = OutgoingEvent(event_id, "users", user.id, {}, None)
    credentials.confirm_email(link, NOW, lambda after: Told(Act(after.id, "email.confirmed", NOW, after.id), event))


def test_a_taken_name_is_told_from_any_other_key_that_is_there_already(db: OwnCollections) -> None:
    add(db, "demo-001", "event-1")

    with pytest.raises(UsernameTaken):
        add(db, "demo-001", "event-2")
    with pytest.raises(DuplicateKeyError):
        add(db, "demo-002", "event-1")


def test_a_taken_address_is_told_from_any_other_key_that_is_there_already(db: OwnCollections) -> None:
    first, second = add(db, "demo-001", "event-1"), add(db, "demo-002", "event-2")

    with pytest.raises(DuplicateKeyError):
        confirm(db, first, "event-1")
    confirm(db, first, "event-3")
    with pytest.raises(EmailTaken):
        confirm(db, second, "event-4")
