"""What a benchmark claims, with the figures it rests on; written for machines and printed for people."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Round:
    """One round of each side, one right after the other: a rate, or what something costs or takes."""

    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


@dataclass(frozen=True)
class Claim:
    """``ratio`` of the rounds' medians against ``goal``, which it must reach or, with ``at_most``, not exceed.

    ``spread``: the lowest and highest ratio of a single round.
    """

    claim: str
    ratio: float
    goal: float
    at_most: bool
    holds: bool
    rounds: list[Round]
    spread: tuple[float, float]
    against: str


def claim_from(rounds: Sequence[Round], *, claim: str, goal: float, against: str, at_most: bool = False) -> Claim:
    """Judge the rounds; medians, so that one disturbed round neither makes nor breaks a claim."""
    ours = statistics.median(one.ours for one in rounds)
    theirs = statistics.median(one.theirs for one in rounds)
    ratio = round(ours / theirs, 2)
    ratios = sorted(round(one.ratio, 2) for one in rounds)
    holds = ratio <= goal if at_most else ratio >= goal
    return Claim(claim, ratio, goal, at_most, holds, list(rounds), (ratios[0], ratios[-1]), against)


def conclude(console: Console, path: Path, claims: Sequence[Claim]) -> int:
    """Write and print what a benchmark has found; its exit code: 0 when every claim holds."""
    write_claims(path, claims)
    print_claims(console, claims)
    return 0 if all(claim.holds for claim in claims) else 1


def write_claims(path: Path, claims: Sequence[Claim]) -> None:
    """A JSON list, replaced whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(claim) for claim in claims], indent=2) + "\n", encoding="utf-8")


def print_claims(console: Console, claims: Sequence[Claim]) -> None:
    """One line a claim, and what it was measured against below."""
    table = Table(title="claims", title_justify="left")
    for heading in ("claim", "ratio", "goal", "rounds' ratios", "holds"):
        table.add_column(heading, justify="left" if heading == "claim" else "right")
    for claim in claims:
        low, high = claim.spread
        verdict = "[green]yes[/]" if claim.holds else "[red]NO[/]"
        goal = f"{'≤' if claim.at_most else '≥'} {claim.goal:g}x"
        table.add_row(claim.claim, f"{claim.ratio:.2f}x", goal, f"{low:.2f} - {high:.2f}", verdict)
    console.print(table)
    for against in dict.fromkeys(claim.against for claim in claims):
        console.print(f"against: {against}")
