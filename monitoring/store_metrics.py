"""Every metric of the stores as seen from outside: Kafka's groups and topics, ZooKeeper, MongoDB."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily


class ReportedCounters:
    """Counters that another server keeps: we pass on what it says, and when it restarts they begin anew, as ours do."""

    def __init__(self, registry: CollectorRegistry, name: str, text: str, label: str | None = None) -> None:
        """`name` without "_total"; `label`: the one label, where there is one."""
        self._name, self._text, self._label = name, text, label
        self._values: dict[str, float] = {}
        registry.register(self)

    def says(self, value: float, label: str = "") -> None:
        """The server's figure."""
        self._values[label] = value

    def collect(self) -> Iterator[CounterMetricFamily]:
        """For the registry."""
        family = CounterMetricFamily(self._name, self._text, labels=[self._label] if self._label else [])
        for label, value in sorted(self._values.items()):
            family.add_metric([label] if self._label else [], value)
        yield family


class LagMetrics:
    """Consumer lag as the broker tells it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("group", "topic")
        self._messages = Gauge(
            "kafka_consumer_lag_messages",
            "Messages behind the group's committed offsets; NaN while Kafka can't be asked",
            labels,
            registry=registry,
        )
        self._seconds = Gauge(
            "kafka_consumer_lag_seconds",
            "Age of the oldest message behind a committed offset, 0 when none waits; it grows on while Kafka is away",
            labels,
            registry=registry,
        )
        self._members = Gauge(
            "kafka_consumer_group_members",
            "Members of the group; NaN while Kafka can't be asked",
            ("group",),
            registry=registry,
        )
        self._groups: set[str] = set()

    def waits(self, group: str, topic: str, messages: int | None, seconds: float) -> None:
        """So much waits; None leaves the messages as they were last known."""
        if messages is not None:
            self._messages.labels(group, topic).set(messages)
        self._seconds.labels(group, topic).set(seconds)

    def unknown(self, group: str, topic: str) -> None:
        """Nobody knows."""
        self._messages.labels(group, topic).set(math.nan)
        self._seconds.labels(group, topic).set(math.nan)

    def forget(self, group: str, topic: str) -> None:
        """The group or the topic is gone."""
        self._messages.remove(group, topic)
        self._seconds.remove(group, topic)

    def members(self, members: Mapping[str, float]) -> None:
        """How many each group has; the others are gone."""
        for gone in self._groups - members.keys():
            self._members.remove(gone)
        self._groups = set(members)
        for group, count in members.items():
            self._members.labels(group).set(count)


class KafkaMetrics:
    """The brokers and topics, by the admin protocol."""

    def __init__(self, registry: CollectorRegistry, topics: Iterable[str]) -> None:
        """`topics`: those that are expected, so that their series exist from the start."""
        self.up = Gauge("kafka_up", "1 while the cluster answers the admin protocol", registry=registry)
        self.brokers = Gauge("kafka_brokers", "Brokers that are registered; 0 while none answers", registry=registry)
        self.under_replicated = Gauge(
            "kafka_under_replicated_partitions",
            "Partitions with fewer replicas in sync than they should have",
            registry=registry,
        )
        self.leaderless = Gauge("kafka_leaderless_partitions", "Partitions that no broker leads", registry=registry)
        self.partitions = Gauge("kafka_topic_partitions", "Partitions of the topic", ("topic",), registry=registry)
        self.end_offset = Gauge(
            "kafka_topic_end_offset",
            "Sum of the topic's end offsets: messages ever written to it",
            ("topic",),
            registry=registry,
        )
        self.leader_epoch = Gauge(
            "kafka_topic_leader_epoch",
            "Sum of the leader epochs: grows with every election of a leader. A lone broker that restarts elects none",
            ("topic",),
            registry=registry,
        )
        self.request_seconds = Histogram(
            "kafka_request_duration_seconds",
            "Duration of a metadata request to the cluster",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
            registry=registry,
        )
        self._topics: set[str] = set()
        for topic in topics:
            self.topic(topic, 0, 0, 0)

    def topic(self, topic: str, partitions: int, end_offset: int, leader_epoch: int) -> None:
        """What is known of one topic."""
        self._topics.add(topic)
        self.partitions.labels(topic).set(partitions)
        self.end_offset.labels(topic).set(end_offset)
        self.leader_epoch.labels(topic).set(leader_epoch)

    def only(self, topics: set[str]) -> None:
        """Forget every topic but these."""
        for gone in self._topics - topics:
            for gauge in (self.partitions, self.end_offset, self.leader_epoch):
                gauge.remove(gone)
        self._topics &= topics


class ZooKeeperMetrics:
    """ZooKeeper, and what it knows of Kafka's brokers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.up = Gauge("zookeeper_up", "1 while the server answers and serves", registry=registry)
        self.packets_received = ReportedCounters(
            registry, "zookeeper_packets_received", "Packets the server has received since its start"
        )
        self.outstanding = Gauge(
            "zookeeper_outstanding_requests", "Requests that wait in the server", registry=registry
        )
        self.znodes = Gauge("zookeeper_znodes", "Nodes of the tree", registry=registry)
        self.connections = Gauge("zookeeper_connections", "Open connections", registry=registry)
        self.latency = Gauge(
            "zookeeper_latency_average_seconds",
            "Average latency of a request since the server's start",
            registry=registry,
        )
        self._registered = Gauge(
            "kafka_broker_registered_timestamp_seconds",
            "Unix time of the broker's registration: moves when it restarted, or was silent longer than its session",
            ("broker",),
            registry=registry,
        )

    def broker_registered(self, broker: str, timestamp: float) -> None:
        """Since when; a broker that is away keeps its last time, so that a change is a change and not a new series."""
        self._registered.labels(broker).set(timestamp)


class MongoMetrics:
    """MongoDB by its own account."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.up = Gauge("mongodb_up", "1 while a server answers", registry=registry)
        self.start_time = Gauge("mongodb_start_time_seconds", "Unix time of the server's start", registry=registry)
        self.connections = Gauge("mongodb_connections", "Connections, by state", ("state",), registry=registry)
        self.operations = ReportedCounters(
            registry, "mongodb_operations", "Operations since the server's start, by type", "type"
        )
        self.transactions = ReportedCounters(
            registry, "mongodb_transactions", "Transactions since the server's start, by outcome", "outcome"
        )
        self.queued = Gauge("mongodb_queued_operations", "Operations waiting for a lock", ("kind",), registry=registry)
        self.resident_bytes = Gauge("mongodb_resident_bytes", "Memory of the process", registry=registry)
        self.cache_bytes = Gauge("mongodb_cache_bytes", "What is in WiredTiger's cache", registry=registry)
        self.replica_state = Gauge(
            "mongodb_replica_state",
            "State in the replica set: 1 primary, 2 secondary, others in MongoDB's reference; NaN while unknown",
            registry=registry,
        )
        self.primary = Gauge("mongodb_primary", "1 while the server that answers is the primary", registry=registry)
        self.oplog_window = Gauge(
            "mongodb_oplog_window_seconds", "From the oldest entry of the oplog to the newest", registry=registry
        )
        self.ping = Gauge(
            "mongodb_ping_seconds", "Round trip of the last ping; NaN while none comes back", registry=registry
        )
