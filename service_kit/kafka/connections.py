"""Opening Kafka's clients, so that a missing package or a wrong address is named instead of slowing us down."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaConnectionError

from service_kit.kafka.errors import KafkaMisconfigured

LEAST_WAIT_SECONDS = 0.05
API_VERSIONS_KEY = 18


def require_fast_checksums() -> None:
    """Refuse to start without `crc32c`: kafka-python would fall back, silently, and consume six times slower.

    Raises:
        KafkaMisconfigured: the package isn't installed.
    """
    if find_spec("crc32c") is None:
        raise KafkaMisconfigured(
            "the package crc32c is missing: pip install crc32c (kafka-python is 3-6x slower without)"
        )


def servers(bootstrap: str) -> list[str]:
    """KAFKA_BOOTSTRAP_SERVERS ("host:port,host:port") as the clients want it.

    Raises:
        KafkaMisconfigured: not a comma-separated list of host:port.
    """
    found = [server.strip() for server in bootstrap.split(",") if server.strip()]
    wrong = [server for server in found if not server.rpartition(":")[0] or not server.rpartition(":")[2].isdigit()]
    if wrong or not found:
        raise KafkaMisconfigured(f"KAFKA_BOOTSTRAP_SERVERS must be host:port[,host:port...], not {bootstrap!r}")
    return found


def require_answer(addresses: Sequence[str], *, timeout_seconds: float = 3.0) -> None:
    """Return when one of the brokers answers ApiVersions (version 0), the first question of every client.

    Asked before a client is built: a client of kafka-python that is answered by no broker leaves its network thread
    behind. A frozen broker still takes connections, since its machine does that for it; only an answer tells.

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


def open_consumer(**settings: Any) -> Any:
    """A KafkaConsumer whose `poll` waits without burning a core, and ends every join that it begins.

    kafka-python (3.0.12) waits until the next heartbeat is due at most, though its heartbeats are sent by a thread of
    their own; while one is overdue, as it is for as long as the broker is frozen, it doesn't wait at all and asks
    itself in a circle until the poll's time-out. So it is told of no wait below LEAST_WAIT_SECONDS; a message that
    comes ends the wait as before.

    It also forgets a join that it began since the topic's metadata changed, if a poll ends before the answer comes:
    having computed the new assignment it no longer sees a change, never reads the answer, and with its heartbeats
    stopped is put out of the group. So it needs to join for as long as it is joining.
    """
    client = KafkaConsumer(**settings)
    coordinator = client._coordinator
    until_heartbeat, metadata_changed = coordinator.time_to_next_poll, coordinator.need_rejoin
    coordinator.time_to_next_poll = lambda: max(LEAST_WAIT_SECONDS, until_heartbeat())
    coordinator.need_rejoin = lambda: coordinator.rejoining or metadata_changed()
    return client
