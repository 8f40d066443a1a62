"""Publishing: a batch in order, and not a word of success before every acknowledgement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, RetriableError

from service_kit.kafka.connections import require_answer, require_fast_checksums, servers
from service_kit.kafka.errors import PublishFailed
from service_kit.kafka.partitions import RememberingPartitioner
from service_kit.kafka.records import Record
from service_kit.logging import get_logger
from service_kit.metrics import NO_ERROR, MessagingMetrics

log = get_logger(__name__)

# 20 ms and 256 KB double the throughput per CPU; the batch is flushed, so the linger is never waited for in full.
LINGER_MS = 20
BATCH_BYTES = 256 * 1024
# A dead letter is a message of up to 1 MB (the broker's default limit) and a little more.
MAX_REQUEST_BYTES = 2 * 1024 * 1024
CLOSE_SECONDS = 2.0


class Producer:
    """An idempotent producer, acks=all.

    It connects at the first send, so a broker that is away when the process starts is a failed send like any other.
    After a failure the connection is dropped and the next send opens a new one: nothing of the failed batch trails
    behind the repeated one.
    """

    def __init__(
        self,
        bootstrap: str,
        client_id: str,
        metrics: MessagingMetrics,
        *,
        topics: Sequence[str],
        delivery_timeout_seconds: float = 15.0,
        connect: Callable[..., Any] = KafkaProducer,
        probe: Callable[[Sequence[str]], None] = require_answer,
    ) -> None:
        """Prepare; `topics` are those it will send to.

        Raises:
            KafkaMisconfigured: the address is malformed or a package is missing.
        """
        require_fast_checksums()
        self._servers = servers(bootstrap)
        self._client_id = client_id
        self._timeout = delivery_timeout_seconds
        self._metrics = metrics
        self._connect = connect
        self._probe = probe
        self._client: Any = None
        self._trouble: str | None = None
        for topic in topics:
            metrics.expect_producer(topic)

    def send_all(self, records: Sequence[Record]) -> None:
        """Publish the records in order and return when the broker has acknowledged every one.

        Raises:
            PublishFailed: at least one isn't known to be there, after at most twice `delivery_timeout_seconds`. Send
                the whole batch again; consumers deduplicate by event id.
        """
        if not records:
            return
        began = time.monotonic()
        try:
            self._deliver(records)
        except PublishFailed as error:
            self._trouble = str(error)
            self._drop()
            self._count(records, error.error_type, time.monotonic() - began)
            raise
        self._trouble = None
        self._count(records, NO_ERROR, time.monotonic() - began)

    def check(self) -> None:
        """A readiness check: fails while the last batch did.

        Raises:
            PublishFailed: why it failed.
        """
        if self._trouble is not None:
            raise PublishFailed(self._trouble, "timeout")

    def close(self) -> None:
        """Let go of the connection. Whatever was sent has been waited for already."""
        self._drop()

    def _deliver(self, records: Sequence[Record]) -> None:
        current = records[0]
        try:
            client = self._open()
            sent = []
            for record in records:
                current = record
                headers = list(record.headers)
                sent.append(client.send(record.topic, value=record.value, key=record.key, headers=headers))
            # A batch expires after `_timeout`; a moment later every future has its result, and get() only tells which.
            client.flush(timeout=self._timeout + 1.0)
            for record, future in zip(records, sent, strict=True):
                current = record
                if not future.succeeded():
                    future.get(timeout=0)
        except KafkaError as error:
            kind = "timeout" if isinstance(error, RetriableError) else "refused"
            raise PublishFailed(f"{current.topic}, key {current.key!r}: {error}", kind) from error

    def _open(self) -> Any:
        if self._client is None:
            self._probe(self._servers)
            milliseconds = int(self._timeout * 1000)
            self._client = self._connect(
                bootstrap_servers=self._servers,
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                partitioner=RememberingPartitioner(),
                linger_ms=LINGER_MS,
                batch_size=BATCH_BYTES,
                max_request_size=MAX_REQUEST_BYTES,
                bootstrap_timeout_ms=milliseconds,
                max_block_ms=milliseconds,
                delivery_timeout_ms=milliseconds,
                request_timeout_ms=max(1000, milliseconds - 1000),
                reconnect_backoff_max_ms=1000,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.close(timeout=CLOSE_SECONDS)
        except KafkaError as error:
            log.warning("producer_closed_with_unsent_records", client_id=self._client_id, error=str(error))
            # close() gives up at its flush, before it ends the sending thread (kafka-python 3.0): end that one, or what
            # was buffered would follow when the broker is back.
            client._sender.force_close()
            client._closed = True

    def _count(self, records: Sequence[Record], error_type: str, seconds: float) -> None:
        for topic in sorted({record.topic for record in records}):
            sent = sum(record.topic == topic for record in records)
            self._metrics.sent.labels(topic, error_type).inc(sent)
            self._metrics.operation_seconds.labels("send", topic, "", error_type).observe(seconds)
