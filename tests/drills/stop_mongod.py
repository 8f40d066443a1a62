"""MongoDB is stopped or frozen: people are told so within two seconds, and all goes on by itself when it is back."""

import os
import signal
import time
from collections.abc import Mapping, Sequence

from bench.stacks import Platform
from stack.supervision import Supervisor
from tests.drills import frame
from tests.drills.alerts import Alert
from tests.drills.asking import LIMIT_SECONDS, Asked, Questions, worst_of

PROCESS = "mongod"
ASKER, PAYEE = "drill-asking", "drill-001"
STOP_SECONDS = 20
AWAY_SECONDS = 25
"""Longer than every time-out on the way to MongoDB, so that each is seen to end."""


class MongodAway:
    """While it is away questions are asked; nothing of ours may have been restarted in the end."""

    name: str
    alerts: Sequence[Alert] = (Alert("MongoDown"),)
    silence_limit_s = frame.ALERT_LIMIT_SECONDS + 30.0
    """It stays away until its alert has fired."""

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._questions: Questions | None = None
        self._pids: dict[str, int] = {}
        self._began = self.ended_at = 0.0
        self._head = 0

    @property
    def platform(self) -> Platform:
        assert self._platform is not None
        return self._platform

    @property
    def questions(self) -> Questions:
        assert self._questions is not None
        return self._questions

    def aim(self, platform: Platform) -> None:
        self._platform = platform
        self._pids = self._running()
        with platform.api() as api:
            (asker,) = frame.people(platform, api, [ASKER])
            account = api.accounts(asker.token)[0]["id"]
            self._head = api.summary().head
        self._questions = Questions(platform.transaction_url, asker.token, PAYEE, account)
        self._questions.start()

    def inject(self) -> None:
        self._began = time.time()
        self.take_away()

    def heal(self) -> None:
        time.sleep(max(0.0, self._began + AWAY_SECONDS - time.time()))
        self.ended_at = time.time()
        self.bring_back()
        frame.until_healthy(self.platform)
        self.questions.stop()

    def take_away(self) -> None:
        raise NotImplementedError

    def bring_back(self) -> None:
        raise NotImplementedError

    def figures(self) -> Mapping[str, float]:
        """Of the requests while it was away."""
        refused = [one for one in self._while_away() if one.status == 503]
        return {
            "refused": len(refused),
            "refused_within_limit": sum(one.refused_well for one in refused),
            "slowest_refusal_seconds": round(max((one.seconds for one in refused), default=0.0), 2),
        }

    def findings(self, platform: Platform) -> list[str]:
        """Every refusal in time and with Retry-After, every 2xx true, and no process but MongoDB's a new one."""
        found = worst_of(self._while_away())
        if not any(one.refused_well for one in self._while_away()):
            found.append(f"nothing was refused within {LIMIT_SECONDS:g} s")
        with platform.api() as api:
            journal = {record.transfer_id for record in api.journal(self._head)}
        lost = {id for one in self.questions.asked for id in one.transfers} - journal
        found += [f"{len(lost)} transfers were answered 2xx and are not in the journal"] if lost else []
        now = self._running()
        found += [f"{name} was restarted" for name, pid in self._pids.items() if now[name] != pid and name != PROCESS]
        return [*found, *platform.unhealthy()]

    def _while_away(self) -> list[Asked]:
        return self.questions.between(self._began, self.ended_at)

    def _running(self) -> dict[str, int]:
        return {info.name: info.pid for info in Supervisor(self.platform.stack.layout).infos()}


class StopMongod(MongodAway):
    """SIGKILL, and nothing brings it back."""

    name = "stop-mongod"

    def take_away(self) -> None:
        pid = self.platform.stack.pid(PROCESS)
        supervisor = Supervisor(self.platform.stack.layout)
        # Supervisor starts again what dies unless it was told to stop it.
        supervisor.stop_process(PROCESS)
        os.kill(pid, signal.SIGKILL)
        supervisor.wait_until_stopped([PROCESS], STOP_SECONDS)

    def bring_back(self) -> None:
        Supervisor(self.platform.stack.layout).start_process(PROCESS)


class FreezeMongod(MongodAway):
    """SIGSTOP: it keeps its connections, accepts new ones, and says nothing."""

    name = "freeze-mongod"

    def take_away(self) -> None:
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGSTOP)

    def bring_back(self) -> None:
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGCONT)
