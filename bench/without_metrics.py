"""``python -m bench.without_metrics MODULE``: a process of ours that measures nothing, the other side of ``metrics``.

No setting of the platform turns its metrics off, since nobody should run it so. What is counted, set or observed is
dropped before anything happens, and the web application has no exporter, so that no request passes its hooks.
"""

import runpy
import sys
from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from service_kit import web

KEPT = ((Counter, "inc"), (Gauge, "inc"), (Gauge, "dec"), (Gauge, "set"), (Histogram, "observe"))


def turn_off() -> None:
    """From now on, in this process and in those that it forks."""
    for metric, method in KEPT:
        setattr(metric, method, _nothing)
    MetricWrapperBase.labels = _itself  # type: ignore[method-assign]
    web.PrometheusMetrics = _nothing  # type: ignore[misc,assignment]


def _nothing(*_: Any, **__: Any) -> None:
    """Takes what the real one takes."""


def _itself(metric: MetricWrapperBase, *_: Any, **__: Any) -> MetricWrapperBase:
    return metric


if __name__ == "__main__":
    turn_off()
    runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
