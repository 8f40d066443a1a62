"""Every report, by name."""

from __future__ import annotations

from analytics_service.reports.money import PER_DAY, PER_HOUR, TOTALS
from analytics_service.reports.outcomes import OUTCOMES
from analytics_service.reports.parties import TOP_PAYEES, TOP_PAYERS
from analytics_service.reports.report import LIMIT, LIMIT_MAX, FiguresTooLargeError, Report

__all__ = ["LIMIT", "LIMIT_MAX", "REPORTS", "FiguresTooLargeError", "Report"]

REPORTS: dict[str, Report] = {
    report.name: report for report in (TOTALS, PER_HOUR, PER_DAY, TOP_PAYERS, TOP_PAYEES, OUTCOMES)
}
