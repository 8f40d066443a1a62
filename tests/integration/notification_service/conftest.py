"""The service's stores, twice: in memory and real. One suite runs over both, so that a fake can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from notification_service.storage.collections import Collections
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.storage.endpoints import MongoEndpoints
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.payments import MongoPayments
from notification_service.storage.people import MongoPeople
from notification_service.storage.preferences import MongoPreferences
from service_kit import mongo
from tests.unit.notification_service.memory import MemoryDeliveries, MemoryNotifications, MemoryPeople
from tests.unit.notification_service.memory_endpoints import MemoryEndpoints
from tests.unit.notification_service.memory_telling import MemoryPayments, MemoryPreferences


@dataclass(frozen=True)
class Stores:
    """The same ports, whatever is behind them."""

    notifications: Any
    people: Any
    deliveries: Any
    endpoints: Any
    preferences: Any
    payments: Any


@pytest.fixture
def collections(mongo_url) -> Iterator[Collections]:
    """Empty, with their indexes; emptied again afterwards. Nothing else may run on them meanwhile."""
    client = mongo.connect(mongo_url("notification_service"), "test")
    made = Collections(client)
    _empty(made)
    made.set_up()
    # The tests' clock stands still in the past, and the server's goes on.
    made.notifications.drop_index("expires")
    yield made
    _empty(made)
    client.close()


def _empty(collections: Collections) -> None:
    for name in collections.database.list_collection_names():
        collections.database[name].drop()


@pytest.fixture(params=["memory", "real"])
def stores(request) -> Stores:
    if request.param == "memory":
        notifications = MemoryNotifications()
        return Stores(
            notifications,
            MemoryPeople(),
            MemoryDeliveries(),
            MemoryEndpoints(),
            MemoryPreferences(),
            MemoryPayments(notifications),
        )
    collections = request.getfixturevalue("collections")
    return Stores(
        MongoNotifications(collections),
        MongoPeople(collections),
        MongoDeliveries(collections),
        MongoEndpoints(collections),
        MongoPreferences(collections),
        MongoPayments(collections),
    )
