"""What the use cases need of the outside: the door to the writer, and the readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from transaction_service.domain import Account, Command
from transaction_service.protocol import Reply


class Ledger(Protocol):
    """The door to the one writer."""

    def ask(self, command: Command) -> Reply:
        """Hand the command over and wait; raises LedgerUnavailable."""


class Reader(Protocol):
    """Reads that never pass the writer."""

    def accounts_of(self, user_id: str) -> list[Account]: ...

    def transfers_of(self, accounts: Sequence[str], before: int | None, limit: int) -> list[dict[str, Any]]: ...

    def transfer(self, transfer_id: str, accounts: Sequence[str]) -> dict[str, Any] | None: ...
