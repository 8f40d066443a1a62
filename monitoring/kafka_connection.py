"""Kafka's clients for looking on from outside: opened when needed, thrown away when anything fails.

kafka-python (3.0.12) needs both: whether the broker answers is asked before a client is built (see `require_answer`);
and an admin client remembers coordinators and connections that a restart made wrong, so the one that failed isn't used
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer

from service_kit.kafka.connections import require_answer, servers

T = TypeVar("T")
REQUEST_MS = 3_000


class Held(Generic[T]):
    """A client of Kafka's that lives as long as all goes well. Belongs to one thread."""

    def __init__(self, bootstrap: str, build: Callable[[list[str]], T]) -> None:
        """`bootstrap` is KAFKA_BOOTSTRAP_SERVERS; raises KafkaMisconfigured where it is malformed."""
        self._servers = servers(bootstrap)
        self._build = build
        self._client: T | None = None

    @property
    def is_open(self) -> bool:
        """Whether the next use goes on with the same client."""
        return self._client is not None

    @contextmanager
    def use(self) -> Iterator[T]:
        """The client; whatever is raised while it is used ends it. Raises KafkaError where it can't be had."""
        if self._client is None:
            require_answer(self._servers)
            self._client = self._build(self._servers)
        try:
            yield self._client
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the client; the next use builds another."""
        client, self._client = self._client, None
        if client is not None:
            client.close()  # type: ignore[attr-defined]


def held_admin(bootstrap: str, client_id: str) -> Held[Any]:
    """An admin client."""
    return Held(
        bootstrap,
        lambda addresses: KafkaAdminClient(
            bootstrap_servers=addresses,
            client_id=client_id,
            bootstrap_timeout_ms=REQUEST_MS,
            request_timeout_ms=REQUEST_MS,
        ),
    )


def held_reader(bootstrap: str, client_id: str, **settings: Any) -> Held[Any]:
    """A consumer of no group, which commits nothing; it starts at the oldest record where an offset is gone."""
    fixed = {
        "client_id": client_id,
        "group_id": None,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "bootstrap_timeout_ms": REQUEST_MS,
        "request_timeout_ms": REQUEST_MS,
        "fetch_max_wait_ms": 100,
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }
    return Held(bootstrap, lambda addresses: KafkaConsumer(bootstrap_servers=addresses, **(fixed | settings)))
