"""The ledger's database, read only: the one place where monitoring knows another service's documents.

Everything of one pass is read in one snapshot session, so that accounts and journal are of one moment and a transfer
that is being posted is never half seen (https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from bson import CodecOptions, decode
from pymongo import ASCENDING, MongoClient
from pymongo.change_stream import CollectionChangeStream
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

Document = Mapping[str, Any]
BATCH = 1_000
_BY_ID = [("_id", ASCENDING)]
"""Bounds are those of this index, since `$gt` passes over ids of another type, which only a hand can have made."""
EDITS_AT_ONCE = 1_000
_EDITS: list[dict[str, Any]] = [
    {"$match": {"operationType": {"$in": ["update", "replace", "delete"]}}},
    {"$project": {"documentKey": 1}},
]
_OPTIONS = CodecOptions[dict[str, Any]](tz_aware=True)


class LedgerNotSetUp(Exception):
    """The database lacks the writer's control document; the ledger's set-up has not run."""


class LedgerView:
    """The ledger at one moment, which is that of the first read. A view lives for five minutes at most."""

    def __init__(self, database: Database[dict[str, Any]], session: ClientSession) -> None:
        self._database = database
        self._session = session

    def head(self) -> int:
        """The journal's last position, as the writer has it; raises LedgerNotSetUp."""
        control = self._database["control"].find_one({"_id": "writer"}, session=self._session)
        if control is None:
            raise LedgerNotSetUp("the ledger has no control document")
        return int(control["head"])

    def records(self, after: int, limit: int) -> Iterator[tuple[Document, bytes]]:
        """The next `limit` documents of the journal above position `after`, in order, each with its bytes as stored."""
        batches = self._database["journal"].find_raw_batches(
            hint=_BY_ID, sort=_BY_ID, limit=limit, batch_size=min(limit, BATCH), session=self._session
        )
        batches = batches.min([("_id", after + 1)])
        for batch in batches:
            for raw in _documents(cast(bytes, batch)):
                record: dict[str, Any] = decode(raw, _OPTIONS)
                yield record, raw

    def documents(self, name: str, after: Any, limit: int) -> list[dict[str, Any]]:
        """The next `limit` of a collection above the id `after` (None: from the first), in the order of id."""
        found = self._database[name].find(session=self._session).hint(_BY_ID).sort(_BY_ID)
        if after is not None:
            found = found.min([("_id", after)]).skip(1)
        return list(found.limit(limit))

    def answered(self, positions: Sequence[int]) -> dict[int, tuple[str, Document]]:
        """Of the records at these positions: the id of the transfer that each is about, and what it answered."""
        query = {"_id": {"$in": list(positions)}}
        found = self._database["journal"].find(query, {"body": 1}, session=self._session) if positions else ()
        return {record["_id"]: (record["body"].get("id"), record["body"]) for record in found}


class LedgerReader:
    """Opens views. The client's user may read `database` and write nothing there."""

    def __init__(self, client: MongoClient[dict[str, Any]], database: str) -> None:
        self._client = client
        self._database = client[database]
        self._edits: CollectionChangeStream[dict[str, Any]] | None = None

    @contextmanager
    def view(self) -> Iterator[LedgerView]:
        """The ledger as it is now."""
        with self._client.start_session(snapshot=True) as session:
            yield LedgerView(self._database, session)

    def edited(self) -> list[Any]:
        """The ids of the journal's records that were changed or removed since it was last asked; the first time none.

        At most EDITS_AT_ONCE, the others later. A change stream (https://www.mongodb.com/docs/manual/changeStreams/)
        that has ended is opened anew: what was edited meanwhile is the sweep's to find.
        """
        if self._edits is None or not self._edits.alive:
            self._edits = self._database["journal"].watch(_EDITS, max_await_time_ms=10)
        found: list[Any] = []
        try:
            while len(found) < EDITS_AT_ONCE and (event := self._edits.try_next()) is not None:
                if "documentKey" in event:
                    found.append(event["documentKey"]["_id"])
        except PyMongoError:
            self._edits = None
            raise
        return found


def _documents(batch: bytes) -> Iterator[bytes]:
    """BSON documents stand one behind the other, each begins with its length (https://bsonspec.org/spec.html)."""
    begin = 0
    while begin < len(batch):
        end = begin + int.from_bytes(batch[begin : begin + 4], "little")
        yield batch[begin:end]
        begin = end
