"""Charts in a page that stands alone: everything in one file, opened from a disk, with no network at all.

What it may run is said by a policy of its own: each script and style by its hash (Content Security Policy level 3), and
nothing else. So a text that got into the page unescaped would still not run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup

from service_kit.charts import plotly_assets

_STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True)
class Standalone:
    """What the page has inline. `map_style_id`, `chart_style`: for elements that Plotly would add, see charts.py."""

    scripts: Sequence[Markup]
    style: Markup
    chart_style: Markup
    map_style_id: str
    policy: str


@cache
def standalone(own_style: Path) -> Standalone:
    """Our look with a page's own style sheet after it, and what draws charts. 4.8 MB, read once a process."""
    plotly, map_style_id = plotly_assets()
    scripts = [plotly.read_text("utf-8"), (_STATIC / "charts.js").read_text("utf-8")]
    style = (_STATIC / "app.css").read_text("utf-8") + own_style.read_text("utf-8")
    chart_style = (_STATIC / "charts.css").read_text("utf-8")
    for text, end in [*((script, "</script") for script in scripts), (style, "</style"), (chart_style, "</style")]:
        if end in text.lower():
            raise RuntimeError(f"an asset has {end} in it, which would end its element")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_source, scripts))}",
            f"style-src {_source(style)} {_source(chart_style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    # Nothing of these comes from a user: they are files of packages.
    return Standalone(
        [Markup(script) for script in scripts],  # noqa: S704
        Markup(style),  # noqa: S704
        Markup(chart_style),  # noqa: S704
        map_style_id,
        policy,
    )


def _source(text: str) -> str:
    """As a policy names it. HTML reads CR LF and CR as LF before it hashes."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(unix.encode()).digest()).decode()}'"
