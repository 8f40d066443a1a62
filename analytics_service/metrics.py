"""Every metric of the service, named and described once. Label sets are small and exist from the start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from analytics_service.domain.rows import KINDS
from analytics_service.ports import Snapshot
from service_kit import tracing
from service_kit.kafka import Message

PIPELINE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ENGINES = ("pandas", "dask")
_TRACE_ID = slice(3, 35)


class IngesterMetrics:
    """What an ingester has done, and what the lake is by now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.rows = Counter("lake_rows_ingested", "Rows committed to the lake", ["type"], registry=registry)
        self.suppressed_duplicates = Counter(
            "lake_suppressed_duplicates", "Events that the lake held already", registry=registry
        )
        self.commit_duration = Histogram(
            "lake_commit_duration_seconds",
            "From a batch's arrival to its commit in the manifest",
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self.commit_to_report = Histogram(
            "lake_commit_to_report_seconds",
            "From the ledger's decision to the moment when reports show it",
            buckets=PIPELINE_BUCKETS,
            registry=registry,
        )
        self.merged_files = Counter("lake_merged_files", "Small files merged into larger ones", registry=registry)
        self.swept_files = Counter("lake_swept_files", "Files deleted that nobody names", registry=registry)
        self.files = Gauge("lake_files", "Files that the manifest names", registry=registry)
        self.bytes = Gauge("lake_bytes", "Bytes of the files that the manifest names", registry=registry)
        self.lake_rows = Gauge("lake_rows", "Rows in the lake", registry=registry)
        self.complete_upto = Gauge(
            "lake_complete_upto_position", "Every event up to this position is in the lake", registry=registry
        )
        self.watermark = Gauge(
            "lake_watermark_timestamp_seconds",
            "When the ledger decided the event at lake_complete_upto_position; 0 before the first",
            registry=registry,
        )
        for kind in KINDS:
            self.rows.labels(kind)

    def committed(self, messages: Sequence[Message], at: datetime, seconds: float) -> None:
        """A batch was committed at `at`, `seconds` after it arrived."""
        self.commit_duration.observe(seconds)
        for message in messages:
            self.rows.labels(message.event["kind"]).inc()
            waited = (at - message.event["occurred_at"]).total_seconds()
            self.commit_to_report.observe(max(0.0, waited), _exemplar(message.traceparent))

    def shows(self, lake: Snapshot) -> None:
        """The lake as it is now."""
        self.files.set(len(lake.files))
        self.bytes.set(sum(file.bytes for file in lake.files))
        self.lake_rows.set(sum(file.rows for file in lake.files))
        watermark = lake.covered.watermark
        self.complete_upto.set(watermark.position)
        self.watermark.set(watermark.occurred_at.timestamp() if watermark.occurred_at else 0)


class WebMetrics:
    """What the web process has been asked for."""

    def __init__(self, registry: CollectorRegistry, reports: Iterable[str], formats: Iterable[str] = ()) -> None:
        self.report_duration = Histogram(
            "analytics_report_duration_seconds",
            "From the manifest to the finished figures",
            ["report", "engine"],
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self.exports = Counter("analytics_exports", "Exports begun", ["format"], registry=registry)
        for format in formats:
            self.exports.labels(format)
        for report in reports:
            for engine in ENGINES:
                self.report_duration.labels(report, engine)


def _exemplar(traceparent: str | None) -> dict[str, str] | None:
    """The trace's id, where the trace is kept and can be looked at."""
    return {"trace_id": traceparent[_TRACE_ID]} if traceparent and tracing.is_sampled(traceparent) else None
