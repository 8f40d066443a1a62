"""What people chose and what the rules remember, in memory; tests/integration holds them and the real ones to one
suite."""

from __future__ import annotations

from notification_service.domain import Preferences
from notification_service.ports import Owned


class MemoryPreferences:
    """Everybody's preferences. `away` makes it raise."""

    def __init__(self) -> None:
        self.kept: dict[str, Preferences] = {}
        self.away: Exception | None = None

    def of(self, user_ids):
        self._here()
        return {user_id: self.kept[user_id] for user_id in user_ids if user_id in self.kept}

    def keep(self, user_id, preferences, now):
        self._here()
        self.kept[user_id] = preferences

    def forget(self, user_ids):
        for user_id in user_ids:
            self.kept.pop(user_id, None)

    def _here(self):
        if self.away is not None:
            raise self.away


class MemoryPayments:
    """Who has paid whom, and how often lately. `away` makes it raise."""

    def __init__(self) -> None:
        self.payees: dict[tuple[str, str], str] = {}
        self.accounts: dict[str, Owned] = {}
        self.away: Exception | None = None

    def first(self, pairs):
        self._here()
        return [self.payees.setdefault((each.payer, each.payee), each.event_id) == each.event_id for each in pairs]

    def sprees(self, accounts):
        self._here()
        return {account: self.accounts[account].spree for account in accounts if account in self.accounts}

    def remember(self, accounts):
        self._here()
        for account, owned in accounts.items():
            if account not in self.accounts or self.accounts[account].spree.upto < owned.spree.upto:
                self.accounts[account] = owned

    def currencies(self, user_id):
        self._here()
        return sorted({owned.currency for owned in self.accounts.values() if owned.user_id == user_id})

    def forget(self, user_ids):
        gone = set(user_ids)
        self.payees = {pair: event for pair, event in self.payees.items() if pair[0] not in gone}
        self.accounts = {account: owned for account, owned in self.accounts.items() if owned.user_id not in gone}

    def _here(self):
        if self.away is not None:
            raise self.away
