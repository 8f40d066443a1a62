"""Trying again what failed for a passing reason: bounded, with jitter, and only for the failures the caller names.

tenacity does the work; this module is the one way we set it up. Full jitter, because clients that back off in step
return in step (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

T = TypeVar("T")


@dataclass(frozen=True)
class Backoff:
    """How long to keep trying.

    The delay before attempt n + 1 is drawn evenly from 0 to min(max_seconds, initial_seconds * 2 ** (n - 1)).
    `attempts` counts the first try too; None tries for ever, which is right only for a dependency that is down.
    """

    initial_seconds: float = 0.1
    max_seconds: float = 5.0
    attempts: int | None = 5

    def __post_init__(self) -> None:
        if self.attempts is not None and self.attempts < 1:
            raise ValueError("attempts counts the first try, so it is at least 1")
        if not 0 < self.initial_seconds <= self.max_seconds:
            raise ValueError("0 < initial_seconds <= max_seconds is needed")


def retry(
    call: Callable[[], T],
    *,
    passing: tuple[type[Exception], ...],
    permanent: tuple[type[Exception], ...] = (),
    sleep: Callable[[float], None],
    backoff: Backoff | None = None,
    on_retry: Callable[[BaseException, int], None] | None = None,
) -> T:
    """Return what `call` returns, trying again while it fails with one of the `passing` classes.

    Any other exception is permanent and goes straight through; so does, of the passing ones, a `permanent` one.
    `sleep` may raise to give up early (a process that was told to stop). `on_retry(error, attempt)` hears of each
    failure that will be tried again; attempts count from 1.

    Raises:
        Exception: the last failure itself, once `backoff.attempts` are used up.
    """
    backoff = backoff or Backoff()

    def tell(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if on_retry is not None and error is not None:
            on_retry(error, state.attempt_number)

    def passes(error: BaseException) -> bool:
        return isinstance(error, passing) and not isinstance(error, permanent)

    stop = tenacity.stop_never if backoff.attempts is None else tenacity.stop_after_attempt(backoff.attempts)
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(passes),
        wait=tenacity.wait_random_exponential(multiplier=backoff.initial_seconds, max=backoff.max_seconds),
        stop=stop,
        sleep=sleep,
        before_sleep=tell,
        reraise=True,
    )
    return retrying(call)
