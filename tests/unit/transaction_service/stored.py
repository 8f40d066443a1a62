"""The documents that the writer stores, in memory, where a test may edit them by hand; read as a sweep reads them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import bson
from bson import CodecOptions

from transaction_service.domain import Decision, Transfer
from transaction_service.storage.documents import (
    DONE_AT_ONCE,
    account_changes,
    account_document,
    account_of,
    journal_document,
    paid_document,
    transfer_document,
    transfer_of_record,
)

Documents = dict[Any, dict[str, Any]]
_OPTIONS = CodecOptions[dict[str, Any]](tz_aware=True)


class StoredInMemory:
    """A ledger's database; what is read are copies."""

    def __init__(self) -> None:
        self.journal: Documents = {}
        self.accounts: Documents = {}
        self.transfers: Documents = {}
        self.paid: Documents = {}
        self.at_head = 0
        self.cursor = 0

    def write(self, decision: Decision) -> None:
        """Store a decision as the writer does."""
        self.journal |= {record.position: _stored(journal_document(record, 1)) for record in decision.records}
        self.accounts |= {account.id: _stored(account_document(account)) for account in decision.opened}
        for account in decision.changed:
            stored = self.accounts[account.id]
            stored |= _stored(account_changes(account_of(stored), account))
        self.transfers |= {transfer.id: _stored(transfer_document(transfer)) for transfer in decision.transfers}
        self.paid |= {paid.id: _stored(paid_document(paid)) for paid in decision.paid}
        self.at_head = decision.head

    @contextmanager
    def view(self) -> Iterator[StoredInMemory]:
        yield copy.deepcopy(self)

    def head(self) -> int:
        return self.at_head

    def published(self) -> int:
        return self.cursor

    def records(self, after: int, upto: int | None) -> Iterator[dict[str, Any]]:
        last = max(self.journal, default=0) if upto is None else upto
        return iter([copy.deepcopy(self.journal[at]) for at in sorted(self.journal) if after < at <= last])

    def records_of(self, accounts: Sequence[str], after: int, upto: int) -> Iterator[dict[str, Any]]:
        return (record for record in self.records(after, upto) if set(record["parties"]) & set(accounts))

    def chunks(self, name: str, after: Any) -> Iterator[list[dict[str, Any]]]:
        documents = getattr(self, name)
        for id in sorted(documents):
            if after is None or id > after:
                yield [copy.deepcopy(documents[id])]

    def some(self, name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        return [copy.deepcopy(document) for id, document in getattr(self, name).items() if id in ids]

    def paid_by(self, user: str) -> list[dict[str, Any]]:
        return [copy.deepcopy(document) for id, document in self.paid.items() if id.startswith(f"{user}>")]

    def accounts_with(self, account: str) -> list[str]:
        user = self.accounts[account]["user_id"] if account in self.accounts else None
        return [account, *(id for id, a in self.accounts.items() if user and a["user_id"] == user and id != account)]

    def bodies(self, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
        return {at: copy.deepcopy(self.journal[at]["body"]) for at in positions if at in self.journal}

    def posted(self, ids: Sequence[str]) -> dict[str, Transfer]:
        at_once = [r for r in self.journal.values() if r["outcome"] in DONE_AT_ONCE and "of" not in r]
        return {r["command_id"]: transfer_of_record(copy.deepcopy(r)) for r in at_once if r["command_id"] in ids}


def _stored(document: dict[str, Any]) -> dict[str, Any]:
    """As it comes back from the store."""
    return bson.decode(bson.encode(document), _OPTIONS)
