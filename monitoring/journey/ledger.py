"""What MongoDB knows of a transfer: the ledger's records of it, and when each was committed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pymongo
from bson import Timestamp
from flask_babel import lazy_gettext as _
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from contracts.notices import notices
from monitoring.asking import SourceAway
from monitoring.journey.stages import Decided, Finding, State, Transfer

SOURCE = "MongoDB"
SECONDS = 2.0
MARGIN_SECONDS = 2
"""The ledger's clock, or that of the process that took the request, and MongoDB's may differ by so much."""
CLOCKS_APART = timedelta(hours=1)
"""What the number of a request says is taken for its time, if the ledger says no other by more."""
_HISTORY_LOST = 286
ABOUT_MAX = 100
"""So many refunds and refused attempts are named; a transfer may have had any number."""
_FIELDS = ("at", "event_type", "event", "traceparent", "partition_key", "parties")


class LedgerRecords:
    """Reads the journal of the ledger's database, of which monitoring may read all and write nothing."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._journal = database["journal"]

    def find(self, transfer_id: str) -> Transfer | None:
        """The transfer with all that was done about it; None where there is no such transfer.

        Raises:
            PyMongoError: MongoDB is away.
        """
        own = {"$or": [{"command_id": transfer_id}, {"of": transfer_id}], "body.id": transfer_id}
        with pymongo.timeout(SECONDS):
            records = list(self._journal.find(own, _FIELDS).sort("_id"))
            if not records:
                return None
            about = list(self._journal.find({"original": transfer_id}, _FIELDS).sort("_id").limit(ABOUT_MAX))
        return Transfer(tuple(map(_decided, records)), tuple(map(_decided, about)))

    def transfer_at(self, position: int) -> str | None:
        """The id of the transfer that the record at a position is about; None where it is about none.

        Raises:
            PyMongoError: MongoDB is away.
        """
        with pymongo.timeout(SECONDS):
            record = self._journal.find_one({"_id": position}, ("event",))
        transfer = orjson.loads(record["event"]).get("transfer") if record else None
        return transfer["id"] if transfer else None


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

    def find(self, record: Decided) -> dict[str, Finding]:
        """Follow a change stream from just before the request up to the record's own event; raises SourceAway.

        Not from the decision: of a ledger whose clock was ahead, it lies after the commit.

        `wallTime` is part of an event from MongoDB 6.0 on:
        https://www.mongodb.com/docs/manual/reference/change-events/insert/.
        """
        try:
            return {"committed": self._follow(record)}
        except OperationFailure as error:
            if error.code != _HISTORY_LOST:
                raise SourceAway(SOURCE, _("it refused the question")) from error
            lost = _("MongoDB's replication log no longer reaches back to it")
            return {"committed": Finding(State.NOT_KEPT, detail=lost)}
        except PyMongoError as error:
            raise SourceAway(SOURCE, _("no answer")) from error

    def _follow(self, record: Decided) -> Finding:
        pipeline: list[dict[str, Any]] = [
            {"$match": {"operationType": "insert", "ns.coll": "journal", "documentKey._id": record.position}},
            {"$match": {"fullDocument.command_id": record.event_id}},
            {"$project": {"wallTime": 1}},
        ]
        since = Timestamp(int(_began(record).timestamp()) - MARGIN_SECONDS, 1)
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


def _began(record: Decided) -> datetime:
    requested = record.requested_at
    return requested if requested and timedelta(0) < record.at - requested < CLOCKS_APART else record.at


def _decided(document: dict[str, Any]) -> Decided:
    event = orjson.loads(document["event"])
    transfer = event["transfer"]
    ends_at = transfer.get("expires_at") or transfer.get("execute_at")
    sides = [transfer["payer"], *transfer["payees"]]
    parties = {side["user_id"] for side in sides if side["account"] in document["parties"]}
    return Decided(
        position=document["_id"],
        event_id=event["event_id"],
        transfer_id=transfer["id"],
        at=document["at"],
        kind=transfer["type"],
        status=transfer["status"],
        original=transfer.get("original"),
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
        partition_key=document["partition_key"].encode(),
        traceparent=document["traceparent"],
        payer=transfer["payer"]["user_id"],
        parties=frozenset(parties - {None}),
        told=frozenset(notices(event["type"], transfer)),
    )
