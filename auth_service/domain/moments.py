"""Moments as the store keeps them."""

from __future__ import annotations

from datetime import datetime


def whole_milliseconds(moment: datetime) -> datetime:
    """`moment` as MongoDB keeps it, so that what was written equals what is read."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
