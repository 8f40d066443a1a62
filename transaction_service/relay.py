"""Journal -> topic `transactions`: a cursor over positions, nothing marked and nothing pruned.

Run as `python -m transaction_service.relay`, twice: one holds the lease and publishes, the other stands by. A batch is
published and acknowledged, then the cursor moves, under the lease's epoch. After a crash or a takeover between the two,
the records that are already there are found at the topic's tail and not sent again. Between its batches it takes up
what was ordered to be published again: see `republisher`.

A relay that was frozen asks before each batch whether it still holds the lease, and after a takeover neither publishes
nor moves the cursor. What remains is a batch that it was handing to Kafka at the very moment when it froze: what of it
was still unsent follows when it wakes, after the successor has read the tail, and is on the topic twice, at most once
for each position of that one batch. Kafka could fence that only by transactions (decision 14). Consumers go by event
id, so that it has no effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from pymongo.errors import PyMongoError

from contracts import topics
from service_kit.fail_points import OFF, FailPoints, Point
from service_kit.kafka import Producer, PublishFailed
from service_kit.outage_log import OutageLog
from service_kit.process import Progress, StopSignal
from transaction_service.metrics import RelayMetrics
from transaction_service.publishing import BATCH_MAX, assert_gapless, publish
from transaction_service.storage.lease import Lease, LeaseKeeper, LeaseLostError
from transaction_service.storage.pulse import Pulse

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.15
IDLE_SECONDS = 0.05
PACE_SECONDS = 0.1
"""Under load a batch begins at most this often: each costs a flush and a durable cursor, however small it is."""
AWAY_SECONDS = 1.0


class Journal(Protocol):
    """What the relay reads."""

    def to_publish(self, after: int, limit: int) -> list[dict[str, Any]]: ...

    def head(self) -> int: ...


class Cursor(Protocol):
    """What the relay moves; raises LeaseLostError."""

    def move(self, lease: Lease, position: int) -> None: ...


class Relay:
    """Holds the lease or waits for it, until told to stop; publishes the journal in order while it holds it."""

    def __init__(
        self,
        keeper: LeaseKeeper,
        journal: Journal,
        cursor: Cursor,
        producer: Producer,
        published_after: Callable[[int], set[int]],
        republish: Callable[[], None],
        metrics: RelayMetrics,
        progress: Progress,
        topic: str = topics.TRANSACTIONS,
        fail_points: FailPoints = OFF,
    ) -> None:
        """`republish` does a small part of what was ordered; it raises PublishFailed or PyMongoError."""
        self._keeper = keeper
        self._journal = journal
        self._cursor = cursor
        self._producer = producer
        self._published_after = published_after
        self._republish = republish
        self._metrics = metrics
        self._progress = progress
        self._topic = topic
        self._fail_points = fail_points
        self._outage = OutageLog(log, "relay_waits", "relay_goes_on")
        self._trouble: str | None = "starting"

    def run(self, stop: StopSignal) -> None:
        """Take the lease whenever it is free, and publish while it is held."""
        while not stop.is_set():
            lease = self._acquire()
            self._progress.beat()
            if lease is not None:
                self._hold(lease, stop)
            # Also after a lease that was lost: where reading works and writing doesn't, this must not spin.
            stop.wait(LOOK_SECONDS)

    def check(self) -> None:
        """A ready check: raises with the reason while this relay can't publish, or can't ask who does."""
        if self._trouble is not None:
            raise RuntimeError(self._trouble)

    def _acquire(self) -> Lease | None:
        try:
            lease = self._keeper.try_acquire()
        except PyMongoError as error:
            self._failed(error)
            return None
        if lease is None:
            self._succeeded()
        return lease

    def _hold(self, lease: Lease, stop: StopSignal) -> None:
        log.info("lease_taken", epoch=lease.epoch, cursor=lease.head, took_over=lease.took_over)
        self._metrics.took_lease(lease.epoch, lease.took_over)
        try:
            with Pulse(self._keeper, lease, self._progress.check, time.monotonic) as pulse:
                while not stop.is_set():
                    self._follow(lease, pulse, stop)
            self._keeper.release(lease)
        except LeaseLostError as error:
            log.warning("lease_lost", epoch=lease.epoch, error=str(error))
        except PyMongoError as error:
            self._failed(error)
        finally:
            self._metrics.gave_up_lease()
            lease.session.end_session()

    def _follow(self, lease: Lease, pulse: Pulse, stop: StopSignal) -> None:
        """Publish until told to stop, or until the broker is away: that is waited for, with the lease in hand, since a
        standby has no other broker."""
        try:
            there_already = self._published_after(lease.head)
            log.info("relay_follows", cursor=lease.head, found_on_topic=len(there_already))
            self._succeeded()
            while not stop.is_set():
                self._progress.beat()
                self._next_batch(lease, pulse, there_already, stop)
                pulse.require()
                self._republish()
        except PublishFailed as error:
            self._failed(error)
            self._progress.beat()
            pulse.require()
            # While nothing can be published the distance grows, and that is when it matters.
            self._measure(lease.head, self._journal.to_publish(lease.head, BATCH_MAX))
            stop.wait(AWAY_SECONDS)

    def _next_batch(self, lease: Lease, pulse: Pulse, there_already: set[int], stop: StopSignal) -> None:
        began = time.monotonic()
        records = self._journal.to_publish(lease.head, BATCH_MAX)
        self._measure(lease.head, records)
        assert_gapless(lease.head, records)
        pulse.require()
        if not records:
            stop.wait(IDLE_SECONDS)
            return
        self._fail_points.reached(Point.READ)
        self._publish([record for record in records if record["_id"] not in there_already])
        self._fail_points.reached(Point.PUBLISHED)
        self._cursor.move(lease, records[-1]["_id"])
        if len(records) < BATCH_MAX:
            stop.wait(max(0.0, began + PACE_SECONDS - time.monotonic()))

    def _measure(self, cursor: int, records: Sequence[dict[str, Any]]) -> None:
        full = len(records) == BATCH_MAX
        head = self._journal.head() if full else cursor + len(records)
        oldest = (datetime.now(UTC) - records[0]["at"]).total_seconds() if records else 0.0
        self._metrics.stands(cursor, head, oldest)

    def _publish(self, records: Sequence[dict[str, Any]]) -> None:
        if not records:
            return
        started = time.monotonic()
        publish(self._producer, self._topic, records)
        self._metrics.published(time.monotonic() - started, [record["at"] for record in records], datetime.now(UTC))

    def _failed(self, error: Exception) -> None:
        self._trouble = str(error)
        self._outage.failed(error)

    def _succeeded(self) -> None:
        self._trouble = None
        self._outage.succeeded()


def main() -> int:
    """The process: see the module's docstring."""
    from transaction_service.wiring import run_relay

    return run_relay()


if __name__ == "__main__":
    raise SystemExit(main())
