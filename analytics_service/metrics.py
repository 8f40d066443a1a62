"""Every metric of the service, named and described once. Label sets are small and exist from the start."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from analytics_service.domain.job import Claimed, JobState
from analytics_service.domain.reconciliation import KINDS as BREAK_KINDS
from analytics_service.domain.rows import KINDS
from analytics_service.ports import Snapshot
from analytics_service.ports.jobs import Backlog
from service_kit import tracing
from service_kit.kafka import Message

PIPELINE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOB_BUCKETS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0)
BYTES_BUCKETS = (1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)
ENGINES = ("pandas", "dask")
NOTICE_OUTCOMES = ("told", "put_off", "refused")
JOB_OUTCOMES = (JobState.DONE, JobState.FAILED, "stopped", "put_back")
_TRACE_ID = slice(3, 35)
_KEPT = b"13579bdf"
"""How a traceparent ends whose trace is kept: with the lowest bit of its flags."""


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
        self.rollups = Gauge(
            "lake_rollup_buckets", "Minutes, hours and days of which figures are kept", registry=registry
        )
        for kind in KINDS:
            self.rows.labels(kind)

    def committed(self, messages: Sequence[Message], at: datetime, seconds: float) -> None:
        """A batch was committed at `at`, `seconds` after it arrived."""
        self.commit_duration.observe(seconds)
        for kind, rows in Counts(message.event["kind"] for message in messages).items():
            self.rows.labels(kind).inc(rows)
        for message in messages:
            waited = (at - message.event["occurred_at"]).total_seconds()
            self.commit_to_report.observe(max(0.0, waited), _exemplar(message))

    def shows(self, lake: Snapshot, rollups: int) -> None:
        """The lake as it is now, with so many buckets of rollups."""
        self.rollups.set(rollups)
        self.files.set(len(lake.files))
        self.bytes.set(sum(file.bytes for file in lake.files))
        self.lake_rows.set(sum(file.rows for file in lake.files))
        watermark = lake.covered.watermark
        self.complete_upto.set(watermark.position)
        self.watermark.set(watermark.occurred_at.timestamp() if watermark.occurred_at else 0)


class ReportMetrics:
    """How long reports take, of each process that makes some."""

    def __init__(self, registry: CollectorRegistry, reports: Iterable[str]) -> None:
        self.report_duration = Histogram(
            "analytics_report_duration_seconds",
            "From the manifest to the finished figures",
            ["report", "engine"],
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        for report in reports:
            for engine in ENGINES:
                self.report_duration.labels(report, engine)


class WebMetrics(ReportMetrics):
    """What the web process has been asked for."""

    def __init__(self, registry: CollectorRegistry, reports: Iterable[str], formats: Iterable[str] = ()) -> None:
        super().__init__(registry, reports)
        self.exports = Counter("analytics_exports", "Exports begun", ["format"], registry=registry)
        for format in formats:
            self.exports.labels(format)


class ReportJobMetrics:
    """The jobs of everybody, as each reporter sees them, and what this reporter has done."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._jobs = Gauge(
            "analytics_jobs",
            "Report jobs that are kept, by state; every reporter tells the same",
            ["state"],
            registry=registry,
        )
        self._oldest = Gauge(
            "analytics_jobs_oldest_queued_seconds",
            "For how long the longest waiting job has been queued; 0 where none is",
            registry=registry,
        )
        self._at_work = Gauge("analytics_jobs_at_work", "Jobs that this reporter is at", registry=registry)
        self._ended = Counter(
            "analytics_jobs_ended", "Jobs that this reporter has brought to an end", ["outcome"], registry=registry
        )
        self.taken_again = Counter(
            "analytics_jobs_taken_again", "Jobs that had been begun before and were taken up again", registry=registry
        )
        self._duration = Histogram(
            "analytics_job_duration_seconds",
            "From a job's taking to its result",
            buckets=JOB_BUCKETS,
            registry=registry,
        )
        self._wait = Histogram(
            "analytics_job_wait_seconds",
            "From a job's order to its first taking",
            buckets=JOB_BUCKETS,
            registry=registry,
        )
        self._result_bytes = Histogram(
            "analytics_job_result_bytes", "Size of results", buckets=BYTES_BUCKETS, registry=registry
        )
        for state in JobState:
            self._jobs.labels(state)
        for outcome in JOB_OUTCOMES:
            self._ended.labels(outcome)

    def kept(self, backlog: Backlog) -> None:
        """All that there are now."""
        for state in JobState:
            self._jobs.labels(state).set(backlog.states.get(state, 0))
        self._oldest.set(backlog.oldest.total_seconds())

    def taken(self, claimed: Claimed) -> None:
        """A job begins."""
        if claimed.number == 1:
            self._wait.observe(claimed.waited.total_seconds())
        else:
            self.taken_again.inc()

    def working(self, count: int) -> None:
        """So many are under way."""
        self._at_work.set(count)

    def done(self, seconds: float, size: int) -> None:
        """One is done."""
        self._ended.labels(JobState.DONE).inc()
        self._duration.observe(seconds)
        self._result_bytes.observe(size)

    def failed(self, count: int = 1) -> None:
        """So many have failed for good."""
        self._ended.labels(JobState.FAILED).inc(count)

    def stopped(self) -> None:
        """One was called off, or is another reporter's now."""
        self._ended.labels("stopped").inc()

    def put_back(self) -> None:
        """One will be tried again."""
        self._ended.labels("put_back").inc()


