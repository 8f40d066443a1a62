"""Polling at the lake's pace: at once when it is quiet, about one batch a second under load.

Each batch costs files, flushes and a transaction, however small it is. Waiting in the handler would not make batches
larger, since a Kafka client fetches while it polls: so the polls themselves are gathered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

PACE_SECONDS = 1.0
GATHER_SECONDS = 0.1


class PacedConsumer:
    """A KafkaConsumer whose `poll` gathers until `pace_seconds` have gone by since it last gave something.

    Everything else is the client's own. A poll that finds nothing takes no longer than it was told to.
    """

    def __init__(self, client: Any, monotonic: Callable[[], float], max_batch: int, pace_seconds: float) -> None:
        self._client = client
        self._monotonic = monotonic
        self._max_batch = max_batch
        self._pace_seconds = pace_seconds
        self._gave_at = -pace_seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def poll(self, timeout_ms: int) -> dict[Any, list[Any]]:
        """Records by partition, each in order, at most about twice `max_batch` of them."""
        gathered: dict[Any, list[Any]] = defaultdict(list)
        self._take(gathered, timeout_ms)
        while gathered and sum(map(len, gathered.values())) < self._max_batch:
            left = self._gave_at + self._pace_seconds - self._monotonic()
            if left <= 0:
                break
            self._take(gathered, int(min(left, GATHER_SECONDS) * 1000) + 1)
        if gathered:
            self._gave_at = self._monotonic()
        return dict(gathered)

    def _take(self, gathered: dict[Any, list[Any]], timeout_ms: int) -> None:
        for partition, records in self._client.poll(timeout_ms=timeout_ms).items():
            gathered[partition].extend(records)
