"""What the writer has read or written under its lease, so that it need not read it again.

Nobody but the writer changes the ledger while its lease holds, and every commit asserts the lease's epoch and head: so
what was true at a head is true as long as that head stands. What somebody edits in MongoDB by hand is not seen before
another epoch begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transaction_service.domain import Account, Decision, Paid

MOST = 50_000
"""Accounts and pairs, of each; some 50 MB of each. When they are more, all is forgotten: what is used is soon back."""


class Known:
    """Accounts by id and by their owner's name, and counters by pair. Empty at another epoch or head."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._at: tuple[int, int] | None = None
        self._accounts: dict[str, Account] = {}
        self._of_username: dict[str, dict[str, None]] = {}
        self._paid: dict[str, Paid | None] = {}

    def turn_to(self, epoch: int, head: int) -> None:
        """Forget everything unless it was `moved_to` this epoch and head. Until it is again, nothing stands."""
        largest = max(len(self._accounts), len(self._of_username), len(self._paid))
        if self._at != (epoch, head) or largest > self._most:
            self._accounts.clear()
            self._of_username.clear()
            self._paid.clear()
        self._at = None

    def moved_to(self, epoch: int, decision: Decision) -> None:
        """Take over what a decision left, once it is committed."""
        for account in (*decision.opened, *decision.changed):
            self._accounts[account.id] = account
        for account in decision.opened:
            if account.username in self._of_username:
                self._of_username[account.username][account.id] = None
        for paid in decision.paid:
            self._paid[paid.id] = paid
        self._at = (epoch, decision.head)

    def unknown_usernames(self, usernames: Iterable[str]) -> list[str]:
        """Those whose accounts must be read."""
        return [name for name in usernames if name not in self._of_username]

    def unknown_accounts(self, ids: Iterable[str]) -> list[str]:
        return [id for id in ids if id not in self._accounts]

    def unknown_pairs(self, ids: Iterable[str]) -> list[str]:
        return [id for id in ids if id not in self._paid]

    def learn_accounts(self, usernames: Iterable[str], found: Iterable[Account]) -> None:
        """What was read: all accounts of `usernames`, and others that were asked for by their id."""
        for name in usernames:
            self._of_username[name] = {}
        for account in found:
            self._accounts[account.id] = account
            if account.username in self._of_username:
                self._of_username[account.username][account.id] = None

    def learn_pairs(self, ids: Iterable[str], found: Iterable[Paid]) -> None:
        """What was read of the pairs `ids`; whoever isn't found has paid nothing."""
        self._paid.update(dict.fromkeys(ids))
        self._paid.update({paid.id: paid for paid in found})

    def accounts(self, usernames: Iterable[str], ids: Iterable[str]) -> list[Account]:
        """Every account of these people and those of these ids, each once."""
        named = dict.fromkeys(id for name in usernames for id in self._of_username[name])
        named.update(dict.fromkeys(id for id in ids if id in self._accounts))
        return [self._accounts[id] for id in named]

    def account(self, id: str) -> Account:
        return self._accounts[id]

    def paid(self, ids: Sequence[str]) -> list[Paid]:
        return [paid for id in ids if (paid := self._paid[id]) is not None]
