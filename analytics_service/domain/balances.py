"""What a statement opens and closes with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Balances:
    """Before the first entry of a time and after the last, in minor units."""

    currency: str
    opening: int
    closing: int
