"""Every pattern, and its report by name."""

from __future__ import annotations

from analytics_service.reports.risk.bursts import STRUCTURING, VELOCITY
from analytics_service.reports.risk.cycles import CYCLE
from analytics_service.reports.risk.dormant import DORMANT
from analytics_service.reports.risk.fans import FAN_IN, FAN_OUT
from analytics_service.reports.risk.report import RiskReport, risk_report

PATTERNS = (FAN_IN, FAN_OUT, CYCLE, VELOCITY, STRUCTURING, DORMANT)
RISK_REPORTS: dict[str, RiskReport] = {
    report.pattern.name: report for report in (risk_report(pattern) for pattern in PATTERNS)
}
"""By the pattern's name."""
