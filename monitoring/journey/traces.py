"""Which transfer a trace is about: what Zipkin keeps of it, https://zipkin.io/zipkin-api/#/default/get_trace__traceId_."""

from __future__ import annotations

import httpx
from flask_babel import lazy_gettext as _

from monitoring.asking import NOT_UNDERSTOOD, SourceAway, json_of

SOURCE = "Zipkin"
POSITION = "ledger.position"
"""The tag by which the relay names the record that it published."""


class Traces:
    """Asks Zipkin by its API."""

    def __init__(self, http: httpx.Client, spans_url: str) -> None:
        """`spans_url`: where Zipkin takes spans, as every process knows it: .../api/v2/spans."""
        self._http = http
        self._base = spans_url.removesuffix("/spans")

    def position(self, trace_id: str) -> int | None:
        """The first position of the journal that the trace led to; None where it isn't kept, or led to none.

        Raises SourceAway.
        """
        try:
            answer = self._http.get(f"{self._base}/trace/{trace_id}")
        except httpx.HTTPError as error:
            raise SourceAway(SOURCE, _("it cannot be reached")) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            tags = [span.get("tags", {}) for span in json_of(SOURCE, lambda: answer)]
            return min((int(each[POSITION]) for each in tags if POSITION in each), default=None)
        except (AttributeError, TypeError, ValueError) as error:
            raise SourceAway(SOURCE, NOT_UNDERSTOOD) from error
