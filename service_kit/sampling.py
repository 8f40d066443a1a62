"""Which traces are kept: so many a second, decided once, at the head of each.

A rate and not a share, because a share that shows something on a quiet stack drowns the store of a busy one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from opentelemetry.context import Context, get_value
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from service_kit.clock import Clock

# A context that carries this has been decided upon by service_kit.tracing: keep the root that begins in it.
KEEP = "service_kit.sampling.keep"


class TokenBucket:
    """Lets `per_second` through, and after a quiet time a burst of one second's worth (at least one)."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        if per_second < 0:
            raise ValueError("per_second can't be negative")
        self._per_second = per_second
        self._capacity = max(1.0, per_second) if per_second else 0.0
        self._tokens = self._capacity
        self._clock = clock
        self._filled_at = clock.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        with self._lock:
            now = self._clock.monotonic()
            self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True


class _Head(Sampler):
    """Decides for roots that an instrumentor begins; those of service_kit.tracing come decided, with KEEP.

    A call to a store outside of any request or message begins no trace: lease renewals and polls would eat the rate.
    """

    def __init__(self, bucket: TokenBucket) -> None:
        self._bucket = bucket

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        kept = bool(get_value(KEEP, parent_context)) or (kind is not SpanKind.CLIENT and self._bucket.take())
        return SamplingResult(Decision.RECORD_AND_SAMPLE if kept else Decision.DROP, attributes if kept else None)

    def get_description(self) -> str:
        return "RateLimitedHead"


def head_sampler(bucket: TokenBucket) -> Sampler:
    """Children follow their parent, here or in another process; roots are limited by `bucket`."""
    return ParentBased(root=_Head(bucket))
