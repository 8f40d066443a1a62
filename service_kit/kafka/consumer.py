"""Consuming: poll a batch, have it done, commit it. At least once, so the handler's effect must be idempotent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka import TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, RetriableError
from kafka.structs import MemberState, OffsetAndMetadata

from service_kit.clock import Clock, SystemClock
from service_kit.fail_points import OFF, FailPoints, Point
from service_kit.kafka.batches import BatchWork, Work
from service_kit.kafka.connections import open_consumer, require_answer, require_fast_checksums, servers
from service_kit.kafka.dead_letters import DlqLimit, DlqWatch
from service_kit.kafka.errors import ConsumerNotReady, Stopping
from service_kit.kafka.producer import Producer
from service_kit.kafka.rebalances import CountRebalances
from service_kit.kafka.records import Message
from service_kit.logging import get_logger
from service_kit.metrics import NO_ERROR, MessagingMetrics
from service_kit.outage_log import OutageLog
from service_kit.process import Progress
from service_kit.retries import Backoff

log = get_logger(__name__)

METADATA_SECONDS = 5

WAIT_SECONDS = 0.5

READY_OUTSIDE_SECONDS = 10.0
"""A rebalance may take so long before the process says that it does no work."""


@dataclass(frozen=True)
class ConsumerSettings:
    """How a consumer polls and gives up.

    A killed member's partitions are handed on after `session_timeout_seconds` (heartbeats come from the client's own
    thread); one that works longer than `max_poll_interval_seconds` on a batch loses them too. A client that polls and
    yet is out of its group for `rejoin_seconds` is replaced by a new one.
    """

    max_batch: int = 500
    poll_seconds: float = 0.5
    session_timeout_seconds: float = 10.0
    max_poll_interval_seconds: float = 60.0
    rejoin_seconds: float = 30.0
    commit_timeout_seconds: float = 5.0
    backoff: Backoff = field(default_factory=Backoff)
    limit: DlqLimit = field(default_factory=DlqLimit)


class ConsumerLoop:
    """One member of a consumer group on one topic, until told to stop.

    - `decode` makes a message's `event`; contracts' InvalidEvent or InvalidMessage send it to `<topic>.dlq` at once.
    - `handle` does the effect of a whole batch, or raises: the batch is tried again with back-off, then each message
      alone, and the ones that still fail go to the dead letters with the cause `failed` (InvalidMessage: its own).
    - A failure of one of the `dependency_down` classes is never a message's fault: it is tried again for ever, with
      the partitions paused and the membership alive.
    - When most of the recent messages went to the dead letters, it halts: nothing more is taken until a restart.
    - Nothing is committed before its effect, or its dead letter, is acknowledged.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        group: str,
        *,
        decode: Callable[[Message], Any],
        handle: Callable[[list[Message]], None],
        dead_letters: Producer,
        metrics: MessagingMetrics,
        progress: Progress,
        dependency_down: tuple[type[Exception], ...] = (),
        settings: ConsumerSettings | None = None,
        clock: Clock | None = None,
        fail_points: FailPoints = OFF,
        connect: Callable[..., Any] = open_consumer,
        probe: Callable[[Sequence[str]], None] = require_answer,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Raises:
            KafkaMisconfigured: the address is malformed or a package is missing.
        """
        require_fast_checksums()
        self._servers = servers(bootstrap)
        self._topic = topic
        self._group = group
        self._labels = (topic, group)
        self._metrics = metrics
        self._progress = progress
        self._settings = settings or ConsumerSettings()
        self._clock = clock or SystemClock()
        self._fail_points = fail_points
        self._connect = connect
        self._probe = probe
        self._client: Any = None
        self._outside_since: float | None = None
        self._stop = threading.Event()
        self._owed: dict[TopicPartition, int] = {}
        self._watch = DlqWatch(self._settings.limit)
        self._halted: str | None = None
        self._commits = OutageLog(log, "commit_failed", "commit_succeeded")
        self._work = BatchWork(
            topic,
            group,
            Work(decode, handle, dependency_down),
            dead_letters=dead_letters,
            metrics=metrics,
            clock=self._clock,
            watch=self._watch,
            backoff=self._settings.backoff,
            wait=self._wait,
        )
        metrics.expect_consumer(topic, group)

    def run(self, stop: threading.Event) -> None:
        """Consume until `stop` is set; what is done by then is committed, and the group is left.

        Raises:
            KafkaError: one that no waiting helps against; the process should end, and be restarted.
        """
        self._stop = stop
        try:
            self._work.once_available(self._open, (RetriableError,))
            while not stop.is_set():
                self._round()
        except Stopping:
            log.info("consumer_stopped_while_waiting", topic=self._topic, group=self._group)
        finally:
            self._close()

    def check(self) -> None:
        """A readiness check.

        Raises:
            ConsumerNotReady: halted, waiting for a dependency, or out of its group; the message says which.
        """
        if self._halted is not None:
            raise ConsumerNotReady(f"halted: {self._halted}; find the cause, then restart the process")
        if self._work.waits_for is not None:
            raise ConsumerNotReady(f"waiting for a dependency: {self._work.waits_for}")
        client = self._client
        if client is None or client.group_metadata().state == MemberState.UNJOINED:
            raise ConsumerNotReady(f"not yet a member of the group {self._group}")
        if self._outside_seconds() > READY_OUTSIDE_SECONDS:
            raise ConsumerNotReady(f"out of the group {self._group} for {self._outside_seconds():.0f} s")

    def _open(self) -> None:
        settings = self._settings
        self._probe(self._servers)
        self._client = self._connect(
            bootstrap_servers=self._servers,
            client_id=f"{self._group}-consumer",
            group_id=self._group,
            partition_assignment_strategy=[CooperativeStickyAssignor()],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=settings.max_batch,
            session_timeout_ms=int(settings.session_timeout_seconds * 1000),
            heartbeat_interval_ms=int(settings.session_timeout_seconds * 1000 / 4),
            max_poll_interval_ms=int(settings.max_poll_interval_seconds * 1000),
            reconnect_backoff_max_ms=1000,
            # Who joins before it knows the topic's partitions gets none until it looks again: 5 minutes by default.
            metadata_max_age_ms=METADATA_SECONDS * 1000,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        listener = CountRebalances(self._metrics, self._topic, self._group)
        self._client.subscribe([self._topic], listener=listener)

    def _replace(self) -> None:
        log.warning("consumer_replaced", topic=self._topic, group=self._group, outside_seconds=self._outside_seconds())
        self._close()
        # What isn't committed comes again, maybe to another member, and its effect is idempotent.
        self._owed.clear()
        self._outside_since = None
        self._work.once_available(self._open, (RetriableError,))

    def _poll(self, seconds: float) -> dict[TopicPartition, list[Any]]:
        polled: dict[TopicPartition, list[Any]] = self._client.poll(timeout_ms=int(seconds * 1000))
        self._progress.beat()
        if self._client.group_metadata().state == MemberState.STABLE:
            self._outside_since = None
        elif self._outside_since is None:
            self._outside_since = self._clock.monotonic()
        return polled

    def _outside_seconds(self) -> float:
        since = self._outside_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def _round(self) -> None:
        polled = self._poll(self._settings.poll_seconds)
        if not polled and self._outside_seconds() > self._settings.rejoin_seconds:
            self._replace()
            return
        messages = [_message(record) for records in polled.values() for record in records]
        if messages:
            self._metrics.consumed.labels(*self._labels).inc(len(messages))
            self._fail_points.reached(Point.TAKEN, of=self._group)
            for message in self._work.do(messages):
                self._owed[TopicPartition(message.topic, message.partition)] = message.offset + 1
            self._fail_points.reached(Point.HANDLED, of=self._group)
        if self._commit() and not self._watch.tripped:
            self._metrics.last_progress.labels(*self._labels).set(self._clock.now().timestamp())
        if self._watch.tripped:
            self._halt()

    def _commit(self) -> bool:
        """Commit what is done; whether nothing is owed any more. A failed commit is made good by the next one."""
        held = self._client.assignment()
        self._owed = {partition: offset for partition, offset in self._owed.items() if partition in held}
        if not self._owed:
            return True
        began = self._clock.monotonic()
        outcome = NO_ERROR
        try:
            offsets = {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in self._owed.items()}
            self._client.commit(offsets, timeout_ms=int(self._settings.commit_timeout_seconds * 1000))
            self._owed.clear()
        except KafkaError as error:
            # The effect is done and idempotent: at worst it is done again after a rebalance or a restart.
            outcome = "timeout" if isinstance(error, RetriableError) else "refused"
            self._commits.failed(error)
        else:
            self._commits.succeeded()
        seconds = self._clock.monotonic() - began
        self._metrics.operation_seconds.labels("commit", *self._labels, outcome).observe(seconds)
        return outcome == NO_ERROR

    def _halt(self) -> None:
        self._halted = str(self._watch)
        self._metrics.halted.labels(*self._labels).set(1)
        log.error("consumer_halted", topic=self._topic, group=self._group, reason=self._halted)
        while True:
            self._wait(1.0)

    def _wait(self, seconds: float) -> None:
        """Let time pass as a living member of the group that takes no messages.

        Raises:
            Stopping: told to stop meanwhile.
        """
        until = self._clock.monotonic() + seconds
        while not self._stop.is_set():
            left = until - self._clock.monotonic()
            if left <= 0:
                break
            if self._client is None:
                self._progress.beat()
                self._clock.sleep(min(left, WAIT_SECONDS))
            else:
                self._poll_paused(min(left, WAIT_SECONDS))
        if self._client is not None:
            self._client.resume(*self._client.paused())
        if self._stop.is_set():
            raise Stopping

    def _poll_paused(self, seconds: float) -> None:
        """Stay a member of the group, for `seconds`.

        Not without a time-out: a kafka-python that finds its join answered between two polls forgets the answer and
        joins again, which would keep the whole group rebalancing for as long as this one waits.
        """
        self._client.pause(*self._client.assignment())
        # A partition that is assigned within this very poll isn't paused yet: what it gave is put back.
        for partition, records in self._poll(seconds).items():
            self._client.seek(partition, records[0].offset)

    def _close(self) -> None:
        if self._client is None:
            return
        try:
            self._client.close(autocommit=False, timeout_ms=int(self._settings.commit_timeout_seconds * 1000))
        except KafkaError as error:
            log.warning("consumer_left_without_saying", group=self._group, error=str(error))
        self._client = None


def _message(record: Any) -> Message:
    headers = tuple([(name, b"" if value is None else value) for name, value in record.headers])
    return Message(record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, headers)
