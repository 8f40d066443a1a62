"""One record on its way out, one on its way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service_kit import tracing

Header = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be published. `value` None is a tombstone, which only a compacted topic understands."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


@dataclass(frozen=True, slots=True)
class Message:
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
        """The same with its event; `dataclasses.replace` takes twice as long, and this is done for every message."""
        return Message(
            self.topic, self.partition, self.offset, self.timestamp_ms, self.key, self.value, self.headers, event
        )

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
