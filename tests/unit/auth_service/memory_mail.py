"""Auth's mail in memory; trusted because it passes the suite of the real store (tests/integration)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from auth_service.domain import LetterKind, MailLink, MailOrder, User, address_key


class MemoryMail:
    """The orders, the links and what has been sent."""

    def __init__(self) -> None:
        self.orders: dict[str, MailOrder] = {}
        self.due: dict[str, datetime] = {}
        self.links: dict[str, MailLink] = {}
        self.gone: list[tuple[str, LetterKind, datetime]] = []

    def add(self, order: MailOrder) -> None:
        self.orders[order.id] = order
        self.due[order.id] = order.ordered_at

    def take(self, now: datetime, put_off_until: datetime) -> MailOrder | None:
        due = sorted((not self.orders[of].is_notice, at, of) for of, at in self.due.items() if at <= now)
        if not due:
            return None
        order_id = due[0][2]
        self.due[order_id] = put_off_until
        self.orders[order_id] = replace(self.orders[order_id], tries=self.orders[order_id].tries + 1)
        return self.orders[order_id]

    def put_off(self, order: MailOrder, until: datetime) -> None:
        if self._held(order):
            self.due[order.id] = until

    def link(self, order: MailOrder, link: MailLink) -> bool:
        held = self._held(order)
        if held:
            self.links[link.hash] = link
        return held

    def remove(self, order: MailOrder) -> None:
        self.orders.pop(order.id, None)
        self.due.pop(order.id, None)

    def sent(self, order: MailOrder, kind: LetterKind, at: datetime) -> None:
        self.remove(order)
        self.gone.append((address_key(order.address), kind, at))

    def sent_since(self, address: str, kind: LetterKind, moment: datetime) -> int:
        return sum(each[:2] == (address_key(address), kind) and each[2] > moment for each in self.gone)

    def withdraw(self, user_id: str, *kinds: LetterKind) -> None:
        """Every link and order of these kinds for this user."""
        for hash in [each.hash for each in self.links.values() if each.user_id == user_id and each.kind in kinds]:
            del self.links[hash]
        for order in list(self.orders.values()):
            if order.user_id == user_id and order.kind in kinds:
                self.remove(order)

    def withdraw_resets(self, user: User) -> None:
        """Also those that name nobody but the address, where it is the user's."""
        self.withdraw(user.id, "reset_password")
        for order in list(self.orders.values()):
            nobodys = order.user_id is None and address_key(order.address) == address_key(user.email)
            if order.kind == "reset_password" and nobodys and user.email_confirmed:
                self.remove(order)

    def depth_and_oldest(self) -> tuple[int, datetime | None]:
        ages = [order.ordered_at for order in self.orders.values()]
        return len(ages), min(ages, default=None)

    def _held(self, order: MailOrder) -> bool:
        present = self.orders.get(order.id)
        return present is not None and present.tries == order.tries
