"""What was ordered to be published again, done by the relay between its own batches.

At most one batch a second, so that what is new goes on. Before the order is moved on the batch is acknowledged: a crash
between the two publishes it once more, and whoever reads the topic knows these events by their ids.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from contracts import topics
from service_kit.kafka import Producer
from transaction_service.metrics import RelayMetrics
from transaction_service.ports import Order, OrderBook
from transaction_service.publishing import GapError, Journal, next_batch, publish

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0


class Republisher:
    """Belongs to the relay's thread."""

    def __init__(
        self,
        orders: OrderBook,
        journal: Journal,
        producer: Producer,
        metrics: RelayMetrics,
        monotonic: Callable[[], float],
        topic: str = topics.TRANSACTIONS,
    ) -> None:
        self._orders = orders
        self._journal = journal
        self._producer = producer
        self._metrics = metrics
        self._monotonic = monotonic
        self._topic = topic
        self._next_at = monotonic()

    def turn(self) -> None:
        """Publish one batch of the oldest order, if there is one and a second has gone by.

        Raises PublishFailed or PyMongoError; the order stays as it is.
        """
        if self._monotonic() < self._next_at:
            return
        self._next_at = self._monotonic() + EVERY_SECONDS
        order = self._orders.oldest()
        if order is not None:
            self._do(order)

    def _do(self, order: Order) -> None:
        try:
            records = next_batch(self._journal, order.after, order.last)
        except GapError as error:
            # It would be in the way of all others for ever; the ledger's audit says what the journal lacks.
            log.error("republication_failed", order=order.id, error=str(error))
            self._metrics.republications.labels("failed").inc()
            self._orders.drop(order)
            return
        publish(self._producer, self._topic, records, again=True)
        upto = records[-1]["_id"]
        self._orders.advance(order, upto)
        self._metrics.republished.inc(len(records))
        log.info("republished", order=order.id, first=order.after + 1, last=upto)
        if upto == order.last:
            self._metrics.republications.labels("done").inc()
