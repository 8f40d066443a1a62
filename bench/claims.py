"""What a benchmark claims, with the figures it rests on; kept for machines and printed for people."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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

    ``ours`` and ``theirs``: those medians, in ``unit``; None where an old run did not keep them, as ``rounds`` is
    empty then. ``spread``: the lowest and highest ratio of a single round.
    """

    claim: str
    ratio: float
    goal: float
    at_most: bool
    holds: bool
    spread: tuple[float, float] | None
    against: str
    unit: str
    ours: float | None
    theirs: float | None
    rounds: list[Round] = field(default_factory=list)

    @property
    def told_goal(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.goal:.3g}x"

    @property
    def told_spread(self) -> str:
        return f"{self.spread[0]:.2f} - {self.spread[1]:.2f}" if self.spread else "not kept"


@dataclass(frozen=True)
class Listing:
    """Figures that no claim is made of, as they are told."""

    headings: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Findings:
    """What a benchmark has found that tells more than its claims."""

    claims: list[Claim]
    listing: Listing | None = None


def claim_from(
    rounds: Sequence[Round], *, claim: str, unit: str, goal: float, against: str, at_most: bool = False
) -> Claim:
    """Judge the rounds; medians, so that one disturbed round neither makes nor breaks a claim."""
    ours = statistics.median(one.ours for one in rounds)
    theirs = statistics.median(one.theirs for one in rounds)
    ratio = round(ours / theirs, 2)
    ratios = sorted(round(one.ratio, 2) for one in rounds)
    return Claim(
        claim=claim,
        ratio=ratio,
        goal=goal,
        at_most=at_most,
        holds=ratio <= goal if at_most else ratio >= goal,
        spread=(ratios[0], ratios[-1]),
        against=against,
        unit=unit,
        ours=ours,
        theirs=theirs,
        rounds=list(rounds),
    )


def print_claims(console: Console, bench: str, claims: Sequence[Claim]) -> None:
    """One line a claim, and what it was measured against below."""
    console.print(table_of((bench, claim, "[green]yes[/]" if claim.holds else "[red]NO[/]") for claim in claims))
    for against in dict.fromkeys(claim.against for claim in claims):
        console.print(f"against: {against}")


def table_of(rows: Iterable[tuple[str, Claim, str]]) -> Table:
    """Benchmarks' claims with a verdict on each."""
    table = Table(title="claims", title_justify="left")
    for heading in ("benchmark", "claim", "ratio", "goal", "rounds' ratios", "holds"):
        table.add_column(heading, justify="left" if heading in ("benchmark", "claim") else "right")
    for bench, claim, verdict in rows:
        goal = f"{'≤' if claim.at_most else '≥'} {claim.goal:.3g}x"
        table.add_row(bench, claim.claim, f"{claim.ratio:.2f}x", goal, claim.told_spread, verdict)
    return table
