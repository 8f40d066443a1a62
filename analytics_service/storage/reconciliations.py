"""The intervals of the journal that were held against the ledger, a document for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from analytics_service.domain.reconciliation import KINDS, Break, Interval
from analytics_service.storage.collections import Collections, Document
from service_kit.mongo import MAJORITY


class MongoReconciliations:
    """See `ports.Reconciliations`."""

    def __init__(self, collections: Collections) -> None:
        self._intervals = collections.reconciliations.with_options(write_concern=MAJORITY)

    def upto(self) -> int:
        last = self._intervals.find_one({}, {"upto": 1}, sort=[("_id", DESCENDING)])
        return last["upto"] if last else 0

    def keep(self, interval: Interval) -> None:
        document = _document(interval)
        try:
            # One that has grown meanwhile, by another reporter, was looked at by that one.
            query = {"_id": interval.after, "upto": {"$lte": interval.upto}}
            self._intervals.replace_one(query, document, upsert=True)
        except DuplicateKeyError:
            return

    def extend(self, interval: Interval, positions_max: int) -> bool:
        before = {
            "upto": interval.after,
            "broken": False,
            "_id": {"$gte": interval.upto - positions_max},
        }
        changes = {"$set": {"upto": interval.upto}}
        return self._intervals.update_one(before, changes).matched_count == 1

    def to_look_at_again(self, broken: int, agreeing: int) -> Sequence[Interval]:
        return [
            _interval(document)
            for flag, limit in ((True, broken), (False, agreeing))
            for document in self._intervals.find({"broken": flag}).sort("checked_at", ASCENDING).limit(limit)
        ]

    def latest(self, limit: int) -> Sequence[Interval]:
        last = list(self._intervals.find().sort("_id", DESCENDING).limit(limit))
        first = last[-1]["_id"] if last else 0
        older = self._intervals.find({"broken": True, "_id": {"$lt": first}}).sort("_id", DESCENDING).limit(limit)
        return [_interval(document) for document in (*last, *older)]

    def breaks(self) -> Mapping[str, int]:
        sums: dict[str, Any] = {kind: {"$sum": f"$counts.{kind}"} for kind in KINDS}
        found = list(self._intervals.aggregate([{"$match": {"broken": True}}, {"$group": {"_id": None, **sums}}]))
        return {kind: found[0][kind] if found else 0 for kind in KINDS}


def _document(interval: Interval) -> Document:
    values = asdict(interval)
    return {"_id": values.pop("after"), **values, "broken": not interval.agrees}


def _interval(document: Document) -> Interval:
    values = {name: value for name, value in document.items() if name not in ("_id", "broken", "breaks")}
    return Interval(after=document["_id"], **values, breaks=tuple(Break(**each) for each in document["breaks"]))
