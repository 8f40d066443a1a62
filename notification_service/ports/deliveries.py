"""What is on its way out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notification_service.domain import Attempt, Claimed, Delivery, DeliveryRecord, DeliveryState

ATTEMPTS_KEPT = 20
"""Of one delivery, the latest: the log is bounded."""
TOO_OLD, FORGOTTEN = "too_old", "forgotten"
"""Causes: given up because of its age; its person has closed their account."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits and what is dead, and since when the oldest that waits does, by channel where there is any."""

    pending: Mapping[str, int]
    dead: Mapping[str, int]
    oldest: Mapping[str, datetime]


class Deliveries(Protocol):
    """The deliveries of everybody. Every method raises PyMongoError where the database is away."""

    def add(self, deliveries: Sequence[Delivery], now: datetime) -> list[bool]:
        """Order what isn't ordered yet; for each, whether it was ordered by this call. Durable on return."""

    # For deliverers: several may ask at once.

    def lanes(self, now: datetime, limit: int, after: str = "") -> dict[str, datetime]:
        """Lanes in which something is due, and since when, in the order of their names, from above `after`; so many."""

    def claim(self, wanted: Mapping[str, int], now: datetime, until: datetime) -> list[Claimed]:
        """Take up to so many due ones of each lane, the longest due first; nobody else gets them before `until`.

        The attempt is noted before it is made: UNKNOWN until `delivered`, `put_off` or `finish` tells its outcome.
        """

    def extend(self, claimed: Collection[Claimed], until: datetime) -> None:
        """Still at work on these: let the claims lapse later."""

    def put_off(self, claimed: Claimed, attempt: Attempt, until: datetime) -> bool:
        """It failed for now; False, and nothing, if the claim has lapsed and another has it."""

    def finish(self, claimed: Claimed, attempt: Attempt, state: DeliveryState, now: datetime) -> bool:
        """It is over: DELIVERED, DEAD or CANCELLED; the cause is the attempt's. False if it was over before.

        DELIVERED counts though the claim has lapsed meanwhile, since it was; the others are the claim's holder's.
        """

    def expire(self, since: datetime, now: datetime) -> dict[str, int]:
        """Give up, as dead, what nobody holds and was ordered before `since`; how many, by channel, where any were."""

    def backlog(self) -> Backlog:
        """For the gauges."""

    # For people and operators.

    def find(self, id: str) -> DeliveryRecord | None:
        """One of them."""

    def of_event(self, event_id: str) -> list[DeliveryRecord]:
        """All that an event led to, by their ids."""

    def page(
        self,
        before: str | None,
        limit: int,
        *,
        state: DeliveryState | None = None,
        user_id: str | None = None,
        target: str | None = None,
    ) -> list[DeliveryRecord]:
        """The latest ordered first, from below the order `before`; of one state, person, or target where given."""

    def redrive(self, id: str, now: datetime) -> bool:
        """Make a dead one pending again, its attempts stay noted; False if it isn't dead."""

    def send_again(self, delivery: Delivery, now: datetime) -> bool:
        """The same of any that is over, as its owner asks for it (`Delivery.asked`); False if it is pending."""

    def redrive_dead(self, now: datetime, *, channel: str | None = None, target: str | None = None) -> int:
        """All the dead ones, of one channel or target where given; how many."""

    def forget(self, user_ids: Iterable[str], now: datetime) -> None:
        """Cancel what waits for these people, and take out of all of theirs what they tell."""
