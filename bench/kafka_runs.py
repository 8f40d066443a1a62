"""``python -m bench.kafka_runs WHO BOOTSTRAP TOPIC RECORDS``: records of a transfer's event sent, or read, once, in a
process of its own.

Prints the CPU that this process took for them, of all its threads, and the seconds. Connecting and the first records
are not in it: a relay and a consumer do that once in their lives.
"""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from kafka import KafkaConsumer, KafkaProducer
from prometheus_client import CollectorRegistry

from contracts.events import EventAttributes
from service_kit.garbage import leave_alone_what_stays
from service_kit.kafka import ConsumerLoop, ConsumerSettings, Message, Producer, Record
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from stack.layout import ROOT
from transaction_service.publishing import BATCH_MAX, SOURCE

EVENT = ROOT / "contracts" / "examples" / "transactions" / "transfer.posted.json"
ACCOUNTS = 1_000
FIRST = 1_000
"""So many come before those that are measured."""
GIVE_UP_SECONDS = 120.0


@dataclass(frozen=True)
class Cost:
    """What `records` took: CPU of the process, and time."""

    records: int
    cpu_seconds: float
    seconds: float

    @property
    def per_cpu_second(self) -> float:
        return self.records / self.cpu_seconds


def records(topic: str, count: int) -> Iterator[Record]:
    """Events as the relay sends them, over a thousand payers' accounts."""
    value = Path(EVENT).read_bytes()
    for number in range(count):
        attributes = EventAttributes(
            id=str(uuid.UUID(int=number)), type="transfer.posted", source=SOURCE, time="2026-11-02T10:31:31.000Z"
        )
        key = str(uuid.UUID(int=number % ACCOUNTS)).encode()
        yield Record(topic=topic, key=key, value=value, headers=attributes.headers(None))


def relay(bootstrap: str, topic: str, count: int) -> Cost:
    """As our relay does it: batch after batch, each acknowledged before the next one, in a process as it runs."""
    leave_alone_what_stays()
    producer = Producer(bootstrap, "bench", MessagingMetrics(CollectorRegistry()), topics=[topic])

    def send(batch: Sequence[Record]) -> None:
        for start in range(0, len(batch), BATCH_MAX):
            producer.send_all(batch[start : start + BATCH_MAX])

    return _sent(send, topic, count, producer.close)


def one_by_one(bootstrap: str, topic: str, count: int) -> Cost:
    """As one does it who wants to know that each is there: `send().get()`."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)

    def send(batch: Sequence[Record]) -> None:
        for record in batch:
            producer.send(record.topic, value=record.value, key=record.key, headers=list(record.headers)).get()

    return _sent(send, topic, count, producer.close)


def defaults(bootstrap: str, topic: str, count: int) -> Cost:
    """As kafka-python's producer does it when nothing is set, flushed as often as our relay flushes."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)

    def send(batch: Sequence[Record]) -> None:
        for start in range(0, len(batch), BATCH_MAX):
            sent = [
                producer.send(record.topic, value=record.value, key=record.key, headers=list(record.headers))
                for record in batch[start : start + BATCH_MAX]
            ]
            producer.flush()
            for future in sent:
                future.get(timeout=0)

    return _sent(send, topic, count, producer.close)


def _sent(send: Callable[[Sequence[Record]], None], topic: str, count: int, close: Callable[[], object]) -> Cost:
    batch = list(records(topic, count))
    send(batch[: min(FIRST, count)])
    began, cpu_began = time.perf_counter(), time.process_time()
    send(batch)
    cost = Cost(count, time.process_time() - cpu_began, time.perf_counter() - began)
    close()
    return cost


class Counting:
    """Counts what is read; measures from the first FIRST records on, until `count` more."""

    def __init__(self, count: int) -> None:
        self._count, self._seen = count, 0
        self._from: tuple[int, float, float] | None = None
        self.cost: Cost | None = None

    def read(self, number: int) -> bool:
        """So many more; whether that is all."""
        self._seen += number
        if self._from is None:
            if self._seen >= FIRST:
                self._from = self._seen, time.process_time(), time.perf_counter()
        elif self._seen - self._from[0] >= self._count and self.cost is None:
            seen, cpu, at = self._from
            self.cost = Cost(self._seen - seen, time.process_time() - cpu, time.perf_counter() - at)
        return self.cost is not None


def consumer(bootstrap: str, topic: str, count: int) -> Cost:
    """As our consumers do it: batches, each committed once its work is done, which is nothing here but to decode; in a
    process as it runs."""
    leave_alone_what_stays()
    counting, stop = Counting(count), threading.Event()

    def handle(messages: list[Message]) -> None:
        if counting.read(len(messages)):
            stop.set()

    metrics = MessagingMetrics(CollectorRegistry())
    loop = ConsumerLoop(
        bootstrap,
        topic,
        f"bench-{uuid.uuid4()}",
        decode=lambda message: orjson.loads(message.value or b""),
        handle=handle,
        dead_letters=Producer(bootstrap, "bench", metrics, topics=[f"{topic}.dlq"]),
        metrics=metrics,
        progress=Progress(),
        settings=ConsumerSettings(),
    )
    giving_up = threading.Timer(GIVE_UP_SECONDS, stop.set)
    giving_up.start()
    loop.run(stop)
    giving_up.cancel()
    return _all_read(counting)


def default_consumer(bootstrap: str, topic: str, count: int) -> Cost:
    """As kafka-python's consumer does it when nothing is set but where to begin: one by one, committed now and then."""
    reading = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=f"bench-{uuid.uuid4()}",
        auto_offset_reset="earliest",
        consumer_timeout_ms=int(GIVE_UP_SECONDS * 1000),
    )
    counting = Counting(count)
    for record in reading:
        orjson.loads(record.value)
        if counting.read(1):
            break
    reading.close()
    return _all_read(counting)


def _all_read(counting: Counting) -> Cost:
    if counting.cost is None:
        raise RuntimeError(f"not all was read within {GIVE_UP_SECONDS:.0f} s")
    return counting.cost


WHO = {
    "relay": relay,
    "one_by_one": one_by_one,
    "defaults": defaults,
    "consumer": consumer,
    "default_consumer": default_consumer,
}


def measured(who: str, bootstrap: str, topic: str, count: int) -> Cost:
    """What a run of a process of its own has printed."""
    command = [sys.executable, "-m", "bench.kafka_runs", who, bootstrap, topic, str(count)]
    printed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    # Our consumer logs to standard output before it.
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return Cost(**found)


def main(who: str, bootstrap: str, topic: str, count: str) -> None:
    """Measure and print."""
    print(json.dumps(asdict(WHO[who](bootstrap, topic, int(count)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
