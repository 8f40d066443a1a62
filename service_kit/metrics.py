"""The registry of a process, and the metrics of its Kafka clients.

Names follow the OpenTelemetry messaging conventions (https://opentelemetry.io/docs/specs/semconv/messaging/), written
the Prometheus way. A producer or consumer asks for its own set of series when it is built, and every label
combination exists from then on: `increase()` doesn't see a counter's first event when the series begins with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, disable_created_metrics
from prometheus_client import PlatformCollector as Platform
from prometheus_client import ProcessCollector as Process

# The version in pyproject.toml; a test holds the two together.
VERSION = "0.1.0"

SECONDS_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# error_type: "" is the OpenTelemetry way of saying that it went well.
NO_ERROR = ""
SEND_ERRORS = (NO_ERROR, "timeout", "refused")
COMMIT_ERRORS = (NO_ERROR, "timeout", "refused")
PROCESS_ERRORS = (NO_ERROR, "failed", "dependency_down")
REBALANCE_KINDS = ("assigned", "revoked", "lost")


class Cause(StrEnum):
    """Why a message went to the dead letters: the value of a label, so the set is fixed."""

    # What contracts' InvalidEvent can say.
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    SCHEMA = "schema"
    # Malformed in a way that the schema doesn't see.
    MALFORMED = "malformed"
    # Well-formed, and yet the domain can't take it.
    REFUSED = "refused"
    # It kept failing, for a reason that nobody foresaw.
    FAILED = "failed"


def new_registry(
    service: str, *, process: str, revision: str, version: str = VERSION, now: Callable[[], float] = time.time
) -> CollectorRegistry:
    """A registry of its own for this process, with what every process tells of itself.

    Never prometheus_client's global one: two applications in one test would meet in it. `revision` is the git hash
    or "unknown"; `now` tells Unix seconds.
    """
    # When each series began is a second series for each, and nobody asks for it.
    disable_created_metrics()
    registry = CollectorRegistry(auto_describe=True)
    Process(registry=registry)
    Platform(registry=registry)
    GCCollector(registry=registry)
    build = Gauge(
        "build_info",
        "1, with the version and revision that this process was built from.",
        ("service", "process", "version", "revision"),
        registry=registry,
    )
    build.labels(service, process, version, revision).set(1)
    # Prometheus has a clock of its own, so it sees by this whose is off.
    Gauge(
        "process_clock_timestamp_seconds", "Unix time by this process' own clock, while it answers", registry=registry
    ).set_function(now)
    return registry


class MessagingMetrics:
    """Every metric of the Kafka clients, described once. One instance per process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        topic, group = "messaging_destination_name", "messaging_consumer_group_name"
        consumer = (topic, group)
        self.sent = Counter(
            "messaging_client_sent_messages_total",
            "Messages a producer tried to send, by how it ended.",
            (topic, "error_type"),
            registry=registry,
        )
        self.consumed = Counter(
            "messaging_client_consumed_messages_total",
            "Messages delivered to the consumer, whatever became of them.",
            consumer,
            registry=registry,
        )
        self.operation_seconds = Histogram(
            "messaging_client_operation_duration_seconds",
            "Duration of a send (a batch, until every acknowledgement) or a commit.",
            ("messaging_operation_name", topic, group, "error_type"),
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.process_seconds = Histogram(
            "messaging_process_duration_seconds",
            "Duration of one try of the handler on a batch.",
            (*consumer, "error_type"),
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.retries = Counter(
            "messaging_consumer_retries_total",
            "Batches handed to the handler again, by why.",
            (*consumer, "error_type"),
            registry=registry,
        )
        self.dead_letters = Counter(
            "messaging_consumer_dead_letters_total",
            "Messages put on the dead-letter topic, by cause.",
            (*consumer, "cause"),
            registry=registry,
        )
        self.rebalances = Counter(
            "messaging_consumer_rebalances_total",
            "Changes of the partitions this consumer holds.",
            (*consumer, "kind"),
            registry=registry,
        )
        self.halted = Gauge(
            "messaging_consumer_halted",
            "1 while the consumer refuses to go on since most messages went to the dead letters.",
            consumer,
            registry=registry,
        )
        self.dependency_down = Gauge(
            "messaging_consumer_dependency_down",
            "1 while the consumer waits for something it needs (a store, the broker) to come back.",
            consumer,
            registry=registry,
        )
        self.last_progress = Gauge(
            "messaging_consumer_last_progress_timestamp_seconds",
            "Unix time of the last commit, or of the last poll that found nothing left to do.",
            consumer,
            registry=registry,
        )

    def expect_producer(self, topic: str) -> None:
        """Make the series of a producer to `topic` exist."""
        for error in SEND_ERRORS:
            self.sent.labels(topic, error)
            self.operation_seconds.labels("send", topic, "", error)

    def expect_consumer(self, topic: str, group: str) -> None:
        """Make the series of a consumer of `topic` exist."""
        for gauge in (self.halted, self.dependency_down, self.last_progress):
            gauge.labels(topic, group).set(0)
        self.last_progress.labels(topic, group).set_to_current_time()
        self.consumed.labels(topic, group)
        for error in COMMIT_ERRORS:
            self.operation_seconds.labels("commit", topic, group, error)
        for error in PROCESS_ERRORS:
            self.process_seconds.labels(topic, group, error)
        for error in PROCESS_ERRORS[1:]:
            self.retries.labels(topic, group, error)
        for cause in Cause:
            self.dead_letters.labels(topic, group, cause)
        for kind in REBALANCE_KINDS:
            self.rebalances.labels(topic, group, kind)


class JobMetrics:
    """How the jobs that a process does again and again fare (service_kit.periodic)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._last_success = Gauge(
            "job_last_success_timestamp_seconds",
            "Unix time of the job's last success; before the first, of the process's start",
            ("job",),
            registry=registry,
        )
        self._overdue_after = Gauge(
            "job_overdue_after_seconds",
            "How old the job's last success may become before something is wrong",
            ("job",),
            registry=registry,
        )
        self._runs = Counter("job_runs_total", "Runs, by how they ended", ("job", "outcome"), registry=registry)
        self._duration = Histogram(
            "job_duration_seconds", "Duration of a run", ("job",), buckets=(*SECONDS_BUCKETS, 30.0), registry=registry
        )

    def expect(self, job: str, now: float, overdue_after_seconds: float) -> None:
        """Make the job's series exist; `now` is in Unix seconds."""
        self._last_success.labels(job).set(now)
        self._overdue_after.labels(job).set(overdue_after_seconds)
        self._duration.labels(job)
        for outcome in ("ok", "failed"):
            self._runs.labels(job, outcome)

    def succeeded(self, job: str, seconds: float, now: float) -> None:
        """A run of `seconds` went well and ended at `now`."""
        self._runs.labels(job, "ok").inc()
        self._duration.labels(job).observe(seconds)
        self._last_success.labels(job).set(now)

    def failed(self, job: str, seconds: float) -> None:
        """A run raised after `seconds`."""
        self._runs.labels(job, "failed").inc()
        self._duration.labels(job).observe(seconds)
