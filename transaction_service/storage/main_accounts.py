"""A user's main account by the username."""

from __future__ import annotations

from transaction_service.domain import Account
from transaction_service.domain.commands import MAIN
from transaction_service.storage.collections import Collections
from transaction_service.storage.documents import account_of


class MongoMainAccounts:
    """Reads of the accounts that usernames stand for."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def main_account(self, username: str, currency: str) -> Account | None:
        """None where nobody of that name has an account in that currency."""
        query = {"username": username, "currency": currency, "purpose": MAIN}
        document = self._collections.accounts.find_one(query)
        return account_of(document) if document else None
