"""Dashboards show when a drill was under way: while one runs, Prometheus scrapes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, start_http_server

from bench.stacks import Platform
from stack.state import HOST


@contextmanager
def marked(platform: Platform, drill: str) -> Iterator[None]:
    """Be a target of the stack's Prometheus, with `drill_under_way{drill}`, until the block is over.

    A target that is gone from its list is no process that is down: nothing fires.
    """
    registry = CollectorRegistry()
    Gauge("drill_under_way", "1 while this drill runs", ("drill",), registry=registry).labels(drill).set(1)
    server, thread = start_http_server(0, HOST, registry)
    labels = {"process": "drill", "service": "drill", "kind": "drill"}
    listed = platform.stack.layout.config / "prometheus" / "targets" / "drill.json"
    listed.write_text(json.dumps([{"targets": [f"{HOST}:{server.server_port}"], "labels": labels}]))
    try:
        yield
    finally:
        listed.unlink(missing_ok=True)
        server.shutdown()
        thread.join()
        server.server_close()
