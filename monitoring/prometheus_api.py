"""Prometheus' query API: https://prometheus.io/docs/prometheus/latest/querying/api/."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from monitoring.asking import NOT_UNDERSTOOD, SourceAway, json_of

SOURCE = "Prometheus"


@dataclass(frozen=True)
class Sample:
    """One series' value at the moment of asking; None for NaN, which is Prometheus' word for "nothing to divide"."""

    labels: Mapping[str, str]
    value: float | None


@dataclass(frozen=True)
class Series:
    """One series over time: Unix seconds and values."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float | None], ...]


class PrometheusApi:
    """Asks PromQL. Both methods raise SourceAway."""

    def __init__(self, http: httpx.Client, base_url: str) -> None:
        """`http` brings the time-out."""
        self._http = http
        self._base = base_url

    def instant(self, expression: str) -> list[Sample]:
        """What the expression gives now."""
        result = self._ask("/api/v1/query", {"query": expression})
        return [Sample(row["metric"], _number(row["value"][1])) for row in result]

    def over_time(self, expression: str, start: datetime, end: datetime, step_seconds: int) -> list[Series]:
        """What it gave from `start` to `end`, one point each `step_seconds`."""
        form = {"query": expression, "start": start.timestamp(), "end": end.timestamp(), "step": step_seconds}
        result = self._ask("/api/v1/query_range", form)
        return [Series(row["metric"], tuple((at, _number(value)) for at, value in row["values"])) for row in result]

    def _ask(self, path: str, form: Mapping[str, Any]) -> list[dict[str, Any]]:
        # POST, since an expression may be longer than a URL.
        body = json_of(SOURCE, lambda: self._http.post(self._base + path, data=dict(form)))
        try:
            result: list[dict[str, Any]] = body["data"]["result"]
        except (KeyError, TypeError) as error:
            raise SourceAway(SOURCE, NOT_UNDERSTOOD) from error
        return result


def _number(text: str) -> float | None:
    value = float(text)
    return None if math.isnan(value) else value
