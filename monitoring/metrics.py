"""Every metric of the package, named and described once. Label sets are small and exist from the start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitoring.audit.findings import Findings, Sighting
from monitoring.probe_result import STAGES, Outcome, Probe

DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
PROBE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0)
MOST_BREACHES = 10


class AuditMetrics:
    """What the audit of the ledger says: every figure of it but the ages must be 0.

    Args:
        now: Unix seconds.
    """

    def __init__(self, registry: CollectorRegistry, now: Callable[[], float]) -> None:
        self._money = Gauge(
            "ledger_money_created_minor_units",
            "Sum over all accounts of the currency, the outside world's included; must be 0",
            ("currency",),
            registry=registry,
        )
        self._drifted = Gauge(
            "ledger_drifted_accounts",
            "Accounts that are not as the journal says, or whose transfers or counters are not",
            registry=registry,
        )
        self._negative = Gauge("ledger_negative_accounts", "Accounts below 0 that may not be", registry=registry)
        self._chain_broken = Gauge(
            "ledger_chain_broken_accounts",
            "Accounts with a journal entry that is not as it was booked",
            registry=registry,
        )
        self._gaps = Gauge("ledger_journal_gaps", "Positions of the journal without a record", registry=registry)
        self._edits = Counter(
            "ledger_journal_edits",
            "Records of the journal that were changed or removed while the audit looked on",
            registry=registry,
        )
        self._last_success = Gauge(
            "ledger_audit_last_success_timestamp_seconds",
            "Unix time of the last audit that came to the journal's head; before the first, of the process's start",
            registry=registry,
        )
        age = Gauge("ledger_audit_age_seconds", "Seconds since the last such audit", registry=registry)
        self._position = Gauge("ledger_audited_position", "The journal's last audited position", registry=registry)
        self._accounts = Gauge("ledger_audited_accounts", "Accounts compared in the last round", registry=registry)
        self._sweep_position = Gauge(
            "ledger_audit_sweep_position", "How far the history has been read again in this round", registry=registry
        )
        self._sweep_finished = Gauge(
            "ledger_audit_sweep_last_round_timestamp_seconds",
            "Unix time when all of the history had last been read again; before the first, of the process's start",
            registry=registry,
        )
        self._duration = Histogram(
            "ledger_audit_duration_seconds", "Duration of an audit", buckets=DURATION_BUCKETS, registry=registry
        )
        self._currencies: set[str] = set()
        self._breaches = BreachCollector()
        registry.register(self._breaches)
        self._audited_at = now()
        self._last_success.set(self._audited_at)
        self._sweep_finished.set(self._audited_at)
        age.set_function(lambda: now() - self._audited_at)

    def edited(self, records: int) -> None:
        """So many records were touched."""
        self._edits.inc(records)

    def audited(self, findings: Findings, seconds: float) -> None:
        """An audit of `seconds` came to the journal's head."""
        # A currency that only a forged account had is at 0 again when that account is gone.
        self._currencies |= findings.currencies.keys()
        for currency in self._currencies:
            self._money.labels(currency).set(findings.currencies.get(currency, 0))
        self._drifted.set(findings.drifted)
        self._negative.set(findings.negative)
        self._chain_broken.set(findings.chain_broken)
        self._gaps.set(findings.gaps)
        self._breaches.sightings = findings.sightings[:MOST_BREACHES]
        self._position.set(findings.position)
        self._accounts.set(findings.accounts)
        self._sweep_position.set(findings.sweep_position)
        if findings.sweep_finished_at:
            self._sweep_finished.set(findings.sweep_finished_at.timestamp())
        self._duration.observe(seconds)
        self._audited_at = findings.at.timestamp()
        self._last_success.set(self._audited_at)


class BreachCollector(Collector):
    """`ledger_breach`: the one metric with an account in a label (docs/decisions/0010), for an alert must name it.

    At most MOST_BREACHES series, which exist only while something is wrong. Replaced as a whole, so that no scrape
    sees half of them.
    """

    def __init__(self) -> None:
        self.sightings: Sequence[Sighting] = ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Called at each scrape."""
        family = GaugeMetricFamily(
            "ledger_breach",
            "Size of what is wrong here: minor units or records; exists only while it is wrong",
            labels=("kind", "account", "position"),
        )
        for breach in (sighting.breach for sighting in self.sightings):
            family.add_metric((str(breach.kind), breach.account, str(breach.position)), breach.size)
        yield family


class ProbeMetrics:
    """How the probe transfers fare."""

    def __init__(self, registry: CollectorRegistry, now: Callable[[], float]) -> None:
        self._now = now
        self._probes = Counter("probe_transfers_total", "Probes, by how they ended", ("outcome",), registry=registry)
        self._success = Gauge("probe_success", "1 where the last probe was ok", registry=registry)
        self._stage = Histogram(
            "probe_stage_seconds",
            "From sending a probe until this stage was seen from outside",
            ("stage",),
            buckets=PROBE_BUCKETS,
            registry=registry,
        )
        self._last_success = Gauge(
            "probe_last_success_timestamp_seconds",
            "Unix time of the last probe that was ok; before the first, of the process's start",
            registry=registry,
        )
        for outcome in Outcome:
            self._probes.labels(outcome)
        for stage in STAGES:
            self._stage.labels(stage)
        # Nothing has failed yet, and an alert on 0 would fire at every start.
        self._success.set(1)
        self._last_success.set(now())

    def probed(self, probe: Probe) -> None:
        """A probe has ended."""
        self._probes.labels(probe.outcome).inc()
        self._success.set(probe.outcome is Outcome.OK)
        for stage, milliseconds in probe.stages().items():
            self._stage.labels(stage).observe(milliseconds / 1000)
        if probe.outcome is Outcome.OK:
            self._last_success.set(self._now())


class WatchdogMetrics:
    """When the alert that fires always was last heard."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._heard = Gauge(
            "watchdog_last_heard_timestamp_seconds",
            "Unix time when Alertmanager was last told of Watchdog; before the first, of the process's start",
            registry=registry,
        )

    def heard(self, at: float) -> None:
        """It was heard at `at`, in Unix seconds."""
        self._heard.set(at)
