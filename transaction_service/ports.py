"""What the use cases need of the outside: the door to the writer, and the readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, Protocol

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


class Order(NamedTuple):
    """Positions above `after`, up to and with `last`, are to be published again."""

    id: str
    after: int
    last: int


class Orders(Protocol):
    """Where what is to be published again is ordered."""

    def add(self, first: int, last: int, now: datetime) -> int | None:
        """Order positions `first` to `last`, once as long as it waits; how many orders wait, None where too many do."""


class OrderBook(Protocol):
    """Where the relay takes it up."""

    def oldest(self) -> Order | None: ...

    def advance(self, order: Order, position: int) -> None:
        """It is done up to and with `position`; an order that is done altogether is there no longer."""

    def drop(self, order: Order) -> None: ...


class Cursor(Protocol):
    """Where the relay stands."""

    def position(self) -> int: ...


class AccountReader(Protocol):
    """Whose accounts there are, without passing the writer."""

    def accounts_of(self, user_id: str) -> list[Account]: ...

    def head(self) -> int: ...


@dataclass(frozen=True)
class Row:
    """One transfer: `first` is where it began, `body` what it is now, with what moved.

    `refunded` is what went back, by the account that gave it.
    """

    first: int
    body: dict[str, Any]
    entries: list[dict[str, Any]]
    refunded: Mapping[str, int]


class TransferReader(Protocol):
    """Transfers by their parties."""

    def rows(self, accounts: Sequence[str], above: int, below: int | None, limit: int) -> list[Row]: ...

    def row(self, transfer_id: str, accounts: Sequence[str]) -> Row | None: ...

    def with_key(self, key: str) -> str | None: ...

    def steps(self, transfer_id: str, accounts: Sequence[str], most: int) -> list[dict[str, Any]]:
        """The records about a transfer that these accounts are parties to, in order: its first, and the latest `most`
        of each of these: what became of it, refused attempts, refunds."""


class Contact(NamedTuple):
    """A payee whom somebody keeps; `label` is their own name for them, or empty. `saved_at` is UTC."""

    username: str
    label: str
    saved_at: datetime


class Saved(Enum):
    """How saving a contact ended."""

    NEW = "new"
    CHANGED = "changed"
    FULL = "full"


class PaidBefore(NamedTuple):
    """When somebody first sent a payee something (RFC 3339), and on which day of UTC last, as the limits keep it."""

    first_at: str
    last_day: str


class ContactStore(Protocol):
    """Whom people keep."""

    def of(self, user_id: str) -> list[Contact]: ...

    def put(self, user_id: str, contact: Contact, most: int) -> Saved: ...

    def remove(self, user_id: str, username: str) -> bool: ...


class PayeeReader(Protocol):
    """What the ledger knows of usernames."""

    def exists(self, username: str) -> bool: ...

    def paid_before(self, user_id: str, usernames: Sequence[str]) -> dict[str, PaidBefore]: ...


class Lookups(Protocol):
    """How often somebody asked after strangers."""

    def count(self, user_id: str, hour: datetime) -> int: ...


class LookupMetrics(Protocol):
    """Who watches how often that is."""

    def looked_up(self, *, refused: bool) -> None: ...


class Statements(Protocol):
    """One account's entries by position."""

    def last_entry(self, account: str, upto: int) -> dict[str, Any] | None: ...

    def records(self, account: str, above: int, upto: int, limit: int) -> list[dict[str, Any]]: ...


class Moments(Protocol):
    """Where a moment is in the journal."""

    def last_before(self, moment: datetime, head: int) -> int: ...
