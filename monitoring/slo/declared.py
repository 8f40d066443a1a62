"""slos.yaml as frozen objects."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

FILE = Path(__file__).with_name("slos.yaml")


class _Declared(BaseModel):
    """What is misspelt or missing stops whoever reads the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Examples(_Declared):
    """Series, for the rules' tests: which of them grow with a good event, and which with a bad one."""

    good: tuple[str, ...] = Field(min_length=1)
    bad: tuple[str, ...] = Field(min_length=1)


class Slo(_Declared):
    """One promise; slos.yaml says what each field means."""

    name: str = Field(pattern=r"^[a-z][a-z_]+$")
    promise: Literal["availability", "latency", "freshness"]
    title: str
    says: str
    objective: Decimal = Field(gt=0, lt=100)
    window_days: int = Field(gt=0, le=90)
    good: str
    events: str
    alert: str = Field(pattern=r"^[A-Z]\w+$")
    failing: str
    least_bad: int = Field(gt=0)
    examples: Examples

    @property
    def target(self) -> float:
        """The objective as a share, 0 to 1."""
        return float(self.objective / 100)

    @property
    def allowed(self) -> Decimal:
        """The share of events that may be bad: the budget."""
        return (100 - self.objective) / 100


def read_slos(text: str) -> tuple[Slo, ...]:
    """The promises in the order of the file.

    Raises:
        ValueError: a field is missing, unknown or out of its range, or two promises have one name.
    """
    slos = TypeAdapter(tuple[Slo, ...]).validate_python(yaml.safe_load(text)["slos"])
    for names in ([slo.name for slo in slos], [slo.alert for slo in slos]):
        if len(set(names)) < len(names):
            raise ValueError(f"two promises have one name: {', '.join(sorted(names))}")
    return slos


@cache
def declared_slos() -> tuple[Slo, ...]:
    """The platform's own promises."""
    return read_slos(FILE.read_text(encoding="utf-8"))
