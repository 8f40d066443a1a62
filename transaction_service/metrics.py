"""Every metric of the service, named and described once. Label sets are small and exist from the start."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from transaction_service.domain import Answer, Outcome, Reason, Record
from transaction_service.domain.commands import DEPOSIT, GRANT, PAYMENT, WITHDRAWAL
from transaction_service.domain.follow_ups import REFUND, REVERSAL
from transaction_service.domain.journal import ACCOUNT_DECISIONS
from transaction_service.inbox import Envelope

POSTING_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200)


class LedgerMetrics:
    """What a `ledger` process says of itself; a standby says 0 for `ledger_is_writer`."""

    def __init__(self, registry: CollectorRegistry, currency: str) -> None:
        self.is_writer = Gauge("ledger_is_writer", "1 where this process holds the writer's lease", registry=registry)
        self.epoch = Gauge("ledger_lease_epoch", "Epoch of the lease last held here", registry=registry)
        self.takeovers = Counter(
            "ledger_takeovers", "Leases taken from a writer that had fallen silent", registry=registry
        )
        self.queue_depth = Gauge("ledger_queue_depth", "Commands waiting in this process", registry=registry)
        self.queue_wait = Histogram(
            "ledger_queue_wait_seconds",
            "From a command's arrival to the start of its batch",
            buckets=POSTING_BUCKETS,
            registry=registry,
        )
        self.posting = Histogram(
            "ledger_posting_duration_seconds",
            "From the start of a batch to its durable commit",
            buckets=POSTING_BUCKETS,
            registry=registry,
        )
        self.batch_size = Histogram(
            "ledger_batch_size", "Commands in one transaction", buckets=BATCH_BUCKETS, registry=registry
        )
        self.transfers = Counter(
            "ledger_transfers",
            "Decisions about transfers; status is the one that each gave; reason is 'none' unless rejected",
            ["type", "status", "reason"],
            registry=registry,
        )
        self.accounts = Counter(
            "ledger_accounts", "Accounts opened, frozen, closed and so on", ["decision"], registry=registry
        )
        self.moved = Counter(
            "ledger_moved_minor_units",
            "Amount of posted payments, in minor units",
            ["currency"],
            registry=registry,
        )
        self.replays = Counter(
            "ledger_idempotent_replays", "Commands answered from the journal by their key", registry=registry
        )
        self.failed = Counter(
            "ledger_commands_failed", "Commands that a fault of ours left undecided", registry=registry
        )
        self.moved.labels(currency)
        for decision in ACCOUNT_DECISIONS:
            self.accounts.labels(str(decision))
        for type in (PAYMENT, GRANT, DEPOSIT, WITHDRAWAL, REFUND, REVERSAL):
            self.transfers.labels(type, "posted", "none")
        for reason in Reason:
            self.transfers.labels(PAYMENT, "rejected", str(reason))

    def took_lease(self, epoch: int, took_over: bool) -> None:
        """This process is the writer now."""
        self.is_writer.set(1)
        self.epoch.set(epoch)
        if took_over:
            self.takeovers.inc()

    def gave_up_lease(self) -> None:
        """This process is no longer the writer."""
        self.is_writer.set(0)
        self.queue_depth.set(0)

    def decided(
        self, batch: Sequence[Envelope], answers: Sequence[Answer | None], started: float, ended: float
    ) -> None:
        """A batch was answered; times are monotonic seconds."""
        self.batch_size.observe(len(batch))
        self.posting.observe(ended - started)
        for envelope, answer in zip(batch, answers, strict=True):
            self.queue_wait.observe(started - envelope.arrived)
            if answer is None:
                self.failed.inc()
            elif answer.replayed:
                self.replays.inc()

    def committed(self, records: Sequence[Record]) -> None:
        """These records are durable. Added up first: to find a series takes longer than to decide on its limits."""
        accounts: Tally[str] = Tally()
        transfers: Tally[tuple[str, str, str]] = Tally()
        moved: Tally[str] = Tally()
        for record in records:
            body = record.answer.body
            if record.answer.outcome in ACCOUNT_DECISIONS:
                accounts[str(record.answer.outcome)] += 1
                continue
            transfers[body["type"], body["status"], body.get("reason", "none")] += 1
            if body["type"] == PAYMENT and body["status"] == Outcome.POSTED:
                moved[body["currency"]] += body["amount"]
        for decision, number in accounts.items():
            self.accounts.labels(decision).inc(number)
        for labels, number in transfers.items():
            self.transfers.labels(*labels).inc(number)
        for currency, amount in moved.items():
            self.moved.labels(currency).inc(amount)


class WebMetrics:
    """What the web process counts beside its requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lookups = Counter(
            "payee_lookups",
            "Payees asked after whom the asker had neither saved nor paid; refused where there were too many",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("counted", "refused"):
            self._lookups.labels(outcome)

    def looked_up(self, *, refused: bool) -> None:
        """Somebody asked after a stranger."""
        self._lookups.labels("refused" if refused else "counted").inc()


class DueMetrics:
    """What the worker says of holds that expire and of scheduled transfers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.overdue = Gauge(
            "ledger_due_transfers_overdue_seconds",
            "How long the oldest hold or scheduled transfer whose moment has come has been waiting",
            registry=registry,
        )
        self.settled = Counter(
            "ledger_due_transfers_settled", "Due transfers by what the ledger answered", ["outcome"], registry=registry
        )
        for outcome in (Outcome.EXPIRED, Outcome.POSTED, Outcome.REJECTED):
            self.settled.labels(str(outcome))

    def waiting(self, now: datetime, due: Sequence[str]) -> None:
        """These moments (RFC 3339, the oldest first) have come by `now` and nothing was done yet."""
        self.overdue.set((now - datetime.fromisoformat(due[0])).total_seconds() if due else 0)


class Standing(Collector):
    """Where the relay that publishes stands. A standby has no such series: what it last knew would be another truth."""

    GAUGES = (
        ("relay_journal_head_position", "Last position of the journal"),
        ("relay_cursor_position", "Last position known to be on the topic"),
        ("relay_lag_positions", "Positions not yet on the topic"),
        ("relay_lag_seconds", "Age of the oldest record not yet on the topic"),
    )

    def __init__(self) -> None:
        self.now: tuple[float, ...] | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Called at each scrape."""
        values = self.now
        for index, (name, description) in enumerate(self.GAUGES):
            family = GaugeMetricFamily(name, description)
            if values is not None:
                family.add_metric((), values[index])
            yield family


class RelayMetrics:
    """What a relay says: whether it publishes, and then how far the topic is behind the journal."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.is_publisher = Gauge(
            "relay_is_publisher", "1 where this process holds the relay's lease", registry=registry
        )
        self.epoch = Gauge("relay_lease_epoch", "Epoch of the relay's lease last held here", registry=registry)
        self.takeovers = Counter(
            "relay_takeovers", "Leases taken from a relay that had fallen silent", registry=registry
        )
        self._standing = Standing()
        registry.register(self._standing)
        self.batch_size = Histogram(
            "relay_batch_size", "Records published at once", buckets=(*BATCH_BUCKETS, 500), registry=registry
        )
        self.publish = Histogram(
            "relay_publish_duration_seconds",
            "From the first record of a batch to the last acknowledgement",
            buckets=POSTING_BUCKETS,
            registry=registry,
        )
        self.commit_to_published = Histogram(
            "relay_commit_to_published_seconds",
            "From the ledger's decision to the topic's acknowledgement",
            buckets=(*POSTING_BUCKETS, 10.0, 30.0, 60.0),
            registry=registry,
        )
        self.republished = Counter(
            "relay_republished_records", "Records that were put on the topic again by order", registry=registry
        )
        self.republications = Counter(
            "relay_republications",
            "Orders to publish a range again; failed where the journal lacks some of it",
            ["outcome"],
            registry=registry,
        )
        for outcome in ("done", "failed"):
            self.republications.labels(outcome)

    def took_lease(self, epoch: int, took_over: bool) -> None:
        """This process publishes now."""
        self.is_publisher.set(1)
        self.epoch.set(epoch)
        if took_over:
            self.takeovers.inc()

    def gave_up_lease(self) -> None:
        """This process no longer publishes."""
        self.is_publisher.set(0)
        self._standing.now = None

    def stands(self, cursor: int, head: int, oldest_seconds: float) -> None:
        """Where the relay is and where it should be."""
        self._standing.now = (head, cursor, head - cursor, oldest_seconds)

    def published(self, seconds: float, decided: Sequence[datetime], now: datetime) -> None:
        """A batch of records, decided at these moments, was acknowledged after so long."""
        self.publish.observe(seconds)
        self.batch_size.observe(len(decided))
        for at in decided:
            # A writer whose clock is ahead decides in the future, and a histogram's sum must not fall.
            self.commit_to_published.observe(max(0.0, (now - at).total_seconds()))
