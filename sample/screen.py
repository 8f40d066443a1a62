"""How far the making is: a bar with rate and time to go on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from sample.making import Tell

NOTE_EVERY_SECONDS = 5.0


class RateColumn(ProgressColumn):
    """Records a second, of late."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:,.0f}/s" if rate else "")


@contextmanager
def screen() -> Iterator[Tell]:
    """What to tell progress to; it goes to standard error."""
    if not sys.stderr.isatty():
        yield _Lines().tell
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        rows = {}

        def tell(step: str, done: int, whole: int) -> None:
            if step not in rows:
                rows[step] = progress.add_task(step, total=whole)
            progress.update(rows[step], completed=done)

        yield tell


class _Lines:
    def __init__(self) -> None:
        self._step, self._began, self._told = "", 0.0, 0.0

    def tell(self, step: str, done: int, whole: int) -> None:
        now = time.monotonic()
        if step != self._step:
            self._step, self._began, self._told = step, now, now
        elif now - self._told >= NOTE_EVERY_SECONDS:
            self._told = now
            rate = done / (now - self._began)
            left = f", {(whole - done) / rate:.0f} s left" if rate else ""
            sys.stderr.write(f"{step}: {done:,} of {whole:,}, {rate:,.0f}/s{left}\n")
