"""The attributes that travel beside every event as Kafka headers.

CloudEvents 1.0, Kafka protocol binding in binary mode: the value is the data, the attributes are `ce_` headers;
W3C Trace Context travels in `traceparent`. A record that was put on its topic again on purpose says `republished`: it
is the same event, by the same id, and who counts what was published counts it only where the first one is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SPEC_VERSION = "1.0"
TRACEPARENT = "traceparent"
REPUBLISHED = "republished"

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True)
class EventAttributes:
    """What a consumer may know of an event without reading its value.

    `id` is unique for ever, `type` is the noun and the verb ("transfer.posted"), `source` the service that
    publishes, `time` RFC 3339 in UTC.
    """

    id: str
    type: str
    source: str
    time: str

    def headers(self, traceparent: str | None = None, *, republished: bool = False) -> Headers:
        """As Kafka headers, with the trace context where there is one."""
        headers = [
            ("ce_specversion", SPEC_VERSION.encode()),
            ("ce_id", self.id.encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", self.time.encode()),
        ]
        if traceparent:
            headers.append((TRACEPARENT, traceparent.encode()))
        if republished:
            headers.append((REPUBLISHED, b"true"))
        return headers


def is_republished(headers: Iterable[tuple[str, bytes]]) -> bool:
    """Whether a record with these headers was put on its topic again on purpose."""
    return any(name == REPUBLISHED for name, _ in headers)
