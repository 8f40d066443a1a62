"""A run of the open loop as a page with charts, which loads nothing from anywhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bench.load.book import Entry, quantile
from bench.load.figures import Second

SHARES = [1 - 10 ** (-nines / 4) for nines in range(1, 17)]
"""From 44 % to 99.99 %, closer together the rarer: as HdrHistogram draws them."""


def write_chart(path: Path, title: str, seconds: Sequence[Second], acts: Mapping[str, Sequence[Entry]]) -> None:
    """Requests and waits by the second, then how long each act took at most, by the share of requests."""
    figure = make_subplots(
        rows=3,
        subplot_titles=(
            "requests a second",
            "milliseconds from when a request was due",
            "by act and share of requests",
        ),
        vertical_spacing=0.09,
    )
    at = [second.at for second in seconds]
    for name, counts in (("due", [s.due for s in seconds]), ("decided", [s.decided for s in seconds])):
        figure.add_trace(go.Scatter(x=at, y=counts, name=name, mode="lines"), row=1, col=1)
    waits = {"p50": [s.p50_ms for s in seconds], "p99": [s.p99_ms for s in seconds], "max": [s.max_ms for s in seconds]}
    for name, waited in waits.items():
        figure.add_trace(go.Scatter(x=at, y=waited, name=name, mode="lines"), row=2, col=1)
    for act, entries in acts.items():
        ordered = sorted(entry.latency * 1000 for entry in entries)
        within = [share for share in SHARES if len(ordered) * (1 - share) >= 1]
        at_most = [quantile(ordered, share) for share in within]
        labels = [f"{share:.2%}" for share in within]
        figure.add_trace(go.Scatter(x=labels, y=at_most, name=act, mode="lines+markers"), row=3, col=1)
    figure.update_yaxes(type="log", row=2, col=1)
    figure.update_yaxes(type="log", row=3, col=1)
    figure.update_layout(title=title, height=1100, template="plotly_white")
    figure.write_html(path, include_plotlyjs=True)
