"""What keeps the lake small and clean, beside the ingester's own work: merging, sweeping, dropping old minutes, telling
its size."""

from __future__ import annotations

import threading
from datetime import timedelta

from pymongo.errors import PyMongoError

from analytics_service.domain.files import Keeping, to_merge
from analytics_service.domain.rollups import start_of
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.merging import merged
from analytics_service.metrics import IngesterMetrics
from analytics_service.ports import ConflictError, Manifest, Rollups
from analytics_service.rolling_up import fill_rollups
from service_kit.clock import Clock
from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog
from service_kit.process import Progress

log = get_logger(__name__)

PERIOD_SECONDS = 2.0
SWEEP_SECONDS = 300.0
GRACE = timedelta(minutes=15)
"""How long a file that nobody names may stay: longer than any report reads, and any commit takes."""


class Housekeeper:
    """Works in a thread of its own. Any number of them may work on one lake."""

    def __init__(
        self,
        manifest: Manifest,
        rollups: Rollups,
        folder: LakeFolder,
        clock: Clock,
        metrics: IngesterMetrics,
        progress: Progress,
        keeping: Keeping,
    ) -> None:
        """`progress` hears of every round that went well; its check says when that was too long ago."""
        self._manifest = manifest
        self._rollups = rollups
        self._folder = folder
        self._keeping = keeping
        self._clock = clock
        self._metrics = metrics
        self._progress = progress
        self._outages = OutageLog(log, "housekeeping_waits", "housekeeping_goes_on")

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; waits for a store or a disk that is away."""
        sweep_at = self._clock.monotonic()
        while not stop.is_set():
            try:
                if self._clock.monotonic() >= sweep_at:
                    self.forget_minutes()
                    self.retire_days()
                    fill_rollups(self._manifest, self._folder)
                    self.sweep()
                    sweep_at = self._clock.monotonic() + SWEEP_SECONDS
                self.merge()
                self._metrics.shows(self._manifest.snapshot(), self._rollups.count())
            except (PyMongoError, OSError) as error:
                self._outages.failed(error)
            else:
                self._outages.succeeded()
                self._progress.beat()
            stop.wait(PERIOD_SECONDS)

    def merge(self) -> None:
        """Merge as long as there is something to merge. Readers keep the parts until the sweep."""
        while parts := to_merge((lake := self._manifest.snapshot()).files):
            whole = self._folder.write(parts[0].day, merged(self._folder, parts), self._clock.now(), parts[0].level + 1)
            try:
                self._manifest.replace(parts, whole, self._clock.now(), lake.sweeps)
            except ConflictError:
                # Another ingester has merged some of them, or swept; what was written here is a stray now.
                log.info("merge_conflicted", files=len(parts))
                return
            self._metrics.merged_files.inc(len(parts))

    def forget_minutes(self) -> None:
        """Drop the rollups of minutes that are kept no longer; those of hours and days stay."""
        self._manifest.forget_minutes(start_of("hour", self._clock.now() - self._keeping.minutes))

    def retire_days(self) -> None:
        """Take the files of days that are kept no longer out of the lake; the sweep deletes them."""
        if self._keeping.days is None:
            return
        now = self._clock.now()
        before = start_of("day", now - self._keeping.days)
        files = self._manifest.retire_days(before, now)
        if files:
            log.info("days_retired", before=before.isoformat(), files=files)

    def sweep(self) -> None:
        """Delete what has been replaced, and what was written and never committed, once it is old enough."""
        before = self._clock.now() - GRACE
        retired = self._manifest.retired_before(before)
        for path in retired:
            self._folder.delete(path)
            self._manifest.forget(path)
        old = list(self._folder.written_before(before.timestamp()))
        strays = self._manifest.unknown(old)
        if strays:
            # A writer that was frozen since then may be about to commit one of them: it can't after this.
            self._manifest.fence()
            strays = self._manifest.unknown(strays)
        for path in strays:
            self._folder.delete(path)
        if retired or strays:
            self._metrics.swept_files.inc(len(retired) + len(strays))
            log.info("lake_swept", retired=len(retired), strays=len(strays))
