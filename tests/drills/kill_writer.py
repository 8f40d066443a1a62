"""kill -9 of the ledger's active writer: the standby takes over, the supervisor brings a new standby."""

import os
import signal
import time
from collections.abc import Sequence

from bench.stacks import Platform
from tests.drills.alerts import Alert
from tests.drills.writers import the_writer


class KillWriter:
    """The process is gone at once, its open transaction is left behind."""

    name = "kill-writer"
    alerts: Sequence[Alert] = (Alert("ProcessRestarted", {"service": "transaction_service"}), Alert("LedgerTakeover"))
    silence_limit_s = 5.0
    recovery_limit_s = 5.0

    def __init__(self) -> None:
        self._writer = 0
        self.ended_at = 0.0

    def aim(self, platform: Platform) -> None:
        self._writer = platform.stack.pid(the_writer(platform))

    def inject(self) -> None:
        os.kill(self._writer, signal.SIGKILL)
        self.ended_at = time.time()

    def heal(self) -> None:
        """The supervisor does."""

    def findings(self, platform: Platform) -> list[str]:
        """There must be one writer again, and every process ready, the killed one too."""
        the_writer(platform)
        return platform.unhealthy()
