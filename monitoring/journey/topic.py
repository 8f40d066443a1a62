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

from monitoring.asking import SourceAway
from monitoring.journey.stages import EPOCH, Decided, Finding, State
from service_kit.kafka.connections import require_answer, servers
from service_kit.kafka.partitions import partition_of

SOURCE = "Kafka"
SECONDS = 2.0
MARGIN_MS = 2_000
"""The ledger's clock and the broker's or relay's may differ by so much before a look takes longer."""
STEP_BACK, STEPS_GROW = 1_000, 4
"""So many records earlier a look begins again where they differ by more, and by how much that grows."""


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
        self._consumer.assign([place])
        hint = self._consumer.offsets_for_times({place: since}, timeout_ms=self._left_ms(deadline))[place]
        begin = self._consumer.beginning_offsets([place], timeout_ms=self._left_ms(deadline))[place]
        end = self._consumer.end_offsets([place], timeout_ms=self._left_ms(deadline))[place]
        if begin == end:
            return Finding(State.WAITING)
        self._go_to_ours(place, begin, hint.offset if hint else end - 1, decided, deadline)
        return self._read_on(place, begin, end, decided, deadline)

    def _read_on(self, place: TopicPartition, begin: int, end: int, decided: Decided, deadline: float) -> Finding:
        """Ours; or that it is gone: at once where the topic begins after it, else if nothing has published it again."""
        gone = Finding(State.NOT_KEPT, detail=_("the topic no longer keeps its record"))
        offset, is_passed = self._consumer.position(place, timeout_ms=self._left_ms(deadline)), False
        while offset < end:
            records = self._read(place, deadline)
            if found := _ours(records, decided):
                return found
            if offset == begin and _comes_after(records, decided):
                return gone
            is_passed = is_passed or max(_positions(records), default=0) > decided.position
            offset = records[-1].offset + 1
        return gone if is_passed else Finding(State.WAITING)

    def _go_to_ours(self, place: TopicPartition, begin: int, offset: int, decided: Decided, deadline: float) -> None:
        """Seek to `offset`, which the decision's moment told, or to one before it: a record that came after ours there
        shows that the ledger's clock is ahead."""
        step = STEP_BACK
        self._consumer.seek(place, offset)
        while offset > begin and _comes_after(self._read(place, deadline), decided):
            offset, step = max(begin, offset - step), step * STEPS_GROW
            self._consumer.seek(place, offset)
        self._consumer.seek(place, offset)

    def _read(self, place: TopicPartition, deadline: float) -> Sequence[Any]:
        """What comes next, before the topic's end."""
        while self._clock() < deadline:
            if records := self._consumer.poll(timeout_ms=100).get(place):
                return list(records)
        raise SourceAway(SOURCE, _("the topic was not read within %(s)s s", s=f"{self._seconds:g}"))

    def _partition(self, key: bytes) -> TopicPartition:
        partitions = self._consumer.partitions_for_topic(self._topic)
        if not partitions:
            raise SourceAway(SOURCE, _("the topic does not exist"))
        return TopicPartition(self._topic, partition_of(key, len(partitions)))

    def _left_ms(self, deadline: float) -> int:
        return max(1, int((deadline - self._clock()) * 1000))

    def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=500)


def _ours(records: Sequence[Any], decided: Decided) -> Finding | None:
    for record in records:
        if _position(record) == decided.position and _header(record, "ce_id") == decided.event_id:
            at = EPOCH + timedelta(milliseconds=record.timestamp)
            offset = f"{record.offset:,}"
            place = _("partition %(partition)s, offset %(offset)s", partition=record.partition, offset=offset)
            return Finding(State.DONE, at, place)
    return None


def _comes_after(records: Sequence[Any], decided: Decided) -> bool:
    """The relay publishes in order of position, so what it decided later it has published later."""
    return next(iter(_positions(records)), 0) > decided.position


def _positions(records: Sequence[Any]) -> list[int]:
    return [position for position in map(_position, records) if position is not None]


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
