"""The clock of a machine is off by ten minutes: what runs on it writes, publishes and consumes, and is put right.

The ledger process and the relay that stand by and two consumers are started with such a clock (datefudge: it leaves the
monotonic clock alone, as whoever sets a clock does). Then the writer and the relay that publishes are killed, so that
those two take over; they give way when they are started anew with the right time.
"""

import itertools
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from bench.stacks import Platform
from tests.drills import frame, verification
from tests.drills.alerts import Alert
from tests.drills.metrics import total
from tests.drills.relaunch import Relaunch, with_variables
from tests.drills.stop_kafka import out_of_order
from tests.drills.writers import LEDGERS, RELAYS, the_publisher, the_writer

OFF_SECONDS = 600
CONSUMERS = ("notification-consumer", "analytics-ingester")
WRITES_SECONDS = 20
"""So long the writer's clock is off, at least."""
LIBRARIES = Path("/usr/lib")
NEEDS = "this drill needs datefudge, by which a process has a time of its own: apt-get install datefudge"


def lacking() -> str:
    """What must be installed first, in one line; empty when it is there."""
    return "" if _library() else NEEDS


def _library() -> Path | None:
    return next(LIBRARIES.glob("*/datefudge/datefudge.so"), None)


@dataclass(frozen=True)
class Stamp:
    """When a record was decided, as its writer says, and under which lease."""

    epoch: int
    at: datetime


class ClockOff:
    """Leases trust no clock, order is the journal's, and consumers go by event id: only stamps are wrong."""

    name: str
    ahead_seconds: int
    alerts: Sequence[Alert] = (Alert("ClockOff"),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._relaunch: Relaunch | None = None
        self._head = 0
        self._epoch = 0.0
        self._holders: Sequence[str] = ()
        self._ahead = 0.0
        self._stamps: list[Stamp] = []

    @property
    def platform(self) -> Platform:
        assert self._platform is not None
        return self._platform

    def aim(self, platform: Platform) -> None:
        self._platform = platform
        self._relaunch = Relaunch(platform)
        with platform.api() as api:
            self._head = api.summary().head
        self._holders = (the_writer(platform), the_publisher(platform))

    def inject(self) -> None:
        assert self._relaunch is not None
        standbys = [name for name in (*LEDGERS, *RELAYS) if name not in self._holders]
        # What datefudge is told it takes off.
        clock = {"LD_PRELOAD": str(_library()), "DATEFUDGE": str(-self.ahead_seconds)}
        self._relaunch.start_with([*standbys, *CONSUMERS], lambda launch: with_variables(launch, clock))

    def heal(self) -> None:
        """Let those take over that have that clock, and write for a while; then start them anew with the right time."""
        assert self._relaunch is not None
        try:
            self._take_over()
        finally:
            self._relaunch.put_right()

    def _take_over(self) -> None:
        frame.until_healthy(self.platform)
        for name in self._holders:
            os.kill(self.platform.stack.pid(name), signal.SIGKILL)
        time.sleep(WRITES_SECONDS)
        self._epoch = total(self.platform, the_writer(self.platform), "ledger_lease_epoch")
        newest = _stamps(self.platform.ledger_admin_url, self._head)[-1].at
        self._ahead = (newest - datetime.now(UTC)).total_seconds()

    def figures(self) -> Mapping[str, float]:
        """How many transfers were decided under that clock, and how far ahead of the time the journal then was."""
        return {"decided_then": len(self._then), "journal_ahead_seconds": round(self._ahead, 1)}

    def findings(self, platform: Platform) -> list[str]:
        """That clock did decide, and the journal's time never went back; ledger and topic are sound."""
        the_writer(platform)
        the_publisher(platform)
        self._stamps = _stamps(platform.ledger_admin_url, self._head)
        found = [] if self._then else ["no transfer was decided by the clock that was off"]
        if self._ahead < self.ahead_seconds / 2:
            found.append(f"the journal's time was {self._ahead:.0f} s ahead, its writer's {self.ahead_seconds} s")
        if back := times_back(self._stamps):
            found.append(f"the journal's time went back {back} times")
        return [*found, *verification.broken(platform), *out_of_order(platform), *platform.unhealthy()]

    @property
    def _then(self) -> list[Stamp]:
        return [stamp for stamp in self._stamps if stamp.epoch == self._epoch]


class ClockAhead(ClockOff):
    """When the right time is back, the journal's stands still until it has caught up."""

    name, ahead_seconds = "clock-ahead", OFF_SECONDS


class ClockBehind(ClockOff):
    """The journal's time stands still meanwhile."""

    name, ahead_seconds = "clock-behind", -OFF_SECONDS


def times_back(stamps: Sequence[Stamp]) -> int:
    """How often a record says that it was decided before the one that it follows."""
    return sum(after.at < before.at for before, after in itertools.pairwise(stamps))


def _stamps(ledger_admin_url: str, after: int) -> list[Stamp]:
    """In order of the journal."""
    with MongoClient[dict[str, Any]](ledger_admin_url, tz_aware=True) as client:
        journal = client.get_default_database()["journal"]
        records = journal.find({"_id": {"$gt": after}}, {"at": 1, "epoch": 1}, sort=[("_id", 1)])
        return [Stamp(record["epoch"], record["at"]) for record in records]
