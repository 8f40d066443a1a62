"""What the use cases need of the outside: the door to the writer, and the readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from transaction_service.domain import Account, Command
from transaction_service.protocol import Reply


class Ledger(Protocol):
    """The door to the one writer."""

    def ask(self, command: Command) -> Reply:
        """Hand the command over and wait; raises LedgerUnavailable."""

    def submit(self, command: Command) -> Any:
        """Hand it over without waiting; several submitted in a row are decided in that order."""

    def wait(self, call: Any) -> Reply:
        """The answer to what `submit` returned; raises LedgerUnavailable."""


class AccountReader(Protocol):
    """Whose accounts there are, without passing the writer."""

    def accounts_of(self, user_id: str) -> list[Account]: ...

    def head(self) -> int: ...


@dataclass(frozen=True)
class Row:
    """One transfer: `first` is where it began, `body` what it is now, with what moved and how much went back."""

    first: int
    body: dict[str, Any]
    entries: list[dict[str, Any]]
    refunded: int


class TransferReader(Protocol):
    """Transfers by their parties."""

    def rows(self, accounts: Sequence[str], above: int, below: int | None, limit: int) -> list[Row]: ...

    def row(self, transfer_id: str, accounts: Sequence[str]) -> Row | None: ...

    def steps(self, transfer_id: str) -> list[dict[str, Any]]: ...


class Statements(Protocol):
    """One account's entries by position."""

    def last_entry(self, account: str, upto: int) -> dict[str, Any] | None: ...

    def records(self, account: str, above: int, upto: int, limit: int) -> list[dict[str, Any]]: ...


class Moments(Protocol):
    """Where a moment is in the journal."""

    def last_before(self, moment: datetime, head: int) -> int: ...
