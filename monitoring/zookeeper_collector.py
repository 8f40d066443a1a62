"""The job `zookeeper`: the server's own figures, and since when each of Kafka's brokers is registered.

The latter is how a restart of a broker is seen: the registration is an ephemeral node that a broker makes when it
starts, while its topics' leader epochs don't move where there is no other broker to lead meanwhile.
"""

from __future__ import annotations

from typing import Protocol

from monitoring.store_metrics import ZooKeeperMetrics

PERIOD_SECONDS = 5.0
BROKERS = "/brokers/ids"


class Server(Protocol):
    """What is asked; `monitoring.zookeeper_client` says how. Each raises ZooKeeperUnavailable."""

    def server_state(self) -> dict[str, str]: ...

    def children(self, path: str) -> list[str]: ...

    def created_at(self, path: str) -> float | None: ...


class ZooKeeperCollector:
    """Asks, and passes on."""

    name = "zookeeper"
    period_seconds = PERIOD_SECONDS

    def __init__(self, server: Server, metrics: ZooKeeperMetrics) -> None:
        self._server = server
        self._metrics = metrics

    def run_once(self) -> None:
        """Ask once; raises ZooKeeperUnavailable where there is no answer, and then `zookeeper_up` is 0."""
        try:
            self._collect()
        except Exception:
            self._metrics.up.set(0)
            raise
        self._metrics.up.set(1)

    def _collect(self) -> None:
        state = self._server.server_state()
        self._metrics.packets_received.says(int(state["Received"]))
        self._metrics.outstanding.set(int(state["Outstanding"]))
        self._metrics.znodes.set(int(state["Node count"]))
        self._metrics.connections.set(int(state["Connections"]))
        # Lowest, average and highest, in milliseconds.
        self._metrics.latency.set(float(state["Latency min/avg/max"].split("/")[1]) / 1000)
        for broker in self._server.children(BROKERS):
            registered = self._server.created_at(f"{BROKERS}/{broker}")
            if registered is not None:
                self._metrics.broker_registered(broker, registered)
