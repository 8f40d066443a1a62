"""Runs steps that wait for one another, side by side where they don't."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol


class Screen(Protocol):
    """Where progress is shown; called from many threads."""

    def begin(self, name: str) -> None: ...

    def note(self, name: str, text: str) -> None: ...

    def done(self, name: str, text: str = "") -> None: ...

    def fail(self, name: str, text: str) -> None: ...


class Cancelled(Exception):
    """Another step failed, so this one gave up waiting."""


class Reporter:
    """What a running step is given: a place for its progress, and the wish that it end."""

    def __init__(self, name: str, screen: Screen, cancelled: threading.Event) -> None:
        self._name, self._screen, self._cancelled = name, screen, cancelled

    def note(self, text: str) -> None:
        self._screen.note(self._name, text)

    def sleep(self, seconds: float) -> None:
        """Raises Cancelled when there is nothing left to wait for."""
        if self._cancelled.wait(seconds):
            raise Cancelled(self._name)


@dataclass(frozen=True)
class Step:
    """`run` returns a word on what it did ("" for nothing to say) and raises when it failed."""

    name: str
    run: Callable[[Reporter], str]
    after: Collection[str] = ()


def run_steps(steps: Sequence[Step], screen: Screen) -> None:
    """Every step once all of those in its `after` are done; names that are not among the steps count as done.

    After a failure nothing new begins, what runs is told to end, and the first failure is raised.
    """
    cancelled = threading.Event()
    waiting = list(steps)
    unfinished = {step.name for step in steps}
    running: dict[Future[str], Step] = {}
    failure: BaseException | None = None
    with ThreadPoolExecutor(max_workers=max(1, len(steps))) as pool:
        try:
            while unfinished and not (failure and not running):
                for step in [s for s in waiting if not failure and not unfinished.intersection(s.after)]:
                    waiting.remove(step)
                    screen.begin(step.name)
                    running[pool.submit(step.run, Reporter(step.name, screen, cancelled))] = step
                if not running:
                    raise RuntimeError(f"these steps wait for one another: {[s.name for s in waiting]}")
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    step = running.pop(future)
                    failure = _conclude(step, future, screen) or failure
                    unfinished.discard(step.name)
                    if failure:
                        cancelled.set()
        finally:
            cancelled.set()
    if failure:
        raise failure


def _conclude(step: Step, future: Future[str], screen: Screen) -> BaseException | None:
    error = future.exception()
    if error is None:
        screen.done(step.name, future.result())
        return None
    if isinstance(error, Cancelled):
        screen.fail(step.name, "given up")
        return None
    screen.fail(step.name, "failed")
    return error
