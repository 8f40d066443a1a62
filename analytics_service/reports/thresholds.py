"""From when on something is suspicious: whole numbers with a default, which whoever asks may set otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from contracts.money import MAX_MINOR_UNITS

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
DAY_MS = 24 * HOUR_MS

Values = Mapping[str, int]
"""A pattern's thresholds by name."""


@dataclass(frozen=True)
class Threshold:
    """`name` is that of the parameter; anything from `least` to `most` may be set."""

    name: str
    default: int
    least: int
    most: int
    description: str
    is_money: bool = False
    """Whether it is in minor units, of whatever currency a payment has."""


class BadThresholdError(ValueError):
    """A value that the threshold can't take; the message says which it can."""

    def __init__(self, threshold: Threshold) -> None:
        self.detail = f"is a whole number from {threshold.least} to {threshold.most}"
        super().__init__(f"The parameter {threshold.name} {self.detail}.")
        self.name = threshold.name


def min_amount(default: int) -> Threshold:
    """What is smaller isn't looked at."""
    return Threshold("min_amount", default, 1, MAX_MINOR_UNITS, "payments of less don't count", is_money=True)


def share_of(text: str) -> Threshold:
    """In percent."""
    return Threshold("share", 50, 1, 100, text)


def large_enough(payments: pd.DataFrame, values: Values) -> pd.Series:
    """What `min_amount` lets count."""
    large: pd.Series = payments["amount"] >= values["min_amount"]
    return large


def window_hours(values: Values) -> int:
    """The threshold of that name, in milliseconds."""
    return values["window_hours"] * HOUR_MS


def transfers(values: Values) -> int:
    """The threshold of that name."""
    return values["transfers"]
