"""Transfers as the journal tells them to their parties: each once, where it began for them, as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING

from transaction_service.domain import Outcome
from transaction_service.ports import Row
from transaction_service.storage.collections import Collections, Document

_FIRST = [
    str(outcome) for outcome in (Outcome.POSTED, Outcome.PENDING, Outcome.SCHEDULED, Outcome.REJECTED, Outcome.REFUNDED)
]
"""How a transfer begins. What is done about one later has `of`, and is no transfer of its own (but `begun_for`)."""
_FIELDS = {"body": 1, "entries.account": 1, "entries.balance_after": 1, "parties": 1}
_STEP_FIELDS = {"at": 1, "outcome": 1, "body.id": 1, "body.type": 1, "body.amount": 1, "body.status": 1, "parties": 1}


class MongoHistory:
    """Reads by the index over (parties, position); never passes the writer."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def rows(self, accounts: Sequence[str], above: int, below: int | None, limit: int) -> list[Row]:
        """The transfers of these accounts that began between two positions (both exclusive), latest first."""
        position: Document = {"$gt": above} if below is None else {"$gt": above, "$lt": below}
        query = begun_for(accounts, position)
        found = list(self._collections.journal.find(query, _FIELDS).sort("_id", DESCENDING).limit(limit))
        return self._as_now(found)

    def row(self, transfer_id: str, accounts: Sequence[str]) -> Row | None:
        """One transfer, if one of the accounts is a party to it."""
        journal, own = self._collections.journal, {"$in": list(accounts)}
        first = {"command_id": transfer_id, "of": {"$exists": False}, "outcome": {"$in": _FIRST}, "parties": own}
        # Who is paid by a scheduled transfer is no party to it until it is executed.
        executed = {"of": transfer_id, "outcome": str(Outcome.POSTED), "parties": own}
        found = journal.find_one(first, _FIELDS) or journal.find_one(executed, _FIELDS)
        return self._as_now([found])[0] if found else None

    def with_key(self, key: str) -> str | None:
        """The id of the transfer that a key has begun; a personal key, as the ledger keeps it."""
        found = self._collections.journal.find_one({"key": key, "of": {"$exists": False}}, {"command_id": 1})
        return found["command_id"] if found else None

    def steps(self, transfer_id: str, accounts: Sequence[str], most: int) -> list[Document]:
        """The records about a transfer that these accounts are parties to, in order.

        Its first; and the latest `most` of what became of it, of refused attempts and of refunds.
        """
        own: Document = {"parties": {"$in": list(accounts)}}
        first: Document = {"command_id": transfer_id}
        became: Document = {"of": transfer_id, "body.id": transfer_id}
        attempts: Document = {"of": transfer_id, "body.id": {"$ne": transfer_id}}
        refunds: Document = {"original": transfer_id, "of": {"$exists": False}}
        found: list[Document] = []
        for query in (first, became, attempts, refunds):
            steps = self._collections.journal.find(own | query, _STEP_FIELDS)
            found += steps.sort("_id", DESCENDING).limit(most)
        return sorted(found, key=lambda step: step["_id"])

    def _as_now(self, documents: Sequence[Document]) -> list[Row]:
        """The documents with what was done about their transfers since."""
        ids = [document["body"]["id"] for document in documents]
        states = {state["_id"]: state for state in self._collections.transfers.find({"_id": {"$in": ids}})}
        later = [state["last"] for state in states.values() if state["last"] != state["first"]]
        moved: dict[int, list[Document]] = {
            document["_id"]: document["entries"]
            for document in self._collections.journal.find({"_id": {"$in": later}}, _FIELDS)
        }
        rows = []
        for document in documents:
            body, entries, refunded = document["body"], document["entries"], {}
            state = states.get(body["id"])
            if state is not None:
                body = state["body"]
                refunded = {part["account"]: part["amount"] for part in state["refunded_by"]}
                entries = moved.get(state["last"], entries)
            rows.append(Row(document["_id"], body, entries, refunded))
        return rows


def begun_for(accounts: Sequence[str], position: Document) -> Document:
    """Matches the records with which transfers began for these accounts, among those at a `position`.

    A scheduled transfer began for its payer when it was made, and for who is paid when it was executed.
    """
    later = {"of": {"$exists": True}}
    return {
        "parties": {"$in": list(accounts)},
        "_id": position,
        "outcome": {"$in": _FIRST},
        # Not as an `$or`: that would be planned by another index than the one over the parties.
        "$nor": [
            {**later, "body.execute_at": {"$exists": False}},
            {**later, "body.payer.account": {"$in": list(accounts)}},
        ],
    }


class MongoMoments:
    """Where a moment is in the journal: positions have no gaps and their times never go back."""

    def __init__(self, collections: Collections) -> None:
        self._journal = collections.journal

    def last_before(self, moment: datetime, head: int) -> int:
        """The last position up to `head` whose record is older than `moment` (aware datetime); 0 where none is.

        A binary search, so that no index over the times is needed: about 24 lookups among ten million records.
        """
        older, newer = 0, head + 1
        while newer - older > 1:
            middle = (older + newer) // 2
            record = self._journal.find_one({"_id": middle}, {"at": 1})
            if record is None:
                raise RuntimeError(f"the journal has no position {middle}")
            if record["at"] < moment:
                older = middle
            else:
                newer = middle
        return older


class MongoStatements:
    """One account's entries."""

    def __init__(self, collections: Collections) -> None:
        self._journal = collections.journal

    def last_entry(self, account: str, upto: int) -> Document | None:
        """The account's last entry at or before a position: seq, balance_after, and the position as `_id`."""
        query = {"parties": account, "_id": {"$lte": upto}, "entries.account": account}
        found = self._journal.find(query, {"entries": 1}).sort("_id", DESCENDING).limit(1)
        return next(({**_own(document, account)[-1], "_id": document["_id"]} for document in found), None)

    def records(self, account: str, above: int, upto: int, limit: int) -> list[Document]:
        """Records that moved the account's money, between two positions, in order: `_id`, `at`, `body`, `entries`."""
        query = {"parties": account, "_id": {"$gt": above, "$lte": upto}, "entries.account": account}
        found = self._journal.find(query, {"at": 1, "body": 1, "entries": 1}).sort("_id", ASCENDING).limit(limit)
        return [{**document, "entries": _own(document, account)} for document in found]


def _own(document: Document, account: str) -> list[Document]:
    return [entry for entry in document["entries"] if entry["account"] == account]
