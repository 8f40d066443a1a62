"""The reconciliation's memory in MongoDB, so that a restart goes on where it was."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING, ReplaceOne
from pymongo.database import Database

from monitoring.reconciliation.metrics import STAGES
from monitoring.reconciliation.minutes import Book, Cell, Figures, Minute
from monitoring.reconciliation.repair import Repair, Step
from monitoring.reconciliation.sightings import Sightings

Document = dict[str, Any]
KEPT = timedelta(days=7)
TAIL = "tail"


class ReconciliationStore:
    """Collections `reconciliation`, one document a minute, and `reconciliation_tail`, one. README.md has the fields."""

    def __init__(self, database: Database[Document]) -> None:
        self._minutes = database["reconciliation"]
        self._tail = database["reconciliation_tail"]

    def set_up(self) -> None:
        """Make the indexes; harmless when they exist. Minutes are kept for KEPT once settled, and for ever before."""
        self._minutes.create_index("settled_at", expireAfterSeconds=int(KEPT.total_seconds()))
        self._minutes.create_index("upto")

    def load(self) -> tuple[Book, dict[int, int], Sightings] | None:
        """The open minutes, and how far the topic was read; None where there is no history to go on with."""
        tail = self._tail.find_one({"_id": TAIL})
        last = self._minutes.find_one({}, {"upto": 1}, sort=[("upto", -1)])
        if tail is None or last is None:
            return None
        opened = self._minutes.find({"settled_at": None}).sort("_id", ASCENDING)
        book = Book(last["upto"], [_minute(document) for document in opened])
        offsets = {int(partition): offset for partition, offset in tail["offsets"].items()}
        return book, offsets, Sightings(tail["floor"], tail["levels"])

    def save(self, minutes: list[Minute]) -> None:
        """Write those that changed."""
        changed = [minute for minute in minutes if minute.changed]
        if changed:
            self._minutes.bulk_write(
                [ReplaceOne({"_id": each.minute}, _document(each), upsert=True) for each in changed]
            )
        for each in changed:
            each.changed = False

    def save_tail(self, offsets: dict[int, int], sightings: Sightings) -> None:
        """Write how far the topic was read and what was seen there, in one document: the two belong together."""
        document = {
            "offsets": {str(partition): offset for partition, offset in offsets.items()},
            "floor": sightings.floor,
            "levels": sightings.to_lists(),
        }
        self._tail.replace_one({"_id": TAIL}, document, upsert=True)

    def oldest_after(self) -> int:
        """The position before the oldest minute that is kept; 0 where there is none."""
        oldest = self._minutes.find_one({}, {"after": 1}, sort=[("_id", ASCENDING)])
        return oldest["after"] if oldest else 0

    def drop_open(self) -> None:
        """Forget the minutes that were never settled and how far the topic was read, for a new beginning."""
        self._minutes.delete_many({"settled_at": None})
        self._tail.delete_one({"_id": TAIL})


def _document(minute: Minute) -> Document:
    cells = [[c.upto, c.at, c.records, c.notifying, c.notifications] for c in minute.cells]
    return {
        "_id": minute.minute,
        "after": minute.after,
        "upto": minute.upto,
        "expected": {stage: minute.expected(stage).total for stage in STAGES},
        "found": {stage: minute.found[stage].total for stage in STAGES},
        "found_events": {stage: minute.found[stage].events for stage in STAGES},
        "repairs": {stage: asdict(repair) for stage, repair in minute.repairs.items() if repair.ordered},
        "settled_at": minute.settled_at,
        "cells": cells if minute.settled_at is None else [],
    }


def _minute(document: Document) -> Minute:
    cells, after = [], document["after"]
    for upto, at, records, notifying, notifications in document["cells"]:
        cells.append(Cell(after, upto, at, records, notifying, notifications))
        after = upto
    found = {stage: Figures(document["found_events"][stage], document["found"][stage]) for stage in STAGES}
    # An older release repaired nothing.
    repairs = {stage: _repair(fields) for stage, fields in document.get("repairs", {}).items()}
    return Minute(document["_id"], cells, found, repairs, changed=False)


def _repair(fields: Document) -> Repair:
    return Repair(**fields | {"end": Step(fields["end"]) if fields["end"] else None})
