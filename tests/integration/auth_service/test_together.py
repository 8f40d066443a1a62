from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from auth_service import storage
from auth_service.storage import together as module
from service_kit import mongo


def test_a_transaction_that_cannot_come_through_is_given_up_in_time(
    mongo_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.5)
    client = mongo.connect(mongo_url("auth_service"), "auth-tests")
    db, key = storage.database(client), {"_id": f"t{uuid4().hex}"}

    def write(within: ClientSession) -> None:
        db.attempts.update_one(key, {"$set": {"count": 2}}, upsert=True, session=within)

    with client.start_session() as other, other.start_transaction():
        db.attempts.update_one(key, {"$set": {"count": 1}}, upsert=True, session=other)
        began = time.monotonic()
        with pytest.raises(PyMongoError):
            module.together(db, write)
        assert time.monotonic() - began < 5
        other.abort_transaction()
    client.close()
