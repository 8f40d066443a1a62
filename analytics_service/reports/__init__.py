"""Every report, by name."""

from __future__ import annotations

from analytics_service.reports.accounts import ACCOUNTS, STATEMENT
from analytics_service.reports.amounts import AMOUNTS, HISTOGRAM
from analytics_service.reports.concentration import CONCENTRATION
from analytics_service.reports.money import HOURS_OF_WEEK, PER_PERIOD, TOTALS
from analytics_service.reports.outcomes import OUTCOMES
from analytics_service.reports.parties import COUNTERPARTIES, TOP_PAYEES, TOP_PAYERS
from analytics_service.reports.report import LIMIT, LIMIT_MAX, FiguresTooLargeError, Report, TooManyFiguresError
from analytics_service.reports.risk.patterns import RISK_REPORTS
from analytics_service.reports.users import USERS_PER_PERIOD

__all__ = ["LIMIT", "LIMIT_MAX", "REPORTS", "FiguresTooLargeError", "Report", "TooManyFiguresError"]

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        TOTALS,
        *PER_PERIOD,
        HOURS_OF_WEEK,
        TOP_PAYERS,
        TOP_PAYEES,
        OUTCOMES,
        AMOUNTS,
        HISTOGRAM,
        ACCOUNTS,
        STATEMENT,
        COUNTERPARTIES,
        CONCENTRATION,
        *USERS_PER_PERIOD,
        *RISK_REPORTS.values(),
    )
}
