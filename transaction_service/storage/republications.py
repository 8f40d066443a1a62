"""Orders to put a range of positions on the topic again: a short queue from the web process to the relay.

An order is there as long as some of it is to be done, once for each range: who orders what waits already gets the same.
"""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING

from transaction_service.ports import Order
from transaction_service.storage.collections import Collections

WAITING_MAX = 20


class MongoRepublications:
    """`transaction_service.ports.Orders` on real ground."""

    def __init__(self, collections: Collections) -> None:
        self._orders = collections.republications

    def add(self, first: int, last: int, now: datetime) -> int | None:
        id = f"{first}-{last}"
        if self._orders.count_documents({"_id": {"$ne": id}}) >= WAITING_MAX:
            return None
        order = {"after": first - 1, "last": last, "ordered_at": now}
        self._orders.update_one({"_id": id}, {"$setOnInsert": order}, upsert=True)
        return self._orders.count_documents({})

    def oldest(self) -> Order | None:
        found = self._orders.find_one({}, sort=[("ordered_at", ASCENDING), ("_id", ASCENDING)])
        return Order(found["_id"], found["after"], found["last"]) if found else None

    def advance(self, order: Order, position: int) -> None:
        if position == order.last:
            self.drop(order)
        else:
            self._orders.update_one({"_id": order.id}, {"$max": {"after": position}})

    def drop(self, order: Order) -> None:
        self._orders.delete_one({"_id": order.id})
