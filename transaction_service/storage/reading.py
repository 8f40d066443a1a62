"""The readers: balances, the journal, its figures. They never pass the writer, and they read majority-committed data,
so that whoever got an answer finds it here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pymongo
from pymongo import ASCENDING

from transaction_service.domain import Account
from transaction_service.domain.commands import MAIN
from transaction_service.storage.collections import CURSOR_ID, LEASE_ID, Collections, Document
from transaction_service.storage.documents import account_of
from transaction_service.storage.stretches import Stretch, read_stretch

SUMMARY_SECONDS = 20.0
_PUBLISHED_FIELDS = ("at", "command_id", "event_type", "event", "partition_key", "traceparent")


@dataclass(frozen=True)
class Summary:
    """The ledger in figures: counts of the journal, and per currency the sum over all accounts, which must be 0."""

    head: int
    published: int
    accounts: int
    outcomes: dict[str, int]
    totals: dict[str, int]


class MongoReader:
    """Reads of the ledger's database."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def accounts_of(self, user_id: str) -> list[Account]:
        """The user's accounts by currency, the main one first."""
        documents = self._collections.accounts.find({"user_id": user_id})
        accounts = [account_of(document) for document in documents]
        return sorted(accounts, key=lambda account: (account.currency, account.purpose != MAIN, account.purpose))

    def journal(self, after: int, limit: int) -> list[Document]:
        """Whole journal documents, in order of position, from above `after`."""
        found = self._collections.journal.find({"_id": {"$gt": after}}).sort("_id", ASCENDING).limit(limit)
        return list(found)

    def to_publish(self, after: int, limit: int) -> list[Document]:
        """What the relay needs of the records above `after`, in order of position."""
        found = self._collections.journal.find({"_id": {"$gt": after}}, _PUBLISHED_FIELDS)
        return list(found.sort("_id", ASCENDING).limit(limit))

    def stretch(self, after: int, upto: int) -> Stretch:
        """The records above `after` and not above `upto`, in figures."""
        return read_stretch(self._collections.journal, after, upto)

    def each_account(self) -> Iterator[Account]:
        """Every account."""
        return (account_of(document) for document in self._collections.accounts.find())

    def head(self) -> int:
        """The journal's last position."""
        return self._control(LEASE_ID)["head"]

    def summary(self) -> Summary:
        """Counts and sums as of one moment."""
        # It counts the whole journal, which takes longer than a person's reads may.
        with pymongo.timeout(SUMMARY_SECONDS), self._collections.client.start_session(snapshot=True) as session:
            outcomes = self._collections.journal.aggregate(
                [{"$group": {"_id": "$outcome", "n": {"$sum": 1}}}], session=session
            )
            sums = self._collections.accounts.aggregate(
                [{"$group": {"_id": "$currency", "sum": {"$sum": "$posted"}, "n": {"$sum": 1}}}], session=session
            )
            by_outcome = {row["_id"]: row["n"] for row in outcomes}
            by_currency = list(sums)
        return Summary(
            head=sum(by_outcome.values()),
            published=self._control(CURSOR_ID)["position"],
            accounts=sum(row["n"] for row in by_currency),
            outcomes=by_outcome,
            totals={row["_id"]: row["sum"] for row in by_currency},
        )

    def _control(self, id: str) -> Document:
        document = self._collections.control.find_one({"_id": id})
        if document is None:
            raise RuntimeError("the ledger's database is not set up: run `python -m transaction_service.set_up`")
        return document
