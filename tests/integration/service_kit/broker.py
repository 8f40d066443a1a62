"""Consumers that run beside a test, and ways to look at the broker that go around our own code."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from prometheus_client import CollectorRegistry

from service_kit.kafka import ConsumerLoop, ConsumerSettings, InvalidMessage, Message, Producer, Record, dead_letters_of
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from service_kit.retries import Backoff
from tests.waiting import eventually

GROUP = "tests"
SETTINGS = ConsumerSettings(
    poll_seconds=0.1,
    session_timeout_seconds=6.0,
    backoff=Backoff(initial_seconds=0.01, max_seconds=0.1, attempts=3),
)


class StoreDown(Exception):
    """The store behind the handler is away."""


def records(topic: str, values: Sequence[str]) -> list[Record]:
    """One record per value; the key is the value's first word, so that words order within a partition."""
    return [Record(topic, value.split()[0].encode(), value.encode()) for value in values]


def decode(message: Message) -> str:
    text = (message.value or b"").decode()
    if text.startswith("bad"):
        raise InvalidMessage(f"{text} is no order")
    return text


class RunningConsumer:
    """A ConsumerLoop in a thread of its own, with what it has done."""

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        settings: ConsumerSettings,
        before_done: Callable[[list[Message]], None],
        dlq_bootstrap: str | None = None,
    ) -> None:
        self.done: list[Any] = []
        self.crash: BaseException | None = None
        self.stop = threading.Event()
        self.registry = CollectorRegistry()
        self._topic = topic
        self._before_done = before_done
        metrics = MessagingMetrics(self.registry)
        dead_letters = Producer(
            dlq_bootstrap or bootstrap,
            "tests-dlq",
            metrics,
            topics=[dead_letters_of(topic)],
            delivery_timeout_seconds=5.0,
        )
        self.loop = ConsumerLoop(
            bootstrap,
            topic,
            GROUP,
            decode=decode,
            handle=self._handle,
            dead_letters=dead_letters,
            metrics=metrics,
            progress=Progress(),
            dependency_down=(StoreDown,),
            settings=settings,
        )
        self._dead_letters = dead_letters
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _handle(self, batch: list[Message]) -> None:
        self._before_done(batch)
        self.done.extend(message.event for message in batch)

    def _run(self) -> None:
        try:
            self.loop.run(self.stop)
        except Exception as error:  # noqa: BLE001 - shown by end(), in the test's own thread
            self.crash = error

    def ready(self) -> str:
        """ "" when ready, else the reason."""
        try:
            self.loop.check()
        except Exception as error:  # noqa: BLE001 - the reason is the answer
            return str(error)
        return ""

    def metric(self, name: str, **labels: str) -> float:
        known = {"messaging_destination_name": self._topic, "messaging_consumer_group_name": GROUP}
        return self.registry.get_sample_value(name, {**known, **labels}) or 0.0

    def end(self) -> None:
        """Stop it as SIGTERM does, and fail if it crashed or hangs."""
        self.stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the consumer did not stop"
        self._dead_letters.close()
        if self.crash is not None:
            raise self.crash


class Consumers:
    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._started: list[RunningConsumer] = []

    def start(
        self,
        before_done: Callable[[list[Message]], None] = lambda batch: None,
        settings: ConsumerSettings = SETTINGS,
        dlq_bootstrap: str | None = None,
    ) -> RunningConsumer:
        consumer = RunningConsumer(self._bootstrap, self._topic, settings, before_done, dlq_bootstrap)
        self._started.append(consumer)
        return consumer

    def stop_all(self) -> None:
        for consumer in self._started:
            consumer.end()

    def done(self) -> Counter[str]:
        return Counter(value for consumer in self._started for value in consumer.done)


def committed(bootstrap: str, topic: str) -> int:
    """The sum of the group's committed offsets over the topic's partitions."""
    client = KafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False)
    try:
        partitions = [TopicPartition(topic, number) for number in client.partitions_for_topic(topic)]
        return sum(client.committed(partition) or 0 for partition in partitions)
    finally:
        client.close()


def read_all(bootstrap: str, topic: str, count: int) -> list[Any]:
    """The first `count` records of a topic, as the client gives them."""
    client = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest")
    found: list[Any] = []

    def all_there() -> bool:
        for some in client.poll(timeout_ms=200).values():
            found.extend(some)
        return len(found) >= count

    try:
        eventually(all_there, what=f"{count} records on {topic}")
    finally:
        client.close()
    return found
