"""The queue of what is to be published again, as a list."""

from __future__ import annotations

from transaction_service.ports import Order


class OrdersInMemory:
    """Both of its ends; `room` is how many may wait."""

    def __init__(self, room=20):
        self.waiting = []
        self.room = room

    def add(self, first, last, now):
        order = Order(f"{first}-{last}", first - 1, last)
        others = [each for each in self.waiting if each.id != order.id]
        if len(others) >= self.room:
            return None
        if len(others) == len(self.waiting):
            self.waiting.append(order)
        return len(self.waiting)

    def oldest(self):
        return self.waiting[0] if self.waiting else None

    def advance(self, order, position):
        place = self.waiting.index(order)
        self.waiting[place : place + 1] = [] if position == order.last else [order._replace(after=position)]

    def drop(self, order):
        self.waiting.remove(order)
