"""The ledger's collections and their indexes.

`journal` is the truth; `accounts`, `transfers` (those that something may still be done about) and `paid` (what limits
count per payee) are its projections, written in the same transaction; `control` holds the leases of the writer and of
the relay, each with how far its holder has come: the journal's head, the relay's cursor. `republications`, `contacts`
and `lookups` are no part of the ledger: the web process writes them.
"""

from __future__ import annotations

from typing import Any

from bson.codec_options import TypeDecoder, TypeRegistry
from bson.int64 import Int64
from pymongo import ASCENDING, DESCENDING, IndexModel, MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

Document = dict[str, Any]

LEASE_ID = "writer"
CURSOR_ID = "relay"

INDEXES = {
    "journal": [
        IndexModel("key", unique=True),
        IndexModel("command_id", unique=True),
        IndexModel([("parties", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("of", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"of": {"$exists": True}}),
        IndexModel(
            [("original", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"original": {"$exists": True}}
        ),
    ],
    "transfers": [IndexModel("due", partialFilterExpression={"due": {"$exists": True}})],
    "accounts": [
        # Over the world's accounts too: no query would use one that holds strings alone (`$type`), and each would scan.
        IndexModel([("username", ASCENDING), ("purpose", ASCENDING), ("currency", ASCENDING)], unique=True),
        IndexModel("user_id"),
    ],
    "lookups": [IndexModel("over_at", expireAfterSeconds=0)],
}


class _PlainIntegers(TypeDecoder):
    """A 64-bit integer of a document is an `int`, as it was when it was written: every amount beyond 32 bits is one.

    The driver's own type for it is a subclass, which who asks for the type (jsonschema-rs) takes for no integer:
    no event could be made of it.
    """

    bson_type = Int64

    @staticmethod
    def transform_bson(value: Int64) -> int:
        return int(value)


class Collections:
    """The collections of the database that the URL names."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self.client = client
        options = client.codec_options.with_options(type_registry=TypeRegistry([_PlainIntegers()]))
        self.database: Database[Document] = client.get_default_database(codec_options=options)
        self.journal: Collection[Document] = self.database["journal"]
        self.accounts: Collection[Document] = self.database["accounts"]
        self.transfers: Collection[Document] = self.database["transfers"]
        self.paid: Collection[Document] = self.database["paid"]
        self.control: Collection[Document] = self.database["control"]
        self.republications: Collection[Document] = self.database["republications"]
        self.contacts: Collection[Document] = self.database["contacts"]
        self.lookups: Collection[Document] = self.database["lookups"]

    def set_up(self) -> None:
        """Make the indexes and the control documents; harmless when they exist."""
        # It has no index that would make it, and who reads at one moment can't while it is being made.
        if self.paid.name not in self.database.list_collection_names():
            self.database.create_collection(self.paid.name)
        for name, indexes in INDEXES.items():
            self.database[name].create_indexes(indexes)
        free = {"epoch": 0, "holder": None, "lsid": None, "beat": 0}
        self._ensure(LEASE_ID, {**free, "head": 0})
        self._ensure(CURSOR_ID, {**free, "position": 0})

    def _ensure(self, id: str, fields: Document) -> None:
        """Make the document, or give an older one the fields that it lacks."""
        whole: list[Document] = [{"$replaceWith": {"$mergeObjects": [fields, "$$ROOT"]}}]
        self.control.update_one({"_id": id}, whole, upsert=True)
