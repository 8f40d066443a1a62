"""Counting attempts: in Redis, where one script decides and counts in one step, and in MongoDB, which forgets nothing.

Every count is kept in MongoDB too, before the password is looked at. So a Redis that was emptied is filled again from
there, key by key, and one that is away leaves the decision to MongoDB: neither gives anybody a free try.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

from auth_service.domain.attempts import FIRST_DELAY_MS, LONGEST_DELAY_MS, Budget, Refusal, Tally
from auth_service.storage.attempts import MongoAttempts
from service_kit.outage_log import OutageLog
from service_kit.pause import Pause

_SCRIPT = Path(__file__).with_name("attempts.lua").read_text(encoding="utf-8")
_Numbers = tuple[int | str, int | str, int | str]
_NOT_ASKED: _Numbers = ("", "", "")
_log = structlog.get_logger(__name__)


class RedisAttempts:
    """ports.Attempts"""

    def __init__(self, redis: Redis, kept: MongoAttempts, pause: Pause | None = None) -> None:
        self._redis = redis
        self._pause = pause or Pause()
        self._kept = kept
        self._script = redis.register_script(_SCRIPT)
        self._outage = OutageLog(_log, "attempts_counted_without_redis", "attempts_counted_by_redis_again")

    def take(self, budgets: Sequence[Budget], now_ms: int) -> Refusal | None:
        """See ports.Attempts."""
        if self._pause.lasts:
            return self._kept.take(budgets, now_ms)
        try:
            answer = self._ask(budgets, now_ms)
        except RedisError as error:
            self._failed(error)
            return self._kept.take(budgets, now_ms)
        self._outage.succeeded()
        if answer[0] == b"wait":
            return Refusal(budgets[answer[1] - 1].limit, answer[2])
        for budget, tally in zip(budgets, _tallies(answer[1:]), strict=True):
            refused = None if self._kept.keep(budget, tally) else self._settle(budget, tally, now_ms)
            if refused is not None:
                return refused
        return None

    def forget(self, budget: Budget) -> None:
        """See ports.Attempts."""
        self._kept.forget(budget)
        if self._pause.lasts:
            return
        try:
            self._redis.delete(budget.key)
        except RedisError as error:
            self._failed(error)

    def _settle(self, budget: Budget, tally: Tally, now_ms: int) -> Refusal | None:
        """MongoDB has counted as far as `tally` without this try, or further.

        Further alone is no harm: another request was faster on its way there. But where Redis doesn't know of it, it
        was away meanwhile and let this try through by an old count: then MongoDB decides.
        """
        known = self._kept.tally(budget)
        same = known is not None and (known.began_ms, known.count) == (tally.began_ms, tally.count)
        if not self._was_behind(budget, now_ms) and not same:
            return None
        refused = self._kept.take([budget], now_ms)
        self._was_behind(budget, now_ms)
        return refused

    def _was_behind(self, budget: Budget, now_ms: int) -> bool:
        """Bring Redis up to MongoDB; whether that was needed, or can't be known."""
        try:
            return bool(self._run("merge", [budget], now_ms, self._of_mongo([budget]))[1])
        except RedisError as error:
            self._failed(error)
            return True

    def _failed(self, error: RedisError) -> None:
        self._outage.failed(error)
        self._pause.begin()

    def _ask(self, budgets: Sequence[Budget], now_ms: int) -> list[Any]:
        answer = self._run("take", budgets, now_ms, [_NOT_ASKED] * len(budgets))
        if answer[0] != b"ask":
            return answer
        return self._run("take", budgets, now_ms, self._of_mongo(budgets))

    def _of_mongo(self, budgets: Sequence[Budget]) -> list[_Numbers]:
        kept = [self._kept.tally(budget) or Tally(0) for budget in budgets]
        return [(tally.began_ms, tally.count, tally.open_at_ms) for tally in kept]

    def _run(self, mode: str, budgets: Sequence[Budget], now_ms: int, kept: Sequence[_Numbers]) -> list[Any]:
        arguments: list[Any] = [mode, now_ms, FIRST_DELAY_MS, LONGEST_DELAY_MS]
        for budget, tally in zip(budgets, kept, strict=True):
            arguments += [budget.free, budget.window_ms, *tally]
        answer: list[Any] = self._script(keys=[budget.key for budget in budgets], args=arguments)
        return answer


def _tallies(numbers: Sequence[int]) -> list[Tally]:
    return [Tally(*numbers[start : start + 3]) for start in range(0, len(numbers), 3)]
