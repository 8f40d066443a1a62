"""The whole ledger read in order: the journal in chunks, and everything else beside it at one moment.

A snapshot may be read for five minutes (https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/), so a
long sweep goes through several: in each, the journal is read on to that moment's head first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo import ASCENDING
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from transaction_service.domain import Transfer
from transaction_service.storage.collections import CURSOR_ID, LEASE_ID, Collections, Document
from transaction_service.storage.documents import DONE_AT_ONCE, transfer_of_record

CHUNK = 1_000
_BY_ID = [("_id", ASCENDING)]
"""Bounds are those of this index, since `$gt` passes over ids of another type, which only a hand can have made."""
_AT_ONCE: Document = {"outcome": {"$in": DONE_AT_ONCE}, "of": {"$exists": False}}


class NotSetUpError(Exception):
    """The database has no ledger."""


class LedgerView:
    """The ledger at one moment, that of the first read; without a session each read has a moment of its own."""

    def __init__(self, collections: Collections, session: ClientSession | None = None) -> None:
        self._collections = collections
        self._session = session

    def head(self) -> int:
        """The journal's last position, as the writer has it."""
        return int(self._control(LEASE_ID)["head"])

    def published(self) -> int:
        """Where the relay stands."""
        return int(self._control(CURSOR_ID)["position"])

    def records(self, after: int, upto: int | None) -> Iterator[Document]:
        """The journal's documents above position `after`, in order; up to one, or whatever there is."""
        if upto is not None and upto <= after:
            return iter(())
        found = self._collections.journal.find(session=self._session, batch_size=CHUNK)
        found = found.hint(_BY_ID).sort(_BY_ID).min([("_id", after + 1)])
        return iter(found if upto is None else found.max([("_id", upto + 1)]))

    def records_of(self, accounts: Sequence[str], after: int, upto: int) -> Iterator[Document]:
        """Those that these accounts are parties to."""
        query: Document = {"parties": {"$in": list(accounts)}, "_id": {"$gt": after, "$lte": upto}}
        return iter(self._collections.journal.find(query, session=self._session, batch_size=CHUNK).sort(_BY_ID))

    def chunks(self, name: str, after: Any) -> Iterator[list[Document]]:
        """The documents of a projection above the id `after` (None: from the first), in the order of id."""
        found = self._projection(name).find(session=self._session, batch_size=CHUNK).hint(_BY_ID).sort(_BY_ID)
        if after is not None:
            found = found.min([("_id", after)]).skip(1)
        chunk: list[Document] = []
        for document in found:
            chunk.append(document)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def some(self, name: str, ids: Sequence[str]) -> list[Document]:
        """These documents of a projection, as far as they are there."""
        return list(self._projection(name).find({"_id": {"$in": list(ids)}}, session=self._session))

    def paid_by(self, user: str) -> list[Document]:
        """What a user has sent to each payee."""
        # ">" ends the user's id, and "?" is the character behind it.
        return list(self._collections.paid.find({"_id": {"$gt": f"{user}>", "$lt": f"{user}?"}}, session=self._session))

    def accounts_with(self, account: str) -> list[str]:
        """The account and the others of its owner, by what the projection and the account's opening say."""
        opening = {"parties": account, "outcome": "opened"}
        opened = self._collections.journal.find_one(opening, session=self._session)
        user = opened["body"]["account"]["user_id"] if opened else None
        if user is None:
            return [account]
        others = self._collections.accounts.find({"user_id": user, "_id": {"$ne": account}}, session=self._session)
        return [account, *(str(other["_id"]) for other in others)]

    def bodies(self, positions: Sequence[int]) -> dict[int, Document]:
        """What the records at these positions answered."""
        found = self._collections.journal.find({"_id": {"$in": list(positions)}}, {"body": 1}, session=self._session)
        return {document["_id"]: document["body"] for document in found}

    def posted(self, ids: Sequence[str]) -> dict[str, Transfer]:
        """Transfers that were posted at once, by id, as they were then."""
        query = {"command_id": {"$in": list(ids)}, **_AT_ONCE}
        found = self._collections.journal.find(query, {"command_id": 1, "body": 1}, session=self._session)
        return {document["command_id"]: transfer_of_record(document) for document in found}

    def _projection(self, name: str) -> Collection[Document]:
        return self._collections.database[name]

    def _control(self, id: str) -> Mapping[str, Any]:
        document = self._collections.control.find_one({"_id": id}, session=self._session)
        if document is None:
            raise NotSetUpError("the ledger's database is not set up: run `python -m transaction_service.set_up` first")
        return document


class LedgerSweep(LedgerView):
    """Reads the journal as it grows, and opens views."""

    @contextmanager
    def view(self) -> Iterator[LedgerView]:
        """The ledger as it is now."""
        with self._collections.client.start_session(snapshot=True) as session:
            yield LedgerView(self._collections, session)
