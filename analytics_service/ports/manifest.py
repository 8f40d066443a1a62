"""The manifest: what the lake consists of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from analytics_service.domain.covered import Covered, Watermark
from analytics_service.domain.files import LakeFile
from analytics_service.domain.rollups import Bucket


class ConflictError(Exception):
    """Somebody else committed meanwhile: nothing of this was written. Look again, and decide again."""


class NotSetUpError(RuntimeError):
    """The database has no state of a lake: `python -m analytics_service.set_up` makes it."""


@dataclass(frozen=True)
class State:
    """What has been committed so far. `version` changes with every commit and every sweep.

    `rolled_up` says whether everything covered is in the rollups, as it is unless the lake is older than they are.
    Minutes that begin before `minutes_from` are kept no longer, and no files of days before `complete_from`; what comes
    of those days counts in the rollups alone. A lake that is built anew is of a `generation` of its own.
    """

    version: int
    covered: Covered
    rolled_up: bool = True
    minutes_from: datetime | None = None
    complete_from: datetime | None = None
    generation: int = 0

    def kept(self, buckets: Iterable[Bucket]) -> list[Bucket]:
        """Those of the buckets that are still kept."""
        return [
            bucket
            for bucket in buckets
            if bucket.unit != "minute" or self.minutes_from is None or bucket.start >= self.minutes_from
        ]


@dataclass(frozen=True)
class Batch:
    """What one commit adds: files, and rollups of exactly the rows in them and of those of days that have no files."""

    files: Sequence[LakeFile]
    rollups: Sequence[Bucket]
    offsets: Mapping[str, int]
    """By partition, where the next event is to be read."""
    committed_at: datetime


@dataclass(frozen=True)
class Snapshot:
    """The lake at one moment: exactly the files that readers may open, and what they cover.

    `sweeps` counts how often files that nobody names have been deleted. Of days before `complete_from` there are no
    files any longer; None: it is complete from the journal's beginning.
    """

    covered: Covered
    files: Sequence[LakeFile]
    committed_at: datetime | None
    sweeps: int
    complete_from: datetime | None = None

    @property
    def watermark(self) -> Watermark:
        """From when on, and up to where, nothing is missing."""
        return replace(self.covered.watermark, from_=self.complete_from)

    @property
    def retired_upto(self) -> int:
        """The position up to which what is covered has no files any longer: those follow time, so that what was let go
        is below what is kept."""
        if self.complete_from is None:
            return 0
        return min((file.first_position for file in self.files), default=self.covered.watermark.position + 1) - 1


class Manifest(Protocol):
    """What the lake consists of. Each method is one transaction or one read; all raise PyMongoError on an outage."""

    def state(self) -> State:
        """What the next commit builds on."""

    def commit(self, base: State, covered: Covered, batch: Batch) -> None:
        """Add the batch and cover its positions; raises ConflictError where `base` is no longer the state."""

    def fill_rollups(self, base: State, buckets: Sequence[Bucket]) -> None:
        """Put the rollups of everything covered in place, once; raises ConflictError as a commit does."""

    def forget_minutes(self, before: datetime) -> None:
        """Keep the rollups of minutes that begin earlier no longer."""

    def replace(self, old: Sequence[LakeFile], new: LakeFile, now: datetime, sweeps: int) -> None:
        """Put a merged file in the place of its parts.

        Raises ConflictError where one of the parts has gone, or there was a sweep since `sweeps` was read, which may
        have taken the new file for a stray.
        """

    def retire_days(self, before: datetime, now: datetime) -> int:
        """Take the files of all days before that midnight of UTC out of the lake; the number of files.

        Their positions stay covered and their rollups stay. Harmless where that has been done.
        """

    def snapshot(self) -> Snapshot:
        """The lake as it is now."""

    def fence(self) -> None:
        """A sweep: every commit and replacement that was begun before this fails with a ConflictError."""

    def unknown(self, paths: Iterable[str]) -> list[str]:
        """Those of `paths` that the manifest doesn't name, not even as retired."""

    def retired_before(self, moment: datetime) -> list[str]:
        """The files that were replaced before then."""

    def forget(self, path: str) -> None:
        """Drop a retired file whose bytes are gone."""
