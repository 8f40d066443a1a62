"""The rollups as they are read; they are written by the manifest's commit, which adds a batch's to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from analytics_service.domain.covered import Watermark
from analytics_service.domain.rollups import Bucket, Span


class RollupsNotFilledError(RuntimeError):
    """The lake is older than its rollups, and the ingester hasn't filled them yet."""


@dataclass(frozen=True)
class RolledUp:
    """Buckets of one moment. Minutes that begin before `minutes_from` may have been dropped; None: none has been."""

    buckets: Sequence[Bucket]
    complete_upto: Watermark
    minutes_from: datetime | None


class Rollups(Protocol):
    """Counts and sums in step with the lake: exactly the covered positions are in them."""

    def read(self, spans: Sequence[Span]) -> RolledUp:
        """The buckets of all spans, as of one moment, in order of unit and time.

        Raises PyMongoError on an outage, RollupsNotFilledError before an older lake has been read once.
        """

    def count(self) -> int:
        """About how many buckets are kept."""
