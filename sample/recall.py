"""`python -m sample.recall FOLDER`: what the risk reports find of a sample's planted patterns, as a table.

A pattern is found where a finding has at least half of its transfers. A finding is true where at least half of its
transfers belong to one planted pattern of its kind; `other` counts those that are a planted pattern of another kind, as
a dormant account that wakes up to pay many. Exits with 1 where a planted cycle or fan was overlooked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from analytics_service.engine import Engine, ReportFile, on_threads
from analytics_service.filters import Selection
from analytics_service.reports.risk.patterns import RISK_REPORTS
from analytics_service.reports.risk.report import FINDINGS_MAX
from sample.truth import Truths, read_truths

MUST_BE_FOUND = ("fan_in", "fan_out", "cycle")


@dataclass(frozen=True)
class Recall:
    """Of one pattern: how many were planted and how many of them found, and how many findings there are and of what."""

    pattern: str
    planted: int
    found: int
    findings: int
    true: int
    other: int


def recalls(files: Sequence[ReportFile], truths: Truths) -> Iterator[Recall]:
    """Every pattern with its default thresholds."""
    engine = Engine(on_threads)
    planted = [(truth.pattern, {proof.position for proof in truth.transfers}) for truth in truths]
    for name, report in RISK_REPORTS.items():
        table = engine.run([report], files, Selection(), FINDINGS_MAX)[report.name]
        findings = [set(map(int, positions.split())) for positions in table["positions"]]
        own = [positions for pattern, positions in planted if pattern == name]
        others = [positions for pattern, positions in planted if pattern != name]
        true = [finding for finding in findings if any(_half(finding & each, finding) for each in own)]
        other = [f for f in findings if f not in true and any(_half(f & each, f) for each in others)]
        found = sum(any(_half(finding & each, each) for finding in findings) for each in own)
        yield Recall(name, len(own), found, len(findings), len(true), len(other))


def _half(part: set[int], whole: set[int]) -> bool:
    return 2 * len(part) >= len(whole)


def main(arguments: Sequence[str]) -> int:
    """The command: see the module's docstring."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m sample.recall FOLDER\n")
        return 2
    folder = Path(arguments[0])
    files = [
        ReportFile(folder / "lake" / file["path"], file["rows"])
        for file in orjson.loads((folder / "files.json").read_bytes())
    ]
    rows = list(recalls(files, read_truths(folder / "truth.json")))
    table = Table("pattern", "planted", "found", "recall", "findings", "true", "other", "precision")
    for row in rows:
        recall, precision = row.found / row.planted, row.true / row.findings if row.findings else 1.0
        counts = (row.planted, row.found, f"{recall:.1%}", row.findings, row.true, row.other, f"{precision:.1%}")
        table.add_row(row.pattern, *map(str, counts))
    Console().print(table)
    return int(any(row.found < row.planted for row in rows if row.pattern in MUST_BE_FOUND))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
