"""Look for patterns of risk again and again, so that somebody is told of them without having asked.

One pattern a round, each in its turn, so that a round is short however large the lake is, and one that can't be looked
for holds up no other.
What is new is read first; only where an account is suspected by it, what it did before is read, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

import structlog

from analytics_service.domain.rows import Row
from analytics_service.filters import Selection
from analytics_service.metrics import RiskMetrics
from analytics_service.reports.risk.report import FINDINGS_MAX, RiskReport
from analytics_service.use_cases.reports import Reports
from service_kit.clock import Clock

log = structlog.get_logger(__name__)

USERS = ("user",)
"""The origin of real people's transfers: what the demo and the probes send is no risk."""
PERIOD_SECONDS = 15.0
PATIENCE_SECONDS = 600.0
"""For a round: it reads weeks of a large lake, beside the reports that people ask for."""


@dataclass(frozen=True)
class Horizon:
    """A finding counts for so long after the last transfer that proves it; the past is what an account is judged by."""

    recent: timedelta
    past: timedelta


@dataclass(frozen=True)
class _Round:
    position: int
    findings: int


class RiskWatch:
    """A job (service_kit.periodic)."""

    name = "risk"
    period_seconds = PERIOD_SECONDS
    patience_seconds = PATIENCE_SECONDS

    def __init__(
        self, reports: Reports, risks: Mapping[str, RiskReport], horizon: Horizon, metrics: RiskMetrics, clock: Clock
    ) -> None:
        self._reports = reports
        self._risks = risks
        self._horizon = horizon
        self._metrics = metrics
        self._now = clock.now
        self._turns = cycle(risks)
        self._rounds: dict[str, _Round] = {}

    def run_once(self) -> None:
        """Look for the next pattern, unless nothing has come and nothing that was found can have become old."""
        pattern = next(self._turns)
        before = self._rounds.get(pattern)
        upto = self._reports.complete_upto().position
        if before is not None and before.position == upto and not before.findings:
            return
        found = self._found(self._risks[pattern], self._now())
        self._metrics.findings.labels(pattern).set(len(found))
        if len(found) > (before.findings if before else 0):
            # Neither accounts nor transfers: the report has them, for those who may see them.
            log.warning("risk_found", pattern=pattern, findings=len(found))
        self._rounds[pattern] = _Round(upto, len(found))

    def _found(self, risk: RiskReport, now: datetime) -> list[Row]:
        since = now - self._horizon.recent
        recent = Selection(from_=since - risk.reach, origin=USERS)
        prepared = self._reports.prepared(risk, recent)
        if prepared.suspects is None:
            selection = recent
        elif not prepared.suspects:
            return []
        else:
            selection = Selection(from_=now - self._horizon.past, origin=USERS)
        rows = self._reports.answer([prepared], selection, FINDINGS_MAX).figures[risk.name]
        return [row for row in rows if row["last_at"] >= since]
