"""Kafka's clients for looking on from outside: opened when needed, thrown away when anything fails.

kafka-python (3.0.12) needs both: a client that is built while the broker is frozen leaves its thread behind for ever,
so whether the broker answers is asked on a socket of our own before; and an admin client remembers coordinators and
connections that a restart made wrong, so the one that failed isn't used again.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaConnectionError

from service_kit.kafka.connections import servers

T = TypeVar("T")
ANSWER_SECONDS = 2.0
REQUEST_MS = 3_000
API_VERSIONS_KEY = 18


def require_answer(addresses: Sequence[str], timeout_seconds: float = ANSWER_SECONDS) -> None:
    """Return when one of the brokers answers ApiVersions (version 0), the first question of every client.

    A frozen broker still takes connections, since its machine does that for it; only an answer tells.

    Raises:
        KafkaConnectionError: none answers; the message has the last reason.
    """
    # https://kafka.apache.org/protocol#protocol_messages: length, api key, version, correlation id, client id (null).
    body = struct.pack(">hhih", API_VERSIONS_KEY, 0, 1, -1)
    reason: OSError | None = None
    for address in addresses:
        host, _, port = address.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_seconds) as connection:
                connection.sendall(struct.pack(">i", len(body)) + body)
                if connection.recv(1):
                    return
        except OSError as error:
            reason = error
    raise KafkaConnectionError(f"no broker answers at {', '.join(addresses)}: {reason or 'the connection was closed'}")


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
