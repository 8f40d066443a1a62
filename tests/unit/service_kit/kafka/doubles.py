"""Small stand-ins for what the consumer works with: a producer that remembers, a handler that fails as told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from service_kit.kafka import DlqLimit, InvalidMessage, Message, Record
from service_kit.kafka.batches import BatchWork, Work
from service_kit.kafka.dead_letters import DlqWatch
from service_kit.metrics import MessagingMetrics
from service_kit.retries import Backoff
from tests.manual_clock import ManualClock

TOPIC, GROUP = "orders", "tests"


class StoreDown(Exception):
    """The store can't be reached: nobody's message is at fault."""


class RememberingProducer:
    """Takes records; fails the first `failures` times."""

    def __init__(self, failures: Sequence[Exception] = ()) -> None:
        self.records: list[Record] = []
        self._failures = list(failures)

    def send_all(self, records: Sequence[Record]) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.records.extend(records)


class Handler:
    """Remembers the batches it was given and what it has done; fails while `trouble(batch)` gives an exception."""

    def __init__(self, trouble: Callable[[list[Message]], Exception | None] = lambda batch: None) -> None:
        self.batches: list[list[Message]] = []
        self.done: list[bytes | None] = []
        self._trouble = trouble

    def __call__(self, batch: list[Message]) -> None:
        self.batches.append(batch)
        error = self._trouble(batch)
        if error is not None:
            raise error
        self.done.extend(message.value for message in batch)


def fails_on(value: bytes, error: Exception) -> Callable[[list[Message]], Exception | None]:
    """Trouble with every batch that has a message of that value."""
    return lambda batch: error if any(message.value == value for message in batch) else None


def fails_first(*errors: Exception) -> Callable[[list[Message]], Exception | None]:
    """Trouble that passes: one of the errors for each of the first tries."""
    left = list(errors)
    return lambda batch: left.pop(0) if left else None


def decode(message: Message) -> str:
    """An event here is a text; what begins with "bad" is malformed."""
    text = (message.value or b"").decode()
    if text.startswith("bad"):
        raise InvalidMessage(f"{text} is no order")
    return text.upper()


def message(value: str, offset: int = 0, headers: tuple[tuple[str, bytes], ...] = ()) -> Message:
    return Message(TOPIC, 0, offset, 0, b"key", value.encode(), headers)


def messages(*values: str) -> list[Message]:
    return [message(value, offset) for offset, value in enumerate(values)]


class Bench:
    """A BatchWork with everything around it at hand."""

    def __init__(
        self,
        handler: Handler,
        producer: RememberingProducer | None = None,
        limit: DlqLimit | None = None,
        wait: Callable[[float], None] | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.producer = producer or RememberingProducer()
        self.registry = CollectorRegistry()
        metrics = MessagingMetrics(self.registry)
        metrics.expect_consumer(TOPIC, GROUP)
        self.watch = DlqWatch(limit or DlqLimit())
        self.work = BatchWork(
            TOPIC,
            GROUP,
            Work(decode, handler, (StoreDown,)),
            dead_letters=self.producer,  # type: ignore[arg-type]
            metrics=metrics,
            clock=self.clock,
            watch=self.watch,
            backoff=Backoff(attempts=3),
            wait=wait or self.clock.sleep,
        )

    def metric(self, name: str, **labels: str) -> float:
        known = {"messaging_destination_name": TOPIC, "messaging_consumer_group_name": GROUP}
        value = self.registry.get_sample_value(name, {**known, **labels})
        assert value is not None, f"{name}{labels} does not exist"
        return value

    @property
    def causes(self) -> list[str]:
        return [dict(record.headers)["dlq_cause"].decode() for record in self.producer.records]
