"""Monitoring's own database: what the last audit found, the last probes, and since when alerting has been silent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import DESCENDING, MongoClient
from pymongo.collection import Collection

Document = dict[str, Any]

LATEST = "latest"
PROBES_KEPT = 200


class Collections:
    """The collections of the database that the URL names."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self.client = client
        database = client.get_default_database()
        self.audit: Collection[Document] = database["audit"]
        self.probes: Collection[Document] = database["probes"]
        self.silence: Collection[Document] = database["silence"]

    def set_up(self) -> None:
        """Make the indexes; harmless when they exist."""
        self.probes.create_index([("at", DESCENDING)])


class AuditResults:
    """The latest audit's result; README.md lists its fields."""

    def __init__(self, collections: Collections) -> None:
        self._audit = collections.audit

    def save(self, result: Document) -> None:
        """Put `result` in the place of the one before."""
        self._audit.replace_one({"_id": LATEST}, result, upsert=True)


class ProbeResults:
    """The last PROBES_KEPT probes; README.md lists their fields."""

    def __init__(self, collections: Collections) -> None:
        self._probes = collections.probes

    def add(self, result: Document) -> None:
        """Keep `result`, and forget what is too many."""
        self._probes.insert_one(result)
        kept = self._probes.find({}, {"at": 1}).sort("at", DESCENDING).skip(PROBES_KEPT - 1).limit(1)
        for oldest in kept:
            self._probes.delete_many({"at": {"$lt": oldest["at"]}})


class Silence:
    """Since when alerting has been silent, where the operators were told so and not yet of its end.

    Both raise PyMongoError while MongoDB is away.
    """

    def __init__(self, collections: Collections) -> None:
        self._silence = collections.silence

    def since(self) -> datetime | None:
        """None: nobody is waiting for its end."""
        kept = self._silence.find_one({"_id": LATEST})
        return kept["since"] if kept else None

    def keep(self, since: datetime | None) -> None:
        """Put `since` in the place of what was known before."""
        self._silence.replace_one({"_id": LATEST}, {"since": since}, upsert=True)
