"""Redis is emptied, killed or frozen under load: what was revoked stays revoked, and who may come in does."""

import os
import signal
import time
from collections.abc import Mapping, Sequence

import httpx
import redis

from bench.stacks import Platform
from tests.drills import frame
from tests.drills.alerts import Alert
from tests.drills.browsers import browser_of, is_let_in, leave, pages_of
from tests.drills.doors import NO_ANSWER, OPEN, REFUSED, Doors, Watch, log_out, unexpected

LEAVER, STAYER = "drill-leaver", "drill-stayer"
PROCESS = "redis"
STARTED_AFTER = "notification-web"
"""It has heard of the log-out; its successor can't have."""
AWAY = (503, NO_ANSWER)


class RedisAway:
    """Nothing is kept in Redis alone: it costs time and never a wrong yes, and never a 500."""

    name: str
    alerts: Sequence[Alert] = (Alert("RedisRestarted"), Alert("RedisDown"))
    silence_limit_s = 5.0
    """Every request asks auth meanwhile."""

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._watch: Watch | None = None
        self._tokens: dict[str, str] = {}
        self._browsers: dict[str, httpx.Client] = {}
        self.ended_at = 0.0

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
            leaver, stayer = frame.people(platform, api, [LEAVER, STAYER])
        self._tokens = {LEAVER: leaver.token, STAYER: stayer.token}
        self._browsers = {person.username: browser_of(platform, person) for person in (leaver, stayer)}
        doors = Doors(platform)
        for whose, token in self._tokens.items():
            wrong = unexpected(doors.try_all(whose, token), OPEN, "before the fault")
            assert not wrong, wrong
        doors.close()
        log_out(platform, leaver.token)
        leave(platform, self._browsers[LEAVER])
        self._watch = Watch(platform, self._tokens)
        time.sleep(1.0)  # so long a log-out may take to be heard
        self._watch.start()

    def inject(self) -> None:
        raise NotImplementedError

    def heal(self) -> None:
        """The supervisor does."""
        frame.until_healthy(self.platform)
        self.watch.stop()

    def figures(self) -> Mapping[str, float]:
        """How often each token was tried, and how often the process asked for time."""
        tries = self.watch.tries
        return {
            "tries_of_the_revoked": len(self.watch.of(LEAVER)),
            "tries_of_the_other": len(self.watch.of(STAYER)),
            "answered_503": sum(one.status == 503 for one in tries),
            "slowest_try_seconds": round(max(one.seconds for one in tries), 2),
        }

    def findings(self, platform: Platform) -> list[str]:
        """No 500, the revoked never let in, the other never refused; both plainly so in the end."""
        found = unexpected(self.watch.of(LEAVER), {REFUSED, *AWAY}, "under the fault")
        found += unexpected(self.watch.of(STAYER), {*OPEN, *AWAY}, "under the fault")
        doors = Doors(platform)
        found += unexpected(doors.try_all(LEAVER, self._tokens[LEAVER]), {REFUSED}, "in the end")
        found += unexpected(doors.try_all(STAYER, self._tokens[STAYER]), OPEN, "in the end")
        doors.close()
        for whose, wanted in ((LEAVER, False), (STAYER, True)):
            pages = [page for page in pages_of(platform) if is_let_in(self._browsers[whose], page) != wanted]
            found += [
                f"in the end: {page} {'shut out' if wanted else 'let in'} the browser of {whose}" for page in pages
            ]
            self._browsers[whose].close()
        return [*found, *platform.unhealthy()]


class EmptyRedis(RedisAway):
    """A service is started anew after it, which can't have heard of the log-out."""

    name = "empty-redis"

    def __init__(self) -> None:
        super().__init__()
        self._emptied = 0

    def inject(self) -> None:
        """Its users have no FLUSHALL; auth's may remove all that is kept."""
        url = self.platform.stack.env("auth-web")["REDIS_URL"]
        with redis.Redis.from_url(url) as store:
            self._emptied = sum(int(store.unlink(key)) for key in store.scan_iter("*"))
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGKILL)
        os.kill(self.platform.stack.pid(STARTED_AFTER), signal.SIGKILL)
        self.ended_at = time.time()

    def figures(self) -> Mapping[str, float]:
        """How much was removed, too."""
        return {"keys_removed": self._emptied, **super().figures()}


class KillRedis(RedisAway):
    """kill -9, and nothing else: it reads its own log when it is back."""

    name = "kill-redis"

    def inject(self) -> None:
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGKILL)
        self.ended_at = time.time()


class FreezeRedis(RedisAway):
    """SIGSTOP: it keeps its connections, accepts new ones, and says nothing, so only a time-out ends a wait for it."""

    name = "freeze-redis"
    alerts: Sequence[Alert] = (Alert("RedisDown"),)

    def inject(self) -> None:
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGSTOP)

    def heal(self) -> None:
        """Wake it."""
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGCONT)
        self.ended_at = time.time()
        super().heal()
