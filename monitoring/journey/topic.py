"""Where and when an event was published: the record on the topic itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import orjson
from flask_babel import lazy_gettext as _
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from kafka.partitioner import murmur2

from monitoring.asking import SourceAway
from monitoring.journey.stages import EPOCH, Decided, Finding, State
from service_kit.kafka.connections import require_answer, servers

SOURCE = "Kafka"
SECONDS = 2.0
MARGIN_MS = 2_000
"""The ledger's clock and the relay's may differ by so much."""


class PublishedRecords:
    """Looks records up without a group, one at a time; the connection is kept from one look to the next."""

    source = SOURCE
    stages = ("published",)

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        *,
        seconds: float = SECONDS,
        connect: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`connect` opens the consumer of a bootstrap address; it may raise KafkaError."""
        self._bootstrap = bootstrap
        self._topic = topic
        self._seconds = seconds
        self._connect = connect or _connect
        self._clock = clock
        self._turn = threading.Lock()
        self._consumer: Any = None

    def find(self, decided: Decided) -> dict[str, Finding]:
        """Look for the event's first record from just before its decision on; raises SourceAway."""
        deadline = self._clock() + self._seconds
        if not self._turn.acquire(timeout=self._seconds):
            raise SourceAway(SOURCE, _("too many are asking"))
        try:
            return {"published": self._look(decided, deadline)}
        except KafkaError as error:
            self._drop()
            raise SourceAway(SOURCE, _("no answer")) from error
        finally:
            self._turn.release()

    def _look(self, decided: Decided, deadline: float) -> Finding:
        if self._consumer is None:
            self._consumer = self._connect(self._bootstrap)
        place = self._partition(decided.partition_key)
        since = int(decided.at.timestamp() * 1000) - MARGIN_MS
        first = self._consumer.offsets_for_times({place: since}, timeout_ms=self._left_ms(deadline))[place]
        if first is None:
            return Finding(State.WAITING)
        end = self._consumer.end_offsets([place], timeout_ms=self._left_ms(deadline))[place]
        self._consumer.assign([place])
        self._consumer.seek(place, first.offset)
        while self._consumer.position(place, timeout_ms=self._left_ms(deadline)) < end:
            found = _among(self._consumer.poll(timeout_ms=100).get(place, ()), decided)
            if found is not None:
                return found
            if self._clock() > deadline:
                raise SourceAway(SOURCE, _("the topic was not read within %(s)s s", s=f"{self._seconds:g}"))
        return Finding(State.WAITING)

    def _partition(self, key: bytes) -> TopicPartition:
        """Where the producer's partitioner puts the key (kafka.partitioner.DefaultPartitioner)."""
        partitions = sorted(self._consumer.partitions_for_topic(self._topic) or ())
        if not partitions:
            raise SourceAway(SOURCE, _("the topic does not exist"))
        return TopicPartition(self._topic, partitions[(murmur2(key) & 0x7FFFFFFF) % len(partitions)])

    def _left_ms(self, deadline: float) -> int:
        return max(1, int((deadline - self._clock()) * 1000))

    def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=500)


def _among(records: Sequence[Any], decided: Decided) -> Finding | None:
    """The relay publishes in order of position, so a record beyond ours that came first means that ours is gone."""
    for record in records:
        position = _position(record)
        if position == decided.position and _header(record, "ce_id") == decided.event_id:
            at = EPOCH + timedelta(milliseconds=record.timestamp)
            offset = f"{record.offset:,}"
            place = _("partition %(partition)s, offset %(offset)s", partition=record.partition, offset=offset)
            return Finding(State.DONE, at, place)
        if position is not None and position > decided.position:
            return Finding(State.NOT_KEPT, detail=_("the topic no longer keeps its record"))
    return None


def _position(record: Any) -> int | None:
    try:
        position = orjson.loads(record.value or b"")["position"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None  # a record that isn't ours; consumers put it to the dead letters
    return position if isinstance(position, int) else None


def _header(record: Any, name: str) -> str | None:
    return next((value.decode("utf-8", "replace") for key, value in record.headers if key == name), None)


def _connect(bootstrap: str) -> KafkaConsumer:
    addresses = servers(bootstrap)
    # A client of kafka-python that never reached a broker leaves its thread and its sockets behind.
    require_answer(addresses, timeout_seconds=1.0)
    return KafkaConsumer(
        bootstrap_servers=addresses,
        group_id=None,
        enable_auto_commit=False,
        client_id="monitoring-journey",
        bootstrap_timeout_ms=2_000,
        request_timeout_ms=2_000,
        fetch_max_wait_ms=100,
        metrics_enabled=False,
    )
