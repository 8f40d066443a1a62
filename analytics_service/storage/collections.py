"""The service's collections and their indexes.

`files` is the manifest: one document per Parquet file, `retired_at` set once a merged one has taken its place.
`state` holds one document: which positions the lake covers, and where the ingester stands on the topic.
"""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING, IndexModel, MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

Document = dict[str, Any]

STATE_ID = "lake"


class Collections:
    """The collections of the database that the URL names."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self.client = client
        database: Database[Document] = client.get_default_database()
        self.files: Collection[Document] = database["files"]
        self.state: Collection[Document] = database["state"]

    def set_up(self) -> None:
        """Make the index and the state; harmless when they exist."""
        self.files.create_indexes([IndexModel([("retired_at", ASCENDING), ("first_position", ASCENDING)])])
        fresh = {"version": 0, "sweeps": 0, "merges": 0, "stretches": [], "offsets": {}, "committed_at": None}
        self.state.update_one({"_id": STATE_ID}, {"$setOnInsert": fresh}, upsert=True)
