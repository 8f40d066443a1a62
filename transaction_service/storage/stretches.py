"""A stretch of the journal in figures: what the reports of other services are held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymongo
from pymongo import ASCENDING
from pymongo.collection import Collection

from transaction_service.domain import Outcome
from transaction_service.domain.journal import TRANSFER_DECISIONS
from transaction_service.storage.collections import Document

STRETCH_SECONDS = 20.0
_POSTED = (Outcome.POSTED, Outcome.CAPTURED, Outcome.REFUNDED)
_STATUS = {"$cond": [{"$in": ["$outcome", [str(outcome) for outcome in _POSTED]]}, str(Outcome.POSTED), "$outcome"]}
_GROUP = {
    "day": {"$dateToString": {"date": "$at", "format": "%Y-%m-%d"}},
    "currency": "$body.currency",
    "type": "$body.type",
    "status": _STATUS,
}
_MOVED = {"$sum": {"$map": {"input": "$entries.amount", "in": {"$max": [0, "$$this"]}}}}


@dataclass(frozen=True)
class Stretch:
    """What the journal has above one position and up to another. Amounts are minor units.

    `totals` are of transfers by UTC day, currency, type and status, with how much was moved; what is not posted moves
    nothing. `accounts` are those that were moved: the balance after their last entry, how many entries there were and
    what they sum up to.
    """

    records: int
    totals: list[Document]
    accounts: list[Document]


def read_stretch(journal: Collection[Document], after: int, upto: int) -> Stretch:
    """The stretch above `after` and not above `upto`. It is final: the journal only grows."""
    records = {"$match": {"_id": {"$gt": after, "$lte": upto}}}
    with pymongo.timeout(STRETCH_SECONDS):
        counted = list(journal.aggregate([records, {"$count": "records"}]))
        totals = journal.aggregate([records, *_TOTALS])
        accounts = journal.aggregate([records, *_ACCOUNTS])
        return Stretch(
            counted[0]["records"] if counted else 0,
            [{**row["_id"], "transfers": row["transfers"], "amount": row["amount"]} for row in totals],
            [{"account": row.pop("_id"), **row} for row in accounts],
        )


_TOTALS: list[dict[str, Any]] = [
    {"$match": {"outcome": {"$in": [str(outcome) for outcome in TRANSFER_DECISIONS]}}},
    {"$group": {"_id": _GROUP, "transfers": {"$sum": 1}, "amount": {"$sum": _MOVED}}},
    {"$sort": {"_id": ASCENDING}},
]
_ACCOUNTS: list[dict[str, Any]] = [
    {"$sort": {"_id": ASCENDING}},
    {"$unwind": "$entries"},
    {
        "$group": {
            "_id": "$entries.account",
            "currency": {"$last": "$body.currency"},
            "entries": {"$sum": 1},
            "amount": {"$sum": "$entries.amount"},
            "balance": {"$last": "$entries.balance_after"},
        }
    },
    {"$sort": {"_id": ASCENDING}},
]
