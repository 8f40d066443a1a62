"""What a run of a drill has shown, and on what; those that docs/drills.md tells of are kept with the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from bench.machine import Machine
from stack.layout import ROOT

KEPT = ROOT / "tests" / "drills" / "measured"
LATEST = ROOT / ".stack" / "drills"
"""Where every run leaves its row."""
Figure = str | int | float | None


@dataclass(frozen=True)
class Kept:
    """``ran_at``: when it began, in UTC. ``revision``: the commit, with a "+" where files had changed since.

    ``rounds``: those that were asked for, None for the drill's own number or none. ``seconds``: of the whole, with the
    stack's start. ``findings``: what was wrong, one sentence each. ``figures``: the row.
    """

    drill: str
    ran_at: str
    revision: str
    machine: Machine
    rounds: int | None
    seconds: float
    findings: list[str]
    figures: Mapping[str, Figure]

    @property
    def holds(self) -> bool:
        return not self.findings

    def write(self, folder: Path) -> None:
        """Replace the drill's file in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.drill}.json").write_bytes(_FORMAT.dump_json(self, indent=2) + b"\n")

    @classmethod
    def read(cls, folder: Path, drill: str) -> Kept | None:
        """The drill's row; None when there is none."""
        path = folder / f"{drill}.json"
        return _FORMAT.validate_json(path.read_bytes()) if path.exists() else None


def now() -> str:
    """To the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


_FORMAT = TypeAdapter(Kept)
