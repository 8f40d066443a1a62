"""docs/performance.md and its chart are what bench/measured holds, and nothing of it is about what isn't there."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench.__main__ import BENCHMARKS
from bench.chart import margin
from bench.measurement import KEPT, Remarks
from bench.performance_document import CHART, PAGE, measurements, page, picture
from tests.alert_rules import ROOT

KEPT_RUNS = measurements()


def test_the_page_is_what_the_command_would_write() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make documents"


def test_the_chart_is_what_the_command_would_write() -> None:
    assert CHART.read_text(encoding="utf-8") == picture(), "make documents"


def test_only_benchmarks_that_there_are_have_results() -> None:
    assert {path.stem for path in KEPT.iterdir()} <= set(BENCHMARKS)


@pytest.mark.parametrize("bench", KEPT_RUNS)
def test_what_is_below_its_goal_is_explained_and_nothing_else_is(bench: str) -> None:
    claims = {claim.claim: claim for claim in KEPT_RUNS[bench].claims}

    assert len(claims) == len(KEPT_RUNS[bench].claims), "two claims of one name"
    assert {name for name, claim in claims.items() if not claim.holds} <= set(Remarks.of(bench).below) <= set(claims)


def test_a_claim_is_judged_as_its_ratio_says() -> None:
    for run in KEPT_RUNS.values():
        for claim in run.claims:
            within = claim.ratio <= claim.goal if claim.at_most else claim.ratio >= claim.goal
            assert claim.holds is within, claim.claim


def test_the_chart_has_a_point_for_each_claim_on_the_side_where_it_belongs() -> None:
    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(picture())  # noqa: S314 - our own text
    names = [text.text for text in root.iter(f"{svg}text")]
    goal = next(float(text.get("x", "")) for text in root.iter(f"{svg}text") if text.text == "goal")
    points = [float(point.get("cx", "")) for point in root.iter(f"{svg}circle")]
    drawn = [claim for run in KEPT_RUNS.values() for claim in run.claims if claim.claim in names]

    assert len(drawn) == len(points) > 40
    for claim, x in zip(drawn, points, strict=True):
        assert (x >= goal) is claim.holds is (margin(claim, claim.ratio) >= 1), claim.claim


def test_the_list_of_benchmarks_is_whole() -> None:
    rows = (ROOT / "bench/README.md").read_text(encoding="utf-8").split("## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", rows, re.M)) == set(BENCHMARKS)
