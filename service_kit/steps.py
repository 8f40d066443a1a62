"""How far a command is: a bar on a terminal, a line every few seconds elsewhere; on standard error in either case."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

NOTE_EVERY_SECONDS = 5.0
COUNTED = 500

Item = TypeVar("Item")


class Steps(Protocol):
    """Steps one after the other, each with as many parts as were foreseen (more may turn up)."""

    def begin(self, step: str, total: int) -> None: ...

    def advance(self, parts: int) -> None: ...


def counted(items: Iterable[Item], steps: Steps) -> Iterator[Item]:
    """The items, with the step advanced now and then: a bar costs more than a record."""
    count = 0
    for count, item in enumerate(items, 1):
        yield item
        if count % COUNTED == 0:
            steps.advance(COUNTED)
    steps.advance(count % COUNTED)


class PlainSteps:
    """One line when a step begins, and now and then one on how far it is."""

    def __init__(self) -> None:
        self._step, self._total, self._done, self._told = "", 0, 0, 0.0

    def begin(self, step: str, total: int) -> None:
        self._step, self._total, self._done, self._told = step, total, 0, time.monotonic()
        sys.stderr.write(f"{step}: {total:,}\n")

    def advance(self, parts: int) -> None:
        self._done += parts
        if time.monotonic() - self._told >= NOTE_EVERY_SECONDS:
            self._told = time.monotonic()
            sys.stderr.write(f"  {self._step}: {self._done:,} of {max(self._total, self._done):,}\n")


class BarSteps:
    """A bar for each step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, step: str, total: int) -> None:
        self._row = self._progress.add_task(step, total=total)

    def advance(self, parts: int) -> None:
        self._progress.advance(self._row, parts)


@contextmanager
def steps() -> Iterator[Steps]:
    """As standard error allows."""
    if not sys.stderr.isatty():
        yield PlainSteps()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        yield BarSteps(progress)
