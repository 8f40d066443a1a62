"""Hearing of rebalances: counted and logged, nothing else.

The callbacks run on the client's network thread, where any waiting would hold the heartbeats up. Nothing has to be
committed in them: every batch is committed before the next poll, and partitions move only within a poll.
"""

from __future__ import annotations

from collections.abc import Collection

from kafka import ConsumerRebalanceListener, TopicPartition

from service_kit.logging import get_logger
from service_kit.metrics import MessagingMetrics

log = get_logger(__name__)


class CountRebalances(ConsumerRebalanceListener):
    """Counts what one consumer gets and loses."""

    def __init__(self, metrics: MessagingMetrics, topic: str, group: str) -> None:
        self._count = metrics.rebalances
        self._labels = (topic, group)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._heard("assigned", assigned)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._heard("revoked", revoked)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self._heard("lost", lost)

    def _heard(self, kind: str, partitions: Collection[TopicPartition]) -> None:
        if partitions:
            self._count.labels(*self._labels, kind).inc()
            log.info("rebalanced", kind=kind, partitions=sorted(each.partition for each in partitions))
