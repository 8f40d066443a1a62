"""The side of `metrics` that measures nothing really measures nothing."""

import subprocess
import sys

PROBE = """
from bench.without_metrics import turn_off
turn_off()
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from flask import Flask
from service_kit import web
disable_created_metrics()
registry = CollectorRegistry()
Counter("seen", "x", ["kind"], registry=registry).labels("a").inc()
Histogram("took_seconds", "x", registry=registry).observe(1)
app = Flask("any")
web.PrometheusMetrics(app, group_by="url_rule", registry=registry)
hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
print(sum(map(len, hooks)), sum(sample.value for family in registry.collect() for sample in family.samples))
"""


def test_nothing_is_counted_and_no_request_passes_a_hook() -> None:
    # In a process of its own, since it can't be turned on again.
    said = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["0", "0.0"]
