"""All drills in turn, each on a stack of its own, but what has held at this commit already; then the table of all.

On one stack they would have to wait for each other: an alert looks back for up to five minutes, which is longer than a
stack takes to start, and what one drill breaks the next would find broken. Each is a process of its own, too, so that
one that fails, or comes to no end, does not end the others.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.machine import Machine
from stack.layout import ROOT
from tests.drills import table
from tests.drills.kept import KEPT, LATEST, Kept, now

ROUNDS = 5
"""Of a drill that repeats, in a run of all; alone it has more."""
OTHER_ROUNDS = {"whole-lives": ROUNDS, "history": 8, "log-out-everywhere": 20, "kill-reporter-rounds": 10}
"""Cheap ones, and those that prove nothing in so few."""
REPEATING = ("-rounds", "bad-requests")
UNKNOWN_SECONDS = 360
"""What a drill is taken to last that nobody has run yet."""


@dataclass(frozen=True)
class Wishes:
    """What was asked for. `rounds`: of each that repeats; `stack`: a running one, instead of one for each drill;
    `state`: what is to be said of the machine."""

    rounds: int | None = None
    again: bool = False
    stack: str | None = None
    state: str = ""


def run(
    drills: Sequence[str],
    wishes: Wishes,
    console: Console,
    *,
    at: str,
    folder: Path = LATEST,
    carry_out: Callable[[Sequence[str]], int] | None = None,
) -> int:
    """Run what has not held yet at commit `at`; 0 when every row holds.

    `carry_out`: runs `python -m tests.drills` with these arguments, and says with what it ended.
    """
    left = [
        drill for drill in drills if wishes.again or not has_held(drill, rounds_of(drill, wishes.rounds), at, folder)
    ]
    console.print(outlook(drills, left, at))
    for position, drill in enumerate(left):
        console.rule(
            f"{position + 1} of {len(left)}: {drill}, {told(estimate(left[position:], (folder, KEPT))[0])} left"
        )
        _drill(drill, wishes, at, folder, carry_out or end_of, console)
    return conclude(drills, console, folder)


def has_held(drill: str, rounds: int | None, at: str, folder: Path = LATEST) -> bool:
    """Whether its last run was of this commit, without changes that no commit names, as long as this one, and held."""
    kept = Kept.read(folder, drill)
    if kept is None or not kept.holds or not at or at.endswith("+") or kept.revision != at:
        return False
    return kept.rounds is None or rounds is None or kept.rounds >= rounds


def rounds_of(drill: str, asked: int | None) -> int | None:
    """How often, of one that repeats; None of one that doesn't."""
    if drill in OTHER_ROUNDS or drill.endswith(REPEATING):
        return asked or OTHER_ROUNDS.get(drill, ROUNDS)
    return None


def estimate(drills: Sequence[str], folders: Sequence[Path] = (LATEST, KEPT)) -> tuple[float, int]:
    """How long they take, in seconds, by their last runs, here or told of; and how many of them nobody has run."""
    runs = [next(filter(None, (Kept.read(folder, drill) for folder in folders)), None) for drill in drills]
    return sum(kept.seconds if kept else UNKNOWN_SECONDS for kept in runs), runs.count(None)


def outlook(drills: Sequence[str], left: Sequence[str], at: str) -> str:
    """What is about to happen, and how long it takes."""
    seconds, unknown = estimate(left)
    words = [f"{len(drills)} drills, of which {len(drills) - len(left)} have held at {at or 'no commit'} already;"]
    words += [f"{len(left)} to run, in {told(seconds)}"]
    words += [f"({unknown} of them were never run, {told(UNKNOWN_SECONDS)} taken for each)"] if unknown else []
    if at.endswith("+"):
        words += ["- files have changed since the commit, so that none of it can be taken up again"]
    return " ".join(words)


def told(seconds: float) -> str:
    """About how long."""
    minutes = round(seconds / 60)
    return f"about {minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"about {minutes} min"


def conclude(drills: Sequence[str], console: Console, folder: Path = LATEST) -> int:
    """Print the table of all; 0 when each was run and holds."""
    found = {drill: kept for drill in drills if (kept := Kept.read(folder, drill))}
    table.show(console, drills, found)
    return 0 if len(found) == len(drills) and all(kept.holds for kept in found.values()) else 1


def _drill(
    drill: str, wishes: Wishes, at: str, folder: Path, carry_out: Callable[[Sequence[str]], int], console: Console
) -> None:
    """One drill as a process; when it comes to no end, that is its row."""
    before, began, ran_at = Kept.read(folder, drill), time.monotonic(), now()
    machine, rounds = Machine.of_here(wishes.state), rounds_of(drill, wishes.rounds)
    asked = {"--rounds": str(rounds or ""), "--stack": wishes.stack or "", "--state": wishes.state}
    code = carry_out([drill, *(word for name, value in asked.items() if value for word in (name, value))])
    if Kept.read(folder, drill) == before:
        finding, seconds = f"came to no end: its process ended with {code}", round(time.monotonic() - began, 1)
        console.print(f"[red]wrong:[/] {finding}")
        Kept(drill, ran_at, at, machine, rounds, seconds, [finding], {}).write(folder)


def end_of(arguments: Sequence[str]) -> int:
    """The exit code of a drill as a process of its own. Who is interrupted waits until it has stopped its stack."""
    process = subprocess.Popen([sys.executable, "-m", "tests.drills", *arguments], cwd=ROOT)
    try:
        return process.wait()
    except SystemExit:
        # Of Ctrl-C it hears by itself.
        process.terminate()
        raise
    finally:
        process.wait()
