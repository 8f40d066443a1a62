"""A small chart of claims as SVG: how far each is from its goal, and how much its rounds differed."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree

from bench.claims import Claim

LABELS, WIDTH, RIGHT = 480, 420, 40
ROW, TOP, BOTTOM = 20, 26, 12
HOLDS, BELOW, INK, FAINT = "#1a7f37", "#bc4c00", "#1f2328", "#d0d7de"
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def margin(claim: Claim, ratio: float) -> float:
    """How many times better than its goal a ratio is: from 1 on it holds. Of goals above 0."""
    return claim.goal / ratio if claim.at_most else ratio / claim.goal


def is_drawn(claim: Claim) -> bool:
    """A goal of nothing, or a cost that is nothing, has no place on a scale of multiples."""
    return claim.goal > 0 and claim.ratio > 0


def chart(claims: Sequence[Claim]) -> str:
    """One line a claim: a bar over its rounds, a point at its ratio, both as multiples of the goal."""
    drawn = [claim for claim in claims if is_drawn(claim)]
    height = TOP + ROW * len(drawn) + BOTTOM
    root = ElementTree.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {LABELS + WIDTH + RIGHT} {height}",
        role="img",
        attrib={"font-family": "system-ui, sans-serif", "font-size": "12"},
    )
    ElementTree.SubElement(root, "title").text = "Claims as multiples of their goals; from 1x on a claim holds"
    ElementTree.SubElement(root, "rect", width="100%", height="100%", fill="#ffffff")
    scale = _Scale([value for claim in drawn for value in _values(claim)])
    _axis(root, scale, height)
    for number, claim in enumerate(drawn):
        _row(root, scale, claim, TOP + ROW * number + ROW / 2)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


class _Scale:
    """A logarithmic one that has room for all values, and for the goal."""

    def __init__(self, values: Sequence[float]) -> None:
        self.low = max(tick for tick in TICKS if tick <= max(min([0.5, *values]), TICKS[0]))
        self.high = min(tick for tick in TICKS if tick >= min(max([2, *values]), TICKS[-1]))

    def x(self, value: float) -> float:
        within = min(max(value, self.low), self.high)
        return round(LABELS + WIDTH * math.log(within / self.low) / math.log(self.high / self.low), 1)


def _values(claim: Claim) -> list[float]:
    ratios = [claim.ratio, *(claim.spread or ())]
    return [margin(claim, ratio) for ratio in ratios if ratio > 0]


def _axis(root: ElementTree.Element, scale: _Scale, height: int) -> None:
    for tick in (tick for tick in TICKS if scale.low <= tick <= scale.high):
        x = str(scale.x(tick))
        line = {"stroke": INK if tick == 1 else FAINT, "stroke-width": "1"}
        ElementTree.SubElement(root, "line", x1=x, x2=x, y1=str(TOP - 6), y2=str(height - BOTTOM), attrib=line)
        text = "goal" if tick == 1 else f"{tick:g}x"
        ElementTree.SubElement(root, "text", x=x, y="14", fill=INK, attrib={"text-anchor": "middle"}).text = text


def _row(root: ElementTree.Element, scale: _Scale, claim: Claim, y: float) -> None:
    colour = HOLDS if claim.holds else BELOW
    label = {"text-anchor": "end", "dominant-baseline": "middle"}
    ElementTree.SubElement(root, "text", x=str(LABELS - 10), y=str(y), fill=INK, attrib=label).text = claim.claim
    places = [scale.x(value) for value in _values(claim)]
    bar = {"stroke": colour, "stroke-width": "6", "stroke-opacity": "0.3", "stroke-linecap": "round"}
    ends = {"x1": str(min(places)), "x2": str(max(places))}
    ElementTree.SubElement(root, "line", y1=str(y), y2=str(y), attrib=ends | bar)
    ElementTree.SubElement(root, "circle", cx=str(places[0]), cy=str(y), r="4", fill=colour)
