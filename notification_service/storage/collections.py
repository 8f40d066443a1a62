"""The service's collections and their indexes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

Document = dict[str, Any]
CURRENT: Document = {"archived_at": None}
"""In the inbox; so is what an older release stored, which knew no archive."""
ARCHIVED: Document = {"archived_at": {"$type": "date"}}
PAID = [("transfer.paid_from", ASCENDING), ("position", ASCENDING)]
"""The payments of an account, in the ledger's order."""
RETIRED = ("inbox", "unread", "event")
"""Indexes of an older release."""


class Collections:
    """The collections of the database that the URL names."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self.client = client
        self.database: Database[Document] = client.get_default_database()
        self.notifications: Collection[Document] = self.database["notifications"]
        self.people: Collection[Document] = self.database["people"]
        self.deliveries: Collection[Document] = self.database["deliveries"]
        self.endpoints: Collection[Document] = self.database["endpoints"]
        self.preferences: Collection[Document] = self.database["preferences"]
        self.payees: Collection[Document] = self.database["payees"]

    def now(self) -> datetime:
        """By the server's clock. Raises PyMongoError."""
        at: datetime = self.client.admin.command("hello", codec_options=self.client.codec_options)["localTime"]
        return at

    def set_up(self) -> None:
        """Make the indexes; harmless when they exist. That each event is told once needs none: it is the
        `_id`, which begins with the event's."""
        # Ends with the kind, so that a filter of kinds fetches only what it shows.
        inbox = [("user_id", ASCENDING), ("channel", ASCENDING), ("order", DESCENDING), ("kind", ASCENDING)]
        # With what it asks for among the keys, the unread are counted without fetching one.
        counted = [*inbox, ("read_at", ASCENDING), ("archived_at", ASCENDING)]
        self.notifications.create_indexes(
            [
                IndexModel(inbox, name="current", partialFilterExpression=CURRENT),
                IndexModel(counted, name="current_unread", partialFilterExpression=CURRENT | {"read_at": None}),
                IndexModel(inbox, name="archived", partialFilterExpression=ARCHIVED),
                # Ends with the id, so that a stream skips what it has sent without fetching it.
                IndexModel(
                    [("user_id", ASCENDING), ("channel", ASCENDING), ("stored", ASCENDING), ("_id", ASCENDING)],
                    name="live",
                ),
                IndexModel([("channel", ASCENDING), ("position", ASCENDING)], name="coverage"),
                IndexModel(PAID, name="paid", partialFilterExpression={"transfer.paid_from": {"$exists": True}}),
                # Each says itself when it goes, since the service's user may not change an index.
                IndexModel("expires_at", name="expires", expireAfterSeconds=0),
            ]
        )
        for name in set(RETIRED) & set(self.notifications.index_information()):
            self.notifications.drop_index(name)
        self.people.create_index("roles", name="roles")
        self._set_up_deliveries()
        # How many endpoints a person may have is kept by it; and nearly all people have none.
        places = [("user_id", ASCENDING), ("place", ASCENDING)]
        self.endpoints.create_index(places, name="places", unique=True)

    def _set_up_deliveries(self) -> None:
        """Deliverers ask for what is pending, which is little; people and operators for everything."""
        pending = {"state": "pending"}
        keys = {
            "due": [("state", ASCENDING), ("lane", ASCENDING), ("next_attempt_at", ASCENDING)],
            "oldest": [("state", ASCENDING), ("channel", ASCENDING), ("since", ASCENDING)],
        }
        self.deliveries.create_indexes(
            [
                *(IndexModel(key, name=name, partialFilterExpression=pending) for name, key in keys.items()),
                IndexModel([("state", ASCENDING), ("channel", ASCENDING)], name="counted"),
                IndexModel([("order", DESCENDING)], name="latest"),
                IndexModel("expires_at", name="expires", expireAfterSeconds=0),
                *(
                    IndexModel([(field, ASCENDING), ("order", DESCENDING)], name=f"latest_of_{field}")
                    for field in ("state", "user_id", "target")
                ),
            ]
        )
