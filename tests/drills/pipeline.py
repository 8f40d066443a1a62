"""What came of the journal's records behind the topic: notifications and rows of the lake, against what was due."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from bench.platform import Api, JournalRecord

PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Effects:
    """Counts over one range of positions."""

    positions: int
    notifications_due: int
    notifications: int = 0
    positions_in_lake: int = 0
    rows_in_lake: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is missing any more."""
        return self.notifications >= self.notifications_due and self.positions_in_lake >= self.positions


def effects(api: Api, journal: Sequence[JournalRecord], console: Console) -> Effects:
    """Wait until both consumers have caught up with `journal` (gapless, not empty), at most PATIENCE_SECONDS."""
    after, upto = journal[0].position - 1, journal[-1].position
    notifications_due = sum(len(record.told) for record in journal)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with console.status("waiting until all is notified and in the lake"):
        while True:
            lake = api.lake_coverage(after, upto)
            found = Effects(upto - after, notifications_due, api.notifications(after, upto), lake.positions, lake.rows)
            if found.complete or time.monotonic() > deadline:
                return found
            time.sleep(0.5)
