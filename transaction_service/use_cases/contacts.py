"""Payees: whom somebody keeps, whom they have paid before, and asking after strangers, which is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service_kit.principal import Principal
from transaction_service.ports import Contact, ContactStore, LookupMetrics, Lookups, PaidBefore, PayeeReader, Saved
from transaction_service.use_cases.payment import OwnAccountError

CONTACTS_MAX = 100
LOOKUPS_PER_HOUR = 30
"""Of people whom one has neither saved nor paid. Usernames are public handles, but nobody needs more strangers an hour,
and whoever goes through a list of names does."""
HOUR = timedelta(hours=1)


class UnknownUsername(Exception):
    """Nobody of that name can be paid: what a transfer would say too."""


class TooManyContacts(Exception):
    """The user keeps as many as there may be."""


class TooManyLookups(Exception):
    """The user has asked after enough strangers in this hour of UTC; `wait_seconds` until it is over."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"for another {wait_seconds} s")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class KnownPayee:
    """A saved contact, and what was sent to it before, if anything was."""

    contact: Contact
    paid: PaidBefore | None


class Contacts:
    """The use cases, with what they need handed in. `now` is UTC; usernames are as the ledger has them."""

    def __init__(
        self,
        store: ContactStore,
        payees: PayeeReader,
        lookups: Lookups,
        metrics: LookupMetrics,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._payees = payees
        self._lookups = lookups
        self._metrics = metrics
        self._now = now

    def of(self, who: Principal) -> list[KnownPayee]:
        """Everybody whom somebody has saved, by username."""
        contacts = self._store.of(who.user_id)
        paid = self._payees.paid_before(who.user_id, [contact.username for contact in contacts])
        return [KnownPayee(contact, paid.get(contact.username)) for contact in contacts]

    def save(self, who: Principal, username: str, label: str) -> tuple[KnownPayee, bool]:
        """Keep a payee under `label`, or give one who is kept this label. Returns it, and whether it is new.

        Raises:
            OwnAccountError, UnknownUsername, TooManyContacts, TooManyLookups.
        """
        paid = self.look_up(who, username)
        if not self._payees.exists(username):
            raise UnknownUsername
        contact = Contact(username, label, self._now())
        saved = self._store.put(who.user_id, contact, CONTACTS_MAX)
        if saved is Saved.FULL:
            raise TooManyContacts
        # Who is saved in one window and removed in another at the same time was saved all the same.
        kept = next((kept for kept in self._store.of(who.user_id) if kept.username == username), contact)
        return KnownPayee(kept, paid), saved is Saved.NEW

    def remove(self, who: Principal, username: str) -> bool:
        """Keep somebody no longer; whether they were kept."""
        return self._store.remove(who.user_id, username)

    def look_up(self, who: Principal, username: str) -> PaidBefore | None:
        """What somebody has sent to a payee before; None for a first payment. A stranger's is counted.

        It doesn't tell whether there is such a user: that is the ledger's to say, of the payment that is tried.

        Raises:
            OwnAccountError, TooManyLookups.
        """
        if username == who.username:
            raise OwnAccountError
        paid = self.paid_before(who, username)
        if paid is None and not any(contact.username == username for contact in self._store.of(who.user_id)):
            self._count(who)
        return paid

    def paid_before(self, who: Principal, username: str) -> PaidBefore | None:
        """The same of somebody who was looked up already; not counted."""
        return self._payees.paid_before(who.user_id, [username]).get(username)

    def _count(self, who: Principal) -> None:
        now = self._now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        refused = self._lookups.count(who.user_id, hour) > LOOKUPS_PER_HOUR
        self._metrics.looked_up(refused=refused)
        if refused:
            raise TooManyLookups(int((hour + HOUR - now).total_seconds()) + 1)
