"""Hints over Redis: "there is something new for these people". Redis may lose them; MongoDB holds the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import orjson
from redis import Redis
from redis.exceptions import RedisError

from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog
from service_kit.revocations import Messages

CHANNEL = "notifications"
RECONNECT_SECONDS = 0.5
_LISTEN_SECONDS = 1.0
log = get_logger(__name__)


class RedisHints:
    """`notification_service.ports.Hints` on real ground."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._outage = OutageLog(log, begins="hints_not_given", over="hints_given_again")

    def tell(self, user_ids: Iterable[str]) -> None:
        try:
            self._redis.publish(CHANNEL, orjson.dumps({"users": sorted(user_ids)}))
        except RedisError as error:
            self._outage.failed(error)
        else:
            self._outage.succeeded()


class HintListener:
    """Hands hints on, in a daemon thread. After each time of not hearing, everybody is hinted at once.

    Args:
        subscribe: opens a subscription to CHANNEL.
        hint: called with the ids of those for whom there is something new; None for everybody.
    """

    def __init__(
        self,
        subscribe: Callable[[], AbstractContextManager[Messages]],
        hint: Callable[[Iterable[str] | None], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._subscribe = subscribe
        self._hint = hint
        self._sleep = sleep
        self._outage = OutageLog(log, begins="hints_not_heard", over="hints_heard_again")

    def start(self) -> None:
        """Begin to listen. The thread is a daemon: granian's workers wait for others on their way out."""
        threading.Thread(target=self._listen, name="hints", daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                self.follow()
            except (RedisError, OSError) as error:
                self._outage.failed(error)
            self._sleep(RECONNECT_SECONDS)

    def follow(self) -> None:
        """Hear until the connection breaks. Raises RedisError or OSError."""
        with self._subscribe() as messages:
            self._hint(None)
            while True:
                message = messages.next(_LISTEN_SECONDS)
                self._outage.succeeded()
                if message is not None:
                    self._hear(message)

    def _hear(self, message: bytes) -> None:
        try:
            users = orjson.loads(message)["users"]
            if not (isinstance(users, list) and all(isinstance(user, str) for user in users)):
                raise TypeError("`users` is a list of ids")
        except (ValueError, TypeError, KeyError) as error:
            log.warning("hint_not_understood", detail=str(error))
            return
        self._hint(users)
