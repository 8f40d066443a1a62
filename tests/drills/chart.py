"""A small chart of drills as SVG: how long people waited before, during and after each fault, and when it was named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from tests.drills.kept import Figure, Kept

LABELS, WAITS, GAP, NAMED, MARGIN = 190, 400, 40, 240, 30
ROW, TOP, BOTTOM = 20, 44, 12
INK, FAINT = "#1f2328", "#d0d7de"
PARTS = {"before": "#57606a", "during": "#bc4c00", "after": "#1a7f37"}
ALERT = "#0969da"
FASTEST_MS, SLOWEST_MS = 1.0, 100_000.0
ALERT_LIMIT_SECONDS = 60
SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Panel:
    """A scale, its ticks with what stands above them, and its title."""

    title: str
    left: int
    x: Callable[[float], float]
    ticks: Mapping[float, str]


def waits_at(milliseconds: float) -> float:
    """Logarithmic, from a millisecond to a hundred seconds."""
    within = min(max(milliseconds, FASTEST_MS), SLOWEST_MS)
    return round(LABELS + WAITS * math.log10(within / FASTEST_MS) / math.log10(SLOWEST_MS / FASTEST_MS), 1)


def named_at(seconds: float) -> float:
    """From nothing to the minute within which an alert has to fire."""
    return round(LABELS + WAITS + GAP + NAMED * min(max(seconds, 0.0), ALERT_LIMIT_SECONDS) / ALERT_LIMIT_SECONDS, 1)


PANELS = (
    Panel(
        "99 of 100 waited at most, before, during and after the fault",
        LABELS,
        waits_at,
        {1: "1 ms", 10: "10 ms", 100: "0.1 s", 1_000: "1 s", 10_000: "10 s", 100_000: "100 s"},
    ),
    Panel("an alert named it after", LABELS + WAITS + GAP, named_at, {0: "0", 20: "20 s", 40: "40 s", 60: "60 s"}),
)


def is_drawn(kept: Kept) -> bool:
    """A drill without a load has no waits."""
    return "p99_before_ms" in kept.figures


def chart(rows: Sequence[Kept]) -> str:
    """One line a drill."""
    drawn = [kept for kept in rows if is_drawn(kept)]
    height = TOP + ROW * len(drawn) + BOTTOM
    box = f"0 0 {LABELS + WAITS + GAP + NAMED + MARGIN} {height}"
    fonts = {"font-family": "system-ui, sans-serif", "font-size": "12"}
    root = ElementTree.Element("svg", xmlns=SVG, viewBox=box, role="img", attrib=fonts)
    ElementTree.SubElement(
        root, "title"
    ).text = "How long people waited in each drill, and when an alert named its fault"
    ElementTree.SubElement(root, "rect", width="100%", height="100%", fill="#ffffff")
    for panel in PANELS:
        _axis(root, panel, height)
    for number, kept in enumerate(drawn):
        _row(root, kept, TOP + ROW * number + ROW / 2)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _axis(root: ElementTree.Element, panel: Panel, height: int) -> None:
    _text(root, panel.title, panel.left, 14, "start")
    for tick, text in panel.ticks.items():
        x = str(panel.x(tick))
        line = {"stroke": FAINT, "stroke-width": "1"}
        ElementTree.SubElement(root, "line", x1=x, x2=x, y1=str(TOP - 6), y2=str(height - BOTTOM), attrib=line)
        _text(root, text, panel.x(tick), 32, "middle")


def _row(root: ElementTree.Element, kept: Kept, y: float) -> None:
    _text(root, kept.drill, LABELS - 10, y + 4, "end")
    for part, colour in PARTS.items():
        if (wait := _number(kept.figures.get(f"p99_{part}_ms"))) is not None:
            point = ElementTree.SubElement(root, "circle", cx=str(waits_at(wait)), cy=str(y), r="4", fill=colour)
            ElementTree.SubElement(point, "title").text = f"{kept.drill}, {part}: {wait:,g} ms"
    if (seconds := _number(kept.figures.get("alert_seconds"))) is not None:
        width = str(round(named_at(seconds) - named_at(0), 1))
        place = {"x": str(named_at(0)), "y": str(y - 4), "width": width, "height": "8", "fill": ALERT}
        bar = ElementTree.SubElement(root, "rect", attrib=place)
        ElementTree.SubElement(bar, "title").text = f"{kept.figures['alert']} after {seconds:g} s"


def _text(root: ElementTree.Element, text: str, x: float, y: float, anchor: str) -> None:
    place = {"x": str(x), "y": str(y), "text-anchor": anchor, "fill": INK}
    ElementTree.SubElement(root, "text", attrib=place).text = text


def _number(figure: Figure) -> float | None:
    return float(figure) if isinstance(figure, int | float) else None
