"""What people and operators see of deliveries, and how one that is dead gets another chance."""

from __future__ import annotations

from dataclasses import dataclass

from notification_service.domain import DeliveryRecord, DeliveryState
from notification_service.ports import Deliveries
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound
from service_kit.logging import get_logger

OPERATOR = "operator"
"""Who redrives by the command."""
_log = get_logger(__name__)


class DeliveryNotDead(Conflict):
    """Only a dead delivery is redriven: others wait for their attempt, or were taken."""

    code = "delivery_not_dead"
    title = "This delivery is not dead"


@dataclass(frozen=True, slots=True)
class OutgoingPage:
    """The latest ordered first; `next_before` is where the older ones begin, None at the end."""

    records: list[DeliveryRecord]
    next_before: str | None


class Outgoing:
    """The use cases, with what they need handed in. Every redrive is logged with who asked for it."""

    def __init__(self, store: Deliveries, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def page(
        self, before: str | None, limit: int, state: DeliveryState | None = None, user_id: str | None = None
    ) -> OutgoingPage:
        """From below the order `before`; of one state and person where given."""
        found = self._store.page(before, limit + 1, state=state, user_id=user_id)
        shown = found[:limit]
        return OutgoingPage(shown, shown[-1].order if len(found) > limit else None)

    def redrive(self, id: str, by: str) -> None:
        """Try a dead one again, from the beginning. Raises NotFound, DeliveryNotDead."""
        if not self._store.redrive(id, self._clock.now()):
            if self._store.find(id) is None:
                raise NotFound("No delivery has this id.")
            raise DeliveryNotDead
        _log.info("deliveries_redriven", by=by, delivery=id, count=1)

    def redrive_dead(self, by: str, channel: str | None = None, target: str | None = None) -> int:
        """Try all dead ones again, of one channel or target where given; how many."""
        count = self._store.redrive_dead(self._clock.now(), channel=channel, target=target)
        _log.info("deliveries_redriven", by=by, channel=channel, target=target, count=count)
        return count
