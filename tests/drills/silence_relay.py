"""kill -9 and SIGSTOP of the relay that publishes: the standby goes on from where that one stood."""

import os
import signal
import time
from collections.abc import Mapping, Sequence

from bench.stacks import Platform
from tests.drills.alerts import Alert
from tests.drills.published import Published, published_since
from tests.drills.writers import the_publisher

DELAY_LIMIT_SECONDS = 5.0
"""So long may a record wait, from its decision to its sending, while one relay takes over from the other."""


class SilenceRelay:
    """The relay that publishes falls silent in the middle of its work."""

    name: str
    number: signal.Signals
    silence_limit_s = 5.0
    """The ledger doesn't wait for a relay, so transfers go on being accepted."""
    doubled_limit: int
    """So many records may be on the topic beyond each position's first."""

    def __init__(self) -> None:
        self._process = ""
        self._pid = 0
        self.ended_at = 0.0
        self._since: float | None = None
        self._published: Published | None = None

    @property
    def alerts(self) -> Sequence[Alert]:
        """The standby tells, and a new start time."""
        return (Alert("RelayTakeover"),)

    def aim(self, platform: Platform) -> None:
        self._process = the_publisher(platform)
        self._pid = platform.stack.pid(self._process)

    def inject(self) -> None:
        self._since = self._since or time.time()
        os.kill(self._pid, self.number)
        self.ended_at = time.time()

    def heal(self) -> None:
        """The supervisor does."""

    def findings(self, platform: Platform) -> list[str]:
        """One relay publishes again, every process is ready, nothing waited long or was published again."""
        assert self._since is not None
        the_publisher(platform)
        self._published = published = published_since(platform.kafka_bootstrap_servers, self._since)
        found = platform.unhealthy()
        if published.longest_delay_seconds > DELAY_LIMIT_SECONDS:
            found.append(f"a record was published {published.longest_delay_seconds} s after its decision")
        if published.doubled > self.doubled_limit:
            found.append(f"{published.doubled} records are on the topic again, allowed are {self.doubled_limit}")
        return found

    def figures(self) -> Mapping[str, float]:
        """The longest delay in seconds, and the doubled records."""
        assert self._published is not None
        return {
            "longest_delay_seconds": self._published.longest_delay_seconds,
            "doubled_on_topic": self._published.doubled,
        }


class KillRelay(SilenceRelay):
    name, number, doubled_limit = "kill-relay", signal.SIGKILL, 0

    @property
    def alerts(self) -> Sequence[Alert]:
        """Its new start time tells of the death, or the takeover does."""
        return (Alert("ProcessRestarted", {"process": self._process}), Alert("RelayTakeover"))


class FreezeRelay(SilenceRelay):
    """What it was handing to Kafka when it froze, one batch at most, may follow when it wakes."""

    name, number, doubled_limit = "freeze-relay", signal.SIGSTOP, 500

    def heal(self) -> None:
        """Wake it while the load still runs, so that it would publish if it could."""
        os.kill(self._pid, signal.SIGCONT)
        self.ended_at = time.time()
