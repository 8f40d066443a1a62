"""docs/performance.md and its chart, made from bench/measured: `python -m bench.performance_document` writes them; a
test holds them together."""

from collections.abc import Iterable, Iterator, Mapping

from bench.__main__ import BENCHMARKS
from bench.chart import chart
from bench.claims import Claim, Listing
from bench.measurement import KEPT, Measurement, Remarks
from stack.layout import ROOT

PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "images" / "performance.svg"
HEAD = """# Performance

Written by `make documents` from what is kept in `bench/measured`; a test holds the two together. Each claim is a ratio
against a named alternative that was measured in the same run, in alternating rounds: of the rounds' medians, with the
lowest and highest ratio of a single round behind it. What each benchmark proves and how it measures stands in
[bench/README.md](../bench/README.md).

`make bench` measures all of them on this machine and ends with the table below; `make bench NAME=ledger RECORD=1` keeps
what it finds, and `make documents` then tells it here.
"""
PICTURE = """![Every claim as a multiple of its goal](images/performance.svg)

A point is a claim's ratio as a multiple of its goal, a bar what its rounds lay between: right of the line a claim
holds. Claims whose goal is nothing at all are only in the table.
"""


def page() -> str:
    """The whole text."""
    kept = measurements()
    parts = [HEAD, "## Claims\n", _claims(kept.values()), "", PICTURE, *_below(kept), "## Runs\n", *_runs(kept)]
    if unknown := [f"`{name}`" for name in BENCHMARKS if name not in kept]:
        parts.append(f"Nothing is kept yet of {', '.join(unknown)}.\n")
    return "\n".join(parts)


def picture() -> str:
    """The chart of all claims."""
    return chart([claim for measured in measurements().values() for claim in measured.claims])


def measurements() -> Mapping[str, Measurement]:
    """What is kept, in the order in which `python -m bench` lists the benchmarks."""
    found = ((name, Measurement.read(KEPT, name)) for name in BENCHMARKS)
    return {name: measured for name, measured in found if measured is not None}


def _claims(kept: Iterable[Measurement]) -> str:
    head = ["| benchmark | claim | ours | against | ratio (rounds) | goal | holds |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(measured.bench, claim) for measured in kept for claim in measured.claims)])


def _row(bench: str, claim: Claim) -> str:
    spread = f" ({' - '.join(map(_number, claim.spread))})" if claim.spread else ""
    cells = (
        f"`{bench}`",
        claim.claim,
        _figure(claim.ours, claim.unit),
        _figure(claim.theirs, claim.unit),
        f"{_number(claim.ratio)}x{spread}",
        claim.told_goal,
        "yes" if claim.holds else "**no**",
    )
    return "| " + " | ".join(cells) + " |"


def _figure(value: float | None, unit: str) -> str:
    return "not kept" if value is None else f"{_number(value)} {unit}"


def _number(value: float) -> str:
    """With three figures, which is more than any of them is good for."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _below(kept: Mapping[str, Measurement]) -> Iterator[str]:
    """Why claims are below their goals; those of a benchmark that share a reason are told together."""
    yield "## Below the goal\n"
    for name, measured in kept.items():
        reasons = Remarks.of(name).below
        together: dict[str, list[str]] = {}
        for claim in measured.claims:
            if not claim.holds:
                told = f"`{name}`: {claim.claim}, {_number(claim.ratio)}x instead of {claim.told_goal}"
                together.setdefault(reasons.get(claim.claim, ""), []).append(told)
        for reason, claims in together.items():
            yield "\n".join(f"- {told}" for told in claims)
            yield f"\n{reason or 'Nobody has said why.'}"


def _runs(kept: Mapping[str, Measurement]) -> Iterator[str]:
    for name, run in kept.items():
        summary = (BENCHMARKS[name].__doc__ or "").splitlines()[0]
        yield f"### `{name}`\n"
        yield f"{summary}\n"
        against = "; ".join(dict.fromkeys(claim.against for claim in run.claims))
        yield f"`{run.command}` on {run.measured_on}, revision `{run.revision}`; {run.machine.told()}."
        yield f"Measured against: {against}.\n"
        if run.listing:
            yield _listed(run.listing)
        if notes := Remarks.of(name).notes:
            yield notes


def _listed(listing: Listing) -> str:
    lines = [listing.headings, ["---"] * len(listing.headings), *listing.rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def main() -> None:
    CHART.write_text(picture(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
