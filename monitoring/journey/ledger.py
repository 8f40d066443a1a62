"""What MongoDB knows of a transfer: the ledger's record of it, and when that record was committed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
import pymongo
from bson import Timestamp
from flask_babel import lazy_gettext as _
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from monitoring.asking import SourceAway
from monitoring.journey.stages import Decided, Finding, State

SOURCE = "MongoDB"
SECONDS = 2.0
MARGIN_SECONDS = 2
"""The ledger's clock and MongoDB's may differ by so much."""
_HISTORY_LOST = 286
_FIELDS = ("at", "event", "traceparent", "partition_key")


class LedgerRecords:
    """Reads the journal of the ledger's database, of which monitoring may read all and write nothing."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._journal = database["journal"]

    def find(self, transfer_id: str) -> Decided | None:
        """The transfer's record; None where there is no such transfer.

        Raises:
            PyMongoError: MongoDB is away.
        """
        query = {"command_id": transfer_id, "event_type": {"$in": ["transfer.posted", "transfer.rejected"]}}
        with pymongo.timeout(SECONDS):
            document = self._journal.find_one(query, _FIELDS)
        return _decided(document) if document else None


class CommitTimes:
    """When a record was committed: MongoDB's own time, in its replication log, as long as that reaches back."""

    source = SOURCE
    stages = ("committed",)

    def __init__(
        self,
        database: Database[dict[str, Any]],
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._clock = clock

    def find(self, transfer: Decided) -> dict[str, Finding]:
        """Follow a change stream from just before the decision up to the record's own event; raises SourceAway.

        `wallTime` is part of an event from MongoDB 6.0 on:
        https://www.mongodb.com/docs/manual/reference/change-events/insert/.
        """
        try:
            return {"committed": self._follow(transfer)}
        except OperationFailure as error:
            if error.code != _HISTORY_LOST:
                raise SourceAway(SOURCE, _("it refused the question")) from error
            lost = _("MongoDB's replication log no longer reaches back to it")
            return {"committed": Finding(State.NOT_KEPT, detail=lost)}
        except PyMongoError as error:
            raise SourceAway(SOURCE, _("no answer")) from error

    def _follow(self, transfer: Decided) -> Finding:
        pipeline: list[dict[str, Any]] = [
            {"$match": {"operationType": "insert", "ns.coll": "journal", "documentKey._id": transfer.position}},
            {"$match": {"fullDocument.command_id": transfer.transfer_id}},
            {"$project": {"wallTime": 1}},
        ]
        since = Timestamp(int(transfer.at.timestamp()) - MARGIN_SECONDS, 1)
        deadline = self._clock() + self._seconds
        with (
            pymongo.timeout(self._seconds + 1.0),
            self._database.watch(pipeline, start_at_operation_time=since, max_await_time_ms=100) as stream,
        ):
            while self._clock() < deadline:
                event = stream.try_next()
                if event is not None:
                    return Finding(State.DONE, event["wallTime"], _("by MongoDB's own clock"))
        raise SourceAway(SOURCE, _("its replication log was not read within %(s)s s", s=f"{self._seconds:g}"))


def _decided(document: dict[str, Any]) -> Decided:
    event = orjson.loads(document["event"])
    transfer = event["transfer"]
    return Decided(
        position=document["_id"],
        transfer_id=transfer["id"],
        at=document["at"],
        kind=transfer["type"],
        status=transfer["status"],
        partition_key=document["partition_key"].encode(),
        traceparent=document["traceparent"],
        payer=transfer["payer"]["user_id"],
        payees=tuple(payee["user_id"] for payee in transfer["payees"]),
    )
