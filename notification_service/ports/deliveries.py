"""What is on its way out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from notification_service.domain import Delivery


class Deliveries(Protocol):
    """The deliveries of everybody. Every method raises PyMongoError where the database is away."""

    def add(self, deliveries: Sequence[Delivery], now: datetime) -> list[bool]:
        """Order what isn't ordered yet; for each, whether it was ordered by this call. Durable on return."""
