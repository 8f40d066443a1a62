"""From rows to HTTP answers, the same rows as JSON and as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Response

from analytics_service.domain.covered import Watermark
from analytics_service.metrics import WebMetrics
from analytics_service.presentation import rfc3339
from service_kit.csv_lines import MEDIA_TYPE, csv_lines


def csv_answer(
    name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], upto: Watermark, metrics: WebMetrics
) -> Response:
    """A download that is sent as it is made. CSV has no room for it, so a header says up to where it is complete."""
    metrics.exports.labels("csv").inc()
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
        "Complete-Upto-Position": str(upto.position),
    }
    return Response(csv_lines(columns, rows), headers=headers, content_type=MEDIA_TYPE)


def told(value: Any) -> Any:
    """A value as JSON has it: times in our one form, also inside of lists and objects."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {name: told(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(each) for each in value]
    return value


def complete_upto(watermark: Watermark) -> dict[str, Any]:
    """As every answer has it."""
    return {"position": watermark.position, "occurred_at": watermark.occurred_at}
