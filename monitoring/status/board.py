"""One look at everything for all who ask within a moment, so that a flood of visitors reaches none of the sources."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from monitoring import alertmanager_api, prometheus_api
from monitoring.alertmanager_api import WATCHDOG, Alert
from monitoring.asking import Answers, Asker, Question, SourceAway
from monitoring.prometheus_api import PrometheusApi
from monitoring.status import results
from monitoring.status.charts import Chart, last_half_hour
from monitoring.status.claims import Claim, Verdict, claims, verdict
from monitoring.status.figures import Figures, question
from monitoring.status.incidents import Incident, incidents
from monitoring.status.pipeline import Hop, pipeline
from monitoring.status.processes import Process, processes
from monitoring.status.results import Audit, Minute, Probe
from service_kit.clock import Clock

WITHIN_SECONDS = 1.5
FRESH_SECONDS = 2.0
STALE_SECONDS = 10.0
"""While somebody looks anew, others are shown a look of at most this age instead of waiting."""
HOUR = timedelta(hours=1)


class AlertSource(Protocol):
    """As AlertmanagerApi."""

    def firing(self) -> list[Alert]: ...


class ResultSource(Protocol):
    """As Results."""

    def audit(self) -> Audit | None: ...

    def probes(self) -> list[Probe]: ...

    def reconciliation(self, since: datetime) -> list[Minute]: ...


@dataclass(frozen=True)
class Status:
    """Everything that the page shows. None: the source could not be asked; `away` says why."""

    at: datetime
    verdict: Verdict
    claims: list[Claim]
    pipeline: list[Hop] | None
    processes: list[Process] | None
    alerts: list[Alert] | None
    alerting_works: bool | None
    incidents: list[Incident] | None
    audit: Audit | None
    audit_known: bool
    probes: list[Probe] | None
    reconciliation: list[Minute] | None
    charts: list[Chart] | None
    away: list[SourceAway]


class Board:
    """Looks at the sources, at most once in FRESH_SECONDS. Safe to share between threads."""

    def __init__(
        self, prometheus: PrometheusApi, alerts: AlertSource, results: ResultSource, asker: Asker, clock: Clock
    ) -> None:
        self._prometheus = prometheus
        self._alerts = alerts
        self._results = results
        self._asker = asker
        self._clock = clock
        self._looking = threading.Lock()
        self._last: tuple[float, Status] | None = None

    def status(self) -> Status:
        """The status as of a moment ago; it always comes, whatever is away."""
        known = self._not_older_than(FRESH_SECONDS)
        if known is not None:
            return known
        if not self._looking.acquire(blocking=False):
            known = self._not_older_than(STALE_SECONDS)
            if known is not None:
                return known
            self._looking.acquire()
        try:
            return self._not_older_than(FRESH_SECONDS) or self._look()
        finally:
            self._looking.release()

    def _not_older_than(self, seconds: float) -> Status | None:
        last = self._last
        return last[1] if last and self._clock.monotonic() - last[0] < seconds else None

    def _look(self) -> Status:
        now = self._clock.now()
        questions = {
            "figures": Question(prometheus_api.SOURCE, lambda: self._prometheus.instant(question())),
            "charts": Question(prometheus_api.SOURCE, lambda: last_half_hour(self._prometheus, now)),
            "incidents": Question(prometheus_api.SOURCE, lambda: incidents(self._prometheus, now)),
            "alerts": Question(alertmanager_api.SOURCE, self._alerts.firing),
            "audit": Question(results.SOURCE, self._results.audit),
            "probes": Question(results.SOURCE, self._results.probes),
            "reconciliation": Question(results.SOURCE, lambda: self._results.reconciliation(now - HOUR)),
        }
        status = _status(self._asker.ask(questions, WITHIN_SECONDS), now)
        self._last = (self._clock.monotonic(), status)
        return status


def _status(answers: Answers, now: datetime) -> Status:
    known = {name: None if isinstance(answer, SourceAway) else answer for name, answer in answers.items()}
    figures = Figures(known["figures"]) if known["figures"] is not None else None
    found = claims(figures, known["audit"], now)
    alerts: list[Alert] | None = known["alerts"]
    away = [answer for answer in answers.values() if isinstance(answer, SourceAway)]
    return Status(
        at=now,
        verdict=verdict(found),
        claims=found,
        pipeline=pipeline(figures) if figures else None,
        processes=processes(figures, now) if figures else None,
        alerts=None if alerts is None else [alert for alert in alerts if alert.severity != "none"],
        alerting_works=None if alerts is None else any(alert.name == WATCHDOG for alert in alerts),
        incidents=known["incidents"],
        audit=known["audit"],
        audit_known=not isinstance(answers["audit"], SourceAway),
        probes=known["probes"],
        reconciliation=known["reconciliation"],
        charts=known["charts"],
        away=list({each.source: each for each in away}.values()),
    )
