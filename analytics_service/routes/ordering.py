"""What a person asks to be made, checked as a request for the figures themselves is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics_service.domain.job import Order
from analytics_service.filters import FIELDS, BadFilterError, selection_of
from analytics_service.reports import REPORTS, Report
from analytics_service.reports.thresholds import BadThresholdError
from analytics_service.use_cases.exports import EXPORTS, AnalystsOnly
from service_kit.errors import InvalidRequest


def order_of(body: Mapping[str, Any], viewer: str | None) -> Order:
    """The order of a body that obeys the document's Order.

    Raises InvalidRequest for a report that nobody knows, a filter that it can't be made with, or a limit or threshold
    that it hasn't got; OthersFigures as a report itself does.
    """
    order = Order(
        report=body["report"],
        filter={name: _texts(value) for name, value in body.get("filter", {}).items()},
        format=body["format"],
        limit=body.get("limit"),
        thresholds=body.get("thresholds", {}),
    )
    check(order, viewer)
    return order


def check(order: Order, viewer: str | None) -> None:
    """Whether it can be made, and for whom. Raises as `order_of` does."""
    if order.report not in EXPORTS:
        raise mistaken("report", f"is one of {', '.join(EXPORTS)}", "enum")
    report = REPORTS.get(order.report)
    if report is not None and report.analysts_only and viewer is not None:
        raise AnalystsOnly
    unknown = next((name for name in order.filter if name not in FIELDS), None)
    if unknown is not None:
        raise mistaken(f"filter/{unknown[:40]}", "is no filter", "unknown")
    try:
        selection = selection_of(order.filter).seen_by(viewer)
    except BadFilterError as error:
        raise mistaken(f"filter/{error.name}", FIELDS[error.name], "filter") from None
    missing = report.misses(selection) if report else None
    if missing is not None:
        raise mistaken(f"filter/{missing}", f"is needed by the report {order.report}", "required")
    most = report.limit_max if report else 0
    if order.limit is not None and order.limit > most:
        raise mistaken("limit", f"is at most {most}" if most else f"is nothing that {order.report} has", "maximum")
    _check_thresholds(order, report)


def _check_thresholds(order: Order, report: Report | None) -> None:
    known = {threshold.name for threshold in report.thresholds} if report else set()
    unknown = next((name for name in order.thresholds if name not in known), None)
    if unknown is not None:
        raise mistaken(f"thresholds/{unknown[:40]}", f"is nothing that {order.report} has", "unknown")
    try:
        if report:
            report.tuned(order.thresholds)
    except BadThresholdError as error:
        raise mistaken(f"thresholds/{error.name}", error.detail, "threshold") from None


def _texts(value: Any) -> str | list[str]:
    return list(map(str, value)) if isinstance(value, list) else str(value)


def mistaken(place: str, detail: str, code: str) -> InvalidRequest:
    """The problem of one place of a body, `filter/from` for example."""
    mistake = {"pointer": f"#/{place}", "detail": detail, "code": code}
    return InvalidRequest(f"{place} {detail}.", errors=[mistake])
