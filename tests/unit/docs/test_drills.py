"""docs/drills.md names every drill and none that isn't there, and its results are those that are kept."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from bench.machine import Machine
from tests.alert_rules import ROOT
from tests.drills import document
from tests.drills.__main__ import DRILLS
from tests.drills.chart import SVG, chart, named_at, waits_at
from tests.drills.kept import KEPT, Kept

ROW = Kept(
    drill="kill-writer",
    ran_at="2026-12-01T05:00:00+00:00",
    revision="abc1234",
    machine=Machine(cores=2, python="3.12.1", memory_gb=8.0, load_before=0.1),
    rounds=None,
    seconds=126.0,
    findings=[],
    figures={
        "accepted": 1_000,
        "alert": "LedgerTakeover",
        "alert_seconds": 3.5,
        "p99_before_ms": 20.0,
        "p99_during_ms": 1_900.0,
        "p99_after_ms": None,
    },
)


def test_the_list_of_drills_is_whole() -> None:
    rows = (ROOT / "docs/drills.md").read_text(encoding="utf-8").split("| drill |")[1]
    listed = {name for row in re.findall(r"^\| (`.+?) \|", rows, re.M) for name in re.findall(r"`([\w-]+)`", row)}

    assert listed == set(DRILLS)


def test_the_results_are_what_the_command_would_write() -> None:
    assert document.PAGE.read_text(encoding="utf-8") == document.page(), "make documents"


def test_the_chart_is_what_the_command_would_write() -> None:
    assert document.CHART.exists() == bool(document.kept())
    assert not document.kept() or document.CHART.read_text(encoding="utf-8") == document.picture(), "make documents"


def test_only_drills_that_there_are_have_results() -> None:
    assert {path.stem for path in KEPT.glob("*")} <= set(DRILLS)


def test_a_drill_that_was_never_run_says_so() -> None:
    lines = document.results({"kill-writer": ROW}).splitlines()

    (run,) = (line for line in lines if line.startswith("| `kill-writer` | 1,000"))
    assert "| 20 / 1,900 / never |" in run
    assert run.endswith("| yes |")
    assert sum(line.endswith(f"| {document.NEVER_RUN} |") for line in lines) == len(DRILLS) - 1


def test_what_was_wrong_is_told_with_the_row() -> None:
    text = document.results({"kill-writer": replace(ROW, findings=["1 accepted transfers are lost"])})

    assert "| **no** |" in text
    assert "- `kill-writer`: 1 accepted transfers are lost" in text


def test_what_no_column_tells_of_is_told_besides() -> None:
    figures = {**ROW.figures, "unpublished": 0, "asked_again": 1_234, "longest_delay_seconds": 0.75}

    text = document.results({"kill-writer": replace(ROW, figures=figures)})

    assert "| `kill-writer` | `asked_again` 1,234, `longest_delay_seconds` 0.75 |" in text
    assert "besides" not in document.results({"kill-writer": ROW})


def test_a_result_says_when_at_which_commit_and_on_what() -> None:
    text = document.results({"kill-writer": ROW})

    told = "2 cores, 8 GB, Python 3.12.1, load average before 0.1"
    assert f"| `kill-writer` | 2026-12-01 05:00 | abc1234 | - | 2.1 min | {told} |" in text


def test_the_chart_has_a_point_for_each_wait_and_a_bar_for_the_alert() -> None:
    unnamed = replace(ROW, drill="poison", figures={**ROW.figures, "alert": None, "alert_seconds": None})
    without_load = replace(ROW, drill="bad-requests", figures={"accepted": 7})

    root = ElementTree.fromstring(chart([ROW, unnamed, without_load]))  # noqa: S314 - it is our own

    points = [float(point.get("cx", "")) for point in root.iter(f"{{{SVG}}}circle")]
    assert points == [waits_at(20), waits_at(1_900)] * 2
    bars = [float(bar.get("width", "")) for bar in root.iter(f"{{{SVG}}}rect") if bar.get("height") == "8"]
    assert bars == [named_at(3.5) - named_at(0)]
    labels = {text.text for text in root.iter(f"{{{SVG}}}text")}
    assert {"kill-writer", "poison"} <= labels
    assert "bad-requests" not in labels


def test_a_wait_has_its_place_on_the_scale_however_long_it_was() -> None:
    assert waits_at(0.1) == waits_at(1) < waits_at(10) < waits_at(100_000) == waits_at(500_000)
