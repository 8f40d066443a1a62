"""A ledger in memory whose documents are those that the real writer stores, and which a test may edit by hand."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bson

from tests.unit.transaction_service import ledgers
from transaction_service.storage.documents import account_changes, account_document, account_of, journal_document


class LedgerInMemory:
    """Gives views as LedgerReader does. `decide` is the real writer's rule; the documents are those that it stores."""

    def __init__(self, *usernames: str) -> None:
        self._ledger = ledgers.Ledger()
        self.journal: dict[int, dict[str, Any]] = {}
        self.accounts: dict[str, dict[str, Any]] = {}
        self.head = 0
        openings = [ledgers.opening(100 + number, name) for number, name in enumerate(usernames)]
        grants = [ledgers.granting(200 + number, name) for number, name in enumerate(usernames)]
        self.decide(ledgers.opening_the_world(1), *openings, *grants)

    def decide(self, *commands) -> None:
        """Decide on what is stored, and store what the writer would store."""
        self._ledger.accounts = {id: account_of(document) for id, document in self.accounts.items()}
        decision = self._ledger.decide(*commands)
        for record in decision.records:
            # As it comes back from the store.
            self.journal[record.position] = bson.decode(bson.encode(journal_document(record, epoch=1)))
        for account in decision.opened:
            self.accounts[account.id] = account_document(account)
        for account in decision.changed:
            self.accounts[account.id] |= account_changes(account)
        self.head = decision.head

    @contextmanager
    def view(self) -> Iterator[ViewInMemory]:
        yield ViewInMemory(self)


class ViewInMemory:
    """Copies, so that a later edit doesn't reach what was read before it."""

    def __init__(self, ledger: LedgerInMemory) -> None:
        self._ledger = ledger

    def head(self) -> int:
        return self._ledger.head

    def records(self, after: int, limit: int):
        positions = sorted(position for position in self._ledger.journal if position > after)[:limit]
        for record in (self._ledger.journal[position] for position in positions):
            yield copy.deepcopy(record), bson.encode(record)

    def accounts(self, after: str, limit: int):
        ids = sorted(account for account in self._ledger.accounts if after is None or account > after)[:limit]
        return [copy.deepcopy(self._ledger.accounts[account]) for account in ids]


class ResultsInMemory:
    """Keeps the latest findings."""

    def __init__(self) -> None:
        self.latest: dict[str, Any] | None = None

    def save(self, result: dict[str, Any]) -> None:
        self.latest = result
