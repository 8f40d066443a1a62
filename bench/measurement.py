"""What a run of a benchmark has found, and on what; those that docs/performance.md tells of are kept with the code.

``bench/measured/NAME.json`` is written by ``python -m bench NAME --record``. ``bench/measured/NAME.yaml`` beside it is
written by people: why a claim is below its goal, and what else is to be said. So a new run replaces no explanation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from bench.claims import Claim, Listing
from bench.machine import Machine
from stack.layout import ROOT

KEPT = ROOT / "bench" / "measured"
LATEST = ROOT / ".stack" / "bench"
"""Where every run leaves what it has found."""


@dataclass(frozen=True)
class Measurement:
    """``measured_on``: the UTC date; ``revision``: the commit; ``command``: what measures the same again."""

    bench: str
    measured_on: str
    revision: str
    command: str
    machine: Machine
    claims: list[Claim]
    listing: Listing | None = None

    def write(self, folder: Path) -> None:
        """Replace the bench's file in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.bench}.json").write_bytes(_FORMAT.dump_json(self, indent=2) + b"\n")

    @classmethod
    def read(cls, folder: Path, bench: str) -> "Measurement | None":
        """What is kept of a bench; None when nothing is."""
        path = folder / f"{bench}.json"
        return _FORMAT.validate_json(path.read_bytes()) if path.exists() else None


@dataclass(frozen=True)
class Remarks:
    """By people, in Markdown. ``below``: why a claim does not reach its goal, by the claim."""

    below: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""

    @classmethod
    def of(cls, bench: str, folder: Path = KEPT) -> "Remarks":
        """Of a bench; empty ones when nobody has remarked anything."""
        path = folder / f"{bench}.yaml"
        return _REMARKS.validate_python(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.exists() else cls()


_FORMAT = TypeAdapter(Measurement)
_REMARKS = TypeAdapter(Remarks)
