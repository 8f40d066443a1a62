"""What people keep about payees, in memory: trusted since it passes the suite of MongoDB's (`contacts_contract`)."""

from __future__ import annotations

from collections import Counter

from transaction_service.domain.limits import paid_id
from transaction_service.ports import PaidBefore, Saved


class ContactsInMemory:
    def __init__(self):
        self._kept = {}

    def of(self, user_id):
        return sorted(self._kept.get(user_id, {}).values())

    def put(self, user_id, contact, most):
        own = self._kept.setdefault(user_id, {})
        if contact.username in own:
            own[contact.username] = own[contact.username]._replace(label=contact.label)
            return Saved.CHANGED
        if len(own) >= most:
            return Saved.FULL
        own[contact.username] = contact
        return Saved.NEW

    def remove(self, user_id, username):
        return self._kept.get(user_id, {}).pop(username, None) is not None


class PayeesInMemory:
    """Over a ledger of the tests."""

    def __init__(self, ledger):
        self._ledger = ledger

    def exists(self, username):
        return bool(self._accounts(username))

    def paid_before(self, user_id, usernames):
        found = {}
        for username in usernames:
            ids = [paid_id(user_id, account.id) for account in self._accounts(username)]
            paid = [self._ledger.paid[id] for id in ids if id in self._ledger.paid]
            if paid:
                found[username] = PaidBefore(min(p.first_at for p in paid), max(p.day for p in paid))
        return found

    def _accounts(self, username):
        return [a for a in self._ledger.accounts.values() if a.username == username and a.purpose == "main"]


class LookupsInMemory:
    def __init__(self):
        self._counts = Counter()

    def count(self, user_id, hour):
        self._counts[user_id, hour] += 1
        return self._counts[user_id, hour]
