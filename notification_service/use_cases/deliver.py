"""One attempt to deliver, and what comes of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from notification_service.domain import Attempt, Channel, Claimed, DeliveryState, Outcome
from notification_service.domain.patience import Patience
from notification_service.metrics import DeliveryMetrics
from notification_service.ports import Carrier, Deliveries, NotDelivered
from service_kit.clock import Clock
from service_kit.logging import get_logger
from service_kit.retries import Backoff, retry
from service_kit.tracing import span

BROKEN = "broken"
"""The cause where a fault of ours kept a delivery from being tried: a template that fails, a channel without a way."""
_NOTE = Backoff(initial_seconds=0.2, max_seconds=2.0, attempts=4)
_NOTE_DELIVERED = Backoff(initial_seconds=0.2, max_seconds=5.0, attempts=16)
"""About a minute, longer than MongoDB takes to elect: not to say that it was delivered means to deliver it again."""
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """What the lane hears of an attempt."""

    outcome: Outcome
    seconds: float
    retry_after: float | None = None


@dataclass(frozen=True)
class Deliver:
    """The use case, with what it needs handed in. Several threads call it at once; `draw` gives numbers of [0, 1)."""

    store: Deliveries
    carriers: Mapping[Channel, Carrier]
    patience: Patience
    metrics: DeliveryMetrics
    clock: Clock
    draw: Callable[[], float] = random.random

    def attempt(self, claimed: Claimed) -> Tried:
        """Try once and note what came of it.

        While the database is away nothing can be noted: then the claim lapses and the delivery comes again, with the
        same id.
        """
        delivery = claimed.delivery
        channel = str(delivery.notification.channel)
        attributes = {"delivery.channel": channel, "delivery.id": delivery.id, "delivery.attempt": claimed.number}
        try:
            with span("deliver notification", attributes, parent=delivery.traceparent, kind=SpanKind.PRODUCER) as here:
                attempt, tried = self._try(claimed)
                here.set_attribute("delivery.outcome", str(attempt.outcome))
                self._conclude(claimed, attempt, tried)
        except PyMongoError as error:
            _log.warning("delivery_not_noted", delivery=delivery.id, error=type(error).__name__)
            return Tried(Outcome.UNKNOWN, 0.0)
        return tried

    def _try(self, claimed: Claimed) -> tuple[Attempt, Tried]:
        begun = self.clock.monotonic()
        status, cause, retry_after = None, None, None
        try:
            status = self.carriers[claimed.delivery.notification.channel].deliver(claimed.delivery)
            outcome = Outcome.DELIVERED
        except NotDelivered as failure:
            outcome, status, cause = failure.outcome, failure.status, failure.cause
            retry_after = failure.retry_after
        except PyMongoError:
            raise
        except Exception:  # noqa: BLE001 - a fault of ours: this one is dead, and the others go
            _log.exception("delivery_broken", delivery=claimed.delivery.id)
            outcome, cause = Outcome.BROKEN, BROKEN
        seconds = self.clock.monotonic() - begun
        attempt = Attempt(claimed.at, outcome, status, round(seconds * 1000), cause)
        return attempt, Tried(outcome, seconds, retry_after)

    def _conclude(self, claimed: Claimed, attempt: Attempt, tried: Tried) -> None:
        self.metrics.attempted(claimed.delivery.notification.channel, attempt.outcome, tried.seconds)
        if attempt.outcome is Outcome.DELIVERED:
            self._finish(claimed, attempt, DeliveryState.DELIVERED)
        elif attempt.outcome is Outcome.UNWANTED:
            self._finish(claimed, attempt, DeliveryState.CANCELLED)
        else:
            self._after_failure(claimed, attempt, tried.retry_after)

    def _after_failure(self, claimed: Claimed, attempt: Attempt, retry_after: float | None) -> None:
        again = None
        if attempt.outcome in (Outcome.AWAY, Outcome.DELAYED):
            again = self.patience.next_attempt_at(claimed, self.clock.now(), retry_after, self.draw())
        _log.warning(
            "delivery_failed",
            delivery=claimed.delivery.id,
            channel=claimed.delivery.notification.channel,
            attempt=claimed.number,
            outcome=attempt.outcome,
            cause=attempt.cause,
            again_at=again and again.isoformat(),
        )
        if again is None:
            self._finish(claimed, attempt, DeliveryState.DEAD)
        else:
            self._note(lambda: self.store.put_off(claimed, attempt, again))

    def _finish(self, claimed: Claimed, attempt: Attempt, state: DeliveryState) -> None:
        now = self.clock.now()
        backoff = _NOTE_DELIVERED if state is DeliveryState.DELIVERED else _NOTE
        if self._note(lambda: self.store.finish(claimed, attempt, state, now), backoff):
            told = claimed.delivery.notification
            self.metrics.finished(told.channel, state)
            if state is DeliveryState.DELIVERED:
                delay = (now - told.occurred_at).total_seconds()
                self.metrics.delivered(told.channel, delay, claimed.delivery.traceparent)

    def _note(self, write: Callable[[], bool], backoff: Backoff = _NOTE) -> bool:
        return retry(write, passing=(PyMongoError,), sleep=self.clock.sleep, backoff=backoff)
