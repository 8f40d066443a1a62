"""The attributes that travel beside every event as Kafka headers.

CloudEvents 1.0, Kafka protocol binding in binary mode: the value is the data, the attributes are `ce_` headers;
W3C Trace Context travels in `traceparent`.
"""

from __future__ import annotations

from dataclasses import dataclass

SPEC_VERSION = "1.0"
TRACEPARENT = "traceparent"

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

    def headers(self, traceparent: str | None = None) -> Headers:
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
        return headers
