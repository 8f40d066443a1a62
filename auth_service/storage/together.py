"""A change and what is told of it, written together: there is never one without the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pymongo
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from service_kit.mongo import MAJORITY, MongoDocument

SECONDS = 8.0
T = TypeVar("T")


def together(db: Database[MongoDocument], write: Callable[[ClientSession], T]) -> T:
    """All that `write` does in one transaction, or nothing; return what it returned when it was kept.

    The driver begins a transaction again for two minutes, whatever the single operations may take; who waits for an
    answer is told sooner. Raises PyMongoError after SECONDS.
    """
    with pymongo.timeout(SECONDS), db.client.start_session() as session:
        return session.with_transaction(write, read_concern=ReadConcern("snapshot"), write_concern=MAJORITY)