class ScheduleMetrics:
    """What was ordered by schedules, and whether their people have been told."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ordered = Counter("analytics_scheduled_jobs", "Jobs ordered by schedules", registry=registry)
        self._notices = Counter(
            "analytics_report_notices",
            "Notices of scheduled jobs: told; put_off, to be sent again; refused, for good",
            ["outcome"],
            registry=registry,
        )
        for outcome in NOTICE_OUTCOMES:
            self._notices.labels(outcome)

    def ordered(self) -> None:
        """A due moment has its job."""
        self._ordered.inc()

    def told(self) -> None:
        """A notice was acknowledged."""
        self._notices.labels("told").inc()

    def put_off(self) -> None:
        """There was no answer, or none that one could rely on."""
        self._notices.labels("put_off").inc()

    def refused(self) -> None:
        """It will never be told."""
        self._notices.labels("refused").inc()


class ReconciliationMetrics:
    """The reports, held against the ledger."""

    def __init__(self, registry: CollectorRegistry, now: Callable[[], float]) -> None:
        """`now`: Unix seconds; this moment stands for the first run until there was one."""
        self._breaks = Gauge(
            "analytics_reconciliation_breaks",
            "Figures in which the reports differ from the ledger, by kind: records, totals, account",
            ["kind"],
            registry=registry,
        )
        self._position = Gauge(
            "analytics_reconciliation_position",
            "Every event up to this position of the journal was held against the ledger",
            registry=registry,
        )
        self._upto = Gauge(
            "analytics_reconciliation_upto_timestamp_seconds",
            "What the ledger decided before this moment was held against it; before the first run, the process's start",
            registry=registry,
        )
        self.found(dict.fromkeys(BREAK_KINDS, 0), 0)
        self._upto.set(now())

    def found(self, breaks: Mapping[str, int], position: int) -> None:
        """How many breaks there are by kind, and up to which position it was looked."""
        for kind in BREAK_KINDS:
            self._breaks.labels(kind).set(breaks[kind])
        self._position.set(position)

    def reconciled_upto(self, moment: datetime) -> None:
        """What was decided before `moment` has been looked at."""
        self._upto.set(moment.timestamp())


class RiskMetrics:
    """What the watch for patterns of risk has found."""

    def __init__(self, registry: CollectorRegistry, patterns: Iterable[str]) -> None:
        self.findings = Gauge(
            "analytics_risk_findings",
            "Findings of a pattern of risk among real people's payments of late; every reporter tells the same",
            ["pattern"],
            registry=registry,
        )
        for pattern in patterns:
            self.findings.labels(pattern)


def _exemplar(message: Message) -> dict[str, str] | None:
    """The trace's id, where the trace is kept and can be looked at."""
    for name, value in message.headers:
        # Few are kept, and the last digit tells: to read the whole of each would take longer than to count it.
        if name == tracing.TRACEPARENT and value[-1:] in _KEPT:
            traceparent = message.traceparent
            return {"trace_id": traceparent[_TRACE_ID]} if traceparent and tracing.is_sampled(traceparent) else None
    return None
