"""One record on its way out, one on its way in. Named tuples: thousands a second are made, and frozen data classes take
three times as long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from service_kit import tracing

Header = tuple[str, bytes]


class Record(NamedTuple):
    """What is to be published. `value` None is a tombstone, which only a compacted topic understands."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


class Message(NamedTuple):
    """What arrived. `event` is what the consumer's `decode` made of it; `timestamp_ms` the broker's Unix time."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()
    event: Any = None

    def understood(self, event: Any) -> Message:
        """The same with its event; `_replace` takes twice as long."""
        return Message(*self[:-1], event)

    def header(self, name: str) -> str | None:
        """The first header of that name as text; None where there is none."""
        return next((value.decode("utf-8", "replace") for key, value in self.headers if key == name), None)

    @property
    def traceparent(self) -> str | None:
        """The W3C trace context the producer sent along; None where it is missing or malformed."""
        return tracing.extract(self.headers)

    @property
    def place(self) -> str:
        """Where it lies, for logs: topic/partition@offset."""
        return f"{self.topic}/{self.partition}@{self.offset}"
