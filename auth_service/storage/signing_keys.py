"""The signing keys, encrypted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from auth_service.domain import StoredKey
from service_kit.mongo import MongoDocument


class MongoSealedKeys:
    """ports.SealedKeys. The unique index on `follows` lets one of several who rotate at once succeed."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._keys = db.signing_keys

    def all(self) -> list[StoredKey]:
        return [_key(found) for found in self._keys.find()]

    def add(self, key: StoredKey) -> bool:
        document = {name: value for name, value in vars(key).items() if name != "kid"}
        try:
            self._keys.insert_one({"_id": key.kid, **document})
        except DuplicateKeyError:
            return False
        return True

    def remove(self, kids: Iterable[str]) -> None:
        self._keys.delete_many({"_id": {"$in": list(kids)}})


def _key(found: MongoDocument) -> StoredKey:
    """A key of before there was rotation has signed from the first."""
    signs_from: datetime = found.get("signs_from") or found["created_at"]
    return StoredKey(found["_id"], found["sealed"], found["created_at"], signs_from, found.get("follows"))
