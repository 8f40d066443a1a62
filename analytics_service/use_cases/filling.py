"""What the lake lacks, from the ledger's journal: after a loss, or of what the topic no longer has."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from analytics_service.domain.rows import Row, UnusableEventError, row_of
from analytics_service.ingester import Ingester
from analytics_service.ports import Manifest
from analytics_service.ports.journal import PAGE_MAX, Journal, JournalAwayError, JournalPage
from service_kit.retries import Backoff, retry
from service_kit.steps import Steps


class UnusableJournalError(Exception):
    """The journal has an event that can't be a row of the lake, or a gap; the message has its position."""


class Filling:
    """Brings the journal into a lake, as far as it isn't there; an ingester may go on meanwhile.

    What has been brought in is committed page by page, so that one that was ended goes on where it was.
    """

    def __init__(
        self,
        journal: Journal,
        manifest: Manifest,
        ingester: Ingester,
        steps: Steps,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._manifest = manifest
        self._ingester = ingester
        self._steps = steps
        self._sleep = sleep

    def fill(self, step: str) -> int:
        """Up to what was the journal's head when it began; the number of positions that were missing.

        Raises JournalAwayError after some tries, UnusableJournalError, PyMongoError, OSError.
        """
        head = self._page(0, 1).head
        gaps = self._manifest.state().covered.gaps(head)
        missing = sum(last - first + 1 for first, last in gaps)
        self._steps.begin(step, missing)
        for first, last in gaps:
            after = first - 1
            while after < last:
                rows = self._rows(after, min(PAGE_MAX, last - after))
                self._ingester.take(rows)
                after += len(rows)
                self._steps.advance(len(rows))
        return missing

    def _rows(self, after: int, limit: int) -> Sequence[Row]:
        rows = []
        for position, event in enumerate(self._page(after, limit).events, after + 1):
            if event["position"] != position:
                raise UnusableJournalError(f"the journal has nothing at position {position}")
            try:
                rows.append(row_of(event))
            except UnusableEventError as error:
                raise UnusableJournalError(f"position {position}: {error}") from None
        if not rows:
            raise UnusableJournalError(f"the journal has nothing at position {after + 1}")
        return rows

    def _page(self, after: int, limit: int) -> JournalPage:
        return retry(
            lambda: self._journal.events(after, limit),
            passing=(JournalAwayError,),
            backoff=Backoff(attempts=6),
            sleep=self._sleep,
        )
