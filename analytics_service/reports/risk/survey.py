"""Who may be suspicious at all, counted in little memory: payments by account and window, in hashed slots.

A row of a count-min sketch (Cormode and Muthukrishnan, "An improved data stream summary", Journal of Algorithms 55
(2005)): several windows may share a slot, so a count may be too large and never too small. Whoever is suspected is then
looked at exactly; whoever isn't can't be guilty. Slots add up, whatever parts the lake is in.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics_service.reports.risk.pattern import Side

SLOTS_BITS = 22
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: multiplying by it spreads neighbours (Knuth, TAOCP 3, 6.4)."""


def slots_of(accounts: pd.Series, at_ms: np.ndarray, window_ms: int, step: int = 0) -> np.ndarray:
    """Of each account's window at that time, or of the one `step` windows later."""
    codes, distinct = pd.factorize(accounts)
    hashed = pd.util.hash_array(np.asarray(distinct, dtype=object), categorize=False)[codes]
    window = (at_ms // window_ms + step).astype(np.uint64)
    slots: np.ndarray = ((hashed ^ (window * _ODD)) * _ODD) >> np.uint64(64 - SLOTS_BITS)
    return slots.astype(np.int64)


@dataclass(frozen=True)
class Busy:
    """How many payments fell into each slot; a window of any place lies in two neighbouring ones of ours."""

    counts: np.ndarray
    window_ms: int
    least: int

    @classmethod
    def of(cls, table: pd.DataFrame, window_ms: int, least: int) -> Busy:
        """`table` has `slot` and `payments`."""
        counts = np.zeros(1 << SLOTS_BITS, dtype=np.uint16)
        counts[table["slot"].to_numpy()] = np.minimum(table["payments"], np.iinfo(np.uint16).max)
        return cls(counts, window_ms, least)

    @classmethod
    def unpacked(cls, packed: bytes, window_ms: int, least: int) -> Busy:
        """As it was pickled."""
        return cls(np.frombuffer(zlib.decompress(packed), dtype=np.uint16), window_ms, least)

    def __reduce__(self) -> tuple[Callable[..., Busy], tuple[Any, ...]]:
        """It travels to the workers of a cluster with every piece; eight megabytes, most of them zero."""
        return Busy.unpacked, (zlib.compress(self.counts.tobytes(), 1), self.window_ms, self.least)

    def may_be(self, accounts: pd.Series, at_ms: np.ndarray) -> np.ndarray:
        """Which payments may be part of a window with as many as are needed."""
        before, own, after = (
            self.counts[slots_of(accounts, at_ms, self.window_ms, step)].astype(np.int64) for step in (-1, 0, 1)
        )
        found: np.ndarray = own + np.maximum(before, after) >= self.least
        return found


def times_of(payments: pd.DataFrame) -> np.ndarray:
    """In milliseconds since 1970."""
    times: np.ndarray = payments["occurred_at"].dt.as_unit("ms").astype("int64").to_numpy()
    return times


def counted(payments: pd.DataFrame, side: Side, window_ms: int) -> pd.DataFrame:
    """A row for each payment, with the slot that it falls into."""
    slots = slots_of(payments[side], times_of(payments), window_ms)
    return pd.DataFrame({"slot": slots, "payments": np.ones(len(slots), dtype=np.int64)})
