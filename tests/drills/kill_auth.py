"""Auth is killed and stays away: others go on while the heartbeat is heard, and say 503 when neither answers."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from bench.stacks import Platform
from contracts.session import SILENCE_SECONDS
from stack.supervision import Supervisor
from tests.drills import frame
from tests.drills.alerts import Alert
from tests.drills.doors import OPEN, Try, Watch, unexpected

WEB, RELAY = "auth-web", "auth-relay"
STAYER = "drill-stayer"
STOP_SECONDS = 20
WITHOUT_BOTH_SECONDS = 10.0
ANSWER_SECONDS = 2.0
"""Within so long somebody is told that auth is away."""


class KillAuth:
    """First the web process, which others do without as long as its relay speaks; then the relay as well."""

    name = "kill-auth"
    alerts: Sequence[Alert] = (Alert("ProcessDown", {"process": WEB}),)
    silence_limit_s = WITHOUT_BOTH_SECONDS + 20.0
    """From the relay's end to the new start of both."""

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._watch: Watch | None = None
        self._web_gone = self._relay_gone = self.ended_at = 0.0

    @property
    def platform(self) -> Platform:
        assert self._platform is not None
        return self._platform

    @property
    def watch(self) -> Watch:
        assert self._watch is not None
        return self._watch

    def aim(self, platform: Platform) -> None:
        self._platform = platform
        with platform.api() as api:
            (stayer,) = frame.people(platform, api, [STAYER])
        self._watch = Watch(platform, {STAYER: stayer.token})
        self._watch.start()
        time.sleep(1.0)  # each door has seen the token once

    def inject(self) -> None:
        self._take_away(WEB)
        self._web_gone = time.time()

    def heal(self) -> None:
        self._take_away(RELAY)
        self._relay_gone = time.time()
        time.sleep(WITHOUT_BOTH_SECONDS)
        self.ended_at = time.time()
        for process in (RELAY, WEB):
            Supervisor(self.platform.stack.layout).start_process(process)
        frame.until_healthy(self.platform)
        time.sleep(SILENCE_SECONDS)
        self.watch.stop()

    def figures(self) -> Mapping[str, float]:
        """What the other services answered in both parts."""
        alone, neither = self._while_heartbeat(), self._while_neither()
        return {
            "answered_while_heartbeat": len(alone),
            "refused_while_neither": len(neither),
            "slowest_refusal_seconds": round(max((one.seconds for one in neither), default=0.0), 2),
        }

    def findings(self, platform: Platform) -> list[str]:
        """All let in at first, all told 503 in time then, all let in again in the end."""
        found = unexpected(self._while_heartbeat(), OPEN, "while the heartbeat is heard")
        found += unexpected(self._while_neither(), {503}, "while neither answers")
        slow = [one for one in self._while_neither() if one.seconds > ANSWER_SECONDS]
        found += [f"{one.door} took {one.seconds:.2f} s to say so" for one in slow[:5]]
        if not self._while_heartbeat() or not self._while_neither():
            found.append("nothing was asked")
        last = {one.door: one for one in self.watch.of(STAYER)}
        found += unexpected(list(last.values()), OPEN, "in the end")
        return [*found, *platform.unhealthy()]

    def _while_heartbeat(self) -> list[Try]:
        return [one for one in self.watch.of(STAYER, self._web_gone, self._relay_gone) if one.door != WEB]

    def _while_neither(self) -> list[Try]:
        silent = self._relay_gone + SILENCE_SECONDS + 0.5
        return [one for one in self.watch.of(STAYER, silent, self.ended_at) if one.door != WEB]

    def _take_away(self, process: str) -> None:
        """Supervisor starts again what dies unless it was told to stop it."""
        pid, supervisor = self.platform.stack.pid(process), Supervisor(self.platform.stack.layout)
        supervisor.stop_process(process)
        with suppress(ProcessLookupError):  # it may have stopped by now
            os.kill(pid, signal.SIGKILL)
        supervisor.wait_until_stopped([process], STOP_SECONDS)
