"""Every benchmark in turn, then the table of all claims, but what this commit has measured already."""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from bench.claims import Claim, table_of
from bench.machine import revision
from bench.measurement import KEPT, LATEST, Measurement, Remarks
from stack.layout import ROOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which, and whether anew. All with their defaults take some hours, most of them to fill a journal and a lake."""
    parser.add_argument("--names", default="", metavar="A,B", help="only these (default all)")


def run(options: argparse.Namespace, known: Sequence[str]) -> int:
    """Measure what is not measured yet, print all; 0 when each claim holds or is explained.

    Each runs in a process of its own, so that none finds what another has left in memory, and one that fails does not
    end the others. Ends with 2 when a name is unknown.
    """
    console, now = Console(), revision()
    names = [name for name in options.names.split(",") if name] or list(known)
    if unknown := set(names) - set(known):
        console.print(f"[red]no such benchmark:[/] {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return 2
    for number, name in enumerate(names, start=1):
        console.rule(f"{number} of {len(names)}: {name}")
        if not options.again and is_measured(name, now):
            console.print(f"measured at {now} already; --again measures it anew")
        else:
            _measure(name, options)
    return conclude(console, names)


def is_measured(name: str, now: str, folder: Path = LATEST) -> bool:
    """Whether the latest run of it was of this commit, without changes that no commit names."""
    found = Measurement.read(folder, name)
    return found is not None and not now.endswith("+") and bool(now) and found.revision == now


def conclude(console: Console, names: Sequence[str], latest: Path = LATEST, remarks: Path = KEPT) -> int:
    """Print the claims of all; 0 when each benchmark came to an end and each claim holds or is explained."""
    found = {name: Measurement.read(latest, name) for name in names}
    judged = [each for name, one in found.items() if one for each in _judged(one, Remarks.of(name, remarks))]
    console.print(table_of(judged))
    failed = [name for name, one in found.items() if one is None]
    if failed:
        console.print(f"[red]came to no end:[/] {', '.join(failed)}")
    return 1 if failed or any(verdict == UNEXPLAINED for *_, verdict in judged) else 0


HOLDS, EXPLAINED, UNEXPLAINED = "[green]yes[/]", "[yellow]no, explained[/]", "[red]NO[/]"


def _judged(found: Measurement, remarks: Remarks) -> Iterator[tuple[str, Claim, str]]:
    for claim in found.claims:
        yield found.bench, claim, HOLDS if claim.holds else EXPLAINED if claim.claim in remarks.below else UNEXPLAINED


def _measure(name: str, options: argparse.Namespace) -> None:
    # What an earlier commit has found must not be taken for what this run did not find.
    (LATEST / f"{name}.json").unlink(missing_ok=True)
    keep = ["--record"] if options.record else []
    told = ["--state", options.state] if options.state else []
    subprocess.run([sys.executable, "-m", "bench", name, *keep, *told], cwd=ROOT, check=False)
