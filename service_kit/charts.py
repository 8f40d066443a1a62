"""Charts of a page: the figures here, the drawing by Plotly in the browser, the same numbers in a table beside it.

Plotly's script comes out of its Python package and is loaded only by a page that shows a chart. Of the page's policy
nothing is opened for it: Plotly would add two `<style>` elements to the page, and leaves each out where an element
with its id is already there. `kit/chart_assets.html` puts them there, one of them our own style sheet, into which
Plotly then writes its rules (`Lib.addStyleRule` in its sources; tests/e2e looks at the browser's console).
"""

from __future__ import annotations

import gzip
import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, g, request, url_for
from flask_babel import format_decimal

FOR_EVER = "public, max-age=31536000, immutable"
"""The address changes with the content, so what was loaded once is never asked for again (RFC 8246)."""

Number = int | float | Decimal
Tone = Literal["", "good", "bad", "warn", "quiet"]


@dataclass(frozen=True)
class Series:
    """One line, or one colour of bars: a value for each place of its chart, None where there is none.

    `tone` gives it a colour with a meaning; without it takes the next of the theme's.
    """

    name: str
    values: Sequence[Number | None]
    tone: Tone = ""


@dataclass(frozen=True)
class Chart:
    """What a chart shows, before anybody decides about pixels. Made by the functions below."""

    kind: Literal["lines", "stacked", "horizontal", "heat"]
    places: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    axis: str
    in_time: bool
    names: tuple[str, ...] = ()
    """Of the places, for the table, where they have better ones than what is written under the bars."""

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.values) != len(self.places):
                raise ValueError(f"{one.name!r} has {len(one.values)} values for {len(self.places)} places")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return all(value is None for one in self.series for value in one.values)

    def drawing(self) -> dict[str, Any]:
        """What static/charts.js draws; plain JSON. Decimals become floats here, for pixels only."""
        return {
            "kind": self.kind,
            "places": self.places,
            "series": [{"name": s.name, "tone": s.tone, "values": [_pixel(v) for v in s.values]} for s in self.series],
            "unit": self.unit,
            "axis": self.axis,
            "in_time": self.in_time,
        }

    def table(self) -> list[tuple[str, list[str]]]:
        """The same as rows of text in the reader's language: (place, a text for each series)."""
        columns = [[_text(value) for value in one.values] for one in self.series]
        return [(name, [column[row] for column in columns]) for row, name in enumerate(self.names or self.places)]


def lines(times: Sequence[datetime], series: Sequence[Series], *, unit: str = "", axis: str = "UTC") -> Chart:
    """Values over time. `times` must know their zone and are shown in UTC."""
    return Chart("lines", _moments(times), tuple(series), unit, axis, in_time=True)


def stacked_bars(
    places: Sequence[datetime] | Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    axis: str = "",
    zone: str = "UTC",
    names: Sequence[str] = (),
) -> Chart:
    """Upright bars, at moments or at names, each made of the series' values one on another.

    Moments are shown in `zone`, of IANA, whose clocks may show an hour twice: `names` tells such apart in the table.
    """
    moments = [place for place in places if isinstance(place, datetime)]
    shown = _moments(moments, zone) if moments else tuple(map(str, places))
    axis = axis or (zone if moments else "")
    return Chart("stacked", shown, tuple(series), unit, axis, in_time=bool(moments), names=tuple(names))


def heat_map(rows: Sequence[str], columns: Sequence[Series], *, unit: str = "", axis: str = "") -> Chart:
    """A grid: a column of values for each series, the first row on top; the more, the stronger the colour."""
    return Chart("heat", tuple(rows), tuple(columns), unit, axis, in_time=False)


def horizontal_bars(
    names: Sequence[str], values: Sequence[Number], *, unit: str = "", axis: str = "", tone: Tone = ""
) -> Chart:
    """A ranking, the first on top; for names too long to stand under upright bars."""
    return Chart("horizontal", tuple(names), (Series(unit or axis, values, tone),), unit, axis, in_time=False)


def install_charts(app: Flask) -> None:
    """Let `app`'s pages show charts: `{% from "kit/chart.html" import chart %}`. After `create_web_app`."""
    routes = Blueprint("charts", __name__)

    @routes.get("/kit/plotly.js")
    def plotly_js() -> Response:
        answer = Response(content_type="text/javascript; charset=utf-8", headers={"Cache-Control": FOR_EVER})
        answer.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip"):
            answer.data, answer.content_encoding = _plotly().squeezed, "gzip"
        else:
            answer.data = _plotly().path.read_bytes()
        return answer

    app.register_blueprint(routes)
    app.jinja_env.globals.update(show_chart=_show_chart, chart_assets=_chart_assets)


def _show_chart() -> str:
    """Called by the macro: this page has a chart, so the foot of base.html loads what draws it."""
    g.has_charts = True
    return ""


def _chart_assets() -> dict[str, str] | None:
    """For base.html: where Plotly is, and the id of the style element it shall not make; None for other pages."""
    if not g.get("has_charts"):
        return None
    plotly = _plotly()
    return {"script": url_for("charts.plotly_js", v=plotly.fingerprint), "map_style_id": plotly.map_style_id}


def plotly_assets() -> tuple[Path, str]:
    """Plotly's script, and the id of the style element that it shall not make; for a page that is no answer of ours."""
    plotly = _plotly()
    return plotly.path, plotly.map_style_id


@dataclass(frozen=True)
class _Plotly:
    path: Path
    fingerprint: str
    squeezed: bytes
    map_style_id: str


@cache
def _plotly() -> _Plotly:
    """Plotly's script as its package brings it, compressed once a process: 4.8 MB become 1.5."""
    package = find_spec("plotly")  # not imported: that takes longer than all the rest of a web process
    if package is None or package.origin is None:
        raise RuntimeError("the package plotly is not installed, and this service shows charts")
    path = Path(package.origin).parent / "package_data" / "plotly.min.js"
    content = path.read_bytes()
    found = re.search(rb'getElementById\("([0-9a-f]{64})"\)', content)
    if found is None:
        raise RuntimeError(f"{path} adds the style of its maps in another way: see service_kit/charts.py")
    return _Plotly(path, hashlib.sha256(content).hexdigest()[:12], gzip.compress(content, 6), found[1].decode())


def _moments(times: Sequence[Any], zone: str = "UTC") -> tuple[str, ...]:
    """Plotly knows no zones: it shows what is written. Seconds are written where there are any."""
    if any(time.tzinfo is None for time in times):
        raise ValueError("a time without a zone can't be shown in another one")
    there = ZoneInfo(zone)
    local = [time.astimezone(there) for time in times]
    pattern = "%Y-%m-%d %H:%M:%S" if any(time.second for time in local) else "%Y-%m-%d %H:%M"
    return tuple(time.strftime(pattern) for time in local)


def _pixel(value: Number | None) -> int | float | None:
    """NaN and infinity are no JSON: nothing is drawn for them."""
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(value)


def _text(value: Number | None) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    if isinstance(value, float):
        return format_decimal(float(f"{value:.4g}"), format="#,##0.######") if value else "0"
    return format_decimal(value, format="#,##0.00" if isinstance(value, Decimal) else None)
