"""From content to HTTP answers: the same rows in each format."""

from __future__ import annotations

from flask import Response

from analytics_service.exports import Content, Format
from analytics_service.metrics import WebMetrics


def download(content: Content, format: Format, metrics: WebMetrics) -> Response:
    """A file that is sent as it is made. Not every format has room for it, so a header says up to where it is complete.

    An outage in the middle breaks the connection off, so that half a file is not taken for a whole one.
    """
    metrics.exports.labels(format.name).inc()
    headers = {
        "Content-Disposition": f'attachment; filename="{content.name}.{format.name}"',
        "Cache-Control": "no-store",
        "Complete-Upto-Position": str(content.about.complete_upto.position),
    }
    return Response(format.chunks(content), headers=headers, content_type=format.media_type)
