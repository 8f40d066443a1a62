"""A ledger in memory whose documents are those that the real writer stores, and which a test may edit by hand."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import bson

from tests.unit.transaction_service import ledgers
from tests.unit.transaction_service.stored import StoredInMemory
from transaction_service.domain import Decision
from transaction_service.storage.documents import account_of


class LedgerInMemory(StoredInMemory):
    """Gives views as LedgerReader does. `decide` is the real writer's rule; the documents are those that it stores."""

    def __init__(self, *usernames: str) -> None:
        self._begin()
        openings = [ledgers.opening(100 + number, name) for number, name in enumerate(usernames)]
        grants = [ledgers.granting(200 + number, name) for number, name in enumerate(usernames)]
        self.decide(ledgers.opening_the_world(1), *openings, *grants)

    @classmethod
    def empty(cls) -> LedgerInMemory:
        """Without even the world."""
        made = cls.__new__(cls)
        made._begin()
        return made

    def _begin(self) -> None:
        StoredInMemory.__init__(self)
        self.touched: list[Any] = []
        self._ledger = ledgers.Ledger()

    def decide(self, *commands) -> Decision:
        """Decide on what is stored, and store what the writer would store."""
        self._ledger.accounts = {id: account_of(document) for id, document in self.accounts.items()}
        decision = self._ledger.decide(*commands)
        self.write(decision)
        return decision

    def edited(self) -> list[Any]:
        told, self.touched = self.touched, []
        return told

    def pass_time(self, **time: float) -> None:
        self._ledger.pass_time(**time)

    def turn_to(self, now: datetime) -> None:
        self._ledger.now = now

    @contextmanager
    def view(self) -> Iterator[ViewInMemory]:
        yield ViewInMemory(self)


class ViewInMemory:
    """Copies, so that a later edit doesn't reach what was read before it."""

    def __init__(self, ledger: LedgerInMemory) -> None:
        self._ledger = ledger

    def head(self) -> int:
        return self._ledger.at_head

    def records(self, after: int, limit: int):
        positions = sorted(position for position in self._ledger.journal if position > after)[:limit]
        for record in (self._ledger.journal[position] for position in positions):
            yield copy.deepcopy(record), bson.encode(record)

    def documents(self, name: str, after: str | None, limit: int):
        documents = getattr(self._ledger, name)
        ids = sorted(id for id in documents if after is None or id > after)[:limit]
        return [copy.deepcopy(documents[id]) for id in ids]

    def answered(self, positions):
        found = {at: copy.deepcopy(self._ledger.journal[at]["body"]) for at in positions if at in self._ledger.journal}
        return {at: (body.get("id"), body) for at, body in found.items()}


class ResultsInMemory:
    """Keeps the latest findings."""

    def __init__(self) -> None:
        self.latest: dict[str, Any] | None = None

    def save(self, result: dict[str, Any]) -> None:
        self.latest = result
