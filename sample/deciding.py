"""The plan, decided: one command after the other by the ledger's rules, on one book that is kept from first to last.

The writer reads a working set for each batch; here it is everything, always, as where `verify` decides a journal again
(transaction_service.domain.history). So a decision costs what it costs the writer, without MongoDB and JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from sample.asking import Asked, Asking, Ids, followed
from sample.commands import NONE, Kind
from sample.plan import Economy
from transaction_service.domain import Account, Paid, Record, Transfer, WorkingSet
from transaction_service.domain.book import Book
from transaction_service.domain.decide import act

BLOCK = 5_000
_COLUMNS = ("at", "kind", "payer", "payee", "amount", "label", "of", "planted")


@dataclass(frozen=True)
class Decided:
    """One record, with the number of the pattern that it is part of, or NONE."""

    record: Record
    planted: int


class UndecidedError(RuntimeError):
    """A planned command wrote nothing: the plan and the ledger's rules no longer fit each other."""


class Ledger:
    """One currency's ledger while its history is made."""

    def __init__(self, economy: Economy, positions: np.ndarray, begins: datetime, rng: np.random.Generator) -> None:
        self._economy = economy
        self._positions = positions
        self._begins = begins
        self._began_ms = int(begins.timestamp() * 1000)
        self._ids = Ids(rng)
        self._asking = Asking(economy.currency, economy.crowd)
        self._book = Book(WorkingSet(head=0), begins)
        self._followed = followed(economy.commands)
        self._open: dict[int, str] = {}
        self.ended: dict[str, Transfer] = {}
        """Transfers that something was done about, as they are at last."""

    @property
    def accounts(self) -> list[Account]:
        return list(self._book.accounts.values())

    @property
    def paid(self) -> list[Paid]:
        return list(self._book.paid.values())

    @property
    def transfers(self) -> list[Transfer]:
        """Those that the ledger keeps a document of."""
        return list(self.ended.values())

    def decided(self) -> Iterator[list[Decided]]:
        """Every command's record, some thousands at a time, in order. Raises UndecidedError."""
        plan = self._economy.commands
        for start in range(0, len(plan), BLOCK):
            block = slice(start, start + BLOCK)
            columns = [getattr(plan, name)[block].tolist() for name in _COLUMNS]
            rows = zip(self._positions[block].tolist(), *columns, strict=True)
            yield [Decided(self._decide(*row), row[-1]) for row in rows]

    def _decide(
        self, position: int, at: int, kind: int, payer: int, payee: int, amount: int, label: int, of: int, _planted: int
    ) -> Record:
        book = self._book
        now = self._begins + timedelta(milliseconds=at)
        book.turn_to(now)
        book.head = position - 1
        book.saved.clear()
        if kind == Kind.CASH_OUT:
            amount = self._asking.cash_out_of(payer, book.accounts)
        earlier = self._open.pop(of, None) if of != NONE else None
        asked = Asked(kind, payer, payee, amount, self._ids.at(self._began_ms + at), earlier, now)
        act(book, self._asking.command(asked))
        if len(book.records) != 1:
            raise UndecidedError(f"position {position}: {Kind(kind).name} was not decided")
        record = book.records[0]
        if label in self._followed:
            self._keep(label, record)
        if earlier is not None or kind == Kind.HOLD:
            self._remember(earlier or record.command_id)
        return record

    def _keep(self, label: int, record: Record) -> None:
        """What will be followed up, where there is something to."""
        body = record.answer.body
        if body["status"] == "rejected":
            return
        self._open[label] = record.command_id
        if body["status"] == "posted":
            self._book.transfers[record.command_id] = Transfer(
                record.command_id, body, record.position, record.position
            )

    def _remember(self, id: str) -> None:
        """A hold, or what became of a transfer; once it has ended nobody asks for it again."""
        transfer = self._book.transfers.get(id)
        if transfer is None:
            return
        if transfer.status != "posted" or transfer.refunded or transfer.first != transfer.last:
            self.ended[id] = transfer
        if transfer.status != "pending":
            del self._book.transfers[id]
