"""kill -9 of one process behind the ledger: what it did is not done twice, what it left is taken up again."""

import os
import signal
import time
from collections.abc import Sequence

from bench.stacks import Platform
from tests.drills.alerts import Alert


class KillProcess:
    """The process is gone at once, in the middle of a batch; the supervisor brings a new one."""

    name: str
    process: str
    silence_limit_s = 5.0
    """The ledger doesn't wait for any of these, so transfers go on being accepted."""

    def __init__(self) -> None:
        self._pid = 0
        self.ended_at = 0.0

    @property
    def alerts(self) -> Sequence[Alert]:
        """Its new start time tells of the death."""
        return (Alert("ProcessRestarted", {"process": self.process}),)

    def aim(self, platform: Platform) -> None:
        self._pid = platform.stack.pid(self.process)

    def inject(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self.ended_at = time.time()

    def heal(self) -> None:
        """The supervisor does."""

    def findings(self, platform: Platform) -> list[str]:
        """Every process is ready again, the killed one too."""
        return platform.unhealthy()


class KillConsumer(KillProcess):
    name, process = "kill-consumer", "notification-consumer"


class KillIngester(KillProcess):
    name, process = "kill-ingester", "analytics-ingester"


class KillWeb(KillProcess):
    """Nobody is let in until its new start."""

    name, process = "kill-web", "transaction-web"
    silence_limit_s = 15.0


class KillMongod(KillProcess):
    """It recovers from its journal and elects itself; then a writer takes the lease again."""

    name, process = "kill-mongod", "mongod"
    silence_limit_s = 30.0

    @property
    def alerts(self) -> Sequence[Alert]:
        """It exports no start time of its own."""
        return (Alert("MongoRestarted"),)
