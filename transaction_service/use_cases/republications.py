"""Having positions of the journal put on the topic again. The relay does it (`transaction_service.republisher`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from transaction_service.ports import Cursor, Orders


class NotPublishedYet(Exception):
    """The relay has yet to publish some of it for the first time, and does so by itself. `upto`: where it stands."""

    def __init__(self, upto: int) -> None:
        super().__init__(f"published up to {upto}")
        self.upto = upto


class TooManyOrders(Exception):
    """As many ranges wait as may."""


@dataclass(frozen=True)
class Republications:
    """What the API calls."""

    orders: Orders
    cursor: Cursor
    now: Callable[[], datetime]

    def order(self, first: int, last: int) -> int:
        """Order positions `first` to `last`; returns how many orders wait then.

        Raises NotPublishedYet, TooManyOrders.
        """
        published = self.cursor.position()
        if last > published:
            raise NotPublishedYet(published)
        waiting = self.orders.add(first, last, self.now())
        if waiting is None:
            raise TooManyOrders
        return waiting
