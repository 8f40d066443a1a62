"""The signing keys, encrypted."""

from __future__ import annotations

from datetime import datetime

from pymongo import DESCENDING
from pymongo.database import Database

from service_kit.mongo import MongoDocument


class MongoSealedKeys:
    """The signing keys as they are kept: encrypted."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._keys = db.signing_keys

    def all(self) -> list[tuple[str, bytes]]:
        """(kid, encrypted private key), the newest first."""
        return [(found["_id"], found["sealed"]) for found in self._keys.find().sort("created_at", DESCENDING)]

    def add(self, kid: str, sealed: bytes, at: datetime) -> None:
        """Keep a new one."""
        self._keys.insert_one({"_id": kid, "sealed": sealed, "created_at": at})
